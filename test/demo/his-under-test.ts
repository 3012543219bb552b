import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Communication } from '@medplum/fhirtypes';
import { onTestFinished } from 'vitest';
import { type His, type HisOptions, startHis } from '../../demo/his.ts';
import { type MadeReferral, type Promised, practicesFileSchema, type Sentence } from '../../demo/model.ts';
import type { RecordView } from '../../demo/view.ts';

export const practicesPath = join(import.meta.dirname, 'practices.json');
const { practices } = practicesFileSchema.parse(JSON.parse(await readFile(practicesPath, 'utf8')));

export { practices };

export const now = () => new Date('2026-11-23T08:15:00Z');
export const brink = 'de-brink';
export const brinkToken = 'kortelijn-to-brink';
/** Patient p1 of De Brink: Annie Kuiper-van den Berg, who is 74 on the day of `now`. */
export const annie = {
  id: 'p1',
  family: 'Kuiper-van den Berg',
  ownName: 'Berg',
  birthDate: '1952-04-12',
  bsn: '999900006',
};
export const made = { system: 'http://elsewhere.example/referral', value: 'V/2026 17', patientId: 'p1' };

/** A folder that is gone after the test. */
export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'his-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A HIS on a free port, closed after the test, with the referral `made` registered for Annie. */
export async function hisUnderTest(options: Partial<HisOptions> = {}): Promise<His> {
  const dataDir = options.dataDir ?? (await tempFolder());
  const his = await startHis({ port: 0, kortelijn: 'http://127.0.0.1:9', practices, now, ...options, dataDir });
  onTestFinished(() => his.close().catch(() => undefined));
  await post(`${his.url}/api/referrals`, { practice: brink, referrals: [made] });
  return his;
}

/** The body of an answer, as the type the caller expects of it; the expectations then say whether it is. */
export async function bodyOf<T>(response: Response | Promise<Response>): Promise<T> {
  return (await (await response).json()) as T;
}

export async function post<T = object>(url: string, body: unknown): Promise<{ status: number; body: T }> {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: await bodyOf<T>(response) };
}

/** What `POST …/refer` and `POST …/send` answer. */
export interface Sent {
  readonly status: number;
  readonly answer: unknown;
  readonly promised: Promised;
  readonly sentences: readonly Sentence[];
  readonly referral: MadeReferral & { readonly bodyHash: string };
}

export const recordOf = (his: His, id: string) => bodyOf<RecordView>(fetch(`${his.url}/${brink}/api/patients/${id}`));

/** Feedback as Kortelijn would send it; about Annie unless told otherwise. */
export function feedback(value: string, change: Partial<Communication> = {}): Communication {
  return {
    resourceType: 'Communication',
    identifier: [{ system: 'urn:test:message', value }],
    status: 'in-progress',
    basedOn: [{ identifier: { system: made.system, value: made.value } }],
    contained: [{ resourceType: 'Patient', id: 'p', name: [{ family: annie.family }], birthDate: annie.birthDate }],
    subject: { reference: '#p' },
    sent: '2026-11-23T09:00:00+01:00',
    sender: { display: 'Sanne de Wit' },
    payload: [{ contentString: 'Eerste gesprek is geweest.\nU hoeft niets te doen.' }],
    ...change,
  };
}

/** Sends to the FHIR door; with the condition on the first identifier unless `unconditional`. */
export function send(
  his: His,
  body: Communication,
  options: { unconditional?: boolean; signal?: AbortSignal } = {},
): Promise<Response> {
  const id = body.identifier?.[0];
  return fetch(`${his.url}/${brink}/fhir/Communication`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${brinkToken}`,
      'Content-Type': 'application/fhir+json',
      ...(!options.unconditional && { 'If-None-Exist': `identifier=${id?.system}|${id?.value}` }),
    },
    body: JSON.stringify(body),
    ...(options.signal && { signal: options.signal }),
  });
}

export function read(his: His, path: string): Promise<Response> {
  return fetch(`${his.url}/${brink}/fhir/${path}`, { headers: { Authorization: `Bearer ${brinkToken}` } });
}

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Another one's system: an HTTP server where Kortelijn would be. `answers` are given in turn, the last one for good. */
export async function kortelijnDouble(
  ...answers: readonly { status: number; body: unknown }[]
): Promise<{ url: string; received: Received[]; close: () => Promise<void> }> {
  const received: Received[] = [];
  const server = createServer((req, res) => {
    let body = '';
    req.setEncoding('utf8').on('data', (chunk) => {
      body += chunk;
    });
    req.on('end', () => {
      const answer = answers[Math.min(received.length, answers.length - 1)];
      received.push({ path: req.url ?? '', headers: req.headers, body });
      res
        .writeHead(answer?.status ?? 500, { 'Content-Type': 'application/fhir+json' })
        .end(JSON.stringify(answer?.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, close };
}
