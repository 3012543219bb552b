import type { AlarmWrite, RegionAlarm } from '../../referral/region-alarm.ts';
import { type Part, type Prepared, textArray } from '../commit/writes.ts';
import type { Store } from '../store.ts';

const columns = `id uuid, class text, revision int, opened_at timestamptz, begun_at timestamptz, over_at timestamptz, subjects text[],
  count int, told_at timestamptz, answered_as text, answered_by text, answered_at timestamptz, answer text, snoozed_until timestamptz`;

function rowOf(one: RegionAlarm): unknown[] {
  const { answer } = one;
  return [
    one.id,
    one.class,
    one.revision,
    one.openedAt,
    one.begunAt,
    one.overAt,
    textArray(one.subjects),
    one.count,
    one.toldAt,
    answer?.as ?? null,
    answer?.by ?? null,
    answer?.at ?? null,
    answer?.reason ?? null,
    answer?.until ?? null,
  ];
}

/** Alarms of the region and the morning's digests; parts of the commit's one statement. */
export function alarmParts(batch: readonly Prepared[]): Part[] {
  const writes = batch.flatMap(({ change }): AlarmWrite[] => (change.regionAlarm ? [change.regionAlarm] : []));
  const alarms = writes.flatMap((one) => (one.to === 'written' ? [one.alarm] : []));
  return [
    {
      name: 'ra',
      exact: true,
      columns,
      rows: alarms.filter((one) => one.revision === 1).map(rowOf),
      sql: `insert into region_alarm (id, class, revision, opened_at, begun_at, over_at, subjects, count, told_at)
            select id, class, revision, opened_at, begun_at, over_at, subjects::text[], count, told_at from n returning 1`,
    },
    {
      name: 'rv',
      exact: true,
      columns,
      rows: alarms.filter((one) => one.revision > 1).map(rowOf),
      sql: `update region_alarm a set revision = n.revision, over_at = n.over_at, subjects = n.subjects::text[], count = n.count,
              told_at = n.told_at, answered_as = n.answered_as, answered_by = n.answered_by, answered_at = n.answered_at,
              answer = n.answer, snoozed_until = n.snoozed_until
            from n where a.id = n.id and a.revision = n.revision - 1 returning 1`,
    },
    {
      name: 'dg',
      exact: true,
      columns: 'day date, id uuid, made_at timestamptz, said text',
      rows: writes.flatMap((one) => (one.to === 'digest' ? [[one.day, one.id, one.at, JSON.stringify(one.said)]] : [])),
      sql: 'insert into alarm_digest (day, id, made_at, said) select day, id, made_at, said::jsonb from n returning 1',
    },
  ];
}

const SELECT = `select id, class, revision, opened_at as "openedAt", begun_at as "begunAt", over_at as "overAt", subjects, count,
    told_at as "toldAt", answered_as as "as", answered_by as "by", answered_at as "at", answer as reason, snoozed_until as until
  from region_alarm`;

interface AlarmRow extends Omit<RegionAlarm, 'openedAt' | 'begunAt' | 'overAt' | 'toldAt' | 'answer'> {
  readonly openedAt: Date;
  readonly begunAt: Date;
  readonly overAt: Date | null;
  readonly toldAt: Date | null;
  readonly as: 'acknowledged' | 'snoozed' | null;
  readonly by: string;
  readonly at: Date;
  readonly reason: string;
  readonly until: Date | null;
}

const iso = (moment: Date | null) => moment?.toISOString() ?? null;

function alarmOf({ as, by, at, reason, until, ...row }: AlarmRow): RegionAlarm {
  return {
    ...row,
    openedAt: row.openedAt.toISOString(),
    begunAt: row.begunAt.toISOString(),
    overAt: iso(row.overAt),
    toldAt: iso(row.toldAt),
    answer: as && { as, by, at: at.toISOString(), reason, until: iso(until) },
  };
}

/** Open alarms and those that ended after a moment, the longest open first. */
export async function readAlarms(store: Store, endedAfter: Date): Promise<RegionAlarm[]> {
  const { rows } = await store.pool.query<AlarmRow>({
    name: 'region-alarms',
    text: `${SELECT} where over_at is null or over_at > $1 order by over_at is not null, opened_at, id limit 200`,
    values: [endedAfter],
  });
  return rows.map(alarmOf);
}

/** One alarm by id; undefined when there is none. */
export async function readAlarm(store: Store, id: string): Promise<RegionAlarm | undefined> {
  const { rows } = await store.pool.query<AlarmRow>(`${SELECT} where id = $1`, [id]);
  return rows[0] && alarmOf(rows[0]);
}

/** A digest as it was made. */
export interface MadeDigest {
  readonly id: string;
  readonly day: string;
  readonly madeAt: Date;
  readonly said: Extract<AlarmWrite, { to: 'digest' }>['said'];
}

/** The digest of an id, or without one the last that was made. */
export async function readDigest(store: Store, id?: string): Promise<MadeDigest | undefined> {
  const { rows } = await store.pool.query<MadeDigest>(
    `select id, day::text, made_at as "madeAt", said from alarm_digest where $1::uuid is null or id = $1 order by day desc limit 1`,
    [id ?? null],
  );
  return rows[0];
}

/** How an alarm or digest fared on its way out: one row per channel and message. */
export interface AlarmCarriage {
  readonly alarm: string;
  readonly destination: string;
  readonly state: string;
  readonly code: string | null;
}

/** What is not out yet of these alarms and digests. */
export async function readUnsent(store: Store, ids: readonly string[]): Promise<AlarmCarriage[]> {
  const { rows } = await store.pool.query<AlarmCarriage>(
    `select journey_id as alarm, destination, state, failure_code as code from delivery
      where journey_id = any($1::uuid[]) and kind = 'alarm' and state in ('pending', 'queued', 'held') order by id`,
    [ids],
  );
  return rows;
}
