import { type News, newsOfAlarm, newsOfDigest } from '../referral/alarm-words.ts';
import { alarmDestinations } from '../referral/region-alarm.ts';
import type { Claimed } from '../store/outbox/outbox.ts';
import { readAlarm, readDigest } from '../store/queue/alarms.ts';
import type { Store } from '../store/store.ts';
import type { Connector, Parcel } from './connector.ts';
import { Failure } from './failure.ts';

/** Where alarms go from this process. */
export interface AlarmWays {
  readonly mail: Connector;
  /** Addresses of the administrators. */
  readonly mailTo: readonly string[];
  readonly webhook?: Connector;
}

async function newsOf(store: Store, { document }: Claimed): Promise<News | undefined> {
  const found = document?.type === 'Alarm' ? await readAlarm(store, document.id) : undefined;
  if (found) return newsOfAlarm(found);
  const digest = document?.type === 'AlarmDigest' ? await readDigest(store, document.id) : undefined;
  return digest && newsOfDigest(digest.day, digest.said);
}

/** An alarm or digest as it is at sending. Throws Failure when this process has no way for it. */
export async function packAlarm(
  store: Store,
  ways: AlarmWays | undefined,
  claimed: Claimed,
): Promise<{ readonly connector: Connector; readonly parcel: Parcel }> {
  const news = await newsOf(store, claimed);
  const byMail = claimed.destination === alarmDestinations.mail;
  const connector = byMail ? ways?.mail : ways?.webhook;
  if (!news || !connector || (byMail && ways?.mailTo.length === 0)) throw new Failure('permanent', 'no-address');
  const parcel = { messageId: claimed.messageId, kind: claimed.kind, ambiguous: claimed.ambiguous, news };
  return {
    connector,
    parcel: byMail ? { ...parcel, mail: { to: (ways?.mailTo ?? []).join(', '), role: 'administrator' } } : parcel,
  };
}
