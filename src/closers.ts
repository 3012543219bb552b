import type { Log } from './log.ts';

/** What was opened, closed in reverse: a start that fails half-way closes what it had. */
export class Closers {
  readonly #closers: { name: string; close: () => Promise<void> | void }[] = [];
  push(name: string, close: () => Promise<void> | void): void {
    this.#closers.push({ name, close });
  }
  async closeAll(log: Log): Promise<void> {
    for (let next = this.#closers.pop(); next; next = this.#closers.pop()) {
      try {
        await next.close();
      } catch (error) {
        log.bug(`close-${next.name}`, error);
      }
    }
  }
}
