/** What an administrator is told of, one alarm per class: what has one cause is one alarm, with a count. */
const alarmClasses = [
  'waiting',
  'held',
  'breaker',
  'reconciled',
  'practice-silent',
  'his-silent',
  'wally-silent',
  'nobody-present',
  'audit',
  'certificate',
  'key',
  'clock-drift',
  'disk',
  'database',
  'queue-away',
  'subscription-stopped',
  'alarm-unsent',
] as const;
export type AlarmClass = (typeof alarmClasses)[number];

/** An alarm as the record holds it. `subjects` are ids of destinations, practices, roles and endpoints, never of residents. */
export interface RegionAlarm {
  readonly id: string;
  readonly class: AlarmClass;
  /** 1 is new, n replaces n − 1. */
  readonly revision: number;
  readonly openedAt: string;
  /** Since when the trouble is there, as far as the record knows. */
  readonly begunAt: string;
  readonly overAt: string | null;
  readonly subjects: readonly string[];
  readonly count: number;
  /** When it went to the channels; null: not yet, or it is to be told again. */
  readonly toldAt: string | null;
  /** What a person said of it; `until` when it must be quiet no longer than that. */
  readonly answer: AlarmAnswer | null;
}

export interface AlarmAnswer {
  readonly as: 'acknowledged' | 'snoozed';
  readonly by: string;
  readonly at: string;
  readonly reason: string;
  readonly until: string | null;
}

/** What the morning's mail says: classes and counts, nothing else. */
export interface Digest {
  readonly opened: readonly AlarmClass[];
  readonly over: readonly AlarmClass[];
  readonly open: readonly AlarmClass[];
  /** Messages that wait for a person. */
  readonly held: number;
}

export type AlarmWrite =
  | { readonly to: 'written'; readonly alarm: RegionAlarm }
  /** Taken when this day has had one. */
  | { readonly to: 'digest'; readonly id: string; readonly day: string; readonly at: string; readonly said: Digest };

/** The ways by which alarms leave; the page is always there. */
export const alarmDestinations = { mail: 'alarm:mail', webhook: 'alarm:webhook' } as const;
export type AlarmChannel = keyof typeof alarmDestinations;
