import { v7 } from 'uuid';
import type { Change } from '../../src/referral/change.ts';
import type { DeliveryMove } from '../../src/referral/delivery-move.ts';
import type { OutboxRow } from '../../src/referral/outbox-row.ts';
import { type Claimed, claim, type Due, offerDue } from '../../src/store/outbox/outbox.ts';
import type { Committed } from '../../src/store/store.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { committed, takeIn } from '../doubles/made.ts';

export const brink = 'practice:de-brink';

interface Seen {
  readonly state: string;
  readonly generation: number;
  readonly attempts: number;
  readonly ambiguous: boolean;
  readonly leased: boolean;
  readonly reason: string | null;
  readonly proof: string | null;
}

/** An outbox to put deliveries in and to look behind; its journeys' own rows are out of the way. */
export interface OutboxBench {
  readonly at: TestStore;
  readonly one: string;
  readonly two: string;
  /** Empties the outbox. */
  fresh(): Promise<void>;
  put(journey: string, row?: Partial<OutboxRow>): Promise<string>;
  /** One round of the relay; gives the ids. */
  offered(): Promise<string[]>;
  look(id: string): Promise<Seen>;
  due(id: string): Promise<Due>;
  claimed(id: string): Promise<Claimed>;
  expire(id: string): Promise<unknown>;
  move(journey: string, ...deliveries: DeliveryMove[]): Promise<Committed>;
  landing(held: Claimed): DeliveryMove;
  sending(held: Claimed, lookAgainInMs: number): DeliveryMove;
  close(): Promise<void>;
}

export async function openOutboxBench(): Promise<OutboxBench> {
  const at = await openTestStore();
  await loadTestRegion(at.store);
  const [one, two] = [await takeIn(at.store, { number: 'one' }), await takeIn(at.store, { number: 'two' })];
  const change = (journey: string, parts: Partial<Change>): Change => ({
    scope: { practice: 'de-brink' },
    journey,
    audit: [],
    ...parts,
  });
  const look = async (id: string): Promise<Seen> => {
    const { rows } = await at.owner.query<Seen>(
      'select state, generation, attempts, ambiguous, lease_until is not null as leased, reason, proof from delivery where id = $1',
      [id],
    );
    if (!rows[0]) throw new Error('no such delivery');
    return rows[0];
  };
  const due = async (id: string) => ({ id, generation: (await look(id)).generation });
  return {
    at,
    one,
    two,
    fresh: async () => {
      await at.owner.query('truncate delivery, attempt, queue_epoch');
      await at.owner.query(
        `update destination set max_inflight = 20, paused = false, breaker = 'closed', open_until = null, fails = 0,
           openings = 0, hold_until = null`,
      );
    },
    put: async (journey, row = {}) => {
      const messageId = v7();
      const full = { messageId, kind: 'feedback' as const, destination: brink, recipient: 'de-brink', ...row };
      await committed(at.store, change(journey, { outbox: [full] }));
      const { rows } = await at.owner.query<{ id: string }>('select id::text from delivery where message_id = $1', [
        messageId,
      ]);
      return rows[0]?.id ?? '';
    },
    offered: async () => {
      const ids: string[] = [];
      await offerDue(at.store, async (jobs) => void ids.push(...jobs.map((job) => job.id)));
      return ids.sort((a, b) => Number(a) - Number(b));
    },
    look,
    due,
    claimed: async (id) => {
      const held = await claim(at.store, await due(id), 60_000);
      if (!held) throw new Error('not claimed');
      return held;
    },
    expire: (id) => at.owner.query(`update delivery set lease_until = now() - interval '1 second' where id = $1`, [id]),
    move: (journey, ...deliveries) => at.store.commit(change(journey, { deliveries })),
    landing: (held) => ({
      to: 'landed',
      id: held.id,
      lease: held.lease,
      proof: 'record',
      at: at.now.toISOString(),
    }),
    sending: (held, lookAgainInMs) => ({
      to: 'sent',
      id: held.id,
      lease: held.lease,
      proof: 'application',
      at: at.now.toISOString(),
      lookAgainInMs,
    }),
    close: at.close,
  };
}
