import type { Communication, Reference, Resource } from '@medplum/fhirtypes';
import type { Issue, Said } from '../../fhir/outcome.ts';
import { codeSystems, extensions } from '../../fhir/systems.ts';
import { renewalDue } from '../../referral/consent.ts';
import type { Journey } from '../../referral/journey.ts';
import { othersNamed } from '../../referral/looks-personal.ts';
import { issue, type Refusal, refusals, refuse } from '../../referral/refusal.ts';
import { looksMedical } from '../../referral/second-look.ts';
import { isAbout } from '../later.ts';
import { closureOnly } from '../report.ts';
import type { Asked } from './named-move.ts';
import { codesOf, idIn, noSuchMove, notCarried } from './words.ts';

/** Where a Communication stands in what was sent, and what its `#` references can name. */
interface Place {
  readonly path: string;
  readonly contained: readonly Resource[];
}

/** What of a Communication is read, or is the sender's own and changes nothing. */
const read = new Set([
  'resourceType',
  'id',
  'meta',
  'identifier',
  'extension',
  'contained',
  'status',
  'category',
  'priority',
  'medium',
  'subject',
  'basedOn',
  'partOf',
  'about',
  'inResponseTo',
  'sent',
  'recipient',
  'sender',
  'payload',
  'language',
  'text',
]);

/** H3: a message files only when it is about the resident of this journey, by our id or by name and birth date. */
function subjectIssues(subject: Reference | undefined, journey: Journey, { path, contained }: Place): Issue[] {
  const at = `${path}.subject`;
  const local = subject?.reference?.startsWith('#') ? subject.reference.slice(1) : undefined;
  if (local !== undefined) {
    const patient = contained.find((one) => one.id === local);
    const family = patient?.resourceType === 'Patient' ? patient.name?.[0]?.family : undefined;
    const birthDate = patient?.resourceType === 'Patient' ? patient.birthDate : undefined;
    if (family && birthDate && isAbout(journey, { family, birthDate })) return [];
    return [refusals.otherPerson(at)];
  }
  const id = idIn(subject, 'Patient');
  if (id) return id === journey.patient.resource.id ? [] : [refusals.otherPerson(at)];
  return [
    issue('required', 'subject-missing', at, {
      nl: 'Zeg over wie dit bericht gaat: verwijs naar de Patient van deze verwijzing.',
      en: 'Say whom this message is about: refer to the Patient of this referral.',
    }),
  ];
}

/** What a message may not be, whatever it says. */
function frameIssues({ status, priority, payload = [] }: Communication, path: string): Issue[] {
  const urgent = issue('business-rule', 'urgent-by-phone', `${path}.priority`, {
    nl: 'Heeft dit haast? Bel dan eerst. Stuur het bericht daarna zonder spoed.',
    en: 'Is this urgent? Then call first. After that send the message as routine.',
  });
  const unsent = issue('business-rule', 'not-sent', `${path}.status`, {
    nl: 'Stuur alleen een bericht dat af is (status completed of in-progress).',
    en: 'Send only a message that is finished (status completed or in-progress).',
  });
  const words = payload.flatMap((one, nth) =>
    one.contentString === undefined
      ? [
          issue('not-supported', 'payload-type', `${path}.payload[${nth}]`, {
            nl: 'Stuur het bericht als tekst (contentString); een bijlage gaat hier niet mee.',
            en: 'Send the message as text (contentString); an attachment does not go along here.',
          }),
        ]
      : [],
  );
  return [
    ...(status === 'completed' || status === 'in-progress' ? [] : [unsent]),
    ...(priority === undefined || priority === 'routine' ? [] : [urgent]),
    ...words,
  ];
}

const lossesOf = (sent: Communication, path: string): Issue[] =>
  Object.keys(sent)
    .filter((key) => !read.has(key))
    .map((key) => notCarried(`${path}.${key}`));

const personIn = ({ sender }: Communication) => {
  const by = idIn(sender, 'PractitionerRole');
  return by ? { by } : {};
};

const warning = (reason: string, path: string, said: Said): Issue => ({
  severity: 'warning',
  code: 'business-rule',
  reason,
  path,
  said,
});

/** What looks medical (H17) or like a third person (H8) is pointed out; whoever wrote it decides. */
function pointedOut({ payload = [] }: Communication, journey: Journey, path: string): Issue[] {
  const family = journey.patient.resource.name?.[0]?.family ?? '';
  return payload.flatMap(({ contentString = '' }, nth) => {
    const at = `${path}.payload[${nth}]`;
    const medical = warning('looks-medical', at, {
      nl: 'Hierin staat iets dat medisch lijkt (een code, een medicijn of een nummer). Hoort dat in dit bericht?',
      en: 'This holds something that looks medical (a code, a medicine or a number). Does it belong in this message?',
    });
    const personal = warning('looks-personal', at, {
      nl: 'Hierin lijkt een ander mens bij naam te staan. Noem geen andere mensen bij naam.',
      en: 'This seems to name someone else. Do not name other people.',
    });
    return [
      ...(looksMedical(contentString).length > 0 ? [medical] : []),
      ...(othersNamed(contentString, family).length > 0 ? [personal] : []),
    ];
  });
}

const withheld = (path: string, due?: Said): Issue =>
  warning('loss-not-shared', path, {
    nl:
      'Deze tekst gaat niet mee en is niet bewaard: ' +
      `${due ? 'de toestemming moet opnieuw gevraagd worden' : 'de inwoner gaf daar geen toestemming voor'}. ` +
      `De huisarts hoort alleen dát er bericht is.${due ? ` ${due.nl}` : ''}`,
    en:
      'This text does not go along and was not kept: ' +
      `${due ? 'the consent must be asked anew' : 'the resident did not agree to it'}. ` +
      `The GP only hears that there is news.${due ? ` ${due.en}` : ''}`,
  });

function outcomesIn({ extension = [] }: Communication) {
  return extension
    .filter((one) => one.url === extensions.lifeAreaOutcome)
    .map((one) => {
      const code = (url: string) => one.extension?.find((part) => part.url === url)?.valueCoding?.code;
      return { lifeArea: code('lifeArea'), outcome: code('outcome') };
    });
}

/** The Wally's feedback of a day as a report: first line, plan, outcomes, and whether the resident agreed that it goes (H9). */
export function feedbackOf(sent: Communication, journey: Journey, place: Place, day: string): Asked | Refusal {
  const { path } = place;
  const issues = [...subjectIssues(sent.subject, journey, place), ...frameIssues(sent, path)];
  const category = codesOf(sent.category?.[0], codeSystems.communicationCategory)[0];
  if (category !== 'feedback-interim' && category !== 'feedback-final') return noSuchMove(`${path}.category`);
  if (issues.length > 0) return refuse(...issues);
  const [first, ...rest] = (sent.payload ?? []).map((one) => one.contentString ?? '');
  const residentAgreed = sent.extension?.find((one) => one.url === extensions.residentAgreed)?.valueBoolean;
  const gpMustAct = sent.extension?.find((one) => one.url === extensions.gpMustAct)?.valueBoolean;
  const isWithheld =
    first !== undefined && residentAgreed !== undefined && closureOnly(journey, { residentAgreed }, day);
  const isBare = first === undefined && residentAgreed === false;
  return {
    move: category === 'feedback-final' ? 'close' : 'report',
    parts: {
      contact: 'none',
      // Without content the letter brings its own first line.
      ...(isBare ? { firstLine: '-' } : first !== undefined && { firstLine: first.replaceAll(/\s+/g, ' ') }),
      ...(rest.length > 0 && { plan: rest.join('\n') }),
      outcomes: outcomesIn(sent),
      ...(residentAgreed !== undefined && { residentAgreed }),
      ...(gpMustAct !== undefined && { gpMustAct }),
    },
    places: {
      firstLine: `${path}.payload[0].contentString`,
      plan: `${path}.payload[1].contentString`,
      outcomes: `${path}.extension.where(url='${extensions.lifeAreaOutcome}')`,
      residentAgreed: `${path}.extension.where(url='${extensions.residentAgreed}')`,
      gpMustAct: `${path}.extension.where(url='${extensions.gpMustAct}')`,
    },
    ...personIn(sent),
    losses: [
      ...lossesOf(sent, path),
      ...(isWithheld ? [withheld(`${path}.payload`, renewalDue(journey, day))] : pointedOut(sent, journey, path)),
    ],
  };
}

/**
 * The one move that a message asks for on a day. Of a Wally's system: feedback, a question, or the practice's answer as it was
 * heard by telephone. Of a practice: the answer to the Wally's question, else a few words to the Wally. Pure.
 */
export function moveFromCommunication(
  sent: Communication,
  journey: Journey,
  side: 'practice' | 'team',
  day: string,
): Asked | Refusal {
  const place = { path: 'Communication', contained: sent.contained ?? [] };
  const { path } = place;
  const category = codesOf(sent.category?.[0], codeSystems.communicationCategory)[0];
  if (side === 'team' && category?.startsWith('feedback-')) return feedbackOf(sent, journey, place, day);
  const isAnswer = category === 'answer' || (side === 'practice' && (sent.inResponseTo ?? []).length > 0);
  if (side === 'team' && category !== 'question' && !isAnswer) return noSuchMove(`${path}.category`);
  const issues = [...subjectIssues(sent.subject, journey, place), ...frameIssues(sent, path)];
  if (issues.length > 0) return refuse(...issues);
  const text = (sent.payload ?? []).map((one) => one.contentString ?? '').join('\n');
  return {
    move: isAnswer ? 'answer' : side === 'team' ? 'ask' : 'message',
    parts: text ? { text } : {},
    places: { text: `${path}.payload` },
    ...personIn(sent),
    losses: [...lossesOf(sent, path), ...pointedOut(sent, journey, path)],
  };
}
