import { folded } from '../../src/fhir/folded.ts';
import { validAgb } from '../../src/fhir/identifiers.ts';
import type { Issue } from '../../src/fhir/outcome.ts';
import { codeSystems } from '../../src/fhir/systems.ts';
import type { Translate } from '../../src/referral/format.ts';
import { isLifeArea, type LifeArea } from '../../src/referral/life-area.ts';
import type { Loss, Referral, SafeContact } from '../../src/referral/referral.ts';
import { issue } from '../../src/referral/refusal.ts';
import { flagOf, yesOrNo } from './consent.ts';
import { says } from './contract.ts';
import { linesText, type Named, type Parts } from './gather.ts';
import { type Part, words } from './names.ts';

const said = (name: string) => says[name] ?? { nl: '', en: '' };
const valueIssue = (name: string, path: string): Issue => issue('value', `value-${name}`, path, said(`value:${name}`));

/** What stands in named lines and around them, as far as a referral has a place for it. */
export interface Texts {
  readonly reason: string;
  readonly question: string;
  readonly priority: Referral['priority'];
  readonly areas: readonly LifeArea[];
  readonly codes: Referral['reasonCodes'];
  readonly safeContact: SafeContact | undefined;
  readonly agb: string;
  readonly notes: readonly string[];
  readonly losses: readonly Loss[];
  readonly issues: readonly Issue[];
}

const listOf = (named: readonly Named[]) =>
  named.flatMap((one) =>
    one.value
      .split(/[,;]/)
      .map((text) => ({ text: text.trim(), path: one.path }))
      .filter(({ text }) => text !== ''),
  );

function areasOf(named: readonly Named[], translate: Translate) {
  const areas = new Set<LifeArea>();
  const unknown = listOf(named).filter(({ text }) => {
    const area = translate('life-area', words, folded(text));
    if (!area || !isLifeArea(area)) return true;
    areas.add(area);
    return false;
  });
  return { areas: [...areas], unknown };
}

/** ICPC codes; anything else there is medical text without a place. */
function codesOf(named: readonly Named[]) {
  const codes: Referral['reasonCodes'] = [];
  const losses: Loss[] = [];
  for (const { text, path } of listOf(named)) {
    const [, code, display] = /^([A-Z]\d{2}(?:\.\d{2})?)(?:\s+(\S.*))?$/.exec(text) ?? [];
    if (code && codes.length < 10) codes.push({ system: codeSystems.icpc1, code, ...(display && { display }) });
    else losses.push({ path, why: 'kept-with-source' });
  }
  return { codes, losses };
}

/** H2. A bare yes or no behind "reach safely" could mean either of two opposite things: it is refused. */
function safeContactOf(find: (part: Part) => Named | undefined, translate: Translate, issues: Issue[]) {
  const [safe, phone] = [find('safe'), find('safePhone')];
  const first = safe?.value.split(/[\s,;.]/, 1)[0] ?? '';
  if (safe && (first === '' || yesOrNo(first, translate) !== undefined))
    issues.push(valueIssue('safe-contact', safe.path));
  const flag = (part: Part) => flagOf(find(part), translate, issues, 'yes') === 'yes';
  const found = {
    unsafe: safe !== undefined || phone !== undefined,
    noVoicemail: flag('noVoicemail'),
    noLetters: flag('noLetters'),
    ...(phone?.value && { phone: phone.value }),
    ...(safe?.value && { times: safe.value }),
  };
  return found.unsafe || found.noVoicemail || found.noLetters ? found : undefined;
}

/**
 * The texts of a referral. What stands before the first name is the reason when no line says it, else a note; what stands
 * below a value is a note; medical text goes along only when the resident agreed to that (H17).
 */
export function textsOf({ named, opening }: Parts, medicalCodes: boolean, translate: Translate): Texts {
  const find = (part: Part) => named.find((one) => one.part === part);
  const all = (part: Part) => named.filter((one) => one.part === part);
  const issues: Issue[] = [];
  const losses: Loss[] = [];
  const notes: string[] = all('note').flatMap((one) => one.value || []);
  const keep = (text: string, path: string, isMedical: boolean) => {
    if (text === '') return;
    if (!isMedical || medicalCodes) notes.push(text);
    losses.push({ path, why: isMedical && !medicalCodes ? 'not-shared' : 'kept-as-text' });
  };
  const free = linesText(opening);
  const line = find('reason');
  if (line) keep(free, opening[0]?.path ?? 'TXT', false);
  for (const one of all('medical')) keep(one.value, one.path, true);
  for (const one of named) keep(linesText(one.rest), one.rest[0]?.path ?? one.path, one.part === 'code');
  const { areas, unknown } = areasOf(all('area'), translate);
  for (const { text, path } of unknown) {
    notes.push(`Leefgebied volgens de verwijzer: ${text}`);
    losses.push({ path, why: 'unknown-code' });
  }
  const { codes, losses: codeLosses } = codesOf(all('code'));
  const urgency = find('urgency');
  const priority = urgency ? translate('urgency', words, folded(urgency.value)) : 'routine';
  if (!priority) issues.push(valueIssue('priority', urgency?.path ?? 'TXT'));
  const agb = find('agb');
  if (agb && !validAgb(agb.value)) issues.push(valueIssue('referrer-agb', agb.path));
  const reason = line?.value || (line ? '' : free);
  if (reason === '') issues.push(issue('required', 'required-reason', line?.path ?? 'TXT', said('required:reason')));
  return {
    reason,
    question: find('question')?.value ?? '',
    priority: (priority ?? 'routine') as Referral['priority'],
    areas,
    codes,
    safeContact: safeContactOf(find, translate, issues),
    agb: agb?.value ?? '',
    notes,
    losses: [...losses, ...codeLosses],
    issues,
  };
}

const aboutWhich: ReadonlySet<Part> = new Set(['cancel', 'supplement', 'number']);
const medical: ReadonlySet<Part> = new Set(['medical', 'code']);

/** All that a message about another one says in words, medical sections left out: whose consent it is, is not here. */
export function wholeText({ named, opening, medvri }: Parts): { readonly text: string; readonly losses: Loss[] } {
  const own = new Map(medvri.lines.map((one) => [one.path, one.text.trim()]));
  const texts = named.flatMap((one) => {
    if (medical.has(one.part)) return [];
    const rest = linesText(one.rest);
    if (aboutWhich.has(one.part)) return rest === '' ? [] : [rest];
    const label = (own.get(one.path) ?? '').split(':', 1)[0] ?? '';
    if (one.part === 'reason') return [one.value, rest];
    return [one.value === '' ? label : `${label}: ${one.value}`, rest];
  });
  return {
    text: [linesText(opening), ...texts].filter((one) => one !== '').join('\n'),
    losses: named.filter((one) => medical.has(one.part)).map((one): Loss => ({ path: one.path, why: 'not-shared' })),
  };
}
