import type { Language, Said } from '../../fhir/outcome.ts';
import type { Difference } from '../../referral/directory/diff.ts';
import { html, type Markup, sayIn } from '../html.ts';

/** What people in the directory are, by the code of their role. */
export const roleSaid: Readonly<Record<string, Said>> = {
  wally: { nl: 'Wally', en: 'Wally' },
  'team-lead': { nl: 'teamleider', en: 'team lead' },
  gp: { nl: 'huisarts', en: 'GP' },
  poh: { nl: 'POH', en: 'practice nurse' },
  'poh-jeugd': { nl: 'POH-jeugd, met een werklijst', en: 'youth practice nurse, with a worklist' },
  assistant: { nl: 'assistent', en: 'assistant' },
};

/** Elements and extensions of the directory as people call them. */
const words: Readonly<Record<string, Said>> = {
  active: { nl: 'in gebruik', en: 'in use' },
  status: { nl: 'in gebruik', en: 'in use' },
  name: { nl: 'naam', en: 'name' },
  identifier: { nl: 'nummer', en: 'number' },
  telecom: { nl: 'telefoon of mail', en: 'phone or mail' },
  endpoint: { nl: 'weg voor de terugkoppeling', en: 'way for feedback' },
  address: { nl: 'adres', en: 'address' },
  connectionType: { nl: 'soort verbinding', en: 'kind of connection' },
  payloadType: { nl: 'wat er wordt gestuurd', en: 'what is sent' },
  payloadMimeType: { nl: 'soort bestand', en: 'kind of file' },
  providedBy: { nl: 'organisatie van de Wally', en: 'organisation of the Wally' },
  organization: { nl: 'praktijk of organisatie', en: 'practice or organisation' },
  practitioner: { nl: 'persoon', en: 'person' },
  code: { nl: 'rol', en: 'role' },
  period: { nl: 'werkt van en tot', en: 'works from and until' },
  notAvailable: { nl: 'afwezig', en: 'absent' },
  availableTime: { nl: 'spreekuur', en: 'consulting hours' },
  'serves-practice': { nl: 'praktijk', en: 'practice' },
  'fixed-wally': { nl: 'vaste Wally', en: 'fixed Wally' },
  'fixed-substitute': { nl: 'vaste vervanger', en: 'fixed substitute' },
  'assignment-rule': { nl: 'regel', en: 'rule' },
  'service-levels': { nl: 'afgesproken werkdagen', en: 'agreed working days' },
  'cooperation-agreement': { nl: 'samenwerking', en: 'cooperation' },
  'data-contract': { nl: 'grondslag', en: 'legal basis' },
  'best-proof': { nl: 'beste bewijs', en: 'best proof' },
  launch: { nl: 'starten vanuit het HIS', en: 'launch from the GP system' },
  'mllp-channel': { nl: 'HL7 v2: berichten erheen', en: 'HL7 v2: messages there' },
  'mllp-peer': { nl: 'HL7 v2: berichten van daar', en: 'HL7 v2: messages from there' },
  'medvri-mailbox': { nl: 'EDIFACT-postbus', en: 'EDIFACT mailbox' },
  'standard-sentence': { nl: 'vaste zin', en: 'standard sentence' },
  'serves-ages': { nl: 'leeftijden', en: 'ages' },
  'consent-agreement': { nl: 'afspraak over toestemming', en: 'agreement on consent' },
};

/** What a path is about, in words; undefined for what has none here: then the path itself says it. */
function wordOf(path: string, language: Language): string | undefined {
  const [first = '', own = ''] = path.split(/[.[\]]/);
  const name = first === 'extension' ? own.split(' ')[0] : first;
  return words[name ?? '']?.[language];
}

const shownMax = 60;

/** Differences as a list that people read: what, what it was, what it is. */
export function differenceList(changes: readonly Difference[], language: Language): Markup {
  const t = sayIn(language);
  const shown = changes.slice(0, shownMax);
  return html`<ul>${shown.map((change) => {
    const word = wordOf(change.path, language);
    return html`<li>${word && html`${word} `}<code>${change.path}</code>:
${change.before !== undefined && html`<del>${change.before}</del> `}${change.after !== undefined && html`<ins>${change.after}</ins>`}</li>`;
  })}</ul>${
    changes.length > shown.length &&
    html`<p>${t(`en nog ${changes.length - shown.length}`, `and ${changes.length - shown.length} more`)}</p>`
  }`;
}
