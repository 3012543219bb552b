import type { Log } from '../log.ts';

/** Something that must happen again and again, whoever asks for it. */
export interface Duty {
  readonly name: string;
  readonly everyMs: number;
  /** Gives how many things it did, which is logged; nothing done is not. */
  run(): Promise<number>;
}

/**
 * Does each duty in turn on its own rhythm, never twice at once; a failing one is logged and tried again next time.
 * Safe in several processes: every duty takes its own lock or is harmless to repeat.
 */
export function startClock(duties: readonly Duty[], log: Log): { stop(): Promise<void> } {
  let stopping = false;
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  const schedule = (duty: Duty) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      const work = (async () => {
        try {
          const count = await duty.run();
          if (count > 0) log.info(duty.name, { count });
        } catch (error) {
          log.bug(duty.name, error);
        }
        if (!stopping) schedule(duty);
      })();
      running.add(work);
      work.finally(() => running.delete(work));
    }, duty.everyMs);
    timers.add(timer);
  };
  for (const duty of duties) schedule(duty);
  return {
    stop: async () => {
      stopping = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(running);
    },
  };
}
