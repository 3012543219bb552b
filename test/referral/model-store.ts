import { worklistConnector } from '../../src/connectors/worklist.ts';
import type { Connector } from '../../src/delivery/connector.ts';
import { type Delivering, deliver } from '../../src/delivery/deliver.ts';
import { Failure } from '../../src/delivery/failure.ts';
import { overseeClocks } from '../../src/delivery/overdue.ts';
import { reevaluatePresence } from '../../src/delivery/presence.ts';
import { openLog } from '../../src/log.ts';
import { theLine } from '../../src/referral/actor.ts';
import type { Change } from '../../src/referral/change.ts';
import type { Proof } from '../../src/referral/directory/channels.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { masterKeyFrom } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import { readJourney } from '../../src/store/referrals.ts';
import type { Store } from '../../src/store/store.ts';
import { loadTestRegion, type TestStore } from '../doubles/database.ts';
import type { Ending, KeptClock, KeptDelivery, ModelLine } from './model-line.ts';
import { otherOrganization, storedRole, withOwnLevels } from './model-region.ts';

const log = openLog('silent');

const grouped = <T extends { journey: string }>(rows: readonly T[]): Map<string, T[]> => {
  const by = new Map<string, T[]>();
  for (const row of rows) by.set(row.journey, [...(by.get(row.journey) ?? []), row]);
  return by;
};

/** A directory change as the pages make it: a version more, valid from now. */
const directoryChange = (resource: ReturnType<typeof storedRole> | typeof otherOrganization, now: Date): Change => ({
  scope: { practice: '' },
  directory: [{ resource, validFrom: now.toISOString() }],
  audit: [
    {
      event: 'directory-changed',
      at: now.toISOString(),
      actor: { id: theLine.id, role: theLine.role },
      action: 'U',
      outcome: 'ok',
      purpose: 'HOPERAT',
    },
  ],
});

/** The region of the model in a fresh store. */
export async function loadModelRegion({ store }: TestStore): Promise<void> {
  await loadTestRegion(store);
  const done = await store.commit(directoryChange(otherOrganization, store.clock()));
  if (!done.ok) throw new Error('the other organisation could not be loaded');
}

/** The same line on PostgreSQL: the real commit, the line's own rounds, real deliveries to doubles of other systems. */
export function openStoreLine(at: TestStore, newId: () => string): ModelLine {
  let store: Store = at.store;
  let read = directoryReader(store);
  const directory = async () => withOwnLevels(await read());
  let how: Ending = 'arrives';
  const answering = (proof: Proof): Connector => ({
    send: async () => {
      if (how === 'fails') throw new Failure('transient', 'unreachable');
      if (how === 'refused') throw new Failure('permanent', 'rejected');
      return { proof };
    },
  });
  const record = answering('record');
  const connectors = { worklist: worklistConnector, mail: answering('transport'), fhir: record, mllp: record };
  const delivering = (): Delivering => ({ store, directory, connectors, log, timeoutMs: 5_000, random: () => 0.5 });
  const journey = async (id: string) => {
    const found = await readJourney(store, { kind: 'line' }, id);
    if (!found) throw new Error(`no journey ${id}`);
    return found;
  };
  const rows = async <T extends object>(text: string, values: readonly unknown[]): Promise<T[]> =>
    (await at.owner.query<T>(text, [...values])).rows;

  const deliveriesOf = async (ids: readonly string[]) =>
    grouped(
      await rows<KeptDelivery>(
        `select id::text, journey_id as journey, kind, recipient, document_id as document, assignment, state, reason
             from delivery d where journey_id = any($1::uuid[]) order by d.id`,
        [ids],
      ),
    );

  return {
    newId,
    get now() {
      return at.now;
    },
    set now(to) {
      at.now = to;
    },
    directory,
    journey,
    commit: (change) => store.commit(change),
    kept: async (ids) => {
      const [clocks, alarms, deliveries, visible, all] = await Promise.all([
        rows<KeptClock>(
          `select practice_id as practice, journey_id as journey, kind, due_on::text as "dueOn", level, next_on::text as "nextOn"
             from clock order by kind`,
          [],
        ),
        rows<{ journey: string; kind: string }>(
          'select journey_id as journey, kind from alarm where resolved_at is null and journey_id = any($1::uuid[])',
          [ids],
        ),
        deliveriesOf(ids),
        rows<{ at: string }>(
          `select task_id || ' ' || assignment as at from worklist_entry where journey_id = any($1::uuid[])`,
          [ids],
        ),
        Promise.all(ids.map(async (id) => [id, await journey(id)] as const)),
      ]);
      const kinds = grouped(alarms);
      return {
        journeys: new Map(all),
        clocks: grouped(clocks),
        alarms: new Map([...kinds].map(([id, some]) => [id, new Set(some.map((one) => one.kind))])),
        deliveries,
        visible: new Set(visible.map((one) => one.at)),
      };
    },
    deliveries: deliveriesOf,
    absent: async (role, absences) => {
      const done = await store.commit(directoryChange(storedRole(role, absences), at.now));
      if (!done.ok) throw new Error('an absence was not written');
    },
    presence: async () => {
      await reevaluatePresence(store, directory);
    },
    oversee: async () => {
      await overseeClocks({ store, directory, log });
    },
    deliver: async (one, ending) => {
      how = ending;
      const [row] = await rows<{ generation: number }>('select generation from delivery where id = $1', [one.id]);
      await deliver(delivering(), { id: one.id, generation: row?.generation ?? 0 });
      // How a destination rests after failures is told elsewhere (test/delivery/breaker), and takes real time.
      await at.owner.query(
        `update destination set fails = 0, breaker = 'closed', open_until = null, hold_until = null`,
      );
    },
    restart: () => {
      store = openStore(store.pool, masterKeyFrom(Buffer.alloc(32, 7)), () => at.now, at.store.newId);
      read = directoryReader(store);
    },
  };
}
