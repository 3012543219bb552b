import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bundle } from '@medplum/fhirtypes';
import express from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allCases, fixturesFolder, regionWith } from '../scripts/fixture-case.ts';
import { type FormatFixture, playFormat, readFormatFixture } from '../scripts/fixture-play.ts';
import { demoPractices } from '../scripts/fixture-world.ts';
import { normalisePhone, validBsn } from '../src/fhir/identifiers.ts';
import { validateBaseR4 } from '../src/fhir/validate.ts';
import { fhirRouter } from '../src/intake/fhir/rest.ts';
import { formatRouter } from '../src/intake/format.ts';
import { joinEarly } from '../src/intake/join.ts';
import { listenMllp, type MllpListener, usualMllp } from '../src/intake/mllp/listen.ts';
import { openLog } from '../src/log.ts';
import { loadMappings, mappingOf } from '../src/mapping/load.ts';
import { type Mapped, numberOf } from '../src/referral/format.ts';
import { loadDemoAccess } from '../src/region/load.ts';
import { directoryReader } from '../src/store/directory.ts';
import { loadTestRegion, openTestStore, type TestStore } from './doubles/database.ts';
import { giveMllp, openMllpClient } from './doubles/mllp.ts';

const cases = (await allCases()).filter((one) => one.format !== undefined);
const fixtures = await Promise.all(cases.map(({ name }) => readFormatFixture(name)));
const mappings = await loadMappings();
const region = await regionWith({});
const each = fixtures.map((one) => [one.name, one] as const);
const syntaxOf = ({ format }: FormatFixture) => mappings.get(format)?.format.syntax;

async function filesOf(name: string): Promise<Map<string, string>> {
  const folder = new URL(`${name}/`, fixturesFolder);
  const files = (await readdir(folder)).sort();
  return new Map(
    await Promise.all(files.map(async (file) => [file, await readFile(new URL(file, folder), 'utf8')] as const)),
  );
}

const isMade = (file: string) => file !== 'case.json' && !/^[04]-/.test(file);

describe.each(each)('%s', (name, fixture) => {
  let files: Map<string, string>;
  beforeAll(async () => {
    files = await filesOf(name);
  });

  test('every stage is what the code gives today; read and regenerate with npm run fixtures', () => {
    const made = playFormat(fixture, mappings, region);
    expect(Object.fromEntries([...files].filter(([file]) => isMade(file)))).toEqual(Object.fromEntries(made));
    expect(fixture.answeredAt).toHaveLength(fixture.answers.length);
  });

  test('what becomes ours is valid base R4', () => {
    for (const [file, text] of [...files].filter(([one]) => one.startsWith('2-bundle'))) {
      const wrong = ((JSON.parse(text) as Bundle).entry ?? []).flatMap(({ resource }) =>
        resource ? validateBaseR4(resource).filter((one) => one.severity === 'error') : [],
      );
      expect({ file, wrong }).toEqual({ file, wrong: [] });
    }
  });

  test('the Wally sees no BSN, and no medical code or letter without consent', () => {
    const delivered = files.get('3-delivered.json') ?? '';
    const mapped = [...files].filter(([file]) => file.startsWith('1-referral'));
    const referrals = mapped.flatMap(
      ([, text]) => (JSON.parse(text) as Partial<Extract<Mapped, { referral: object }>>).referral ?? [],
    );
    for (const { patient, reasonCodes } of referrals) {
      if (patient.bsn) expect(delivered).not.toContain(patient.bsn);
      const last = referrals.at(-1);
      if (last?.consent.medicalCodes) continue;
      for (const { code } of reasonCodes) expect(delivered).not.toContain(`"${code}"`);
      if (delivered) expect((JSON.parse(delivered) as { letters: unknown[] }).letters).toEqual([]);
    }
  });

  test('no number in it can be anybody’s', () => {
    for (const text of files.values()) {
      for (const [bsn] of text.matchAll(/(?<!ZD|[\d-])\d{9}(?![\d-])/g))
        expect({ bsn, invented: !validBsn(bsn) || /^(9999\d{5}|123456782|111222333)$/.test(bsn) }).toEqual({
          bsn,
          invented: true,
        });
      for (const [mail] of text.matchAll(/[\w.-]+@[\w.-]+/g)) expect(mail).toMatch(/\.example$/);
      for (const [, postcode] of text.matchAll(/[\^"+:](\d{4} ?[A-Z]{2})[\^"+:]/g)) expect(postcode).toMatch(/^8299/);
      for (const [phone] of text.matchAll(/(?<![\d-])0\d{1,3}[ -][\d ]{6,10}(?!\d)/g)) {
        const dialled = normalisePhone(phone);
        if (dialled) expect(dialled).toMatch(/^(060000\d{4}|099\d{7}|0570000\d{3})$/);
      }
    }
  });
});

test('each case has its own numbers within its practice', async () => {
  const all = await Promise.all(
    fixtures.map(async ({ name, practice }) => {
      const mapped = [...(await filesOf(name))].filter(([file]) => file.startsWith('1-referral'));
      const numbers = mapped.map(([, text]) => numberOf(JSON.parse(text) as Mapped).value);
      return [...new Set(numbers)].map((number) => `${practice} ${number}`);
    }),
  );
  const seen = all.flat();
  expect(seen.filter((one, n) => seen.indexOf(one) !== n)).toEqual([]);
});

describe('over the real doors', () => {
  let at: TestStore;
  let http: Server;
  let mllp: MllpListener;
  const credentials = new Map<string, string>();

  beforeAll(async () => {
    at = await openTestStore();
    const { store } = at;
    const log = openLog('silent');
    const directory = directoryReader(store);
    await loadTestRegion(store);
    await loadDemoAccess(store, new URL('region/', fixturesFolder), false);
    for (const { id, credential } of await demoPractices()) credentials.set(id, credential);
    const app = express();
    const publicUrl = 'https://kortelijn.example';
    const parts = { store, directory, log, publicUrl, bodyBytesMax: 2_000_000 };
    app.use('/fhir/R4', fhirRouter({ ...parts, mapping: mappingOf(mappings, 'fhir-r4') }));
    app.use('/intake', formatRouter({ store, directory, mappings, log, publicUrl, bodyBytesMax: 2_000_000 }));
    http = await new Promise((resolve) => {
      const server = createServer(app).listen(0, '127.0.0.1', () => resolve(server));
    });
    mllp = await listenMllp(
      { store, directory, mappings, log, answered: async () => false },
      { ...usualMllp, host: '127.0.0.1', port: 0, messageBytesMax: 1_000_000 },
    );
  });
  afterAll(async () => {
    await mllp.close();
    await new Promise((resolve) => http.close(resolve));
    await at.close();
  });

  async function postTo(fixture: FormatFixture, bytes: Uint8Array): Promise<string> {
    const { port } = http.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/intake/${fixture.format}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${credentials.get(fixture.practice)}`,
        'content-type': syntaxOf(fixture) === 'fhir' ? 'application/fhir+json' : 'application/json',
      },
      body: Buffer.from(bytes),
    });
    return `${JSON.stringify({ status: answer.status, outcome: await answer.json() }, null, 2)}\n`;
  }

  /** The FHIR door answers in the form of what was asked: whether it was taken, and if not why, is what both say. */
  async function postToOwn(fixture: FormatFixture, bytes: Uint8Array): Promise<string> {
    const { port } = http.address() as AddressInfo;
    const { resourceType, type } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Bundle;
    const path = resourceType !== 'Bundle' ? `/${resourceType}` : type === 'message' ? '/$process-message' : '/';
    const answer = await fetch(`http://127.0.0.1:${port}/fhir/R4${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${credentials.get(fixture.practice)}`,
        'content-type': 'application/fhir+json',
      },
      body: Buffer.from(bytes),
    });
    return essence({ status: answer.status, outcome: await answer.json() });
  }

  const essence = ({ status, outcome }: { status: number; outcome: unknown }) => {
    const issues = [...JSON.stringify(outcome).matchAll(/"severity":"error".*?"code":"([\w-]+)"\}\]/g)];
    return JSON.stringify({
      taken: status < 300,
      status: status < 300 ? '' : status,
      why: issues.map((one) => one[1]),
    });
  };

  async function sendTo(bytes: Uint8Array, count: number): Promise<string> {
    const client = await openMllpClient(mllp.port);
    client.send(Buffer.from(bytes).toString('latin1'), 'latin1');
    const answers: string[] = [];
    for (let n = 0; n < count; n += 1)
      answers.push(
        Buffer.from(await client.next(), 'latin1')
          .toString('utf8')
          .replaceAll('\r', '\n'),
      );
    client.end();
    return answers.join('\n');
  }

  /** What two runs may differ in: numbers of our own, and the moment of an answer. */
  const comparable = (text: string) =>
    text
      .replaceAll(/KL-\w{5}-\w{5}/g, 'KL-number')
      .replaceAll(/^(MSH(?:\|[^|\n]*){5}\|)[^|\n]*(\|\|(?:ACK|RRI|SRR)[^|]*\|)[^|\n]*/gm, '$1at$2id');

  // A change of the directory counts from its moment on: the cases come in the order of theirs.
  const reachable = [...each]
    .filter(([, one]) => ['fhir', 'json', 'hl7v2'].includes(syntaxOf(one) ?? ''))
    .sort(([, a], [, b]) => Date.parse(a.now) - Date.parse(b.now));

  test.each(reachable)('%s is answered as its stages say', async (name, fixture) => {
    const files = await filesOf(name);
    const began = Date.parse(fixture.now);
    at.now = new Date(began);
    const { store } = at;
    const directory = directoryReader(store);
    const facility = (await directory()).practices.get(fixture.practice)?.agb ?? '';
    const { agreement } = fixture;
    const isMllp = syntaxOf(fixture) === 'hl7v2';
    const isOwn = mappings.get(fixture.format)?.format.ownDoor === true;
    await giveMllp(
      store,
      fixture.practice,
      { ...(isMllp && { peer: { facility, addressRange: '127.0.0.1/32' } }), ...(agreement && { agreement }) },
      'beside',
    );
    for (const [n, { bytes }] of fixture.messages.entries()) {
      at.now = new Date(began + n * 3_600_000);
      const nth = n === 0 ? '' : `-${n + 1}`;
      const extension = isMllp ? 'hl7' : 'json';
      const wanted = files.get(`2-answer${nth}.${extension}`) ?? files.get(`1-refused${nth}.${extension}`) ?? '';
      const said = isMllp
        ? await sendTo(bytes, [...wanted.matchAll(/^MSA/gm)].length)
        : await (isOwn ? postToOwn : postTo)(fixture, bytes);
      expect(comparable(said)).toBe(comparable(isOwn ? essence(JSON.parse(wanted)) : wanted));
      await joinEarly({ store, directory, log: openLog('silent') });
    }
  });
});
