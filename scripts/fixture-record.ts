import type { Arrival, Change, Edition } from '../src/referral/change.ts';
import type { MappedSupplement } from '../src/referral/format.ts';
import type { Journey } from '../src/referral/journey.ts';
import type { Answer } from '../src/referral/receive.ts';
import type { CancelledAhead, FirstAnswer, FirstAnswerKey } from '../src/store/referrals.ts';
import { journeyAfter } from './fixture-work.ts';

/** What one practice sent, in memory: the same questions as the store's, for messages that come one after the other. */
export interface FixtureRecord {
  /** As `readFirstAnswer` of the store. */
  first(key: FirstAnswerKey): FirstAnswer | CancelledAhead | undefined;
  journey(id: string): Journey;
  commit(change: Change): void;
  keepEarly(supplement: MappedSupplement): void;
  /** Takes out the supplements whose referral is there by now, oldest first. */
  takeEarly(): { readonly supplement: MappedSupplement; readonly journey: string }[];
}

type Kept = Arrival & { readonly journey: string };

/** The highest moment and version that was said, each by itself: as the store finds them. */
function newestOf(all: readonly Kept[]): Edition {
  const moments = all.flatMap(({ edition }) => (edition?.at ? [Date.parse(edition.at)] : []));
  const versions = all.flatMap(({ edition }) => edition?.version ?? []);
  return {
    ...(moments.length > 0 && { at: new Date(Math.max(...moments)).toISOString() }),
    ...(versions.length > 0 && { version: Math.max(...versions) }),
  };
}

export function openRecord(): FixtureRecord {
  const journeys = new Map<string, Journey>();
  const inbound: Kept[] = [];
  /** Number → its journey, or that it was cancelled ahead. */
  const numbers = new Map<string, string | 'cancelled-ahead'>();
  let early: MappedSupplement[] = [];
  return {
    first: (key): FirstAnswer | CancelledAhead | undefined => {
      const at = numbers.get(key.practiceReferralId);
      const equal = (one: Kept) => Buffer.from(one.hash).equals(key.hash);
      const ofNumber = inbound.filter((one) => one.journey === at);
      const byKey = inbound.find(
        (one) =>
          one.application === key.application && one.controlId === key.controlId && one.messageType === key.messageType,
      );
      const found = byKey ?? ofNumber.find(equal) ?? ofNumber[0];
      if (!found) return at === 'cancelled-ahead' ? { cancelledAhead: true } : undefined;
      const { journey } = found;
      return {
        journey,
        answer: found.answer as Answer,
        same: equal(found),
        again: found === byKey,
        current: Buffer.from(journeys.get(journey)?.index.referralHash ?? []).equals(key.hash),
        clash: found === byKey && !equal(found),
        intents: ofNumber.map((one) => one.intent),
        corrected: newestOf(ofNumber.filter((one) => one.intent === 'correct' && one.application === key.application)),
        cancelled: journeys.get(journey)?.index.taskStatus === 'cancelled',
      };
    },
    journey: (id) => {
      const found = journeys.get(id);
      if (!found) throw new Error(`no journey ${id}`);
      return found;
    },
    commit: (change) => {
      const { journey = '', arrival } = change;
      for (const { value } of change.numbers ?? []) numbers.set(value, journey || 'cancelled-ahead');
      if (!journey) return;
      if (change.resources) journeys.set(journey, journeyAfter(journeys.get(journey), change));
      if (arrival) inbound.push({ ...arrival, journey });
    },
    keepEarly: (supplement) => {
      early.push(supplement);
    },
    takeEarly: () => {
      const now = early.flatMap((supplement) => {
        const journey = numbers.get(supplement.number.value);
        return journey && journey !== 'cancelled-ahead' ? [{ supplement, journey }] : [];
      });
      early = early.filter((one) => !now.some(({ supplement }) => supplement === one));
      return now;
    },
  };
}
