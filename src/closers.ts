import type { Log } from './log.ts';

/** Whether it ended in time; what it throws later, after nobody waits for it any more, is nobody's business. */
async function within(work: Promise<void>, ms: number): Promise<boolean> {
  const timeout = Promise.withResolvers<boolean>();
  const timer = setTimeout(timeout.resolve, ms, false);
  try {
    return await Promise.race([work.then(() => true), timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** What was opened, closed in reverse: a start that fails half-way closes what it had. */
export class Closers {
  readonly #closers: { name: string; close: () => Promise<void> | void }[] = [];
  push(name: string, close: () => Promise<void> | void): void {
    this.#closers.push({ name, close });
  }
  /**
   * Closes everything. What has not ended when `drainMs` are over is left behind (its leases run out by themselves);
   * the last one, the database, is waited for: it is a process of its own, and nothing of ours may stay.
   */
  async closeAll(log: Log, drainMs: number): Promise<void> {
    const end = performance.now() + drainMs;
    for (let next = this.#closers.pop(); next; next = this.#closers.pop()) {
      try {
        const closed = Promise.resolve(next.close());
        const left = Math.max(end - performance.now(), 100);
        if (this.#closers.length === 0) await closed;
        else if (!(await within(closed, left))) log.warn('left-behind', { part: next.name });
      } catch (error) {
        log.bug(`close-${next.name}`, error);
      }
    }
  }
}
