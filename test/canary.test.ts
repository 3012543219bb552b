import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Endpoint } from '@medplum/fhirtypes';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MailCatcher, startMailCatcher } from '../demo/mail.ts';
import { patientSchema } from '../demo/model.ts';
import { demoPractices } from '../scripts/fixture-world.ts';
import { extensions } from '../src/fhir/systems.ts';
import { startSession } from '../src/store/access/sessions.ts';
import { readDirectoryResource } from '../src/store/directory.ts';
import { readJourney } from '../src/store/referrals.ts';
import { bundleOf } from './doubles/bundle.ts';
import { canaries, committed, reportBack, until } from './doubles/made.ts';
import { linesWith, medvriBytes } from './doubles/medvri.ts';
import { giveMllp, openMllpClient } from './doubles/mllp.ts';
import { openTestRedis, redisMissing, type TestRedis } from './doubles/redis.ts';
import { refMessage } from './doubles/ref.ts';
import { databaseOf, newDataDir, prepareService, type Service, storeOf } from './doubles/service.ts';
import { json, type OtherServer, openOtherServer } from './doubles/web.ts';
import { partOf, stu3 } from './mapping/stu3-messages.ts';
import { brink, formIn, typed } from './web/refer-browser.ts';

const words = {
  ...canaries,
  firstLine: canaries.letter,
  dutchDay: '12-04-1951',
  bareDay: '19510412',
  noSpace: '8299ZQ',
};

/** A word as base64 holds it, wherever in the text around it it begins. */
function inBase64(word: string): string[] {
  return [0, 1, 2].map((shift) => {
    const text = Buffer.from('\0'.repeat(shift) + word)
      .toString('base64')
      .replace(/=+$/, '');
    // The first and last characters depend on what stands beside it.
    const whole = text.slice(shift === 0 ? 0 : shift + 1, -2);
    // Fewer say nothing: they stand everywhere by chance.
    return whole.length < 8 ? word : whole;
  });
}

const forms = Object.entries(words).flatMap(([name, word]) =>
  [
    word,
    word.toLowerCase(),
    word.toUpperCase(),
    encodeURIComponent(word),
    word.replaceAll(' ', '+'),
    Buffer.from(word).toString('hex'),
    ...inBase64(word),
  ]
    .filter((form) => form.length >= 6)
    .map((form) => [name, form] as const),
);
const foundIn = (text: string): string[] => [
  ...new Set(forms.filter(([, form]) => text.includes(form)).map(([name]) => name)),
];

let service: Service;
let redis: TestRedis | undefined;
let monitor: Socket | undefined;
let mail: MailCatcher;
let practice: OtherServer;
let opened: Awaited<ReturnType<typeof storeOf>>;
let owner: pg.Client;
let maildrop: string;
let journeys: string[] = [];
const queued: string[] = [];
const answers: string[] = [];
/** How the practice's system behaves: it files, breaks with everything it was sent in its error, or never answers. */
let mode: 'well' | 'broken' | 'never' = 'well';

async function openPractice(): Promise<OtherServer> {
  const stored: { identifier?: { value?: string }[] }[] = [];
  return openOtherServer(({ method, path, body }, response) => {
    if (mode === 'never') return;
    if (mode === 'broken')
      return json(response, 500, {
        resourceType: 'OperationOutcome',
        issue: [{ diagnostics: `${path} ${body} ${Object.values(canaries)}` }],
      });
    if (method === 'GET') {
      const asked = new URL(path, 'http://x').searchParams.get('identifier')?.split('|')[1];
      const found = stored.filter((one) => one.identifier?.some((id) => id.value === asked));
      return json(response, 200, {
        resourceType: 'Bundle',
        type: 'searchset',
        entry: found.map((resource) => ({ resource })),
      });
    }
    const made = { ...JSON.parse(body), id: `made-${stored.length}` };
    stored.push(made);
    json(response, 201, made);
  });
}

beforeAll(async () => {
  [mail, practice] = [await startMailCatcher({ port: 0 }), await openPractice()];
  if (!redisMissing) {
    redis = await openTestRedis(false);
    await redis.start();
    monitor = connect(redis.url, () => monitor?.write('MONITOR\r\n'));
    monitor.setEncoding('latin1').on('data', (text: string) => queued.push(text));
  }
  const dataDir = newDataDir();
  maildrop = join(dataDir, 'drop');
  service = prepareService(
    {
      LOG_LEVEL: 'debug',
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(mail.port),
      OUTBOUND_HOSTS: practice.host,
      DELIVERY_TIMEOUT_MS: '700',
      MAILDROP_DIR: maildrop,
      MAILDROP_ADDRESS: '500000002',
      ...(redis && { REDIS_URL: redis.url }),
    },
    dataDir,
  );
  await mkdir(maildrop, { recursive: true });
  await service.start();
  opened = await storeOf(dataDir);
  owner = new pg.Client(databaseOf(dataDir, 'postgres'));
  await owner.connect();
  await owner.query('set search_path to kortelijn');
  await openChannels();
}, 120_000);
afterAll(async () => {
  monitor?.destroy();
  await owner?.end();
  await opened?.close();
  await service?.close();
  await redis?.close();
  await practice?.close();
  await mail?.close();
});

/** De Brink's system is the double; it may also send by MLLP and from a mailbox, and agreed on consent for STU3. */
async function openChannels(): Promise<void> {
  const { store } = opened;
  const endpoint = await readDirectoryResource<Endpoint>(store, 'Endpoint', 'his-de-brink');
  if (!endpoint) throw new Error('no endpoint');
  const mailbox = { url: extensions.medvriMailbox, extension: [{ url: 'number', valueString: '500000001' }] };
  await committed(store, {
    scope: { practice: '' },
    directory: [
      {
        validFrom: store.clock().toISOString(),
        resource: {
          ...endpoint,
          id: 'his-de-brink',
          address: `${practice.url}/fhir`,
          extension: [...(endpoint.extension ?? []), mailbox],
        },
      },
    ],
    audit: [],
  });
  const agreement = { since: '2026-01-05', how: 'spoken', medicalCodes: true, feedback: 'content' };
  await giveMllp(
    store,
    'de-brink',
    { peer: { facility: '01990101', addressRange: '127.0.0.0/8' }, agreement },
    'beside',
  );
}

const credential = async () => (await demoPractices()).find((one) => one.id === 'de-brink')?.credential ?? '';

/** Asks a door; whatever it says, to headers, is looked through later. */
async function ask(path: string, body: unknown, more: Record<string, string> = {}): Promise<Response> {
  const headers = { 'content-type': 'application/fhir+json', authorization: `Bearer ${await credential()}`, ...more };
  const response = await fetch(`${service.url}${path}`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  answers.push(`${path} ${JSON.stringify([...response.headers])} ${await response.clone().text()}`);
  return response;
}

const patient = patientSchema.parse({
  id: 'canary',
  bsn: canaries.bsn,
  given: [canaries.given],
  callName: canaries.given,
  ownName: canaries.family,
  birthDate: canaries.birthDate,
  mobile: canaries.phone,
  email: canaries.email,
  street: canaries.street,
  houseNumber: '12',
  postcode: canaries.postcode,
  city: 'Voorbeelddorp',
});

async function fhirDoor(): Promise<void> {
  const [ours] = (await demoPractices()).filter((one) => one.id === 'de-brink');
  if (!ours) throw new Error('no practice');
  const bundle = (number: string, reason: string, of = patient) =>
    bundleOf(ours, of, { number, message: `${number}-${reason.length}`, reason });
  expect((await ask('/fhir/R4', bundle('C-fhir', canaries.reason))).status).toBe(200);
  expect((await ask('/fhir/R4', bundle('C-fhir', `${canaries.reason} ${canaries.question}`))).status).toBe(409);
  expect((await ask('/fhir/R4', bundle('C-wrong', canaries.reason, { ...patient, bsn: '999990018' }))).status).toBe(
    422,
  );
  expect((await ask('/fhir/R4', `{"resourceType":"Bundle","note":"${canaries.reason}`)).status).toBe(400);
  expect(
    (await ask('/fhir/R4', bundle('C-nobody', canaries.reason), { authorization: `Bearer ${canaries.bsn}-unknown` }))
      .status,
  ).toBe(401);
}

async function jsonDoor(name = 'C-json'): Promise<void> {
  const referral = (number: string, change: object = {}) => ({
    type: 'referral',
    number,
    writtenAt: '2026-11-20T09:00:00+01:00',
    referrer: { name: 'M. van Leeuwen', agb: '01990111' },
    patient: {
      bsn: canaries.bsn,
      familyName: canaries.family,
      callName: canaries.given,
      birthDate: canaries.birthDate,
      phones: [canaries.phone],
      email: canaries.email,
      address: { street: canaries.street, houseNumber: '12', postcode: canaries.postcode, city: 'Voorbeelddorp' },
    },
    reason: canaries.reason,
    question: canaries.question,
    contactPerson: { name: canaries.contactPerson },
    lifeAreas: ['loneliness', canaries.letter],
    unknownField: canaries.reason,
    consent: { by: 'resident', how: 'spoken', on: '2026-11-20', feedback: 'content' },
    ...change,
  });
  const type = { 'content-type': 'application/json' };
  expect((await ask('/intake/json', referral(name), type)).status).toBe(201);
  expect((await ask('/intake/json', referral(name, { reason: canaries.question }), type)).status).toBe(409);
  expect((await ask('/intake/json', referral(`${name}-2`, { consent: undefined }), type)).status).toBeGreaterThan(399);
  expect(
    (await ask('/intake/json', referral(`${name}-3`, { writtenAt: canaries.family, priority: canaries.given }), type))
      .status,
  ).toBe(422);
}

async function stu3Door(): Promise<void> {
  const document = JSON.parse(earlier(JSON.stringify(stu3('letter'))));
  const person = partOf(document, 'Patient');
  Object.assign(person, {
    birthDate: canaries.birthDate,
    name: [{ family: canaries.family, given: [canaries.given], text: canaries.family }],
  });
  person.address[0] = { line: [`${canaries.street} 12`], postalCode: canaries.postcode, city: 'Voorbeelddorp' };
  expect((await ask('/intake/fhir-stu3', document)).status).toBe(201);
  Object.assign(person, { birthDate: canaries.family });
  expect((await ask('/intake/fhir-stu3', document)).status).toBeGreaterThan(399);
}

async function mllpDoor(): Promise<void> {
  const port = Number(/"event":"mllp-listening","port":(\d+)/.exec(service.output())?.[1]);
  const client = await openMllpClient(port);
  const obx = [
    `OBX|1|TX|reason^Reden^99KL||${canaries.reason}||||||F`,
    `OBX|2|TX|resident-question^Vraag^99KL||${canaries.question}||||||F`,
  ];
  const said = async (message: string) => {
    client.send(earlier(message));
    const answer = await client.next();
    const code = /\rMSA\|(\w\w)/.exec(answer)?.[1];
    // A yes (RRI) says to its sender whom it is about; a no must not.
    if (code !== 'AA') answers.push(answer);
    return code;
  };
  expect(await said(refMessage({ controlId: 'C1', number: 'C-mllp', change: { OBX: obx } }))).toBe('AA');
  expect(await said(refMessage({ controlId: 'C2', number: 'C-mllp', change: { OBX: obx.slice(1) } }))).toBe('AE');
  expect(
    await said(
      refMessage({
        controlId: 'C3',
        number: 'C-mllp-3',
        change: {
          OBX: obx,
          CON: [],
          PID: [`PID|1||${canaries.bsn}8^^^NLMINBIZA^NNNLD||${canaries.family}|||${canaries.given}`],
        },
      }),
    ),
  ).toBe('AE');
  expect(await said(refMessage({ controlId: 'C4', number: 'C-4', facility: '01999999', change: { OBX: obx } }))).toBe(
    'AR',
  );
  client.end();
}

async function maildropDoor(): Promise<void> {
  const lines = linesWith({
    Verwijsnummer: 'C-mail',
    Reden: canaries.reason.slice(0, 60),
    'Vraag van de inwoner': canaries.question,
  });
  await writeFile(join(maildrop, 'one.edi'), earlierBytes(medvriBytes({ control: 'C1', lines })));
  const wrong = linesWith({ Verwijsnummer: 'C-mail-2', Reden: '', 'Vraag van de inwoner': canaries.question });
  await writeFile(
    join(maildrop, 'two.edi'),
    earlierBytes(
      medvriBytes({
        control: 'C2',
        lines: wrong,
        change: { PID: [`PID+1951:02:30+V+${canaries.family}++${canaries.given}+P77+BSN${canaries.bsn}`] },
      }),
    ),
  );
  await writeFile(join(maildrop, 'three.edi'), `${canaries.reason} ${canaries.bsn}`);
  await until('the maildrop is read', async () =>
    (await readdir(maildrop, { withFileTypes: true })).every((one) => !one.isFile()),
  );
  await until('and answered', async () => (await readdir(join(maildrop, 'working')).catch(() => [])).length === 0);
  for (const name of await readdir(join(maildrop, 'out')).catch(() => []))
    answers.push(await readFile(join(maildrop, 'out', name), 'latin1'));
}

async function referForm(): Promise<void> {
  const cookie = `kl_session=${await startSession(opened.store, brink, 3_600_000)}`;
  const form = async (fields?: Record<string, string>) => {
    const response = await fetch(`${service.url}/refer`, {
      redirect: 'manual',
      headers: { cookie },
      ...(fields && { method: 'POST', body: new URLSearchParams(fields) }),
    });
    // What its writer typed may stand in the page; in what stands around it, it may not.
    answers.push(JSON.stringify([...response.headers]));
    return { status: response.status, text: await response.text() };
  };
  const first = formIn((await form()).text, '/refer');
  const open = formIn((await form({ ...first, danger: 'no', step: 'danger' })).text, '/refer');
  const person = {
    ...open,
    ...typed,
    callName: canaries.given,
    family: canaries.family,
    birthDate: words.dutchDay,
    phone1: canaries.phone,
    street: canaries.street,
    postcode: canaries.postcode,
    bsn: canaries.bsn,
    reason: canaries.reason,
    question: canaries.question,
    consentOn: '2026-11-20',
  };
  expect((await form({ ...person, birthDate: canaries.family, step: 'preview' })).status).toBe(422);
  const preview = await form({ ...person, step: 'preview' });
  expect(preview.text).toContain(canaries.family);
  expect((await form({ ...formIn(preview.text, '/refer'), step: 'send' })).status).toBe(303);
}

/** Searches, checks, moves, launches and cards, and the pages of rights, queue and trail: what each answers names nobody. */
async function laterDoors(): Promise<void> {
  const search = { 'content-type': 'application/x-www-form-urlencoded' };
  const asked = new URLSearchParams({ family: canaries.family, birthdate: canaries.birthDate }).toString();
  const found = await fetch(`${service.url}/fhir/R4/Patient/_search`, {
    method: 'POST',
    headers: { ...search, authorization: `Bearer ${await credential()}` },
    body: asked,
  });
  // Whoever may search gets the person back; what stands around it says nothing.
  answers.push(JSON.stringify([...found.headers]));
  expect(found.status).toBe(200);
  await ask(
    '/fhir/R4/Patient/_search',
    new URLSearchParams({ nonsense: canaries.family, _count: canaries.question }).toString(),
    search,
  );
  const person = {
    resourceType: 'Patient',
    name: [{ family: canaries.family, text: 7, given: canaries.given }],
    birthDate: canaries.reason,
    identifier: [{ system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: `${canaries.bsn}0` }],
  };
  await ask('/fhir/R4/Patient/$validate', person);
  const { rows } = await owner.query<{ id: string; task: string }>('select id, task_id as task from journey limit 1');
  const [{ id, task } = { id: '', task: '' }] = rows;
  const move = {
    resourceType: 'Parameters',
    parameter: [
      { name: 'move', valueCode: canaries.question },
      { name: 'text', valueString: canaries.letter },
    ],
  };
  await ask(`/fhir/R4/Task/${task}/$move`, move);
  await ask(
    '/cds-services/kortelijn',
    {
      hook: 'patient-view',
      hookInstance: canaries.question,
      context: { patientId: canaries.bsn },
      prefetch: { patient: person },
    },
    { 'content-type': 'application/json' },
  );
  await ask(
    '/launch/jwt',
    new URLSearchParams({ token: `${canaries.family}.${canaries.reason}.x` }).toString(),
    search,
  );
  const page = async (actor: Parameters<typeof startSession>[1], path: string, fields?: Record<string, string>) => {
    const cookie = `kl_session=${await startSession(opened.store, actor, 3_600_000)}`;
    const first = fields && (await (await fetch(`${service.url}/practice/rights`, { headers: { cookie } })).text());
    const csrf = /name="csrf" value="([\w-]+)"/.exec(first ?? '')?.[1] ?? '';
    const response = await fetch(`${service.url}${path}`, {
      redirect: 'manual',
      headers: { cookie },
      ...(fields && { method: 'POST', body: new URLSearchParams({ csrf, ...fields }) }),
    });
    answers.push(`${JSON.stringify([...response.headers])} ${await response.text()}`);
    return response.status;
  };
  const administrator = { id: 'admin-region', name: 'Beheer', role: 'administrator' } as const;
  const address = {
    family: canaries.family,
    birthDate: canaries.birthDate,
    postcode: canaries.postcode,
    houseNumber: '12',
  };
  expect(await page(brink, '/practice/rights', { reference: 'Z-2026-7', ...address })).toBe(200);
  expect(
    await page(brink, '/practice/rights/act', {
      reference: 'Z-2026-7',
      journeys: id,
      [`j-${id}`]: 'yes',
      right: 'access',
      sure: 'yes',
    }),
  ).toBe(303);
  for (const path of [`/practice/${id}/looked`, `/practice/${id}/looked.csv`, `/practice/${id}/looked.json`])
    expect(await page(brink, path)).toBe(200);
  for (const path of ['/admin', '/admin/errors', '/admin/trail', '/admin/trail.csv', '/admin/trail.json'])
    expect(await page(administrator, path)).toBe(200);
}

/** A message, a person handed to the refer page, a launch, and the pages of who has no account: right and wrong. */
async function doorsWithoutReferral(): Promise<void> {
  const person = {
    resourceType: 'Patient',
    name: [{ family: canaries.family, given: [canaries.given] }],
    birthDate: canaries.birthDate,
    telecom: [{ system: 'phone', value: canaries.phone }],
  };
  const message = {
    resourceType: 'Bundle',
    type: 'message',
    entry: [
      {
        fullUrl: 'urn:uuid:01900000-0000-7000-8000-00000000c0de',
        resource: {
          resourceType: 'MessageHeader',
          // Event and source come back in the answer, as FHIR has it: they are the sender's system, not a person.
          eventCoding: { system: 'http://example.org', code: 'no-such-event' },
          source: { name: 'HIS', endpoint: 'https://his.example.org' },
          reason: { text: canaries.question },
        },
      },
      { fullUrl: `urn:uuid:${canaries.bsn}`, resource: person },
    ],
  };
  expect((await ask('/fhir/R4/$process-message', message)).status).toBeGreaterThan(399);
  const handed = await ask('/refer/context', person, { 'x-practice-referral': 'https://example.org/number|C-context' });
  expect(handed.status).toBe(201);
  expect((await ask('/refer/context', { ...person, birthDate: canaries.family })).status).toBe(422);
  const visit = async (path: string, fields?: Record<string, string>) => {
    const response = await fetch(`${service.url}${path}`, {
      redirect: 'manual',
      ...(fields && { method: 'POST', body: new URLSearchParams(fields) }),
    });
    // A form gives back to its writer what was typed; what stands around it is looked through.
    answers.push(JSON.stringify([...response.headers]));
    return response.status;
  };
  const launched = new URLSearchParams({ iss: `https://${canaries.family}.example/fhir`, launch: canaries.reason });
  expect(await visit(`/launch?${launched}`)).toBeGreaterThan(399);
  expect(
    await visit(`/launch/callback?${new URLSearchParams({ state: canaries.given, code: canaries.bsn })}`),
  ).toBeGreaterThan(399);
  expect(await visit(`/link/${encodeURIComponent(canaries.family)}`)).toBeGreaterThan(399);
  const form = await (await fetch(`${service.url}/mijn`)).text();
  const csrf = /name="csrf" value="([^"]+)"/.exec(form)?.[1] ?? '';
  expect(await visit('/mijn', { csrf, code: canaries.family, born: canaries.birthDate })).toBe(403);
  expect(await visit('/mijn', { csrf, code: canaries.bsn, born: canaries.given })).toBe(422);
}

/** What the doubles date on a day that may not have come yet. */
const earlier = (text: string) =>
  text.replaceAll(/(2026-?11-?|26:?11:?)2[0-9]/g, '$119').replaceAll(/2\d-11-2026/g, '19-11-2026');
const earlierBytes = (bytes: Buffer) => Buffer.from(earlier(bytes.toString('latin1')), 'latin1');

/** Everything that is in every table of the database, as a dump would hold it; bytes in hexadecimal. */
async function dump(): Promise<Map<string, string>> {
  const { rows } = await owner.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const tables = new Map<string, string>();
  for (const { name } of rows)
    tables.set(
      name,
      (await owner.query<{ row: string }>(`select t::text as row from ${name} t`)).rows
        .map((one) => one.row)
        .join('\n'),
    );
  return tables;
}

/** What stands in files beside the tables: write-ahead log, temporary files, logs; not the GP system's own. */
function filesWith(folder: string, own: ReadonlySet<string>): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (own.has(entry.name)) return [];
    if (entry.isDirectory()) return filesWith(path, own);
    if (!entry.isFile() || !existsSync(path)) return [];
    const bytes = readFileSync(path);
    return Object.entries(words).flatMap(([name, word]) => (bytes.includes(word) ? [`${name} in ${path}`] : []));
  });
}

describe('a name, a BSN, an address and a text that stand nowhere else', () => {
  test('come in by every door, and meet every failure', async () => {
    mail.mode = 'permanent';
    await fhirDoor();
    await jsonDoor();
    await stu3Door();
    await mllpDoor();
    await maildropDoor();
    await referForm();
    const { rows } = await owner.query<{ id: string; door: string }>(
      'select distinct on (journey_id) journey_id as id, door from inbound order by journey_id',
    );
    journeys = rows.map((row) => row.id);
    await laterDoors();
    await doorsWithoutReferral();
    expect([...new Set(rows.map((row) => row.door))].toSorted()).toEqual([
      'fhir',
      'fhir-stu3',
      'json',
      'maildrop',
      'mllp',
      'refer-form',
    ]);
    const refused = await owner.query<{ doors: string }>(
      `select string_agg(distinct door, ' ' order by door) as doors from refused`,
    );
    expect(refused.rows[0]?.doors).toBe('fhir fhir-stu3 json maildrop mllp');
    await until('a mail was refused', async () => {
      const { rows: held } = await owner.query(
        `select 1 from delivery where kind = 'notify' and failure_code is not null`,
      );
      return held.length > 0;
    });
    mail.mode = 'normal';
  }, 120_000);

  test('go back as feedback, through a system that breaks with all it knows, one that never answers, and one that files it', async () => {
    const { rows } = await owner.query<{ id: string }>(
      `select journey_id as id from inbound where door = 'json' limit 1`,
    );
    const id = rows[0]?.id ?? '';
    const posts = () => practice.asked.filter((one) => one.method === 'POST').length;
    mode = 'broken';
    await reportBack(opened.store, id);
    await until('it was sent', () => posts() > 0);
    mode = 'never';
    const before = practice.asked.length;
    await until('it was asked for', () => practice.asked.length > before);
    await until('and not answered in time', async () => {
      const { rows: tries } = await owner.query(`select 1 from attempt where failure_code = 'timeout'`);
      return tries.length > 0;
    });
    mode = 'well';
    await until('it is filed', async () => {
      const { rows: states } = await owner.query(
        `select 1 from delivery where kind = 'feedback' and state in ('sent', 'landed')`,
      );
      return states.length > 0;
    });
    expect(practice.asked.map((one) => one.body).join('')).toContain(canaries.letter);
    await jsonDoor('C-later');
    await until('a mail went', () => mail.mails().length > 0);
  }, 120_000);

  test('none of them is in a log, a metric, an answer, a URL, a mail without content, the queue or a table', async () => {
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    const tables = await dump();
    const places = new Map<string, string>([
      ['log', service.output()],
      ['metrics', metrics],
      ['answers', answers.join('\n')],
      ['urls and headers', practice.asked.map((one) => `${one.path} ${JSON.stringify(one.headers)}`).join('\n')],
      [
        'mails',
        mail
          .mails()
          .map((one) => one.raw + Buffer.from(one.raw, 'base64').toString('latin1'))
          .join('\n'),
      ],
      ...tables,
    ]);
    for (const [name, text] of places) expect([name, foundIn(text)]).toEqual([name, []]);
    // There was something to look through everywhere.
    for (const name of [
      'log',
      'metrics',
      'answers',
      'urls and headers',
      'mails',
      'kortelijn.document',
      'kortelijn.audit',
      'kortelijn.refused',
      'kortelijn.attempt',
    ])
      expect([name, (places.get(name)?.length ?? 0) > 100]).toEqual([name, true]);
    expect(answers.length).toBeGreaterThan(20);
  });

  test.skipIf(redisMissing)('none of them was ever said to Redis', () => {
    const text = queued.join('');
    expect(text).toMatch(/"(hset|hmset|evalsha|eval|xadd|lpush)"/i);
    expect(text.length).toBeGreaterThan(10_000);
    expect(foundIn(text)).toEqual([]);
  });

  test('none of them is in a file beside the tables: write-ahead log, temporary files, logs', () => {
    // What nobody is responsible for is put aside untouched, for a person.
    expect(filesWith(service.dataDir, new Set(['his', 'unknown', 'programs']))).toEqual([]);
  });

  test('the search can find them: they are there for who has the key, in every form that is looked for', async () => {
    for (const id of journeys)
      expect(foundIn(JSON.stringify(await readJourney(opened.store, { kind: 'line' }, id)))).not.toEqual([]);
    for (const [name, word] of Object.entries(words)) {
      for (const text of [
        `x${word}y`,
        `=${word.toUpperCase()}`,
        encodeURIComponent(`a ${word} b`),
        Buffer.from(`=${word}=`).toString('hex'),
      ])
        expect([name, foundIn(text)]).toContainEqual(expect.arrayContaining([name]));
      for (const before of word.length < 9 ? [] : ['', 'a', 'ab', 'abc'])
        expect(foundIn(Buffer.from(`${before}${word}zzz`).toString('base64'))).toContain(name);
    }
  });
});
