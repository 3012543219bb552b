/** Failures within the window after which a name or an address has to wait. */
export const failuresMax = 5;
export const failureWindowMs = 15 * 60_000;
const keysMax = 10_000;

interface Failure {
  readonly at: number;
  readonly name: string;
}

/** IPv4 as it is; of IPv6 the /64, which is one household's or office's. */
export function addressKey(address: string | undefined): string {
  if (!address) return 'unknown';
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.replace(/%.*$/, '').split('::');
  const start = head.split(':').filter(Boolean);
  const end = (tail ?? '').split(':').filter(Boolean);
  const missing = tail === undefined ? 0 : Math.max(0, 8 - start.length - end.length);
  return [...start, ...Array<string>(missing).fill('0'), ...end]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

/** Counts failed log-ins per name and per address, in memory and bounded; a restart forgets. Times are epoch ms. */
export class SignInThrottle {
  readonly #failures = new Map<string, Failure[]>();

  #recent(key: string, now: number): Failure[] {
    const kept = (this.#failures.get(key) ?? []).filter(({ at }) => now - at < failureWindowMs);
    this.#keep(key, kept);
    return kept;
  }

  /** The map is in order of last use: when it is full, what nobody touched longest goes. */
  #keep(key: string, failures: Failure[]): void {
    this.#failures.delete(key);
    if (failures.length === 0) return;
    const oldest = this.#failures.keys().next().value;
    if (this.#failures.size >= keysMax && oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.set(key, failures);
  }

  /**
   * A log-in begins: it counts as failed until `succeeded` says otherwise, so that those at the same moment count too.
   * Gives the wait in seconds when it may not begin; `first` is true once a window, so that a flood of log-ins
   * does not become a flood of audit lines.
   */
  begin(name: string, address: string, now: number): { readonly waitS: number; readonly first: boolean } | undefined {
    const keys = [`n ${name}`, `a ${address}`];
    const waits = keys.map((key) => {
      const recent = this.#recent(key, now);
      const freesPlace = recent[recent.length - failuresMax];
      return { key: `told ${key}`, waitMs: freesPlace ? freesPlace.at + failureWindowMs - now : 0 };
    });
    const longest = waits.reduce((one, other) => (other.waitMs > one.waitMs ? other : one), { key: '', waitMs: 0 });
    if (longest.waitMs > 0) {
      const first = this.#recent(longest.key, now).length === 0;
      if (first) this.#keep(longest.key, [{ at: now, name }]);
      return { waitS: Math.ceil(longest.waitMs / 1000), first };
    }
    for (const key of keys) this.#keep(key, [...this.#recent(key, now), { at: now, name }]);
    return undefined;
  }

  /** The right password: forgets this name's failures, also at the address, where a whole practice may share one. */
  succeeded(name: string, address: string): void {
    this.#failures.delete(`n ${name}`);
    const key = `a ${address}`;
    this.#keep(
      key,
      (this.#failures.get(key) ?? []).filter((failure) => failure.name !== name),
    );
  }
}
