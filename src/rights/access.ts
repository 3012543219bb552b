import { createHash } from 'node:crypto';
import type { Bundle, Resource } from '@medplum/fhirtypes';
import {
  fileBundle,
  filePage,
  type RedactionItem,
  redact,
  redactionFaults,
  redactionList,
} from '../feedback/personal-file.ts';
import { toTrailRow, trailColumns } from '../referral/audit-event.ts';
import { localDay } from '../referral/deadlines.ts';
import { issue, type Refusal, refuse } from '../referral/refusal.ts';
import type { Keeping } from '../store/keeping.ts';
import { readEverything } from '../store/persons.ts';
import { writeRightsRequest } from '../store/rights-requests.ts';
import type { Store } from '../store/store.ts';
import { readTrail } from '../store/trail.ts';
import { practiceShare } from './practice-share.ts';
import { act, lineOf, type Rights } from './rights.ts';

/** Files by name, as they are given out. */
export type Files = ReadonlyMap<string, string>;

export const hashOf = (...texts: readonly string[]) => {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest();
};

/** The trail of some journeys as CSV: who looked, and when. */
export async function trailText(store: Store, journeys: readonly string[]): Promise<string> {
  const rows = [trailColumns.join(',')];
  for await (const page of readTrail(store, { journeys })) rows.push(...page.map(toTrailRow));
  return `${rows.join('\r\n')}\r\n`;
}

/**
 * Every resource of some journeys, of which who asks may have it: a practice its own share. Those that were erased are left
 * out; of them the trail is left.
 */
export async function everythingOf({ store, practice }: Rights, journeys: readonly Keeping[]): Promise<Resource[]> {
  const here = journeys.filter((one) => one.erasedAt === null);
  const all = await Promise.all(here.map((one) => readEverything(store, one.journey)));
  return all.flatMap((one) => (practice === undefined ? one : practiceShare(one)));
}

export interface PutTogether {
  /** Id of the request. */
  readonly request: string;
  readonly resources: readonly Resource[];
  readonly bundle: string;
  readonly list: readonly RedactionItem[];
}

/**
 * Everything about the person of some journeys (AVG 15), and the list of what must be read first (H8). Nothing of it may be
 * given out yet: it holds what others said and who they are.
 */
export async function putTogether(rights: Rights, journeys: readonly Keeping[]): Promise<PutTogether> {
  const { store, reference, actor, practice } = rights;
  for (const one of journeys) await act(rights, one, lineOf(rights, 'access-put-together', 'R'));
  const resources = await everythingOf(rights, journeys);
  const bundle = JSON.stringify(fileBundle(resources, store.clock().toISOString()), undefined, 2);
  const request = await writeRightsRequest(store, {
    reference,
    journeys: journeys.map((one) => one.journey),
    by: actor.id,
    hash: hashOf(bundle),
    ...(practice && { practice }),
  });
  return { request, resources, bundle, list: redactionList(resources) };
}

const remainsSaid = (ids: readonly string[]) =>
  refuse(
    issue('business-rule', 'still-stands-elsewhere', '', {
      nl: `Deze tekst is weggelaten, maar staat ook nog ergens anders: ${ids.join(', ')}. Laat hem daar ook weg, of kies andere woorden.`,
      en: `${ids.join(', ')}: was removed in one place and still stands in another`,
    }),
  );

const undecided = (faults: readonly string[]) =>
  refuse(
    issue('required', 'not-decided', '', {
      nl: `Nog niet over elke tekst is besloten (${faults.length}). Lees ze eerst allemaal.`,
      en: faults.join('\n'),
    }),
  );

/**
 * The copy that may be given out, made of decisions about every text. Where a text stands is ours to say: only the decisions
 * are taken from `decided`. `at` is ISO 8601. Pure.
 */
export function copyOf(
  resources: readonly Resource[],
  decided: readonly RedactionItem[],
  at: string,
): { readonly resources: readonly Resource[]; readonly files: Files } | Refusal {
  const list = redactionList(resources);
  const faults = redactionFaults(list, decided);
  if (faults.length > 0) return undecided(faults);
  const decisions = new Map(decided.map((one) => [one.id, one.decision]));
  const { resources: done, remains } = redact(
    resources,
    list.map((one) => ({ ...one, decision: decisions.get(one.id) ?? null })),
  );
  if (remains.length > 0) return remainsSaid(remains);
  const files = new Map([
    ['bundle.json', JSON.stringify(fileBundle(done, at), undefined, 2)],
    ['overzicht.html', filePage(done, localDay(new Date(at)))],
  ]);
  return { resources: done, files };
}

/** The resources of a Bundle that was put together. */
export const resourcesIn = (bundle: Bundle): Resource[] =>
  (bundle.entry ?? []).flatMap((one): Resource[] => (one.resource ? [one.resource] : []));

/** Notes under each journey that the copy was given out. */
export async function noteGiven(rights: Rights, journeys: readonly Keeping[]): Promise<void> {
  for (const one of journeys) await act(rights, one, lineOf(rights, 'access-given', 'R'));
}
