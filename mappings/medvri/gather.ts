import type { Interchange } from '../../src/edifact/interchange.ts';
import { type Block, blocksOf, type Line } from '../../src/edifact/lines.ts';
import { type Medvri, type NoMedvri, readMedvri } from '../../src/edifact/medvri.ts';
import type { PatientName } from '../../src/edifact/person.ts';
import type { Issue, Said } from '../../src/fhir/outcome.ts';
import { identifiers } from '../../src/fhir/systems.ts';
import { readInstant } from '../../src/hl7v2/date.ts';
import type { ConsentAgreement } from '../../src/referral/directory/mllp.ts';
import type { Gathered, MappedReferral, ReferralNumber } from '../../src/referral/format.ts';
import { issue } from '../../src/referral/refusal.ts';
import { allNames, lists, longTexts, type Part, partOf, repeatable } from './names.ts';

/** A named line: its value, and what stands below it without being part of it. */
export interface Named {
  readonly part: Part;
  readonly path: string;
  readonly value: string;
  readonly rest: readonly Line[];
}

/** What a MEDVRI says, its free text by name; the contract is checked against this. */
export interface Parts {
  readonly intent: MappedReferral['intent'] | 'cancel' | 'supplement';
  readonly intents: readonly string[];
  readonly number: ReferralNumber;
  readonly replaces?: ReferralNumber;
  /** Whether a line names the number; else it is made of what the interchange and the message are called. */
  readonly isNumbered: boolean;
  readonly writtenAt: { readonly said: string; readonly instant: string };
  readonly patient: { readonly family: string; readonly birthDate: string; readonly bsn: string };
  readonly consent: { readonly named: boolean; readonly agreed: boolean };
  /** Places of names that stand there again. */
  readonly twice: readonly string[];
  readonly medvri: Medvri;
  readonly opening: readonly Line[];
  readonly named: readonly Named[];
  readonly agreement?: ConsentAgreement;
}

export const linesText = (lines: readonly Line[]): string =>
  lines
    .map((one) => one.text.trimEnd())
    .join('\n')
    .trim();

/** The value is what stands behind the name (or on the first line below it), as far as its kind of part goes. */
function toNamed({ name, path, lines }: Block): Named {
  const part = partOf(name);
  if (longTexts.has(part)) return { part, path, value: linesText(lines), rest: [] };
  // A flag alone on its line is a yes; what follows it is other text.
  const isFlag = part === 'noVoicemail' || part === 'noLetters';
  if (isFlag && lines[0]?.path !== path) return { part, path, value: '', rest: lines };
  let end = lines.findIndex((one) => one.text.trim() !== '') + 1;
  const value = [lines[end - 1]?.text.trim() ?? ''];
  while (lists.has(part) && /[,;]$/.test(value.at(-1) ?? '') && end < lines.length) {
    value.push(lines[end]?.text.trim() ?? '');
    end += 1;
  }
  return { part, path, value: value.join(' ').trim(), rest: lines.slice(end) };
}

const joined = (...parts: readonly (string | undefined)[]): string => parts.filter(Boolean).join(' ');

/** The whole family name; with the partner's first, as the Dutch write it, where both are there. */
export function familyOf({ family, prefix, birthFamily, birthPrefix }: PatientName): string {
  const [used, own] = [joined(prefix, family), joined(birthPrefix, birthFamily)];
  return used && own && used !== own ? `${used} - ${own}` : used || own;
}

function writtenAt(medvri: Medvri): Parts['writtenAt'] {
  const { writtenSaid, writtenDay, writtenMinute, envelope } = medvri;
  const at = (day: string | undefined, minute: string | undefined) =>
    day === undefined ? '' : (readInstant(`${day}${minute ?? ''}`.replace(/[-:]/g, '')) ?? '');
  // Without DET the envelope's own date is the nearest that the sender said.
  if (writtenSaid === '') return { said: envelope.day ?? '', instant: at(envelope.day, envelope.minute) };
  const isWhole = writtenMinute !== undefined || !/ \d/.test(writtenSaid);
  return { said: writtenSaid, instant: isWhole ? at(writtenDay, writtenMinute) : '' };
}

const later = ['cancel', 'correct', 'supplement'] as const;
const isNumber = (value: string): boolean => value !== '' && !/^(ja|yes)$/i.test(value);

function numbersOf(medvri: Medvri, named: readonly Named[]) {
  const system = `${identifiers.ediMailbox}${medvri.envelope.sender}`;
  const value = (part: Part) => named.find((one) => one.part === part)?.value ?? '';
  const intents = named.filter((one) => later.some((part) => part === one.part));
  const [first] = intents;
  const intent = first?.part as (typeof later)[number] | undefined;
  const about = first && isNumber(first.value) ? first.value : '';
  const own = value('number');
  const isOther = intent === 'correct' && own !== '' && about !== '' && about !== own;
  const old = isOther ? about : value('replaces');
  // Its own number, else what the interchange and the message are called: the same whenever it is sent again.
  const sent = `${medvri.envelope.controlReference}/${medvri.reference}`;
  const number = intent && !old ? about || own : own || sent;
  return {
    intents: intents.map((one) => one.path),
    intent: intent ?? (old ? ('correct' as const) : ('refer' as const)),
    number: { system, value: number },
    isNumbered: number !== sent,
    ...(old && { replaces: { system, value: old } }),
  };
}

function partsOf(medvri: Medvri, agreement: ConsentAgreement | undefined): Parts {
  const { opening, named: blocks } = blocksOf(medvri.lines, allNames);
  const named = blocks.map(toNamed);
  const again = named.filter(
    (one, n) => !repeatable.has(one.part) && named.findIndex((other) => other.part === one.part) < n,
  );
  const { patient } = medvri;
  return {
    ...numbersOf(medvri, named),
    writtenAt: writtenAt(medvri),
    patient: {
      family: patient ? familyOf(patient.name) : '',
      birthDate: patient?.birthDay ?? patient?.birthSaid ?? '',
      bsn: patient?.bsn ?? '',
    },
    consent: { named: named.some((one) => one.part === 'consent'), agreed: agreement !== undefined },
    twice: again.map((one) => one.path),
    medvri,
    opening,
    named,
    ...(agreement && { agreement }),
  };
}

const unreadable: Readonly<Record<NoMedvri['unreadable'], Said>> = {
  'message-type': {
    nl: 'Dit soort bericht nemen wij niet aan. Stuur een verwijzing als MEDVRI.',
    en: 'We do not take this kind of message. Send a referral as MEDVRI.',
  },
  'message-version': {
    nl: 'Deze versie van MEDVRI lezen wij niet; versie 1 wel.',
    en: 'We do not read this version of MEDVRI; we do read version 1.',
  },
  repeated: {
    nl: 'Dit deel staat er twee keer. Stuur per bericht één inwoner en één afzender.',
    en: 'This part stands there twice. Send one resident and one sender per message.',
  },
  surplus: {
    nl: 'Hier staat meer dan erin past, waarschijnlijk een + of : die deel van een naam is. Dan lezen wij het verkeerd.',
    en: 'This holds more than fits, probably a + or : that is part of a name. We would read it wrongly.',
  },
  'two-bsns': {
    nl: 'Er staan twee verschillende burgerservicenummers in. Stuur er één.',
    en: 'There are two different citizen service numbers (BSN). Send one.',
  },
};

const isTest = issue('not-supported', 'processing-id', 'UNB-11', {
  nl: 'Wij nemen alleen echte berichten aan, geen tests.',
  en: 'We only take production messages, no tests.',
});
const notOne = issue('structure', 'one-message', 'UNZ-1', {
  nl: 'Hier verwachten wij één bericht tegelijk.',
  en: 'We expect one message at a time here.',
});

/** Where each part of what was gathered stands in the message. */
function originOf(parts: Parts): Gathered['origin'] {
  const pathOf = (...wanted: Part[]) => parts.named.find((one) => wanted.includes(one.part))?.path ?? 'TXT';
  return ([first, second]) => {
    if (first === 'twice' || first === 'intents') return parts[first][typeof second === 'number' ? second : 1] ?? 'TXT';
    if (first === 'consent') return pathOf('consent');
    if (first === 'number') return pathOf('cancel', 'correct', 'supplement', 'number');
    if (first === 'writtenAt') return 'DET';
    if (first !== 'patient') return 'TXT';
    if (second === 'birthDate') return 'PID-1';
    return second === 'bsn' ? 'PID-5' : 'PID-3';
  };
}

/** A MEDVRI as the contract sees it. `received` is an Interchange with the one message that is to be mapped. */
export function gather(received: unknown, _known: unknown, agreement?: ConsentAgreement): Gathered {
  const interchange = received as Interchange;
  const none = (...issues: Issue[]): Gathered => ({ message: {}, origin: () => '', issues });
  const [message, ...more] = interchange.messages;
  if (interchange.envelope.isTest) return none(isTest);
  if (!message || more.length > 0) return none(notOne);
  const medvri = readMedvri(interchange, message);
  if ('unreadable' in medvri)
    return none(issue('structure', `medvri-${medvri.unreadable}`, medvri.path, unreadable[medvri.unreadable]));
  const parts = partsOf(medvri, agreement);
  return { message: parts, origin: originOf(parts), issues: [] };
}
