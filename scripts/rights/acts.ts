// What each command about a person's rights does, apart from its files and its command line. Gives lines for who asked.
import { createHash } from 'node:crypto';
import type { Bundle, Resource } from '@medplum/fhirtypes';
import { end } from '../../src/feedback/ending.ts';
import {
  fileBundle,
  filePage,
  type RedactionItem,
  redact,
  redactionFaults,
  redactionList,
} from '../../src/feedback/personal-file.ts';
import { toTrailRow, trailColumns } from '../../src/referral/audit-event.ts';
import type { AuditLine, KeepingMove } from '../../src/referral/change.ts';
import { localDay } from '../../src/referral/deadlines.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { type Keeping, readKeeping } from '../../src/store/keeping.ts';
import { readCarriages } from '../../src/store/lists.ts';
import {
  findPerson,
  markGiven,
  type PersonKey,
  readEverything,
  readRightsRequest,
  writeRightsRequest,
} from '../../src/store/persons.ts';
import { readJourney } from '../../src/store/referrals.ts';
import type { Store } from '../../src/store/store.ts';
import { journeyNumbered, readTrail } from '../../src/store/trail.ts';

export interface Rights {
  readonly store: Store;
  /** Where the request is filed. */
  readonly reference: string;
  readonly by: string;
}

/** Why someone may be looked for outside one practice: nothing else is a reason. */
export const reasons = ['access-request', 'erasure-request', 'objection', 'court-order', 'inspectorate', 'incident'];

type Files = ReadonlyMap<string, string>;

function lineOf(rights: Rights, event: string, action: AuditLine['action'], code?: string): AuditLine {
  return {
    event,
    at: rights.store.clock().toISOString(),
    actor: { id: rights.by, role: 'administrator' },
    action,
    outcome: 'ok',
    object: `request/${rights.reference}`,
    ...(code && { code }),
    purpose: 'HOPERAT',
  };
}

async function act(rights: Rights, one: Keeping, audit: AuditLine, keeping?: KeepingMove): Promise<boolean> {
  const { store } = rights;
  const change = { scope: { practice: one.practice }, journey: one.journey, audit: [audit] };
  return (await store.commit(keeping ? { ...change, keeping } : change)).ok;
}

async function named(rights: Rights, numbers: readonly string[]): Promise<Keeping[]> {
  const found = await Promise.all(numbers.map((journeyNumber) => journeyNumbered(rights.store, { journeyNumber })));
  const missing = numbers.filter((_, nth) => !found[nth]);
  if (missing.length > 0) throw new Error(`there is no referral ${missing.join(', ')}`);
  return readKeeping(
    rights.store,
    found.flatMap((one) => one?.journey ?? []),
  );
}

const day = (at: Date | null) => at?.toISOString().slice(0, 10) ?? '';

function keepingSaid(one: Keeping): string {
  const marks = [
    one.erasedAt && `erased ${day(one.erasedAt)}`,
    one.heldAt && `held since ${day(one.heldAt)} (${one.heldFor})`,
    one.objectedAt && `objection of ${day(one.objectedAt)}`,
    one.transferredAt && `in the receiver's own record since ${day(one.transferredAt)}`,
    one.over ? 'over' : 'open',
  ].filter(Boolean);
  return [one.number, one.practice, one.practiceNumber, day(one.receivedAt), one.taskStatus, marks.join(', ')].join(
    '  ',
  );
}

/** Who is meant, in one practice or, with one of the reasons, in all; the search and each find are in the trail. */
export async function search(
  rights: Rights,
  person: PersonKey,
  where: { readonly practice: string } | { readonly everywhere: string },
): Promise<string[]> {
  const practice = 'practice' in where ? where.practice : undefined;
  const why = 'everywhere' in where ? where.everywhere : undefined;
  if (why !== undefined && !reasons.includes(why))
    throw new Error(`--everywhere needs a reason: ${reasons.join(', ')}`);
  const code = [why ?? 'own-practice', 'bsn' in person ? 'bsn' : 'identity'].join(' ');
  // In the trail before anything is known: a search that finds nobody was a search.
  const searched = lineOf(rights, 'person-searched', 'R', code);
  await rights.store.commit({ scope: { practice: practice ?? '' }, audit: [searched] });
  const found = await findPerson(rights.store, { practice }, person);
  for (const one of found) await act(rights, one, lineOf(rights, 'person-found', 'R', code));
  return found.length > 0 ? found.map(keepingSaid) : ['nobody is found'];
}

const hashOf = (...texts: readonly string[]) => {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest();
};

async function trailText(store: Store, journeys: readonly string[]): Promise<string> {
  const rows = [trailColumns.join(',')];
  for await (const page of readTrail(store, { journeys })) rows.push(...page.map(toTrailRow));
  return `${rows.join('\r\n')}\r\n`;
}

/**
 * Everything about the person of some journeys, and the list of what must be read first (H8). Nothing of it may be given
 * out yet: it holds what others said and who they are. Of what was erased the trail is left.
 */
export async function putTogether(
  rights: Rights,
  numbers: readonly string[],
): Promise<{ readonly files: Files; readonly said: string[] }> {
  const { store } = rights;
  const journeys = await named(rights, numbers);
  const here = journeys.filter((one) => one.erasedAt === null);
  const resources = (await Promise.all(here.map((one) => readEverything(store, one.journey)))).flat();
  for (const one of journeys) await act(rights, one, lineOf(rights, 'access-put-together', 'R'));
  const bundle = JSON.stringify(fileBundle(resources, store.clock().toISOString()), undefined, 2);
  const ids = journeys.map((one) => one.journey);
  const { reference, by } = rights;
  const request = await writeRightsRequest(store, { reference, journeys: ids, by, hash: hashOf(bundle) });
  const list = redactionList(resources);
  return {
    files: new Map([
      ['bundle.json', bundle],
      ['redaction.json', JSON.stringify({ request, texts: list }, undefined, 2)],
      ['wie-heeft-gekeken.csv', await trailText(store, ids)],
    ]),
    said: [
      `request ${request}: ${journeys.length} referrals (${journeys.length - here.length} erased), ${resources.length} resources`,
      `${list.length} texts to read. Give each a decision in redaction.json: "keep", "remove" or {"replace": "…"}.`,
      `Then: npm run rights -- give --request ${request} --folder <this folder>`,
    ],
  };
}

/** The copy that may be given out, made of the decisions that came back; refuses while one is open. Marks it as given, once. */
export async function give(
  rights: Rights,
  id: string,
  back: { readonly bundle: string; readonly redaction: string },
): Promise<{ readonly files: Files; readonly said: string[] }> {
  const { store } = rights;
  const request = await readRightsRequest(store, id);
  if (!request) throw new Error('there is no such request');
  if (request.givenAt) throw new Error(`it was given on ${day(request.givenAt)}`);
  if (!hashOf(back.bundle).equals(request.askedHash)) throw new Error('bundle.json is another than was put together');
  const bundle = JSON.parse(back.bundle) as Bundle;
  const resources = (bundle.entry ?? []).flatMap((one): Resource[] => (one.resource ? [one.resource] : []));
  const decided = (JSON.parse(back.redaction) as { texts?: RedactionItem[] }).texts ?? [];
  const list = redactionList(resources);
  const faults = redactionFaults(list, decided);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  const decisions = new Map(decided.map((one) => [one.id, one.decision]));
  // Where a text stands is ours to say; only the decisions come from outside.
  const { resources: done, remains } = redact(
    resources,
    list.map((one) => ({ ...one, decision: decisions.get(one.id) ?? null })),
  );
  if (remains.length > 0)
    throw new Error(`${remains.join(', ')}: was removed in one place and still stands in another`);
  const files = new Map([
    ['bundle.json', JSON.stringify(fileBundle(done, bundle.timestamp ?? ''), undefined, 2)],
    ['overzicht.html', filePage(done, localDay(store.clock()))],
    ['wie-heeft-gekeken.csv', await trailText(store, request.journeys)],
  ]);
  if (!(await markGiven(store, id, rights.by, hashOf(...files.values())))) throw new Error('it was given just now');
  const journeys = await readKeeping(store, request.journeys);
  for (const one of journeys) await act(rights, one, lineOf(rights, 'access-given', 'R'));
  const removed = decided.filter((one) => one.decision !== 'keep').length;
  return { files, said: [`given: ${done.length} resources, ${removed} texts removed or replaced`] };
}

/** Erases the content of journeys and what leads to the person; says of each why not. Throws when one is left. */
export async function erase(rights: Rights, numbers: readonly string[], evenTheOnlyCopy: boolean): Promise<string[]> {
  const said: string[] = [];
  const left: string[] = [];
  for (const one of await named(rights, numbers)) {
    const at = rights.store.clock().toISOString();
    const why = one.erasedAt
      ? 'was erased before'
      : one.heldAt
        ? `is held (${one.heldFor})`
        : !one.over
          ? 'is still open, or something of it is still to be sent: end it first'
          : one.seen && !one.transferredAt && !evenTheOnlyCopy
            ? "is not known to be in the receiver's own record: ask, or say --even-the-only-copy"
            : undefined;
    const code = evenTheOnlyCopy && !one.transferredAt ? 'only-copy' : undefined;
    const audit = lineOf(rights, 'content-erased', 'D', code);
    if (why || !(await act(rights, one, audit, { to: 'erased', at, forget: true })))
      left.push(`${one.number} ${why ?? 'changed just now: look again'}`);
    else said.push(`${one.number} erased; the trail and events without content stay`);
  }
  if (left.length > 0) throw new Error([...said, ...left].join('\n'));
  return said;
}

/** Sets or ends a legal hold: what is held is neither purged nor erased. */
export async function setHold(rights: Rights, numbers: readonly string[], held: boolean): Promise<string[]> {
  const { reference } = rights;
  const said: string[] = [];
  for (const one of await named(rights, numbers)) {
    const at = rights.store.clock().toISOString();
    const move: KeepingMove = held ? { to: 'held', at, reference } : { to: 'released' };
    const done = await act(rights, one, lineOf(rights, held ? 'hold-set' : 'hold-released', 'U'), move);
    if (!done) throw new Error(`${one.number} ${held ? 'was erased before' : 'is not held'}`);
    said.push(`${one.number} ${held ? 'is held' : 'is held no longer'}`);
  }
  return said;
}

/** Notes an objection (AVG 21); what follows from it a person decides. */
export async function note(rights: Rights, numbers: readonly string[]): Promise<string[]> {
  const said: string[] = [];
  for (const one of await named(rights, numbers)) {
    const at = rights.store.clock().toISOString();
    await act(rights, one, lineOf(rights, 'objection-noted', 'U'), { to: 'objected', at });
    said.push(
      `${one.number} objection noted; ${one.over ? 'erase it, or say why not' : 'the team lead decides: withdraw ends it'}`,
    );
  }
  return said;
}

/** Consent withdrawn (H10), on the word of someone of the team who may end it; lists what went out and cannot be recalled. */
export async function stop(rights: Rights, numbers: readonly string[], as: string): Promise<string[]> {
  const { store } = rights;
  const directory = await directoryReader(store)();
  const role = directory.roles.get(as);
  if (!role || (role.kind !== 'team-lead' && role.kind !== 'wally')) throw new Error('--as is a team lead or a Wally');
  const actor = { id: as, name: role.name, role: role.kind, organization: role.organization } as const;
  const said: string[] = [];
  for (const one of await named(rights, numbers)) {
    const journey = await readJourney(store, { kind: 'line' }, one.journey);
    if (!journey) throw new Error(`${one.number} is not there`);
    const change = end(journey, 'consent-withdrawn', { actor, now: store.clock(), newId: store.newId, directory });
    if (isRefusal(change)) throw new Error(`${one.number} ${change.refused.map((no) => no.said.en).join(' ')}`);
    const noted = { ...change, audit: [...change.audit, lineOf(rights, 'consent-withdrawn', 'U')] };
    if (!(await store.commit(noted)).ok) throw new Error(`${one.number} changed just now: look again`);
    const gone = (await readCarriages(store, one.journey)).filter((carriage) => carriage.firstSentAt);
    said.push(`${one.number} has ended`);
    for (const { kind, recipient, firstSentAt } of gone)
      said.push(`  cannot be recalled: ${kind} to ${recipient}, ${day(firstSentAt)}`);
  }
  return said;
}
