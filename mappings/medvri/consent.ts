import { readDay } from '../../src/edifact/date.ts';
import { folded } from '../../src/fhir/folded.ts';
import type { Issue } from '../../src/fhir/outcome.ts';
import type { Translate } from '../../src/referral/format.ts';
import type { Consent } from '../../src/referral/referral.ts';
import { issue, refusals } from '../../src/referral/refusal.ts';
import { says } from './contract.ts';
import type { Named, Parts } from './gather.ts';
import { words } from './names.ts';

const said = (name: string) => says[name] ?? { nl: '', en: '' };

/** `yes`, `no`, or undefined for anything else; nothing is a yes only where the name alone says it. */
export const yesOrNo = (value: string, translate: Translate): string | undefined =>
  translate('yes-no', words, folded(value));

/** What a line answers with yes or no; without the line, undefined. Pushes an issue for any other word. */
export function flagOf(
  one: Named | undefined,
  translate: Translate,
  issues: Issue[],
  alone?: 'yes',
): 'yes' | 'no' | undefined {
  if (!one) return undefined;
  const answer = one.value === '' ? alone : yesOrNo(one.value, translate);
  if (answer === 'yes' || answer === 'no') return answer;
  issues.push(issue('value', 'value-flag', one.path, said('value:flag')));
  return undefined;
}

interface Words {
  given?: string;
  how?: Consent['how'];
  on?: string;
  readonly by: Set<string>;
  readonly unknown: string[];
  impossible: boolean;
}

/** dd-mm-yyyy or yyyy-mm-dd as a day; undefined for what is no date, empty for one that does not exist. */
function dayOf(word: string): string | undefined {
  const local = /^(\d{1,2})[-/](\d{1,2})[-/](\d{4})$/.exec(word);
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(word);
  if (!local && !iso) return undefined;
  const [, day = '', month = '', year = ''] = local ?? ['', iso?.[3], iso?.[2], iso?.[1]];
  return readDay(year, month.padStart(2, '0'), day.padStart(2, '0')) ?? '';
}

function wordsOf(value: string, translate: Translate): Words {
  const found: Words = { by: new Set(), unknown: [], impossible: false };
  for (const raw of value.split(/[,;]/)) {
    const word = folded(raw)
      .replace(/\.$/, '')
      .replace(/^(?:door|van|op|by|from|on) /, '');
    const [day, given] = [dayOf(word), translate('yes-no', words, word)];
    const [how, by] = [translate('consent-how', words, word), translate('consent-by', words, word)];
    if (day !== undefined) {
      found.impossible ||= day === '';
      found.on = day;
    } else if (given) found.given = found.given === 'no' ? 'no' : given;
    else if (how) found.how = how as Consent['how'];
    else if (by) found.by.add(by);
    else if (word !== '') found.unknown.push(word);
  }
  return found;
}

function whoOf(by: ReadonlySet<string>): Consent['by'] | undefined {
  if (by.has('resident') && by.has('parents')) return 'resident-and-parents';
  return (['representative', 'resident-and-parents', 'parents', 'resident'] as const).find((one) => by.has(one));
}

/** Medical data and feedback: each only with a yes of its own; a no also narrows what the practice agreed. */
function scopeOf({ named, agreement, consent }: Parts, translate: Translate, issues: Issue[]) {
  const answer = (part: Named['part']) =>
    flagOf(
      named.find((one) => one.part === part),
      translate,
      issues,
    );
  const [medical, feedback] = [answer('medicalShared'), answer('feedback')];
  const agreed = consent.named ? undefined : agreement;
  return {
    medicalCodes: medical === 'yes' ? !agreed || agreed.medicalCodes : medical === undefined && !!agreed?.medicalCodes,
    feedback:
      feedback === 'yes' || (feedback === undefined && agreed?.feedback === 'content')
        ? ('content' as const)
        : ('closure-only' as const),
  };
}

/**
 * The consent that the line names: a yes, how, by whom and when, in words of the tables and nothing else, since any other
 * word may be a condition. Without the line what the practice agreed, which speaks for residents only (decision 13).
 */
export function consentOf(parts: Parts, day: string, translate: Translate): Consent | { readonly issues: Issue[] } {
  const issues: Issue[] = [];
  const scope = scopeOf(parts, translate, issues);
  const line = parts.named.find((one) => one.part === 'consent');
  if (!line && parts.agreement)
    return issues.length > 0 ? { issues } : { by: 'resident', how: parts.agreement.how, on: day, ...scope };
  const path = line?.path ?? 'TXT';
  const { given, how, on, by, unknown, impossible } = wordsOf(line?.value ?? '', translate);
  if (given !== 'yes') return { issues: [refusals.noConsent(path), ...issues] };
  const who = whoOf(by);
  const missing = (name: string) => issue('required', `required-${name}`, path, said(`required:${name}`));
  if (unknown.length > 0) issues.push(issue('value', 'value-consent-words', path, said('value:consent-words')));
  else if (!who) issues.push(missing('consent-by'));
  if (!how && unknown.length === 0) issues.push(missing('consent-how'));
  if (on === undefined && unknown.length === 0) issues.push(missing('consent-date'));
  if (impossible) issues.push(refusals.impossibleDate(path));
  if (issues.length > 0 || !who || !how || !on) return { issues };
  return { by: who, how, on, ...scope };
}
