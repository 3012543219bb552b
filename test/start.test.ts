import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { practicesFileSchema } from '../demo/model.ts';
import { inventedPatients } from '../demo/patients.ts';
import { bundleOf } from './doubles/bundle.ts';
import { freePort, reportBack, until } from './doubles/made.ts';
import {
  clearDataDir,
  newDataDir,
  prepareService,
  processesOf,
  runService,
  type Service,
  storeOf,
} from './doubles/service.ts';

const stopMsMax = 10_000;

function service(environment: Record<string, string> = {}): Service {
  const made = prepareService(environment);
  onTestFinished(() => made.close());
  return made;
}

/** One referral from the simulated GP system, over the wire; gives Kortelijn's number for it. */
async function refer(made: Service, patient = 'p1'): Promise<string> {
  const answer = await fetch(`${made.his}/de-brink/api/patients/${patient}/refer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      reason: 'Is veel alleen.',
      lifeAreas: ['loneliness'],
      consent: { by: 'resident', how: 'spoken', feedback: true },
    }),
  });
  const said = (await answer.json()) as { status: number; promised: { number?: string } };
  expect(said.status).toBe(200);
  return said.promised.number ?? '';
}

/** As in a terminal: the signal reaches the whole group, and npm passes it on once more. */
async function stop(made: Service, ...signals: NodeJS.Signals[]): Promise<void> {
  const ended = await made.signal(...signals);
  expect(ended).toMatchObject({ code: 0, signal: null });
  expect(ended.ms).toBeLessThan(stopMsMax);
  expect(processesOf(made.dataDir)).toEqual([]);
  expect(existsSync(join(made.dataDir, 'running.json'))).toBe(false);
}

const postmaster = (made: Service) =>
  Number(readFileSync(join(made.dataDir, 'pg', 'postmaster.pid'), 'utf8').split('\n')[0]);
const journeys = async (made: Service) => {
  const { store, close } = await storeOf(made.dataDir);
  const { rows } = await store.pool.query<{ id: string; number: string }>(
    'select id, number from journey order by received_at',
  );
  await close();
  return rows;
};

describe('a start', { timeout: 240_000 }, () => {
  test('on an empty folder works with no setting at all; a second one keeps everything', async () => {
    const made = service();
    await made.start();
    expect(JSON.parse(readFileSync(join(made.dataDir, 'running.json'), 'utf8'))).toMatchObject({
      pid: made.pid,
      url: made.url,
      his: made.his,
    });
    for (const path of ['/healthz', '/readyz', '/metrics'])
      expect([path, (await fetch(made.url + path)).status]).toEqual([path, 200]);
    // About nobody, so without login; what lies beside them asks for one.
    for (const [path, status] of [
      ['/docs', 200],
      ['/docs/profiles', 200],
      ['/fhir/R4/CodeSystem/life-area', 200],
      ['/fhir/R4/Task/1', 401],
    ] as const) {
      const answer = await fetch(made.url + path);
      expect([path, answer.status]).toEqual([path, status]);
      expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'");
    }
    const number = await refer(made);
    await stop(made, 'SIGINT', 'SIGINT');

    await made.start();
    expect((await journeys(made)).map((one) => one.number)).toEqual([number]);
    // The GP system kept its bytes too: the same message gets the first answer, and nothing new comes of it.
    const again = await fetch(`${made.his}/de-brink/api/referrals/2026-000001/send`, { method: 'POST' }).then(
      (response) => response.json() as Promise<{ status: number; promised: { number: string } }>,
    );
    expect(again).toMatchObject({ status: 200, promised: { number } });
    expect(await journeys(made)).toHaveLength(1);
    await stop(made, 'SIGTERM');
  });

  test('after kill -9 takes over the database that still runs; the GP system has ended with us', async () => {
    const made = service();
    await made.start();
    const number = await refer(made);
    const server = postmaster(made);
    await made.kill();
    await until('only the database is left', () =>
      processesOf(made.dataDir).every(({ command }) => command.includes('postgres')),
    );
    expect(existsSync(join(made.dataDir, 'running.json'))).toBe(true);
    await made.start();
    expect(postmaster(made)).toBe(server);
    expect(made.output()).toContain('database-adopted');
    expect((await journeys(made)).map((one) => one.number)).toEqual([number]);

    // And after both were killed at once, as when the machine stops.
    process.kill(server, 'SIGKILL');
    await made.kill();
    await made.start();
    expect(postmaster(made)).not.toBe(server);
    expect((await journeys(made)).map((one) => one.number)).toEqual([number]);
    await refer(made, 'p2');
    await stop(made, 'SIGINT');
  });

  test('that is ended before it was ready leaves nothing behind', async () => {
    const dataDir = newDataDir();
    const made = prepareService({}, dataDir);
    onTestFinished(() => made.close());
    const starting = made.start().catch((error: Error) => error.message);
    await until('the database is being made', () => existsSync(join(dataDir, 'pg')));
    const ended = await made.signal('SIGINT', 'SIGINT');
    expect(ended.code).toBe(0);
    expect(ended.ms).toBeLessThan(stopMsMax);
    await starting;
    expect(processesOf(dataDir)).toEqual([]);
  });
});

describe('ports', { timeout: 240_000 }, () => {
  const held: Server[] = [];
  afterAll(() => {
    for (const server of held) server.close();
  });
  /** Somebody listens there: we, or whoever was first. */
  async function hold(port: number): Promise<void> {
    const server = createServer().listen(port, '127.0.0.1');
    held.push(server);
    await Promise.race([once(server, 'listening'), once(server, 'error')]);
  }

  test('that nobody named and that are taken are replaced by free ones', async () => {
    for (const port of [8080, 8090, 2525]) await hold(port);
    const made = service({ PORT: '', HIS_PORT: '', MAIL_PORT: '' });
    await made.start();
    expect(made.url).not.toMatch(/:8080$/);
    expect(made.his).not.toMatch(/:8090$/);
    await refer(made);
    await until('the mail arrives at the port it really has', async () => {
      const mails = (await fetch(`${made.his}/mail.json`).then((response) => response.json())) as unknown[];
      return mails.length > 0;
    });
    await stop(made, 'SIGINT');
  });

  test('that were named and are taken end the start, with the reason, and leave nothing behind', async () => {
    const port = await freePort();
    await hold(port);
    for (const [name, said] of [
      ['PORT', /PORT/],
      ['HIS_PORT', /port/],
    ] as const) {
      const dataDir = newDataDir();
      onTestFinished(() => clearDataDir(dataDir));
      const ended = await runService(dataDir, { PORT: '0', HIS_PORT: '0', MAIL_PORT: '0', [name]: String(port) });
      expect([name, ended.code]).toEqual([name, 1]);
      expect(ended.output).toMatch(/could not start/);
      expect(ended.output).toMatch(said);
      expect(processesOf(dataDir)).toEqual([]);
    }
  });
});

test('wrong settings are told all at once, by name, and nothing is started or made', async () => {
  const dataDir = newDataDir();
  onTestFinished(() => clearDataDir(dataDir));
  const canary = 'KANARIE-7f3a';
  const wrong = {
    PORT: canary,
    DATABASE_URL: `mysql://${canary}@db.example/x`,
    DEMO: canary,
    LOG_LEVEL: canary,
    OUTBOUND_HOSTS: `http://${canary}`,
  };
  const ended = await runService(dataDir, wrong);
  expect(ended.code).toBe(78);
  for (const name of Object.keys(wrong)) expect(ended.output).toContain(`${name}: `);
  expect(ended.output).not.toContain(canary);
  expect(readdirSync(dataDir)).toEqual([]);
});

describe('a stop', { timeout: 240_000 }, () => {
  test('in the middle of many intakes loses none that was acknowledged', async () => {
    const made = service();
    await made.start();
    const file = JSON.parse(readFileSync(new URL('../fixtures/region/demo-his.json', import.meta.url), 'utf8'));
    const [practice] = practicesFileSchema.parse(file).practices;
    if (!practice) throw new Error('no practice');
    const [patient] = inventedPatients(practice, 0, new Date());
    if (!patient) throw new Error('no patient');
    const first = Promise.withResolvers<void>();
    const url = made.url;
    const intakes = Array.from({ length: 60 }, async (_, nth) => {
      const number = `stop-${nth}`;
      const answer = await fetch(`${url}/fhir/R4`, {
        method: 'POST',
        headers: { authorization: `Bearer ${practice.credential}`, 'content-type': 'application/fhir+json' },
        body: JSON.stringify(bundleOf(practice, patient, { number })),
      }).catch(() => undefined);
      first.resolve();
      return answer?.status === 200 ? [number] : [];
    });
    await first.promise;
    await stop(made, 'SIGINT', 'SIGINT');
    const acknowledged = (await Promise.all(intakes)).flat();
    expect(acknowledged.length).toBeGreaterThan(0);
    await made.start();
    const { store, close } = await storeOf(made.dataDir);
    const { rows } = await store.pool.query<{ number: string }>('select practice_referral_id as number from journey');
    await close();
    const kept = new Set(rows.map((row) => row.number));
    expect(acknowledged.filter((number) => !kept.has(number))).toEqual([]);
    await stop(made, 'SIGINT');
  });

  test('does not wait for a sender that never ends its request', async () => {
    const made = service();
    await made.start();
    const { port } = new URL(made.url);
    const halves = [
      '',
      'POST /fhir/R4 HTTP/1.1\r\nHost: x\r\nContent-Le',
      'POST /fhir/R4 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer demo-de-brink-to-kortelijn\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"half":',
    ];
    for (const half of halves) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      if (half) socket.write(half);
      onTestFinished(() => void socket.destroy());
    }
    await stop(made, 'SIGINT', 'SIGINT');
  });

  test('does not wait for a practice that never answers; the next start brings its feedback there, once', async () => {
    const made = service({ DELIVERY_TIMEOUT_MS: '30000' });
    await made.start();
    await refer(made);
    const [journey] = await journeys(made);
    const { store, close } = await storeOf(made.dataDir);
    const switches = (change: object) =>
      fetch(`${made.his}/api/switches`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(change),
      });
    await switches({ mode: 'hang-after' });
    await until('the referral can be answered', () =>
      reportBack(store, journey?.id ?? '').then(
        () => true,
        () => false,
      ),
    );
    await until('the letter is there, and its answer is not', async () => {
      const { practices } = (await fetch(`${made.his}/api/counts`).then((response) => response.json())) as {
        practices: Record<string, { effects: number }>;
      };
      return practices['de-brink']?.effects === 1;
    });
    await close();
    await stop(made, 'SIGINT', 'SIGINT');

    await made.start();
    const after = await storeOf(made.dataDir);
    // Its lease would run for half a minute: the wait is the database's, and is cut short here.
    await after.store.pool.query(`update delivery set lease_until = now() where state = 'queued'`);
    await until('it landed', async () => {
      const { rows } = await after.store.pool.query(`select state from delivery where kind = 'feedback'`);
      return rows[0]?.state === 'landed';
    });
    const { practices } = (await fetch(`${made.his}/api/counts`).then((response) => response.json())) as {
      practices: Record<string, object>;
    };
    expect(practices['de-brink']).toMatchObject({ effects: 1, requests: 0, filed: 1 });
    await after.close();
    await stop(made, 'SIGINT');
  });
});
