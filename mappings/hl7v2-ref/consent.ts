import type { Issue } from '../../src/fhir/outcome.ts';
import { readDay } from '../../src/hl7v2/date.ts';
import { fieldOf, type Message, repetitionsOf, type Segment, segmentsOf } from '../../src/hl7v2/message.ts';
import type { Translate } from '../../src/referral/format.ts';
import type { Consent } from '../../src/referral/referral.ts';
import { issue, refusals } from '../../src/referral/refusal.ts';
import { says } from './contract.ts';
import { codedOf, place, translated } from './gather.ts';

const said = (name: string) => says[name] ?? { nl: '', en: '' };
const required = (name: string, path: string): Issue =>
  issue('required', `required-${name}`, path, said(`required:${name}`));

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
  const said = new Set(all.map((one) => one.by));
  if (said.has(undefined)) return undefined;
  if (said.has('resident') && said.has('parents')) return 'resident-and-parents';
  return (['representative', 'parents', 'resident'] as const).find((one) => said.has(one));
}

function issuesOf(message: Message, base: readonly One[], day: string): Issue[] {
  return base.flatMap(({ segment, by, how, on }) => {
    if (!isGiven(message, segment, day)) {
      const status = fieldOf(message, segment, 11);
      return [refusals.noConsent(place(segment, status === 'A' ? 15 : 11))];
    }
    return [
      ...(by ? [] : [required('consent-by', place(segment, 25))]),
      ...(how ? [] : [required('consent-how', place(segment, 10))]),
      ...(on === '' ? [required('consent-date', place(segment, 13))] : []),
      ...(on !== '' && !readDay(on) ? [refusals.impossibleDate(place(segment, 13))] : []),
    ];
  });
}

/**
 * The consent that the CON segments name: one of type share-reason from everyone who had to agree, and one for each
 * thing more that may be shared. A scope that is not named is not given. Gives every reason why there is none.
 */
export function consentOf(message: Message, day: string, translate: Translate): Consent | { readonly issues: Issue[] } {
  const all = segmentsOf(message, 'CON').map((segment): One => {
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
