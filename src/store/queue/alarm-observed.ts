import type { Store } from '../store.ts';
import { stoppedOne } from '../subscriptions.ts';

/** What waits or is held, of one destination. */
export interface ObservedDestination {
  readonly destination: string;
  readonly count: number;
  readonly since: Date;
}

/** The last that was measured of something outside the record. */
export interface Signal {
  readonly name: string;
  readonly subject: string;
  readonly value: number;
  /** Since when it has this value. */
  readonly changedAt: Date;
  readonly seenAt: Date;
}

/** What the record shows at one moment: ids, counts and moments. The rules make alarms of it. */
export interface Observed {
  /** `stopped`: a person, maintenance or the receiver itself holds it up. */
  readonly waiting: readonly (ObservedDestination & { readonly stopped: boolean })[];
  /** Not what a person set aside. */
  readonly held: readonly ObservedDestination[];
  /** Alarms that did not get out. */
  readonly unsent: readonly ObservedDestination[];
  /** Feedback that a system took and whose application has not answered. */
  readonly unanswered: readonly ObservedDestination[];
  /** Per Wally what she has not opened, and when she last did anything. */
  readonly unopened: readonly {
    readonly owner: string;
    readonly count: number;
    readonly since: Date;
    readonly lastSign: Date | null;
  }[];
  /** Referrals per practice in the days that were asked for. */
  readonly practices: readonly {
    readonly practice: string;
    readonly count: number;
    readonly first: Date;
    readonly last: Date;
  }[];
  /** Systems (or the practice whose system it is) that asked to be told of changes and are not any more. */
  readonly untold: readonly { readonly subject: string; readonly since: Date }[];
  readonly unowned: { readonly count: number; readonly since: Date | null };
  readonly unsealedSince: Date | null;
  readonly signals: readonly Signal[];
}

// Not what waits behind a message that is held itself: that one is the trouble. A breaker that is open has an alarm of its own.
const WAITING = `
  select d.destination, s.stopped, count(*) as count, min(d.created_at) as since
    from delivery d join destination x on x.id = d.destination,
         lateral (select x.paused or x.drain_to is not null or x.down_since is not null or not x.retries
                or (x.window_from is not null and $1 >= x.window_from and $1 < x.window_until)
                or coalesce(x.hold_until > now(), false) as stopped) s
   where d.state in ('pending', 'queued') and d.kind <> 'alarm' and x.breaker = 'closed'
     and not exists (select from delivery e where e.destination = d.destination and e.recipient = d.recipient
                        and e.journey_id = d.journey_id and e.id < d.id and e.state = 'held')
   group by 1, 2 order by 1`;

const UNANSWERED = `
  select d.destination, count(*) as count, min(coalesce(d.first_sent_at, d.created_at)) as since
    from delivery d join destination x on x.id = d.destination
   where d.state = 'sent' and d.kind = 'feedback' and d.proof = 'transport' and x.best_proof <> 'transport' group by 1 order by 1`;

// A sign of life is anything that she did herself in a referral that is hers.
const UNOPENED = `
  select w.owner, w.count, w.since,
         (select max(e.at) from journey o join journey_event e on e.journey_id = o.id
           where o.owner_id = w.owner and e.owner_id = w.owner
             and e.kind in ('opened', 'accepted', 'contact', 'attempt', 'appointment', 'feedback', 'asked', 'rest')
               and e.at > w.since) as "lastSign"
    from (select j.owner_id as owner, count(*) as count, min(v.visible_at) as since
            from journey j join worklist_entry v on v.practice_id = j.practice_id and v.task_id = j.task_id and v.assignment = j.assignment
           where j.owner_id is not null and j.task_status in ('requested', 'received')
             and not exists (select from journey_event e where e.journey_id = j.id and e.kind = 'opened' and e.owner_id = j.owner_id)
           group by 1) w order by 1`;

const UNSEALED = `
  select min(a.recorded_at) as since from audit a
   where a.cluster = (pg_control_system()).system_identifier
     and a.xid >= coalesce((select b.xid from audit_chain c join audit b on b.id = c.audit_id order by c.seq desc limit 1), '0'::xid8)
     and not exists (select from audit_chain c where c.audit_id = a.id)`;

const KEEP_SINCE = `on conflict (name, subject) do update set value = excluded.value, seen_at = excluded.seen_at,
  changed_at = case when s.value = excluded.value then s.changed_at else excluded.changed_at end`;

/** Everything that the rules look at; `practicesSince`: how far back the referrals of practices are counted. */
export async function observe(store: Store, practicesSince: Date): Promise<Observed> {
  const { pool } = store;
  const rows = async <T extends object>(text: string, values: unknown[] = []) =>
    (await pool.query<T>({ text, values })).rows;
  const inState = (condition: string) =>
    rows<ObservedDestination>(
      `select destination, count(*) as count, min(created_at) as since from delivery where ${condition} group by 1 order by 1`,
    );
  await noteBreakers(store);
  const [waiting, held, unsent, unanswered, unopened, practices, untold, unowned, unsealed, signals] =
    await Promise.all([
      rows<Observed['waiting'][number]>(WAITING, [store.clock()]),
      inState(`state = 'held' and reason is null and kind <> 'alarm'`),
      inState(`state in ('pending', 'queued', 'held') and kind = 'alarm'`),
      rows<ObservedDestination>(UNANSWERED),
      rows<Observed['unopened'][number]>(UNOPENED),
      rows<Observed['practices'][number]>(
        `select practice_id as practice, count(*) as count, min(received_at) as first, max(received_at) as last
         from journey where received_at > $1 group by 1 order by 1`,
        [practicesSince],
      ),
      rows<Observed['untold'][number]>(
        `select coalesce(nullif(s.practice_id, ''), s.client_id) as subject, s.changed_at as since from subscription s where ${stoppedOne}`,
      ),
      rows<Observed['unowned']>(
        `select count(*) as count, min(received_at) as since from journey
        where owner_id is null and task_status in ('requested', 'received', 'accepted', 'in-progress', 'on-hold')`,
      ),
      rows<{ since: Date | null }>(UNSEALED),
      readSignals(store),
    ]);
  return {
    ...{ waiting, held, unsent, unanswered, unopened, practices, untold, signals },
    unowned: unowned[0] ?? { count: 0, since: null },
    unsealedSince: unsealed[0]?.since ?? null,
  };
}

/** Since when a breaker is open the destination itself does not know: it opens anew with each probe that fails. */
async function noteBreakers(store: Store): Promise<void> {
  await store.pool.query({
    name: 'note-breakers',
    text: `insert into signal as s (name, subject, value, changed_at, seen_at)
             select 'breaker', x.id, (x.breaker = 'open')::int, $1, $1 from destination x
           ${KEEP_SINCE}`,
    values: [store.clock()],
  });
}

/** Notes what was measured; a value that stays keeps the moment since when it is so. */
export async function noteSignal(store: Store, name: string, subject: string, value: number): Promise<void> {
  await store.pool.query({
    name: 'note-signal',
    text: `insert into signal as s (name, subject, value, changed_at, seen_at) values ($1, $2, $3, $4, $4)
           ${KEEP_SINCE}`,
    values: [name, subject, value, store.clock()],
  });
}

/** Every signal as it was last measured, or those of one name. */
export async function readSignals(store: Store, name?: string): Promise<Signal[]> {
  const { rows } = await store.pool.query<Signal>({
    name: 'signals',
    text: `select name, subject, value, changed_at as "changedAt", seen_at as "seenAt" from signal
            where $1::text is null or name = $1 order by name, subject`,
    values: [name ?? null],
  });
  return rows;
}

/** How large the database is, what part of its connections is taken, and how far its clock is from ours. */
export async function measureDatabase(
  store: Store,
): Promise<{ readonly bytes: number; readonly taken: number; readonly driftMs: number }> {
  const before = store.clock().getTime();
  const { rows } = await store.pool.query<{ bytes: number; taken: number; now: Date }>(
    `select pg_database_size(current_database()) as bytes, clock_timestamp() as now,
            (select count(*) from pg_stat_activity where datid is not null)::float8 / current_setting('max_connections')::int as taken`,
  );
  const middle = (before + store.clock().getTime()) / 2;
  const [found] = rows;
  if (!found) throw new Error('the database says nothing of itself');
  return { bytes: found.bytes, taken: found.taken, driftMs: Math.abs(found.now.getTime() - middle) };
}
