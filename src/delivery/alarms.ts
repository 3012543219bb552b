import type { Log } from '../log.ts';
import { assign } from '../referral/assignment.ts';
import { byTheLine } from '../referral/audit-line.ts';
import type { Change } from '../referral/change.ts';
import { isWorkingDay, localDay } from '../referral/deadlines.ts';
import type { Directory } from '../referral/directory/directory.ts';
import type { OutboxRow } from '../referral/outbox-row.ts';
import { type AlarmChannel, alarmDestinations, type RegionAlarm } from '../referral/region-alarm.ts';
import { noteSignal, observe } from '../store/queue/alarm-observed.ts';
import { readAlarms, readDigest } from '../store/queue/alarms.ts';
import type { Store } from '../store/store.ts';
import { type Finding, findingsOf, isMorningOver, type Present, rhythmDays, type Thresholds } from './alarm-rules.ts';

export interface Alarming {
  readonly store: Store;
  readonly directory: () => Promise<Directory>;
  readonly log: Log;
  readonly limits: Thresholds;
  /** By which ways alarms leave; none: the page alone. */
  readonly channels: readonly AlarmChannel[];
}

const dayMs = 86_400_000;
/** Trouble that comes back this soon is the same alarm: it is open again, and nobody is told twice. */
const windowMs = 3_600_000;
const subjectsMax = 50;

/** Who refers, and where nobody is present: days off are nobody's trouble. */
function presentIn(directory: Directory, now: Date): Present {
  const day = localDay(now);
  const referring = [...directory.practices.values()].filter((one) => one.service);
  const without = isWorkingDay(day) && isMorningOver(now) ? referring : [];
  return {
    practices: new Set(referring.map((one) => one.id)),
    without: without.map((one) => one.id).filter((id) => !assign(directory, id, undefined, day)?.owner),
  };
}

/** The alarm goes out by every way; what it says is read at sending. */
function outboxOf(parts: Pick<Alarming, 'store' | 'channels'>, type: 'Alarm' | 'AlarmDigest', id: string): OutboxRow[] {
  return parts.channels.map((channel) => ({
    messageId: parts.store.newId(),
    kind: 'alarm',
    destination: alarmDestinations[channel],
    recipient: 'region',
    document: { type, id },
  }));
}

/** What becomes of an alarm, given what is found of its class now; undefined when it stays as it is. Pure. */
function nextAlarm(
  known: RegionAlarm | undefined,
  finding: Finding | undefined,
  now: Date,
  newId: () => string,
):
  | {
      readonly alarm: RegionAlarm;
      /** Absent: it only changed. */
      readonly event: 'alarm-opened' | 'alarm-over' | undefined;
      readonly tell: boolean;
    }
  | undefined {
  const at = now.toISOString();
  if (!finding) {
    if (!known || known.overAt) return undefined;
    const quiet = known.answer !== null || known.toldAt === null;
    return { alarm: { ...known, revision: known.revision + 1, overAt: at }, event: 'alarm-over', tell: !quiet };
  }
  const current = { subjects: finding.subjects.slice(0, subjectsMax), count: finding.count };
  if (!known) {
    const begunAt = finding.since.toISOString();
    const alarm = { id: newId(), class: finding.class, revision: 1, openedAt: at, begunAt, overAt: null, ...current };
    return { alarm: { ...alarm, toldAt: at, answer: null }, event: 'alarm-opened', tell: true };
  }
  const woke = known.answer?.as === 'snoozed' && known.answer.until !== null && known.answer.until <= at;
  const same = known.count === current.count && known.subjects.join() === current.subjects.join();
  if (!known.overAt && same && !woke) return undefined;
  const alarm = { ...known, ...current, revision: known.revision + 1, overAt: null };
  return woke
    ? { alarm: { ...alarm, answer: null, toldAt: at }, event: 'alarm-opened', tell: true }
    : { alarm, event: known.overAt ? 'alarm-opened' : undefined, tell: false };
}

/**
 * One look: what is found becomes alarms, one per class, each told once when it opens and once when it is over. Safe in
 * several processes: of two that write the same alarm the later finds it taken. Gives how many opened or ended.
 */
export async function lookForAlarms(parts: Alarming): Promise<number> {
  const { store, limits } = parts;
  const now = store.clock();
  const observed = await observe(store, new Date(now.getTime() - rhythmDays * dayMs));
  const found = findingsOf(observed, presentIn(await parts.directory(), now), limits, now);
  // The open one of a class stands before the ended ones.
  const known = await readAlarms(store, new Date(now.getTime() - windowMs));
  let moved = 0;
  for (const kind of new Set([...found, ...known].map((one) => one.class))) {
    const next = nextAlarm(
      known.find((one) => one.class === kind),
      found.find((one) => one.class === kind),
      now,
      store.newId,
    );
    if (!next) continue;
    const { alarm, event, tell } = next;
    const change: Change = {
      scope: { practice: '' },
      journey: alarm.id,
      regionAlarm: { to: 'written', alarm },
      outbox: tell ? outboxOf(parts, 'Alarm', alarm.id) : [],
      audit: event ? [byTheLine(event, now.toISOString(), { object: `Alarm/${alarm.id}`, code: kind })] : [],
    };
    if ((await store.commit(change)).ok && event) {
      parts.log.warn(event, { code: kind, count: alarm.count });
      moved += 1;
    }
  }
  await noteSignal(store, 'looked', '', found.length);
  await noteSignal(store, 'alarm-channels', '', parts.channels.length);
  return moved;
}

/**
 * The morning's digest: once per working day from seven o'clock Dutch time, whoever is first. After a night without anything
 * it is one line. Gives 1 when it was made.
 */
export async function sendDigest(parts: Alarming): Promise<number> {
  const { store } = parts;
  const now = store.clock();
  const day = localDay(now);
  if (!isWorkingDay(day) || !isMorningOver(now)) return 0;
  const last = await readDigest(store);
  if (last && last.day >= day) return 0;
  const since = last?.madeAt ?? new Date(now.getTime() - dayMs);
  const alarms = await readAlarms(store, since);
  const open = alarms.filter((one) => one.overAt === null);
  const id = store.newId();
  const at = now.toISOString();
  const done = await store.commit({
    scope: { practice: '' },
    journey: id,
    regionAlarm: {
      to: 'digest',
      ...{ id, day, at },
      said: {
        opened: alarms.filter((one) => one.openedAt > since.toISOString()).map((one) => one.class),
        over: alarms.filter((one) => one.overAt !== null).map((one) => one.class),
        open: open.map((one) => one.class),
        held: open.find((one) => one.class === 'held')?.count ?? 0,
      },
    },
    outbox: outboxOf(parts, 'AlarmDigest', id),
    audit: [byTheLine('alarm-digest', at, { object: `AlarmDigest/${id}`, code: day })],
  });
  return done.ok ? 1 : 0;
}
