import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type MailCatcher, startMailCatcher } from '../../demo/mail.ts';
import { alarmWebhook } from '../../src/connectors/alarm-webhook.ts';
import { lookAtCertificate } from '../../src/connectors/certificate.ts';
import { notifyMailConnector } from '../../src/connectors/notify-mail.ts';
import { worklistConnector } from '../../src/connectors/worklist.ts';
import { daily, lookAtCertificates, measureHere } from '../../src/delivery/alarm-signals.ts';
import { type Alarming, lookForAlarms, sendDigest } from '../../src/delivery/alarms.ts';
import { type Delivering, deliver } from '../../src/delivery/deliver.ts';
import { openLog } from '../../src/log.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { type Due, offerDue } from '../../src/store/outbox/outbox.ts';
import { noteSignal, readSignals } from '../../src/store/queue/alarm-observed.ts';
import { hasOpenssl, makeCertificates } from '../doubles/certificates.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';

let at: TestStore;
let mail: MailCatcher;
let hook: Server;
let hookStatus = 204;
const posted: { readonly headers: Record<string, unknown>; readonly body: string }[] = [];
let delivering: Delivering;
let watch: Alarming;
const publicUrl = 'https://kortelijn.example';

beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  mail = await startMailCatcher({ port: 0 });
  hook = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    posted.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
    response.writeHead(hookStatus).end();
  }).listen(0, '127.0.0.1');
  await once(hook, 'listening');
  const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/alarms`;
  const settings = { host: '127.0.0.1', port: mail.port, from: 'Kortelijn <k@kortelijn.example>', secure: false };
  const notify = notifyMailConnector(settings, publicUrl);
  const directory = directoryReader(at.store);
  const log = openLog('silent');
  delivering = {
    ...{ store: at.store, directory, log },
    connectors: { worklist: worklistConnector, mail: notify, fhir: notify, mllp: notify },
    alarms: {
      mail: notify,
      mailTo: ['een@beheer.example', 'twee@beheer.example'],
      webhook: alarmWebhook({ url, secret: 'geheim', publicUrl, clock: at.store.clock }),
    },
    timeoutMs: 2_000,
    random: () => 0.5,
  };
  const limits = { waitingMinutes: 60, breakerMinutes: 30, answerHours: 24, wallyDays: 3, practiceMissed: 6 };
  watch = {
    ...{ store: at.store, directory, log },
    limits: { ...limits, expiryDays: 30, diskPercent: 10, databaseGb: 50 },
    channels: ['mail', 'webhook'],
  };
});
afterAll(async () => {
  hook.close();
  await mail.close();
  await at.close();
});

async function drain(): Promise<void> {
  const due: Due[] = [];
  await offerDue(at.store, async (found) => void due.push(...found));
  for (const one of due) await deliver(delivering, one);
}

test('an alarm leaves by mail and webhook, once when it opens and once when it is over, and says nothing of anybody', async () => {
  await noteSignal(at.store, 'disk', 'machine', 0.03);
  await lookForAlarms(watch);
  await drain();
  const [mailed] = mail.mails();
  expect(mailed?.to).toEqual(['een@beheer.example', 'twee@beheer.example']);
  expect(mailed?.subject).toBe('Kortelijn: De schijf raakt vol');
  expect(mailed?.text).toContain(`${publicUrl}/admin/alarms`);
  const [sent] = posted;
  expect(JSON.parse(sent?.body ?? '')).toMatchObject({
    event: 'alarm-opened',
    class: 'disk',
    count: 1,
    url: `${publicUrl}/admin/alarms`,
  });
  const signature = createHmac('sha256', 'geheim')
    .update(sent?.body ?? '')
    .digest('hex');
  expect(sent?.headers['kortelijn-signature']).toBe(`sha256=${signature}`);
  await noteSignal(at.store, 'disk', 'machine', 0.5);
  await lookForAlarms(watch);
  await drain();
  expect(mail.mails().map((one) => one.subject)).toEqual([
    'Kortelijn: De schijf raakt vol',
    'Kortelijn: voorbij: De schijf raakt vol',
  ]);
  expect(posted.map((one) => (JSON.parse(one.body) as { event: string }).event)).toEqual([
    'alarm-opened',
    'alarm-over',
  ]);
  const { rows } = await at.owner.query(`select from delivery where kind = 'alarm' and state = 'landed'`);
  expect(rows).toHaveLength(4);
});

test('the digest of a night without anything is one line; a webhook that refuses is tried again under the same key', async () => {
  at.now = new Date('2026-11-25T06:30:00Z');
  hookStatus = 503;
  const before = posted.length;
  expect(await sendDigest(watch)).toBe(1);
  expect(await sendDigest(watch)).toBe(0);
  await drain();
  expect(mail.mails().at(-1)?.subject).toContain('vannacht');
  hookStatus = 204;
  await at.owner.query(`update delivery set next_at = now() where kind = 'alarm' and state = 'pending'`);
  await drain();
  const tries = posted.slice(before);
  expect(tries.map((one) => one.headers['idempotency-key'])).toEqual(
    Array(2).fill(tries[0]?.headers['idempotency-key']),
  );
  at.now = new Date('2026-11-26T06:30:00Z');
  await sendDigest(watch);
  await drain();
  expect(mail.mails().at(-1)?.subject).toBe('Kortelijn: er is vannacht niets gebeurd');
  expect(mail.mails().at(-1)?.text).toContain('Er is niets gebeurd. Alles loopt.\n');
});

test.skipIf(!hasOpenssl)(
  'certificates are read as systems show them, at allowed hosts only, and once a day',
  async () => {
    const made = makeCertificates();
    const server = createTlsServer({ cert: made.pem('self.pem'), key: made.pem('self.key') }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      made.remove();
    });
    const { port } = server.address() as AddressInfo;
    const ends = await lookAtCertificate(new Set([`127.0.0.1:${port}`]))('127.0.0.1', port);
    expect(ends?.getTime()).toBeGreaterThan(Date.now());
    expect(await lookAtCertificate(new Set())('127.0.0.1', port)).toBeUndefined();
    let looks = 0;
    const lookOnce = daily(at.store, 'certificate', async () => {
      looks += 1;
      return lookAtCertificates(at.store, await watch.directory(), async () => ends, ends);
    });
    await lookOnce();
    await lookOnce();
    expect(looks).toBe(1);
    expect((await readSignals(at.store, 'certificate')).map((one) => one.subject)).toContain('mllp');
  },
);

test('a machine says of itself what the rules ask for', async () => {
  const keyMadeAt = async () => new Date('2026-11-01T00:00:00Z');
  await measureHere({ store: at.store, dataDir: '.', queueReachable: async () => false, keyMadeAt });
  const said = new Map((await readSignals(at.store)).map((one) => [one.name, one.value]));
  expect(said.get('disk')).toBeLessThanOrEqual(1);
  expect(said.get('queue-away')).toBe(1);
  expect(said.get('database-size')).toBeGreaterThan(1_000_000);
  expect(said.get('database-connections')).toBeGreaterThan(0);
  expect(said.get('key')).toBe(Date.parse('2026-11-01T00:00:00Z'));
});
