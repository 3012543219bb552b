import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Patient } from '../demo/model.ts';
import accounts from '../fixtures/region/accounts.json' with { type: 'json' };
import { openPool } from '../src/store/database.ts';
import { readMasterKey } from '../src/store/keys.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { readCompose, readImage } from './containers/compose.ts';
import { type Host, openHost, type Running } from './containers/host.ts';
import { applicationOf, clientsMissing, type Postgres, startPostgres } from './containers/postgres.ts';
import { signIn, type Visitor } from './containers/visitor.ts';
import { until } from './doubles/made.ts';
import { giveMllp, openMllpClient } from './doubles/mllp.ts';
import { redisMissing } from './doubles/redis.ts';
import { refMessage } from './doubles/ref.ts';

const missing = redisMissing ?? clientsMissing;
const what = 'the commands of the compose file, as processes of this machine';
const compose = readCompose();
const image = readImage();

describe.skipIf(missing !== undefined)(missing ? `${what} (not run: ${missing})` : what, { timeout: 120_000 }, () => {
  let host: Host;
  let postgres: Postgres;
  let store: Store;
  let closePool: () => Promise<void>;
  const running = new Map<string, Running>();
  /** What each service has reached of what others wait for. */
  const reached = new Map<string, string>();

  /** Starts a service as Compose does: only when all it waits for is so. */
  const up = async (name: string, more: readonly string[] = []) => {
    const service = compose.services[name];
    for (const [other, { condition }] of Object.entries(service?.depends_on ?? {}))
      expect(`${other} ${reached.get(other)}`).toBe(`${other} ${condition}`);
    const made = host.run(name, more);
    running.set(name, made);
    if (service?.healthcheck?.disable) {
      expect(await made.ended, made.output()).toBe(0);
      reached.set(name, 'service_completed_successfully');
      return;
    }
    await host.healthy(name).catch((error: Error) => {
      throw new Error(`${error.message}:\n${made.output()}`);
    });
    reached.set(name, 'service_healthy');
  };

  beforeAll(async () => {
    host = await openHost(compose, image);
    postgres = await startPostgres(host);
    await host.healthy('postgres');
    reached.set('postgres', 'service_healthy');
    await up('redis', ['--port', String(host.ports.redis), '--bind', '127.0.0.1', '--dir', host.dataOf('redis')]);
    for (const name of ['migrate', 'http', 'mllp', 'line', 'region', 'his']) await up(name);
    const pool = openPool(applicationOf(host), undefined, 2);
    closePool = () => pool.end();
    store = openStore(pool, await readMasterKey(join(host.secrets, 'master_key'), false), () => new Date(), v7);
  }, 120_000);
  afterAll(async () => {
    await closePool?.();
    await postgres?.stop();
    await host?.close();
  });

  test('all of them were started, in the order of the file', () => {
    expect([...reached.keys()]).toEqual(Object.keys(compose.services));
  });

  test('PostgreSQL is not healthy for others while it is being made', () => {
    expect(postgres.healthyTooSoon).toBe(false);
  });

  test('migrating again changes nothing and ends well', async () => {
    const { rows: before } = await store.pool.query('select count(*)::int as n from information_schema.tables');
    await up('migrate');
    const { rows: after } = await store.pool.query('select count(*)::int as n from information_schema.tables');
    expect(after).toEqual(before);
    expect(running.get('migrate')?.output()).not.toContain('"migrated"');
  });

  test('the application owns nothing', async () => {
    const { rows } = await store.pool.query<{ n: number }>(
      `select count(*)::int as n from pg_class where pg_get_userbyid(relowner) = 'kortelijn_app'`,
    );
    expect(rows[0]?.n).toBe(0);
    await expect(store.pool.query('delete from audit')).rejects.toThrow(/permission denied/);
  });

  test('a referral by each door reaches the worklist, and its feedback the record of the practice', async () => {
    const his = `http://127.0.0.1:${host.ports.his}`;
    const json = async (path: string, body?: object) => {
      const answer = await fetch(`${his}${path}`, {
        ...(body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      expect(answer.ok, path).toBe(true);
      return answer.json();
    };
    const { patients } = (await json('/de-brink/api/patients')) as { patients: Patient[] };
    const [first, second] = patients;
    if (!first || !second) throw new Error('the practice has patients');

    const sent = (await json(`/de-brink/api/patients/${first.id}/refer`, {
      reason: 'Is veel alleen.',
      lifeAreas: ['loneliness'],
      consent: { by: 'resident', how: 'spoken', feedback: true },
    })) as { status: number; promised: { number: string } };
    expect(sent.status).toBe(200);

    await giveMllp(store, 'de-brink', { peer: { facility: '01990101', addressRange: '127.0.0.0/8' } }, 'beside');
    const system = 'https://kortelijn.example/fhir/NamingSystem/hl7v2-authority/VOORBEELDHIS';
    const referrals = [{ system, value: 'V-containers', patientId: second.id }];
    await json('/api/referrals', { practice: 'de-brink', referrals });
    const client = await openMllpClient(host.ports.mllp);
    const name = `${second.ownName}&${second.ownPrefix ?? ''}&${second.ownName}^${second.callName}`;
    const pid = `PID|1||${second.bsn}^^^NLMINBIZA^NNNLD||${name}||${second.birthDate.replaceAll('-', '')}|F`;
    const ref = refMessage({ controlId: 'CONTAINERS', number: 'V-containers', change: { PID: [pid] } });
    // Today is today here: the double's day may still have to come.
    client.send(ref.replaceAll('20261123', '20260901'));
    const answer = await client.next();
    client.end();
    expect(answer).toContain('MSA|AA|CONTAINERS');
    const numbers = [sent.promised.number, /KL-\w{5}-\w{5}/.exec(answer)?.[0] ?? 'none'];

    expect(
      Number(execFileSync('redis-cli', ['-p', String(host.ports.redis), 'dbsize'], { encoding: 'utf8' })),
    ).toBeGreaterThan(0);
    const { password = '' } = accounts.find((one) => one.username === 'sanne') ?? {};
    const sanne = await signIn(`http://127.0.0.1:${host.ports.http}`, 'sanne', password);
    const listed = await until('both stand on the worklist', async () => {
      const { text } = await sanne.open('/worklist');
      return numbers.every((number) => text.includes(number)) && text;
    });
    for (const number of numbers) await answered(sanne, listed, number);

    for (const patient of [first, second])
      await until('the letter is in the journal', async () => {
        const { journal } = (await json(`/de-brink/api/patients/${patient.id}`)) as { journal: { kind: string }[] };
        return journal.some((one) => one.kind === 'letter');
      });
    await until('all has landed, mail too', async () => {
      const { rows } = await store.pool.query<{ kind: string; state: string }>('select kind, state from delivery');
      return rows.length === 6 && rows.every((one) => one.state === 'landed') && rows;
    });
  });

  test('nothing but addresses, ports and folders was put in place of what the files say', () => {
    expect(host.placed.length).toBeGreaterThan(30);
    const bare = (text: string) =>
      text
        .replaceAll(
          /(?<=^|[/@:'" ,])(postgres|redis|his|http|127\.0\.0\.1|0\.0\.0\.0):\d+(?=$|[/:'" ,}])/g,
          '<address>',
        )
        .replaceAll(host.folder, '<folder>')
        .replaceAll(/<folder>\/(secrets|data-\w+)/g, '<folder>')
        .replaceAll(/\/run\/secrets|^\/data$/g, '<folder>')
        .replace(/^(his|127\.0\.0\.1|0\.0\.0\.0)$/, '<host>')
        .replace(/^\d{4,5}$/, '<port>');
    for (const { service, where, from, to } of host.placed)
      expect(`${service} ${where}: ${bare(to)}`).toBe(`${service} ${where}: ${bare(from)}`);
    const settings = new Set(host.placed.map(({ where }) => where).filter((where) => /^[A-Z_]+$/.test(where)));
    expect([...settings].sort()).toEqual([
      'DATABASE_OWNER_URL',
      'DATABASE_URL',
      'DATA_DIR',
      'DEMO_HIS_URL',
      'HOST',
      'MASTER_KEY_FILE',
      'MLLP_PORT',
      'OUTBOUND_HOSTS',
      'PGPASSFILE',
      'PORT',
      'POSTGRES_PASSWORD_FILE',
      'PUBLIC_URL',
      'REDIS_URL',
      'SMTP_HOST',
      'SMTP_PORT',
    ]);
  });

  test('each ends as it is told to, within its time, and has written no secret and no patient', async () => {
    const output = () => [...running.values()].map((one) => one.output()).join('') + postgres.output();
    for (const name of ['his', 'line', 'mllp', 'http', 'redis']) {
      const made = running.get(name);
      made?.child.kill('SIGTERM');
      expect(`${name} ${await made?.ended}`).toBe(`${name} 0`);
    }
    expect(await postgres.stop()).toBe(0);
    const secrets = ['master_key', 'owner_password', 'application_password'].map((name) =>
      readFileSync(join(host.secrets, name), 'utf8').trim(),
    );
    for (const one of [...secrets, 'Is veel alleen', 'V-containers']) expect(output()).not.toContain(one);
    expect(output()).not.toMatch(/\b9999\d{5}\b/);
  });
});

/** The Wally accepts and reports for good, by the forms in the pages. */
async function answered(wally: Visitor, list: string, number: string): Promise<void> {
  const item = list.split('<li class="referral">').find((one) => one.includes(number)) ?? '';
  const address = /href="(\/worklist\/[0-9a-f-]{36})"/.exec(item)?.[1] ?? '';
  await wally.submit(await wally.open(address), `${address}/accept`, {});
  const form = await wally.open(`${address}/report`);
  const today = new Date().toLocaleDateString('sv-SE', { timeZone: 'Europe/Amsterdam' });
  const done = await wally.submit(form, `${address}/report`, {
    contact: 'made',
    contactOn: today,
    firstLine: 'Gaat naar de eettafel.',
    'outcome-loneliness': 'led-on',
    residentAgreed: 'yes',
    final: 'final',
    step: 'send',
  });
  expect(done.url.href, done.text).toContain('done=closed');
}
