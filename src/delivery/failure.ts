import type { Proof } from '../referral/directory/channels.ts';
import type { AnswerMeaning } from '../referral/directory/mllp.ts';

/**
 * Why an attempt did not end in a receipt. `transient`: surely no effect, try again. `ambiguous`: it may have had its
 * effect, ask before sending again. `permanent`: trying again is pointless, a person must look. The code is one of a
 * closed list and never another system's words.
 */
export type FailureKind = 'transient' | 'ambiguous' | 'permanent';

/** So much of what another system says is kept. */
const saidMax = 4_000;

export class Failure extends Error {
  readonly kind: FailureKind;
  readonly code: string;
  readonly retryAfterMs: number | undefined;
  /** The other side's own words, which may hold anything: for the sealed record of the attempt, and nowhere else. */
  readonly #said: string | undefined;
  constructor(kind: FailureKind, code: string, retryAfterMs?: number, said?: string) {
    super(code);
    this.kind = kind;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
    this.#said = said?.trim().slice(0, saidMax) || undefined;
  }

  /** What `#said` holds: private, so that no log or serialiser that is handed a Failure finds it. */
  static saidIn(failure: Failure): string | undefined {
    return failure.#said;
  }
}

const notConnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const certificate = /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_TLS)/;

/** A connection that failed: before anything was sent it is transient, after that nobody knows. */
export function fromNetwork(code: string | undefined, name: string): Failure {
  if (name === 'TimeoutError' || name === 'AbortError') return new Failure('ambiguous', 'timeout');
  if (code && notConnected.has(code)) return new Failure('transient', 'unreachable');
  if (code && certificate.test(code)) return new Failure('transient', 'certificate');
  return new Failure('ambiguous', 'connection-lost');
}

const retryAfterMsMin = 1_000;
const retryAfterMsMax = 86_400_000;

/**
 * Retry-After in milliseconds (RFC 9110 §10.2.3, both forms), at most a day; undefined when absent or unreadable.
 * At least a second: one that says 0, or a moment that has passed, would be asked again without a pause.
 */
export function retryAfter(header: string | null, now: Date): number | undefined {
  if (!header) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, retryAfterMsMin), retryAfterMsMax) : undefined;
}

/**
 * An HTTP answer that is no receipt, with what its body said (referral-guides: delivery job). 409 with code duplicate
 * is a receipt, not a failure.
 */
export function fromStatus(status: number, retryAfterMs: number | undefined, said?: string): Failure {
  if (status === 401 || status === 403) return new Failure('transient', 'unauthorised', retryAfterMs ?? 60_000, said);
  if (status === 408) return new Failure('ambiguous', 'timeout', retryAfterMs, said);
  if (status === 429) return new Failure('transient', 'busy', retryAfterMs ?? 5_000, said);
  if (status === 503) return new Failure('transient', 'unavailable', retryAfterMs, said);
  if (status >= 500) return new Failure('ambiguous', 'receiver-fault', retryAfterMs, said);
  if (status >= 300 && status < 400) return new Failure('permanent', 'redirected', undefined, said);
  if (status === 404 || status === 410) return new Failure('permanent', 'address-unknown', undefined, said);
  return new Failure('permanent', 'rejected', undefined, said);
}

/** An HL7 v2 application that says AE or AR: what that means the directory says per destination. */
export function fromAnswer(meaning: AnswerMeaning, said?: string): Failure {
  return meaning === 'hold'
    ? new Failure('permanent', 'rejected', undefined, said)
    : new Failure('transient', 'receiver-fault', undefined, said);
}

/** Until when an unreachable destination is tried before a person must look (decision 4). */
export const patienceMs = 7 * 86_400_000;

/** Exponential from a second, at most five minutes, with jitter of half; `random` in [0, 1). */
export function retryDelayMs(attempt: number, random: number): number {
  const full = Math.min(1_000 * 2 ** Math.min(attempt - 1, 20), 300_000);
  return Math.round(full * (0.5 + random / 2));
}

/** When one that was accepted but is not in the record yet is looked at again: staff may take days. At most an hour. */
export function lookAgainMs(attempt: number, random: number): number {
  return Math.min(retryDelayMs(attempt, random) * 2 ** Math.min(Math.max(attempt - 8, 0), 4), 3_600_000);
}

const order: readonly Proof[] = ['transport', 'application', 'record'];

/** Whether a proof is as good as the best this channel can give: then it has landed (H4). */
export function isLanded(proof: Proof, best: Proof): boolean {
  return order.indexOf(proof) >= order.indexOf(best);
}
