// npm run demo: one referral from fixtures/ through the running service (or one that it starts), hop by hop, and back.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bundle, BundleEntryResponse, Patient, ServiceRequest } from '@medplum/fhirtypes';
import { readEnvironment } from '../src/config.ts';
import { extensions } from '../src/fhir/systems.ts';
import { type VisitedPage, Visitor } from './visitor.ts';

interface Running {
  readonly url: string;
  readonly his: string | undefined;
}

interface Account {
  readonly username: string;
  readonly password: string;
  readonly actor: { readonly name: string; readonly role: string };
}

interface PracticeAccess {
  readonly id: string;
  readonly credential: string;
}

const fixture = new URL('../fixtures/fhir-loneliness/', import.meta.url);
const region = new URL('../fixtures/region/', import.meta.url);
const waitMsMax = 60_000;

const readJson = async <T>(folder: URL, name: string): Promise<T> =>
  JSON.parse(await readFile(new URL(name, folder), 'utf8')) as T;

/** Asks again until there is an answer; throws with what was waited for when it takes too long. */
async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + waitMsMax;
  for (;;) {
    const found = await ask().catch(() => undefined);
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function findRunning(dataDir: string): Promise<Running | undefined> {
  const running = JSON.parse(await readFile(join(dataDir, 'running.json'), 'utf8')) as Running;
  const ready = await fetch(`${running.url}/readyz`);
  await ready.body?.cancel();
  return ready.ok ? running : undefined;
}

async function findOrStart(dataDir: string): Promise<{ running: Running; started: ChildProcess | undefined }> {
  const found = await findRunning(dataDir).catch(() => undefined);
  if (found) return { running: found, started: undefined };
  console.log('No service is running here: starting one.');
  const started = spawn(process.execPath, [fileURLToPath(new URL('../src/main.ts', import.meta.url))], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    const running = await until('the service to start', async () => {
      if (started.exitCode !== null) throw new Error('the service stopped');
      return findRunning(dataDir);
    });
    return { running, started };
  } catch (error) {
    started.kill('SIGTERM');
    throw error;
  }
}

/** The fixture's Bundle as a new referral of today: fresh numbers, so that it is not a resend of an earlier demo. */
function freshen(bundle: Bundle, number: string, now: string): Bundle {
  const fresh = JSON.parse(
    JSON.stringify(bundle).replaceAll(/urn:uuid:[0-9a-f-]{36}/g, (urn) => {
      const known = renamed.get(urn) ?? `urn:uuid:${randomUUID()}`;
      renamed.set(urn, known);
      return known;
    }),
  ) as Bundle;
  for (const { resource } of fresh.entry ?? []) {
    if (resource?.resourceType === 'ServiceRequest') {
      const identifier = resource.identifier?.[0];
      if (identifier) identifier.value = number;
      resource.authoredOn = now;
    }
    if (resource?.resourceType === 'Consent') resource.dateTime = now;
  }
  return {
    ...fresh,
    identifier: { system: bundle.identifier?.system ?? 'urn:ietf:rfc:3986', value: `urn:uuid:${randomUUID()}` },
  };
}
const renamed = new Map<string, string>();

const resourceOf = <T extends 'Patient' | 'ServiceRequest'>(bundle: Bundle, type: T) =>
  bundle.entry?.find((entry) => entry.resource?.resourceType === type)?.resource as
    | (T extends 'Patient' ? Patient : ServiceRequest)
    | undefined;

async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${new URL(url).pathname} answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}

interface Promised {
  readonly name: string | undefined;
  readonly said: string;
  readonly number: string | undefined;
}

function promiseIn(answer: Bundle): Promised {
  const response = answer.entry
    ?.map((entry) => entry.response)
    .find((one): one is BundleEntryResponse => one?.outcome !== undefined && one.extension !== undefined);
  const promise = response?.extension?.find((one) => one.url === extensions.promise)?.extension;
  const outcome = response?.outcome?.resourceType === 'OperationOutcome' ? response.outcome : undefined;
  const text = (url: string) => promise?.find((one) => one.url === url)?.valueString;
  return { name: text('name'), number: text('number'), said: outcome?.issue?.[0]?.details?.text ?? '' };
}

/** Signs in as the Wally and does what a Wally does: finds the referral, takes it on, reports back and closes. */
async function actAsWally(
  running: Running,
  account: Account,
  number: string,
  hop: (name: string, detail?: string) => void,
): Promise<void> {
  const wally = new Visitor();
  const signedIn = await wally.submit(await wally.get(`${running.url}/worklist`), '/oauth/interaction', {
    username: account.username,
    password: account.password,
  });
  if (!signedIn.url.includes('/worklist')) throw new Error('the Wally could not sign in');
  const address = await until('the referral on the worklist', async () => {
    const list = await wally.get(`${running.url}/worklist?folder=new`);
    const row = list.html.split(/<(?:tr|li|article)\b/).find((part) => part.includes(number));
    return row === undefined ? undefined : /href="(\/worklist\/[0-9a-f-]{36})"/.exec(row)?.[1];
  });
  hop('on the worklist', `of ${account.actor.name}`);
  const opened = await wally.get(`${running.url}${address}`);
  hop('opened');
  const accepted = await wally.submit(opened, '/accept', {});
  hop('accepted');
  const form = await wally.get(`${running.url}${address}/report`);
  const [answer] = await readJson<
    { firstLine: string; plan?: string; outcomes: { lifeArea: string; outcome: string }[] }[]
  >(fixture, '4-answer.json').then((all) => all.slice(-1));
  if (!answer || accepted.status >= 400) throw new Error('the referral could not be accepted');
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Amsterdam', dateStyle: 'short' }).format(
    new Date(),
  );
  const preview: VisitedPage = await wally.submit(form, '/report', {
    step: 'preview',
    contact: 'made',
    contactOn: today,
    firstLine: answer.firstLine,
    plan: answer.plan ?? '',
    residentAgreed: 'yes',
    final: 'final',
    ...Object.fromEntries(answer.outcomes.map((one) => [`outcome-${one.lifeArea}`, one.outcome])),
  });
  if (preview.status >= 400) throw new Error(`the report was refused (status ${preview.status})`);
  const sent = await wally.submit(preview, '/report', { step: 'send' });
  if (sent.status >= 400) throw new Error(`the report was refused (status ${sent.status})`);
  hop('reported back and closed', `"${answer.firstLine}"`);
}

async function play(running: Running): Promise<void> {
  if (!running.his)
    throw new Error('the service runs without its demo (DEMO=off): there is no GP system to refer from');
  const { practices } = await readJson<{ practices: PracticeAccess[] }>(region, 'demo-his.json');
  const accounts = await readJson<Account[]>(region, 'accounts.json');
  const practice = practices[0];
  const received = await readJson<Bundle>(fixture, '0-received.json');
  const number = `demo-${Date.now().toString(36)}`;
  const bundle = freshen(received, number, new Date().toISOString());
  const patient = resourceOf(bundle, 'Patient');
  const request = resourceOf(bundle, 'ServiceRequest');
  const family = patient?.name?.find((one) => one.family)?.family;
  if (!practice || !patient?.birthDate || !family || !request?.identifier?.[0]?.system)
    throw new Error('the fixture is not what the demo needs');

  const start = performance.now();
  let last = start;
  const hop = (name: string, detail = '') => {
    const now = performance.now();
    console.log(
      `${String(Math.round(now - start)).padStart(6)} ms  +${String(Math.round(now - last)).padStart(5)} ms  ${name.padEnd(28)} ${detail}`,
    );
    last = now;
  };

  // The GP system knows its own patient and its own referral: that is how the answer will find the record.
  const patientId = `demo-${number}`;
  await post(`${running.his}/api/patients`, {
    practice: practice.id,
    patients: [{ id: patientId, ownName: family, birthDate: patient.birthDate }],
  });
  await post(`${running.his}/api/referrals`, {
    practice: practice.id,
    referrals: [{ system: request.identifier[0].system, value: number, patientId }],
  });

  hop('sent by the GP system', `${number}, from fixtures/fhir-loneliness`);
  const answer = (await post(`${running.url}/fhir/R4`, bundle, {
    authorization: `Bearer ${practice.credential}`,
    'content-type': 'application/fhir+json',
    'accept-language': 'nl',
  })) as Bundle;
  const promised = promiseIn(answer);
  if (!promised.number) throw new Error('the answer names no journey');
  hop('received and committed', promised.number);
  hop('answer to the GP', promised.said);
  const account = accounts.find((one) => one.actor.role === 'wally' && one.actor.name === promised.name);
  if (!account) throw new Error('nobody is present to call: the region has no Wally at work today');
  await actAsWally(running, account, promised.number, hop);

  const letter = await until("the letter in the patient's record", async () => {
    const record = (await (await fetch(`${running.his}/${practice.id}/api/patients/${patientId}`)).json()) as {
      journal: { title: string; summary: string; date: string; letterId?: string }[];
      referrals: { value: string; letters: string[] }[];
    };
    const letters = record.referrals.find((one) => one.value === number)?.letters ?? [];
    return record.journal.find((entry) => entry.letterId && letters.includes(entry.letterId));
  });
  hop("landed in the patient's record", `${letter.title} ${letter.date}: "${letter.summary}"`);
}

async function main(): Promise<void> {
  const config = readEnvironment();
  if ('faults' in config) {
    for (const fault of config.faults) console.error(`${fault.setting}: ${fault.why}`);
    process.exitCode = 78;
    return;
  }
  const { running, started } = await findOrStart(config.dataDir);
  try {
    await play(running);
  } finally {
    if (started) {
      const ended = new Promise((resolve) => started.once('exit', resolve));
      started.kill('SIGTERM');
      await ended;
    }
  }
}

main().catch((error: unknown) => {
  console.error(`The demo failed: ${error instanceof Error ? error.message : 'unknown'}`);
  process.exitCode = 1;
});
