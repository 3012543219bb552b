const keysMax = 10_000;

interface Bucket {
  left: number;
  atMs: number;
  /** Whether it was said already that this one calls too often. */
  told: boolean;
}

/** Calls too often: seconds to wait, and whether this is the first time since there was room. */
export interface TooOften {
  readonly waitS: number;
  readonly first: boolean;
}

/**
 * How often one caller may call: a bucket of `perMinute` that fills evenly, in memory and per process. It protects the
 * process it stands in, so it is held there: with several processes a caller has several buckets, and a call costs no
 * query. Times are milliseconds of a clock that never goes back.
 */
export class CallBound {
  readonly #perMinute: number;
  readonly #buckets = new Map<string, Bucket>();

  /** 0: no bound. */
  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** One call of `key`; undefined when it may go on. */
  take(key: string, nowMs = performance.now()): TooOften | undefined {
    const size = this.#perMinute;
    if (size === 0) return undefined;
    const known = this.#buckets.get(key);
    const left = this.#left(known, nowMs);
    const isOver = left < 1;
    this.#keep(key, { left: isOver ? left : left - 1, atMs: nowMs, told: isOver });
    if (!isOver) return undefined;
    return { waitS: Math.ceil(((1 - left) * 60) / size), first: known?.told !== true };
  }

  /** One that was let in turned out to be `more` calls beside it: they are owed, and the next ones wait for that. */
  charge(key: string, more: number, nowMs = performance.now()): void {
    if (this.#perMinute === 0 || more <= 0) return;
    const known = this.#buckets.get(key);
    this.#keep(key, { left: this.#left(known, nowMs) - more, atMs: nowMs, told: known?.told === true });
  }

  #left(known: Bucket | undefined, nowMs: number): number {
    const size = this.#perMinute;
    return known ? Math.min(size, known.left + ((nowMs - known.atMs) * size) / 60_000) : size;
  }

  /** The map is in order of last use: when it is full, whoever was away longest goes. */
  #keep(key: string, bucket: Bucket): void {
    this.#buckets.delete(key);
    const oldest = this.#buckets.keys().next().value;
    if (this.#buckets.size >= keysMax && oldest !== undefined) this.#buckets.delete(oldest);
    this.#buckets.set(key, bucket);
  }
}

/** One bound for those we know, by who they are, and one for wrong credentials, by address. */
export interface CallBounds {
  readonly known: CallBound;
  readonly strangers: CallBound;
}

const strangersPerMinute = 60;

/** `perMinute` of each caller we know; 0: nobody is held back. */
export function openBounds(perMinute: number): CallBounds {
  return {
    known: new CallBound(perMinute),
    strangers: new CallBound(perMinute === 0 ? 0 : strangersPerMinute),
  };
}
