import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Communication } from '@medplum/fhirtypes';
import express, { type NextFunction, type Request, type Response } from 'express';
import { ZodError } from 'zod';
import { apiRoutes } from './api.ts';
import { fhirDoor } from './fhir-door.ts';
import type { Mail } from './mail.ts';
import { openMllpDoor } from './mllp-door.ts';
import type { Practice } from './model.ts';
import { countsOf, openRecords, type Records } from './record.ts';
import { screens } from './screens.ts';
import { smartSide } from './smart.ts';
import { createSwitches, type Switches } from './switches.ts';

export interface HisOptions {
  /** Where to listen, 127.0.0.1 unless told: anything else opens the JSON side to whoever can reach it. */
  readonly host?: string;
  /** Origin under which others reach it, when that is not http://127.0.0.1:port. */
  readonly url?: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Where letters come in over MLLP; a free port for 0, and when it may move and somebody has it. Absent: only FHIR. */
  readonly mllp?: { readonly port: number; readonly mayMove: boolean };
  /** Everything is kept here; a second start in the same folder goes on where the first one stopped. */
  readonly dataDir: string;
  /** Address of Kortelijn. */
  readonly kortelijn: string;
  /** Where browsers reach Kortelijn, when that is another address. */
  readonly kortelijnPublic?: string;
  readonly practices: readonly Practice[];
  readonly now?: () => Date;
  /** How long an answer of Kortelijn is waited for. */
  readonly timeoutMs?: number;
  /** Mails to show on /mail. */
  readonly mails?: () => readonly Mail[];
}

/** A running HIS. */
export interface His {
  readonly url: string;
  /** Port of the HL7 v2 side, when it has one. */
  readonly mllpPort?: number;
  readonly switches: Switches;
  /** Called after a Communication is durably stored and before the answer; what it throws becomes a 500. */
  onEffect: (communication: Communication & { id: string }, practice: string) => void | Promise<void>;
  /** The records of one practice; throws when there is no such practice. */
  records(practice: string): Records;
  counts(): Record<string, ReturnType<typeof countsOf>>;
  /** Stops listening and cuts what is open. */
  close(): Promise<void>;
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

/** Only this machine, and no page of another site in its browser: the JSON side asks for no credential. */
function onlyHere(req: Request, res: Response, next: NextFunction): void {
  const host = (req.get('host') ?? '').replace(/:\d+$/, '');
  const local = host === '127.0.0.1' || host === 'localhost';
  if (local && (req.method === 'GET' || req.get('sec-fetch-site') !== 'cross-site')) next();
  else res.status(403).type('text/plain').send('Alleen vanaf deze computer.');
}

/** Starts the simulated HIS with the records in `dataDir`. Rejects with EADDRINUSE when the port is taken. */
export async function startHis(options: HisOptions): Promise<His> {
  const { dataDir, now = () => new Date(), timeoutMs = 15_000, mails = () => [], host = '127.0.0.1' } = options;
  const kortelijn = options.kortelijn.replace(/\/+$/, '');
  const kortelijnPublic = (options.kortelijnPublic ?? kortelijn).replace(/\/+$/, '');
  const practices = new Map<string, Records>();
  for (const [nth, practice] of options.practices.entries()) {
    practices.set(practice.id, await openRecords(dataDir, practice, nth, now()));
  }
  const switches = createSwitches();
  const closing = new AbortController();
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  if (host === '127.0.0.1') app.use(onlyHere);

  let url = '';
  for (const [id, records] of practices) {
    const base = () => `${url}/${id}/fhir`;
    const onEffect = (communication: Communication & { id: string }) => his.onEffect(communication, id);
    app.use(`/${id}/fhir`, fhirDoor({ records, switches, now, base, onEffect, closing: closing.signal }));
  }
  const reachOf = ({ practice }: Records) => ({ kortelijn, credential: practice.credential, timeoutMs, now });
  app.use(apiRoutes({ practices, switches, now, reachOf }));
  const smart = smartSide({ practices, now, base: () => url, kortelijn: kortelijnPublic });
  app.use('/:practice/smart/:kind', smart.router);
  const launching = { kortelijn, kortelijnPublic, now, smart, home: () => url };
  app.use(screens({ practices, switches, now, reachOf, mails, launching }));
  app.use((_req: Request, res: Response) => void res.status(404).type('text/plain').send('Deze pagina bestaat niet.'));
  app.use((error: unknown, _req: Request, res: Response, next: NextFunction) => {
    if (res.headersSent) return next(error);
    const asked =
      error instanceof ZodError || (error instanceof Error && 'status' in error && Number(error.status) < 500);
    // The class of the error only: its text may hold what somebody typed.
    if (!asked) console.error(`his: ${error instanceof Error ? error.name : 'unknown error'}`);
    res.status(asked ? 400 : 500).json({ error: asked ? 'not understood' : 'failed' });
  });

  const server = createServer(app);
  const port = await listen(server, options.port, host);
  url = options.url ?? `http://127.0.0.1:${port}`;
  const openHl7 = (at: number) =>
    openMllpDoor({
      port: at,
      host,
      practices,
      switches,
      now,
      onEffect: (communication, id) => his.onEffect(communication, id),
    });
  const mllp =
    options.mllp &&
    (await openHl7(options.mllp.port)
      .catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'EADDRINUSE' && options.mllp?.mayMove) return openHl7(0);
        throw error;
      })
      .catch((error: unknown) => {
        server.close();
        throw error;
      }));
  const his: His = {
    url,
    ...(mllp && { mllpPort: mllp.port }),
    switches,
    onEffect: () => undefined,
    records(practice) {
      const found = practices.get(practice);
      if (!found) throw new Error('no such practice');
      return found;
    },
    counts: () => Object.fromEntries([...practices].map(([id, records]) => [id, countsOf(records)])),
    async close() {
      closing.abort();
      await mllp?.close();
      return new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      });
    },
  };
  return his;
}
