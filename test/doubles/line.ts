import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { type His, startHis } from '../../demo/his.ts';
import { type MailCatcher, startMailCatcher } from '../../demo/mail.ts';
import { practicesFileSchema } from '../../demo/model.ts';
import { openCaseReader } from '../../src/connectors/case-reader.ts';
import { caseSystemConnector } from '../../src/connectors/case-system.ts';
import { fhirConnector } from '../../src/connectors/fhir.ts';
import { mllpConnector } from '../../src/connectors/mllp.ts';
import { notifyMailConnector } from '../../src/connectors/notify-mail.ts';
import { openOutbound } from '../../src/connectors/outbound.ts';
import { subscriptionConnector } from '../../src/connectors/subscription.ts';
import { worklistConnector } from '../../src/connectors/worklist.ts';
import { claimsTogether } from '../../src/delivery/batch.ts';
import { silenceOf } from '../../src/delivery/case-system.ts';
import { type Delivering, deliver } from '../../src/delivery/deliver.ts';
import { type DeliveryQueue, openPostgresQueue } from '../../src/delivery/queue.ts';
import { relayOnce } from '../../src/delivery/relay.ts';
import { openTokens } from '../../src/identity/callers.ts';
import { caseSheet } from '../../src/intake/case/feed.ts';
import { type CaseFollowing, lookThere } from '../../src/intake/case/follow.ts';
import { fhirRouter } from '../../src/intake/fhir/rest.ts';
import { type Following, tellable } from '../../src/intake/subscription/follow.ts';
import { type Log, openLog } from '../../src/log.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import { loadDemoAccess, pointEndpointsAt } from '../../src/region/load.ts';
import { directoryReader } from '../../src/store/directory.ts';
import type { Due } from '../../src/store/outbox/outbox.ts';
import { directorySearcher } from '../../src/store/search/directory.ts';
import { loadTestRegion, openTestStore, type TestStore } from './database.ts';

const region = new URL('../../fixtures/region/', import.meta.url);

/** The whole line in this process, every part real: PostgreSQL, BullMQ on it, sockets in between, the HIS as the double. */
export interface TestLine {
  readonly at: TestStore;
  readonly his: His;
  readonly mail: MailCatcher;
  readonly url: string;
  /** For what else a test serves at that address. */
  readonly app: express.Express;
  readonly queue: DeliveryQueue;
  /** `host:port` that feedback over MLLP may go to; a test adds its own. */
  readonly mllpHosts: Set<string>;
  /** The same for systems that ask to be told of changes, and for case systems. */
  readonly outbound: Set<string>;
  readonly following: Following;
  /** With what case systems are followed. */
  readonly casesFollowed: CaseFollowing;
  readonly delivering: Delivering;
  readonly directory: () => ReturnType<ReturnType<typeof directoryReader>>;
  /** What its workers do with a job: for a worker on another queue. */
  readonly handle: (due: Due) => Promise<void>;
  /** Runs relay and workers until nothing is due any more. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

const silent: Log = openLog('silent');

function listen(app: express.Express): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer(app).listen(0, '127.0.0.1', () => resolve(server));
  });
}

/** The database itself is the queue unless another one is opened. */
export async function openTestLine(
  openQueue = async (at: TestStore) => openPostgresQueue(at.connection, 'kortelijn_app', at.store.pool),
): Promise<TestLine> {
  const at = await openTestStore();
  const { store } = at;
  const folder = await mkdtemp(join(tmpdir(), 'kortelijn-line-'));
  const { practices } = practicesFileSchema.parse(JSON.parse(await readFile(new URL('demo-his.json', region), 'utf8')));
  const app = express();
  const server = await listen(app);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const his = await startHis({ port: 0, dataDir: folder, kortelijn: url, practices });
  const mail = await startMailCatcher({ port: 0 });
  const directory = directoryReader(store);
  await loadTestRegion(store);
  await loadDemoAccess(store, region, false);
  await pointEndpointsAt(store, await directory(), his.url);
  const mllpHosts = new Set<string>();
  const outbound = new Set<string>();
  const following = { store, directory, log: silent, searchDirectory: directorySearcher(store) };
  const mappings = await loadMappings();
  const mapping = mappings.get('fhir-r4');
  if (!mapping) throw new Error('no mapping');
  app.use(
    '/fhir/R4',
    fhirRouter({
      store,
      directory,
      tokens: openTokens({ store, publicUrl: url, directory }),
      mapping,
      log: silent,
      publicUrl: url,
      bodyBytesMax: 2_000_000,
      outbound,
    }),
  );
  const queue = await openQueue(at);
  const connectors = {
    worklist: worklistConnector,
    mail: notifyMailConnector(
      { host: '127.0.0.1', port: mail.port, from: 'Kortelijn <k@localhost>', secure: false },
      url,
    ),
    fhir: fhirConnector(openOutbound(new Set([new URL(his.url).host])), store.clock),
    caseSystem: caseSystemConnector(openOutbound(outbound), store.clock),
    subscription: subscriptionConnector(openOutbound(outbound), store.clock),
    // MLLP systems are opened by the tests that need one, on ports nobody knows before.
    mllp: mllpConnector({ allowedHosts: mllpHosts, write: mappings.get('hl7v2-ref')?.format.fromFeedback }),
  };
  const casesFollowed = {
    ...following,
    publicUrl: url,
    reader: openCaseReader(openOutbound(outbound), store.clock, 2_000),
    silence: (destination: string, error: unknown) => silenceOf(destination, error, 0.5),
  };
  const delivering: Delivering = {
    store,
    directory,
    connectors,
    log: silent,
    timeoutMs: 2_000,
    random: () => 0.5,
    claim: claimsTogether(store),
    telling: { base: `${url}/fhir/R4`, mayTell: tellable(following) },
    caseSheet: caseSheet(following, url, lookThere(casesFollowed)),
  };
  // Signals instead of sleeping: each finished job is counted, and drain waits for as many as were offered.
  let finished = 0;
  let waiting: (() => void) | undefined;
  const handle = async (due: Due) => {
    try {
      await deliver(delivering, due);
    } finally {
      finished += 1;
      waiting?.();
    }
  };
  const stopWork = queue.work(handle, 10);
  const drain = async () => {
    for (;;) {
      const before = finished;
      const offered = await relayOnce({ store, queue });
      if (offered === 0) return;
      while (finished < before + offered) {
        await new Promise<void>((resolve) => {
          waiting = resolve;
        });
      }
    }
  };
  return {
    at,
    his,
    mail,
    url,
    app,
    queue,
    mllpHosts,
    outbound,
    following,
    casesFollowed,
    delivering,
    directory,
    handle,
    drain,
    close: async () => {
      await stopWork();
      await queue.close();
      connectors.mail.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await his.close();
      await mail.close();
      await at.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
