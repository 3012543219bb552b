import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Endpoint, Organization } from '@medplum/fhirtypes';
import pg from 'pg';
import { SMTPServer } from 'smtp-server';
import { type MailCatcher, startMailCatcher } from '../../demo/mail.ts';
import { demoPractices } from '../../scripts/fixture-world.ts';
import { codeSystems, extensions } from '../../src/fhir/systems.ts';
import type { Actor } from '../../src/referral/actor.ts';
import type { DirectoryResource } from '../../src/referral/directory/directory.ts';
import { startSession } from '../../src/store/access/sessions.ts';
import { directoryReader, readDirectoryResource, syncDestinations } from '../../src/store/directory.ts';
import type { Store } from '../../src/store/store.ts';
import { type CaseServer, startCaseServer } from '../doubles/case-system.ts';
import { canaries, committed } from '../doubles/made.ts';
import { giveMllp, type MllpHis, openMllpHis } from '../doubles/mllp.ts';
import { openTestRedis, redisMissing, type TestRedis } from '../doubles/redis.ts';
import { databaseOf, newDataDir, prepareService, type Service, storeOf } from '../doubles/service.ts';
import { type Subscriber, startSubscriber } from '../doubles/subscriber.ts';
import { json, type OtherServer, openOtherServer } from '../doubles/web.ts';

/** A page as somebody got it. */
export interface Seen {
  readonly status: number;
  readonly location: string;
  readonly text: string;
}

/** Somebody who looks at pages and presses buttons, with or without an account. */
export interface Visitor {
  get(path: string): Promise<Seen>;
  /** Posts a form with the token that the last page gave its forms. */
  post(path: string, fields?: Readonly<Record<string, string>>): Promise<Seen>;
}

/** A system of a practice, of which a test says how it behaves: it files, breaks with everything it was sent in its error, or never answers. */
export interface Filing extends OtherServer {
  mode: 'well' | 'broken' | 'never';
}

/** The mail server of the EDIFACT mailboxes: it takes letters, or refuses them with what stands in them. */
export interface Mailbox {
  readonly port: number;
  mode: 'well' | 'broken';
  readonly taken: string[];
  close(): Promise<void>;
}

/** What a door, a page or a command said. */
export interface Answered {
  readonly from: string;
  readonly said: string;
}

/** One service, and everybody whom it speaks to, by real servers. */
export interface World {
  readonly service: Service;
  /** What was said to Redis, whoever said it. */
  readonly queued: readonly string[];
  readonly mail: MailCatcher;
  readonly mailbox: Mailbox;
  /** The FHIR system of de-brink, the MLLP system of zuidrand, and the case system of the Wallys' organisation. */
  readonly practice: Filing;
  readonly mllp: MllpHis;
  readonly cases: CaseServer;
  readonly subscriber: Subscriber;
  /** Where alarms are posted, and where traces go. */
  readonly hook: OtherServer;
  readonly collector: OtherServer;
  readonly store: Store;
  readonly owner: pg.Client;
  readonly maildrop: string;
  /** What doors, pages and commands said, apart from what is content for who may read it. */
  readonly answers: Answered[];
  /** Asks a door as a practice's system; whatever it says, to headers, is looked through later. */
  ask(path: string, body: unknown, more?: Record<string, string>): Promise<Response>;
  /** Someone's browser. With `whole` its pages are looked through later too, else what stands around them: they are for who may read them. */
  browser(actor?: Actor, whole?: 'whole'): Promise<Visitor>;
  close(): Promise<void>;
}

const credentialOf = async (practice: string) =>
  (await demoPractices()).find((one) => one.id === practice)?.credential ?? '';

/** What a practice's system sends with its messages. */
export const bearer = async (practice: string) => ({ authorization: `Bearer ${await credentialOf(practice)}` });

async function openFiling(): Promise<Filing> {
  const stored: { identifier?: { value?: string }[] }[] = [];
  const server = await openOtherServer(({ method, path, body }, response) => {
    const { mode } = filing;
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
  const filing: Filing = Object.assign(server, { mode: 'well' as const });
  return filing;
}

async function openMailbox(): Promise<Mailbox> {
  const taken: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    closeTimeout: 1,
    onData: (stream, _session, done) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const said = Object.assign(new Error(`not for ${Object.values(canaries)}`), { responseCode: 550 });
        if (mailbox.mode === 'broken') return done(said);
        taken.push(Buffer.concat(parts).toString('latin1'));
        done();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.server.address();
  const mailbox: Mailbox = {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    mode: 'well',
    taken,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
  return mailbox;
}

/** A Redis that hears what is said to it. */
async function openHeardRedis(queued: string[]): Promise<{ redis: TestRedis; close(): Promise<void> }> {
  const redis = await openTestRedis(false);
  await redis.start();
  const monitor = connect(redis.url, () => monitor.write('MONITOR\r\n'));
  monitor.setEncoding('latin1').on('data', (text: string) => queued.push(text));
  return {
    redis,
    close: async () => {
      monitor.destroy();
      await redis.close();
    },
  };
}

function asking(service: Service, answers: Answered[]): Pick<World, 'ask'>['ask'] {
  return async (path, body, more = {}) => {
    const headers = { 'content-type': 'application/fhir+json', ...(await bearer('de-brink')), ...more };
    const response = await fetch(`${service.url}${path}`, {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    answers.push({ from: path, said: `${JSON.stringify([...response.headers])} ${await response.clone().text()}` });
    return response;
  };
}

function browsing(service: Service, store: Store, answers: Answered[]): World['browser'] {
  return async (actor, whole) => {
    let cookie = actor ? `kl_session=${await startSession(store, actor, 3_600_000)}` : '';
    let csrf = '';
    const look = async (path: string, init: RequestInit): Promise<Seen> => {
      const response = await fetch(`${service.url}${path}`, { redirect: 'manual', ...init, headers: { cookie } });
      const set = actor ? null : response.headers.get('set-cookie');
      if (set) cookie = set.split(';')[0] ?? '';
      const text = await response.text();
      csrf = /name="csrf" value="([^"]*)"/.exec(text)?.[1] ?? csrf;
      answers.push({ from: path, said: `${JSON.stringify([...response.headers])}${whole ? ` ${text}` : ''}` });
      return { status: response.status, location: response.headers.get('location') ?? '', text };
    };
    return {
      get: (path) => look(path, {}),
      post: (path, fields = {}) => look(path, { method: 'POST', body: new URLSearchParams({ csrf, ...fields }) }),
    };
  };
}

/** The region as the doubles need it: de-brink sends by every way and files by FHIR, zuidrand by MLLP, aan-de-kade by mailbox. */
async function openChannels(store: Store, { practice, mllp, cases }: World): Promise<void> {
  const read = async <T extends DirectoryResource>(type: T['resourceType'], id: string) => {
    const found = await readDirectoryResource<T>(store, type, id);
    if (!found) throw new Error(`no ${type}/${id}`);
    return { ...found, id } as T & { id: string };
  };
  const validFrom = store.clock().toISOString();
  const [endpoint, brink, kade, team] = [
    await read<Endpoint>('Endpoint', 'his-de-brink'),
    await read<Organization>('Organization', 'de-brink'),
    await read<Organization>('Organization', 'aan-de-kade'),
    await read<Organization>('Organization', 'voorbeeldstreek'),
  ];
  const mailbox = (number: string) => ({
    url: extensions.medvriMailbox,
    extension: [{ url: 'number', valueString: number }],
  });
  const made = { resourceType: 'Endpoint', status: 'active' } as const;
  const changed: (DirectoryResource & { id: string })[] = [
    {
      ...endpoint,
      address: `${practice.url}/fhir`,
      extension: [...(endpoint.extension ?? []), mailbox('500000001')],
    },
    { ...brink, telecom: [...(brink.telecom ?? []), { system: 'email', value: 'praktijk@brink.example' }] },
    {
      ...made,
      id: 'postbus-aan-de-kade',
      connectionType: { system: codeSystems.connectionType, code: 'secure-email' },
      payloadType: [{ text: 'letter' }],
      address: 'mailto:kade@postbus.example',
      extension: [mailbox('500000003')],
    },
    { ...kade, endpoint: [{ reference: 'Endpoint/postbus-aan-de-kade' }] },
    {
      ...made,
      id: 'dossiers',
      connectionType: { code: 'hl7-fhir-rest' },
      payloadType: [{ text: 'Task' }],
      address: cases.url,
      extension: [{ url: extensions.caseSystem, valueBoolean: true }],
    },
    { ...team, endpoint: [{ reference: 'Endpoint/dossiers' }] },
  ];
  await committed(store, {
    scope: { practice: '' },
    directory: changed.map((resource) => ({ resource, validFrom })),
    audit: [],
  });
  const agreement = { since: '2026-01-05', how: 'spoken', medicalCodes: true, feedback: 'content' };
  const peer = { facility: '01990101', addressRange: '127.0.0.0/8' };
  await giveMllp(store, 'de-brink', { peer, agreement }, 'beside');
  await giveMllp(store, 'zuidrand', { address: mllp.address }, 'instead');
  await syncDestinations(store, await directoryReader(store)());
}

/** Starts the service with all who are around it. */
export async function openWorld(): Promise<World> {
  const [queued, answers]: [string[], Answered[]] = [[], []];
  const heard = redisMissing ? undefined : await openHeardRedis(queued);
  const [mail, mailbox, practice, mllp, cases, subscriber] = await Promise.all([
    startMailCatcher({ port: 0 }),
    openMailbox(),
    openFiling(),
    openMllpHis(),
    startCaseServer(),
    startSubscriber(),
  ]);
  const taking = () => openOtherServer((_asked, response) => json(response, 200, {}));
  const [hook, collector] = [await taking(), await taking()];
  const dataDir = newDataDir();
  const maildrop = join(dataDir, 'drop');
  await mkdir(maildrop, { recursive: true });
  const service = prepareService(
    {
      LOG_LEVEL: 'debug',
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(mail.port),
      MAILBOX_SMTP_HOST: '127.0.0.1',
      MAILBOX_SMTP_PORT: String(mailbox.port),
      MAILBOX_SMTP_TLS: 'off',
      MAILBOX_FROM: 'kortelijn@postbus.example',
      MAILBOX_NUMBER: '500000002',
      MAILBOX_DOMAINS: 'postbus.example',
      OUTBOUND_HOSTS: [practice, mllp, cases, subscriber].map((one) => one.host).join(),
      DELIVERY_TIMEOUT_MS: '700',
      CASE_ASK_MINUTES: '1',
      MAILDROP_DIR: maildrop,
      MAILDROP_ADDRESS: '500000002',
      ALARM_MAIL_TO: 'beheer@regio.example',
      ALARM_WEBHOOK_URL: `${hook.url}/alarms`,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      ...(heard && { REDIS_URL: heard.redis.url }),
    },
    dataDir,
  );
  await service.start();
  const opened = await storeOf(dataDir);
  const owner = new pg.Client(databaseOf(dataDir, 'postgres'));
  await owner.connect();
  await owner.query('set search_path to kortelijn');
  const { store } = opened;
  const world: World = {
    ...{ service, queued, mail, mailbox, practice, mllp, cases, subscriber, hook, collector, store, owner, maildrop },
    answers,
    ask: asking(service, answers),
    browser: browsing(service, store, answers),
    close: async () => {
      await owner.end();
      await opened.close();
      await service.close();
      for (const one of [heard, practice, mllp, cases, subscriber, hook, collector, mail, mailbox]) await one?.close();
    },
  };
  await openChannels(store, world);
  return world;
}
