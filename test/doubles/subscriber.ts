import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Bundle, Parameters } from '@medplum/fhirtypes';

/** One notice as it came. */
export interface Heard {
  readonly number: number;
  readonly type: string;
  readonly authorization: string | undefined;
  readonly address: string;
  readonly body: string;
}

/** A system that asked to be told, of which a test decides what it answers; 0 cuts the connection after hearing. */
export interface Subscriber {
  readonly url: string;
  readonly host: string;
  status: number;
  readonly heard: readonly Heard[];
  /** The numbers it said yes to, in the order in which they came. */
  taken(): number[];
  close(): Promise<void>;
}

export async function startSubscriber(): Promise<Subscriber> {
  const heard: (Heard & { readonly status: number })[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const header = (name: string) => request.headers[name]?.toString();
    heard.push({
      number: Number(header('x-event-number')),
      type: header('x-event-type') ?? '',
      authorization: header('authorization'),
      address: request.url ?? '',
      body,
      status: subscriber.status,
    });
    if (subscriber.status === 0) request.socket.destroy();
    else response.writeHead(subscriber.status).end();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const subscriber: Subscriber = {
    url: `http://${host}/hook`,
    host,
    status: 200,
    heard,
    taken: () =>
      heard.filter((one) => one.type === 'event-notification' && one.status === 200).map((one) => one.number),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
  return subscriber;
}

/** What a notice with ids names: `Type/id` of each of its events. */
export function focusesOf(body: string): string[] {
  const [first] = (JSON.parse(body) as Bundle).entry ?? [];
  const events =
    (first?.resource as Parameters | undefined)?.parameter?.filter((one) => one.name === 'notificationEvent') ?? [];
  return events.flatMap(({ part }) => {
    const url = part?.find((one) => one.name === 'focus')?.valueReference?.reference;
    return url ? [url.split('/').slice(-2).join('/')] : [];
  });
}
