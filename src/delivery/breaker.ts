import type { Strike } from '../referral/delivery-move.ts';
import type { Failure } from './failure.ts';

/** This many failures in a row, without a receipt in between, and the destination is left alone for a while. */
const opensAt = 5;
const openForMsFirst = 2_000;
const openForMsMax = 300_000;

/**
 * For how long the breaker opens the first time, the second time in a row, and so on; the last one stays. Doubles from
 * two seconds to five minutes, each with jitter of half, so that destinations of one dead supplier do not knock
 * together. `random` in [0, 1).
 */
export function openForMs(random: number): number[] {
  const times: number[] = [];
  for (let full = openForMsFirst; full < openForMsMax; full *= 2) times.push(full);
  return [...times, openForMsMax].map((full) => Math.round(full * (0.5 + random / 2)));
}

/** What a failed attempt says about the destination itself, besides about its one delivery. */
export interface Verdict {
  /** Counts towards opening the breaker. */
  readonly strike?: Strike;
  /** The destination asks to be left alone for so long: nothing of it goes out before. */
  readonly holdMs?: number;
}

/**
 * A transient or ambiguous failure counts. Not a permanent one (the receiver read it, and said no to this one message),
 * nor a bug of ours. 429, and 503 with Retry-After, name the moment for everything we have for them (RFC 6585 §4, RFC
 * 9110 §10.2.3); 429 is the answer of a receiver that lives, so it does not count; nor does that somebody changed it there, or
 * that the resident must be asked first (H6).
 */
export function verdictOf(failure: Failure, random: number): Verdict {
  if (failure.kind === 'permanent' || failure.code === 'fault' || failure.code === 'consent-to-renew') return {};
  const asks = failure.code === 'busy' || failure.code === 'unavailable';
  const lives = failure.code === 'busy' || failure.code === 'changed-there';
  return {
    ...(!lives && { strike: { opensAt, openForMs: openForMs(random) } }),
    ...(asks && failure.retryAfterMs !== undefined && { holdMs: failure.retryAfterMs }),
  };
}
