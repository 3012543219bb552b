import type { Log } from '../log.ts';

/** What is watched of a connection; its library stands in queue.ts alone. */
interface Connection {
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'close' | 'ready', listener: () => void): unknown;
}

export const commandTimeoutMs = 2_000;
/** No answer to anything for so long: the connection is dead without having said so. A worker waits 5 s for a job. */
export const silentMsMax = 20_000;
export const closeMsMax = 2_000;
export const retryStrategy = (times: number) => Math.min(50 * times, 1_000);
/** It became a replica while we were connected: the address leads to another one now. */
export const reconnectOnError = (error: Error) => error.message.startsWith('READONLY');

/** Waits for work that may never end by itself. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(timeout.resolve, ms);
  await Promise.race([work.catch(() => undefined), timeout.promise]);
  clearTimeout(timer);
}

/** ECONNREFUSED, OOM, WRONGPASS and the like; never the rest of the text. */
export function codeOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return typeof code === 'string' ? code : (/^[A-Z]{2,20}\b/.exec(String(message))?.[0] ?? 'unknown');
}

/** Says once that it went and once that it came back: reconnecting is tried for ever. */
export function watch(client: Connection, log: Log | undefined): void {
  let lost = false;
  let code: string | undefined;
  client.on('error', (error) => {
    code = codeOf(error);
  });
  client.on('close', () => {
    if (!lost) log?.warn('queue-lost', { ...(code && { code }) });
    lost = true;
  });
  client.on('ready', () => {
    if (lost) log?.info('queue-back');
    lost = false;
  });
}
