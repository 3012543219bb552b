import { randomUUID } from 'node:crypto';
import { Agent, createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bundle } from '@medplum/fhirtypes';
import express from 'express';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fhirRouter } from '../src/intake/fhir/rest.ts';
import { openLog } from '../src/log.ts';
import { loadMappings, mappingOf } from '../src/mapping/load.ts';
import { openPool } from '../src/store/database.ts';
import { directoryReader } from '../src/store/directory.ts';
import { masterKeyFrom } from '../src/store/keys.ts';
import { openStore } from '../src/store/open-store.ts';
import { bundleOf } from './doubles/bundle.ts';
import { openTestLine, type TestLine } from './doubles/line.ts';

const practices = ['de-brink', 'zuidrand'] as const;
const socketsMax = 64;

let line: TestLine;
/** A second process on the same database, as far as this one can be two: a pool, a store and a door of its own. */
let second: { readonly url: string; close(): Promise<void> };
beforeAll(async () => {
  line = await openTestLine();
  const pool = openPool(line.at.connection, 'kortelijn_app', 10);
  const store = openStore(pool, masterKeyFrom(Buffer.alloc(32, 7)), () => line.at.now, v7);
  const app = express();
  const server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const mapping = mappingOf(await loadMappings(), 'fhir-r4');
  app.use(
    '/fhir/R4',
    fhirRouter({
      store,
      directory: directoryReader(store),
      mapping,
      log: openLog('silent'),
      publicUrl: line.url,
      bodyBytesMax: 2_000_000,
    }),
  );
  second = {
    url,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await pool.end();
    },
  };
});
afterAll(async () => {
  await second.close();
  await line.close();
});

interface Attempt {
  readonly practice: string;
  readonly number: string;
  /** Which content: all with the same letter say the same. */
  readonly content: 'a' | 'b';
  readonly body: string;
}
interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Bundle;
}

function post(url: string, attempt: Attempt, agent: Agent): Promise<Got> {
  const { credential } = line.his.records(attempt.practice).practice;
  return new Promise((resolve, reject) => {
    const sending = request(
      `${url}/fhir/R4`,
      {
        agent,
        method: 'POST',
        headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/fhir+json' },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: JSON.parse(Buffer.concat(chunks).toString('utf8')),
          }),
        );
      },
    );
    sending.on('error', reject);
    sending.end(attempt.body);
  });
}

/** Per practice and number: the same bytes many times, the same referral under other message ids, and other content. */
function mixOf(prefix: string, numbers: number): Attempt[] {
  const attempts: Attempt[] = [];
  for (let n = 0; n < numbers; n += 1) {
    const number = `${prefix}-${n}`;
    // The two practices use the same numbers and the same message ids: they have nothing to do with each other.
    const message = randomUUID();
    const other = randomUUID();
    for (const practice of practices) {
      const records = line.his.records(practice);
      const [patient] = records.patients.all();
      if (!patient) throw new Error('no patient');
      const make = (content: 'a' | 'b', message: string): Attempt => {
        const bundle = bundleOf(records.practice, patient, {
          number,
          message,
          reason: `Reden ${content} van ${number}.`,
        });
        return { practice, number, content, body: JSON.stringify(bundle) };
      };
      const same = make('a', message);
      for (let i = 0; i < 15; i += 1) attempts.push(same);
      for (let i = 0; i < 5; i += 1) attempts.push(make('a', randomUUID()));
      for (let i = 0; i < 3; i += 1) attempts.push(make('b', other));
      for (let i = 0; i < 2; i += 1) attempts.push(make('b', message));
    }
  }
  return attempts
    .map((attempt) => ({ attempt, at: Math.random() }))
    .sort((x, y) => x.at - y.at)
    .map(({ attempt }) => attempt);
}

const idsIn = (body: Bundle) =>
  (body.entry ?? []).flatMap((entry) => (entry.response?.location ? [entry.response.location] : []));

/** The answers to one practice and number: one referral, and everyone was told the truth about it. */
function expectOne(own: readonly { attempt: Attempt; got: Got }[]): string {
  const taken = own.filter(({ got }) => got.status === 200);
  const [winner] = taken;
  if (!winner) throw new Error('nobody was taken');
  expect(new Set(taken.map(({ attempt }) => attempt.content)).size).toBe(1);
  // Exactly one of them was new.
  expect(taken.filter(({ got }) => got.headers['x-duplicate'] === undefined)).toHaveLength(1);
  const first = taken.find(({ got }) => got.headers['x-duplicate'] === undefined);
  const ids = idsIn(first?.got.body ?? winner.got.body);
  expect(ids.length).toBeGreaterThanOrEqual(4);
  const journey = winner.got.body.identifier?.value ?? '';
  for (const { got } of taken) {
    expect(idsIn(got.body)).toEqual(ids);
    expect(got.body.identifier?.value).toBe(journey);
    expect(got.body.link).toEqual(winner.got.body.link);
  }
  for (const { attempt, got } of own) {
    if (attempt.content === winner.attempt.content) expect(got.status).toBe(200);
    else {
      expect([got.status, got.body.resourceType]).toEqual([409, 'OperationOutcome']);
      expect(JSON.stringify(got.body)).toContain('same-number-other-content');
    }
  }
  return journey.replace('urn:uuid:', '');
}

async function expectOneEach(prefix: string, attempts: readonly Attempt[], urls: readonly string[]): Promise<void> {
  const mailsBefore = line.mail.mails().length;
  const agent = new Agent({ keepAlive: true, maxSockets: socketsMax });
  const results = await Promise.all(
    attempts.map(async (attempt, nth) => ({
      attempt,
      got: await post(urls[nth % urls.length] ?? line.url, attempt, agent),
    })),
  );
  agent.destroy();
  const groups = Map.groupBy(results, ({ attempt }) => `${attempt.practice} ${attempt.number}`);
  const journeys = [...groups.values()].map(expectOne);
  expect(new Set(journeys).size).toBe(groups.size);
  const { rows } = await line.at.owner.query<{
    id: string;
    practice: string;
    number: string;
    tasks: number;
    inbound: number;
    keys: number;
  }>(
    `select j.id, j.practice_id as practice, j.practice_referral_id as number,
            (select count(*) from resource r where r.journey_id = j.id and r.type = 'Task') as tasks,
            (select count(*) from inbound i where i.journey_id = j.id) as inbound
       from journey j where j.practice_referral_id like $1`,
    [`${prefix}-%`],
  );
  expect(rows.map((row) => row.id).sort()).toEqual([...journeys].sort());
  expect(new Set(rows.map((row) => `${row.practice} ${row.number}`)).size).toBe(groups.size);
  for (const row of rows) expect(row).toMatchObject({ tasks: 1, inbound: 1 });
  const { rows: strays } = await line.at.owner.query(
    `select count(*) as keys from journey_key k where not exists (select from journey j where j.id = k.journey_id)`,
  );
  expect(strays).toEqual([{ keys: 0 }]);

  await line.drain();
  const seen = await line.at.owner.query<{ entries: number; journeys: number }>(
    `select count(*) as entries, count(distinct v.journey_id) as journeys from worklist_entry v join journey j on j.id = v.journey_id where j.practice_referral_id like $1`,
    [`${prefix}-%`],
  );
  expect(seen.rows).toEqual([{ entries: groups.size, journeys: groups.size }]);
  expect(line.mail.mails().length - mailsBefore).toBe(groups.size);
}

describe('a thousand intakes at one moment', { timeout: 240_000 }, () => {
  test('give one referral per practice and number, and right answers to all', async () => {
    const attempts = mixOf('one', 20);
    expect(attempts).toHaveLength(1_000);
    await expectOneEach('one', attempts, [line.url]);
  });

  test('spread over two processes on one database: the same', async () => {
    const attempts = mixOf('two', 20);
    expect(attempts).toHaveLength(1_000);
    await expectOneEach('two', attempts, [line.url, second.url]);
  });

  test('of one and the same message: one, however often', async () => {
    const [attempt] = mixOf('three', 1).filter((one) => one.content === 'a');
    if (!attempt) throw new Error('no attempt');
    await expectOneEach(
      'three',
      Array.from({ length: 300 }, () => attempt),
      [line.url, second.url],
    );
  });
});
