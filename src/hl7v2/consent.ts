import type { Issue, Said } from '../fhir/outcome.ts';
import type { ConsentAgreement } from '../referral/directory/mllp.ts';
import type { Translate } from '../referral/format.ts';
import type { Consent } from '../referral/referral.ts';
import { issue, refusals } from '../referral/refusal.ts';
import { codedOf, place, translated } from './coded.ts';
import { readDay } from './date.ts';
import { fieldOf, type Message, repetitionsOf, type Segment, segmentsOf } from './message.ts';

const said = {
  by: {
    nl: 'Er staat niet bij wie toestemming gaf (CON-25, tabel 0548), of die persoon mag dat niet. Leg dat vast en stuur de verwijzing opnieuw.',
    en: 'It does not say who gave consent (CON-25, table 0548), or that person may not. Record that and send the referral again.',
  },
  date: {
    nl: 'De datum van de toestemming ontbreekt (CON-13).',
    en: 'The date of the consent is missing (CON-13).',
  },
  how: {
    nl: 'Er staat niet bij hoe de toestemming is gegeven (CON-10): V of T voor mondeling, W voor schriftelijk.',
    en: 'It does not say how consent was given (CON-10): V or T for spoken, W for written.',
  },
} as const satisfies Record<string, Said>;
const required = (name: keyof typeof said, path: string): Issue =>
  issue('required', `required-consent-${name}`, path, said[name]);

interface One {
  readonly segment: Segment;
  readonly detail: string | undefined;
  readonly by: string | undefined;
  readonly how: string | undefined;
  readonly on: string;
}

/** HL7 table 0498: only A is a yes. Limited (L) is none to us: its limits are text, which we cannot keep to. */
function isGiven(message: Message, segment: Segment, day: string): boolean {
  const ends = fieldOf(message, segment, 15);
  const lastDay = ends === '' ? day : (readDay(ends) ?? '');
  return fieldOf(message, segment, 11) === 'A' && lastDay >= day;
}

function whoOf(all: readonly One[]): Consent['by'] | undefined {
  const named = new Set(all.map((one) => one.by));
  if (named.has(undefined)) return undefined;
  if (named.has('resident') && named.has('parents')) return 'resident-and-parents';
  return (['representative', 'parents', 'resident'] as const).find((one) => named.has(one));
}

function issuesOf(message: Message, base: readonly One[], day: string): Issue[] {
  return base.flatMap(({ segment, by, how, on }) => {
    if (!isGiven(message, segment, day)) {
      const status = fieldOf(message, segment, 11);
      return [refusals.noConsent(place(segment, status === 'A' ? 15 : 11))];
    }
    return [
      ...(by ? [] : [required('by', place(segment, 25))]),
      ...(how ? [] : [required('how', place(segment, 10))]),
      ...(on === '' ? [required('date', place(segment, 13))] : []),
      ...(on !== '' && !readDay(on) ? [refusals.impossibleDate(place(segment, 13))] : []),
    ];
  });
}

/**
 * The consent that the CON segments name: one of type share-reason from everyone who had to agree, and one for each
 * thing more that may be shared. A scope that is not named is not given. Without any CON what the practice agreed on
 * beforehand, which speaks for residents only (decision 13). Gives every reason why there is none. `day`: local date of
 * the referral.
 */
export function consentOf(
  message: Message,
  day: string,
  translate: Translate,
  agreement: ConsentAgreement | undefined,
): Consent | { readonly issues: Issue[] } {
  const segments = segmentsOf(message, 'CON');
  if (segments.length === 0 && agreement) {
    const { how, medicalCodes, feedback } = agreement;
    return { by: 'resident', how, on: day, medicalCodes, feedback };
  }
  const all = segments.map((segment): One => {
    const coded = (field: number, table: string) =>
      codedOf(message, repetitionsOf(message, segment, field)[0] ?? '', table, place(segment, field));
    return {
      segment,
      detail: translated(translate, 'consent-type', coded(2, '0496')),
      by: translated(translate, 'consent-by', coded(25, '0548')),
      how: translated(translate, 'consent-mode', coded(10, '0497')),
      on: fieldOf(message, segment, 13),
    };
  });
  const base = all.filter((one) => one.detail === 'share-reason');
  const [first] = all;
  if (base.length === 0) return { issues: [refusals.noConsent(first ? place(first.segment, 2) : 'CON')] };
  const issues = issuesOf(message, base, day);
  const by = whoOf(base);
  if (issues.length > 0 || !by) return { issues };
  const given = (detail: string) => {
    const named = all.filter((one) => one.detail === detail);
    return named.length > 0 && named.every((one) => isGiven(message, one.segment, day));
  };
  return {
    by,
    how: base.every((one) => one.how === 'written') ? 'written' : 'spoken',
    on: base.map((one) => readDay(one.on) ?? '').reduce((a, b) => (a > b ? a : b)),
    medicalCodes: given('share-medical-codes'),
    feedback: given('feedback-content') ? 'content' : 'closure-only',
  };
}

/** The note of a referral whose consent is the practice's agreement: whoever reads it must see that. */
export function agreementNote(message: Message, agreement: ConsentAgreement | undefined): string[] {
  if (!agreement || segmentsOf(message, 'CON').length > 0) return [];
  return [`Toestemming volgens de afspraak met de praktijk van ${agreement.since}.`];
}
