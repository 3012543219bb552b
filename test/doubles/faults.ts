import { createServer, type IncomingMessage, request as open } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import pg from 'pg';
import type { MailCatcher } from '../../demo/mail.ts';
import type { Connector } from '../../src/delivery/connector.ts';
import type { DeliveryQueue } from '../../src/delivery/queue.ts';

/**
 * How the n-th outside call fails. `before`: it never reaches the other side. `after`: it had its effect, the answer is
 * lost. `dies`: it had its effect, and nothing of this process reaches anybody any more. After these everything of ours
 * is started again. `refused`: the other side says no and everything goes on.
 */
export type Manner = 'before' | 'after' | 'dies' | 'refused';

export interface Plan {
  readonly n: number;
  readonly manner: Manner;
}

interface Ways<T> {
  run(): Promise<T>;
  /** Lets it fail as it would without an effect. */
  before(): Promise<never>;
  /** Has the effect, and fails as it would when the answer is lost. */
  after(): Promise<never>;
  /** Lets the other side say no, with the connection as it was; `before` when that is not another thing. */
  refused?(): Promise<never>;
}

/** Counts outside calls in the order in which they begin, and lets one of them fail. The rest goes to the real thing. */
export class Faults {
  #plan: Plan | undefined;
  #calls: string[] = [];
  #hit: string | undefined;
  #dead = false;
  #struck = false;

  /** From the start: this call will fail; undefined: none will. */
  arm(plan: Plan | undefined): void {
    this.#plan = plan;
    this.#calls = [];
    this.#hit = undefined;
    this.revive();
  }

  /** Everything has been started again: calls get through. */
  revive(): void {
    this.#dead = false;
    this.#struck = false;
  }

  /** A call has failed, and everything must be started again. */
  get struck(): boolean {
    return this.#struck;
  }

  /** Name of the call that failed; undefined as long as none has. */
  get hit(): string | undefined {
    return this.#hit;
  }

  get calls(): readonly string[] {
    return this.#calls;
  }

  async call<T>(name: string, { run, before, after, refused = before }: Ways<T>): Promise<T> {
    this.#calls.push(name);
    if (this.#dead) return before();
    if (this.#hit !== undefined || this.#calls.length !== this.#plan?.n) return run();
    const { manner } = this.#plan;
    this.#hit = name;
    if (manner === 'refused') return refused();
    this.#struck = true;
    if (manner === 'before') return before();
    try {
      return await after();
    } finally {
      this.#dead = manner === 'dies';
    }
  }
}

/** The effect, whatever the answer to it was, and then the loss of that answer. */
const losing = (run: () => Promise<unknown>, lose: () => Promise<never>) => async (): Promise<never> => {
  await run().catch(() => undefined);
  return lose();
};

type Ask = (...given: unknown[]) => Promise<unknown>;
type Callback = (error: unknown, value?: unknown) => void;

/** `begin`, `claim`, `commit-m-v-e-a`: the statement's name, else its first words. */
function nameOf(asked: unknown): string {
  const { name, text } = typeof asked === 'string' ? { name: undefined, text: asked } : (asked as pg.QueryConfig);
  return name ?? text.trim().split(/\s+/, 4).join(' ').slice(0, 40);
}

/** Lets the connections and statements of this client fail by really losing its connection; gives the client. */
export function spoilClient(faults: Faults, client: pg.Client): pg.Client {
  const connect = client.connect.bind(client) as Ask;
  const query = client.query.bind(client) as Ask;
  const cut = () => (client as unknown as { connection: pg.Connection }).connection.stream.destroy();
  const lost = async () => {
    cut();
    throw new Error('Connection terminated unexpectedly');
  };
  const spoiled =
    (waysOf: (given: unknown[]) => readonly [string, Ways<unknown>]) =>
    (...given: unknown[]) => {
      const callback = typeof given.at(-1) === 'function' ? (given.pop() as Callback) : undefined;
      const asked = faults.call(...waysOf(given));
      if (!callback) return asked;
      asked.then((value) => callback(null, value), callback);
      return undefined;
    };
  Object.assign(client, {
    connect: spoiled(() => [
      'pg connect',
      {
        run: () => connect(),
        before: () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })),
        after: losing(connect, () => {
          // Nobody listens to a client that has not connected yet.
          client.once('error', () => undefined);
          return lost();
        }),
      },
    ]),
    query: spoiled((given) => [
      `pg ${nameOf(given[0])}`,
      {
        run: () => query(...given),
        before: async () => {
          cut();
          await query(...given);
          throw new Error('a statement went over a cut connection');
        },
        after: losing(() => query(...given), lost),
        refused: async () => {
          await query(`do $$ begin raise 'cancelled' using errcode = 'query_canceled'; end $$`);
          throw new Error('a statement was not refused');
        },
      },
    ]),
  });
  return client;
}

/** A class for pg's Pool whose connections can fail. */
export function spoiledClients(faults: Faults): new (config?: pg.ClientConfig) => pg.Client {
  return class extends pg.Client {
    constructor(config?: pg.ClientConfig) {
      super(config);
      spoilClient(faults, this);
    }
  };
}

const failed = (what: string) => () => Promise.reject(new Error(what));

/** A queue whose add, known and epoch can fail. `added` hears of what really went in. */
export function spoilQueue(
  faults: Faults,
  queue: DeliveryQueue,
  added: (ids: readonly string[]) => void,
): DeliveryQueue {
  const ways = <T>(run: () => Promise<T>): Ways<T> => ({
    run,
    before: failed('the queue is away'),
    after: losing(run, failed('the queue went away')),
  });
  return {
    ...queue,
    add: (due) =>
      faults.call(
        'queue add',
        ways(async () => {
          // In an order that is the same in every run.
          await queue.add(due.toSorted((one, other) => Number(one.id) - Number(other.id)));
          added(due.map((one) => `${one.id}-${one.generation}`));
        }),
      ),
    known: (due) =>
      faults.call(
        'queue known',
        ways(() => queue.known(due)),
      ),
    epoch: () =>
      faults.call(
        'queue epoch',
        ways(() => queue.epoch()),
      ),
  };
}

/** The mail connector against a mail server that defers the mail, or keeps it and goes away before its 250. */
export function spoilMail(faults: Faults, mail: Connector, server: MailCatcher): Connector {
  return {
    send: (parcel, signal) => {
      const failing = async (mode: MailCatcher['mode']): Promise<never> => {
        server.mode = mode;
        try {
          await mail.send(parcel, signal);
        } finally {
          server.mode = 'normal';
        }
        throw new Error('a mail was answered that should not have been');
      };
      return faults.call('mail', {
        run: () => mail.send(parcel, signal),
        before: () => failing('temporary'),
        after: () => failing('cut'),
      });
    },
  };
}

export interface Route {
  readonly url: string;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Sends what came on to `to`; with `bytes` less than the body has, it breaks off there. */
function forward(from: IncomingMessage, body: Buffer, bytes: number, to: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { host } = new URL(to);
    const headers = { ...from.headers, host, connection: 'close' };
    const asked = open(new URL(from.url ?? '/', to), { method: from.method, headers, agent: false }, (answer) => {
      buffer(answer).then(
        (text) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
        reject,
      );
    });
    asked.on('error', reject);
    if (bytes === body.length) asked.end(body);
    else asked.write(body.subarray(0, bytes), () => asked.destroy());
  });
}

/**
 * A way to an HTTP server on which requests get lost: cut in the middle of the body (`before`), or when the answer is
 * on its way back (`after`).
 */
export async function openRoute(faults: Faults, name: string, to: () => string): Promise<Route> {
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const lost = failed('cut');
    const run = () => forward(request, body, body.length, to());
    try {
      const answer = await faults.call(`${name} ${request.method}`, {
        run,
        before: async () => {
          if (body.length > 0) await forward(request, body, body.length >> 1, to()).catch(() => undefined);
          return lost();
        },
        after: losing(run, lost),
      });
      response.writeHead(answer.status, answer.headers).end(answer.body);
    } catch {
      request.socket.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
