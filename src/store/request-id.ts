import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<string>();

/** Does work on behalf of one request: its id stands on every line of the trail that this makes. */
export function inRequest<T>(id: string, work: () => T): T {
  return current.run(id, work);
}

/** For the log: the same id, on every line that a request makes. */
export function requestFields(): { readonly request?: string } {
  const request = current.getStore();
  return request === undefined ? {} : { request };
}

/** The id of the request that is being worked on; undefined outside of one (the clock, the queue). */
export function requestId(): string | undefined {
  return current.getStore();
}
