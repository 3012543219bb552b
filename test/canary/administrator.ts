import { expect } from 'vitest';
import { runAdmin } from '../../scripts/admin/run.ts';
import { lookForAlarms, sendDigest } from '../../src/delivery/alarms.ts';
import { openLog } from '../../src/log.ts';
import { isWorkingDay, localDay } from '../../src/referral/deadlines.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { canaries, journeyOf, until } from '../doubles/made.ts';
import { people } from '../web/harness.ts';
import { absentFrom } from './words.ts';
import type { World } from './world.ts';

const ids = async ({ owner }: World, query: string, values: readonly string[] = []) =>
  (await owner.query<{ id: string }>(query, [...values])).rows.map((one) => one.id);

/** Every list and every thing of the queue, as an administrator reads it: pages, exports, one message without content. */
export async function administratorLooks(world: World): Promise<void> {
  const admin = await world.browser(people.admin, 'whole');
  const [deliveries, refused, destinations, journeys] = [
    await ids(world, `select distinct on (kind, failure_code) id::text from delivery order by kind, failure_code, id`),
    await ids(world, 'select id::text from refused'),
    await ids(world, 'select id from destination'),
    await ids(world, 'select number as id from journey limit 2'),
  ];
  expect(deliveries.length).toBeGreaterThan(8);
  expect(refused.length).toBeGreaterThan(5);
  const lists = [
    '',
    '/journeys',
    '/errors',
    '/refused',
    '/alarms',
    '/calls',
    '/bulk',
    '/clients',
    '/credentials',
    '/mappings',
  ];
  const paths = [
    ...lists.map((one) => `/admin${one}`),
    ...['/admin?state=held', '/admin?state=all', '/admin/journeys?state=all', '/admin?class=rejected'],
    ...['/admin/directory', '/admin/directory/export', '/admin/bull', '/admin/bull/api/queues'],
    ...['/admin/trail', '/admin/trail.csv', '/admin/trail.json'],
    ...deliveries.map((id) => `/admin/deliveries/${id}`),
    ...refused.map((id) => `/admin/refused/${id}`),
    ...destinations.map((id) => `/admin/destination?id=${encodeURIComponent(id)}`),
    ...journeys.map((number) => `/admin?number=${number}`),
    ...['fhir-r4', 'hl7v2-ref', 'medvri', 'json', 'fhir-stu3'].map((name) => `/admin/mappings/${name}`),
  ];
  for (const path of paths) expect([path, (await admin.get(path)).status]).toEqual([path, 200]);
  const coordinator = await world.browser(people.coordinator, 'whole');
  expect((await coordinator.get('/report')).status).toBe(200);
  // What an administrator types of a person goes into no address and no line of the trail.
  for (const name of ['number', 'control', 'practice', 'wally', 'destination', 'code']) {
    const found = await admin.post('/admin/find', { path: '/admin', [name]: canaries.bsn });
    expect([name, found.status]).toEqual([name, 303]);
  }
  // A page that refuses says to its writer what looks like a person; what stands around it is looked through.
  const typing = await world.browser(people.admin);
  await typing.get('/admin');
  const reason = `Gebeld met mevrouw ${canaries.family}, ${canaries.bsn}`;
  const act = { reason, id: 'mail', act: 'retry', class: 'rejected', state: 'known' };
  for (const path of [`/admin/deliveries/${deliveries[0]}/act`, '/admin/destination', '/admin/bulk', '/admin/errors'])
    expect([path, (await typing.post(path, act)).status]).toEqual([path, 422]);
  const view = await typing.post('/admin/views', { name: canaries.bsn, query: 'state=held', do: 'save' });
  expect(view.location).toBe('/admin?state=held&done=personal');
}

/** An administrator opens one journey for a reason that names somebody: there it stands, with what other systems said, and nowhere else. */
export async function glassIsBroken(world: World, journey: string): Promise<void> {
  const admin = await world.browser(people.admin);
  await admin.get('/admin/break-glass');
  const { number } = (await journeyOf(world.store, journey)).index;
  const done = await admin.post('/admin/break-glass', {
    number,
    reason: `${canaries.family} belde: ${canaries.reason}`,
  });
  expect(done.location).toBe(`/admin/break-glass/${journey}`);
  const page = await admin.get(done.location);
  expect(absentFrom(page.text, canaries.family, canaries.reason, canaries.letter)).toEqual([]);
  // Also what another system said may not tell the BSN here.
  expect(absentFrom(page.text, canaries.bsn)).toEqual([canaries.bsn]);
  expect(absentFrom((await admin.get('/admin/break-glass')).text, canaries.reason)).toEqual([]);
  const gp = await world.browser(people.rand);
  expect(absentFrom((await gp.get('/practice')).text, 'Een beheerder heeft gekeken')).toEqual([]);
}

/** The same work by command: what it prints is looked through, and what it says to what cannot be. */
export async function administratorTypes(world: World): Promise<void> {
  const { store, service, answers } = world;
  const said = async (...args: string[]): Promise<string> => {
    let out = '';
    const say = (text: string) => {
      out += text;
    };
    const settings = () => ({ dataDir: service.dataDir, PUBLIC_URL: undefined });
    const open = async () => ({ store, close: async () => undefined });
    const around = { settings, open, say, input: async () => '', isTerminal: false };
    // What was typed wrongly is said again to who typed it, and is not looked through.
    await runAdmin([...args, '--as', 'beheer'], around);
    answers.push({ from: `admin ${args[0]}`, said: out });
    return out;
  };
  const lists = [
    'journeys',
    'deliveries',
    'classes',
    'destinations',
    'alarms',
    'jobs',
    'refused',
    'credentials',
    'mappings',
    'losses',
    'stopped',
    'sessions',
    'practices',
    'wallys',
    'absences',
  ];
  for (const list of lists) {
    expect([list, (await said(list)).length > 0]).toEqual([list, true]);
    await said(list, '--json');
  }
  expect(JSON.parse(await said('deliveries', '--state', 'all', '--limit', '400', '--json')).length).toBeGreaterThan(20);
  expect(JSON.parse(await said('refused', '--json')).length).toBeGreaterThan(5);
  expect(await said('health')).toContain('ready');
  await expect(said('hold', '--destination', 'mail', '--reason', `Mevrouw ${canaries.family} belde`)).rejects.toThrow();
  expect(await said('retry', '--state', 'held', '--dry-run')).toContain('deliveries');
}

/** What the region is alarmed about leaves by mail and webhook, when it begins, and each morning. */
export async function alarmsLeave(world: World): Promise<void> {
  const { store, mail, hook } = world;
  let day = store.clock();
  while (!isWorkingDay(localDay(day))) day = new Date(day.getTime() + 86_400_000);
  const morning = new Date(`${localDay(day)}T11:00:00Z`);
  const limits = { waitingMinutes: 1, breakerMinutes: 1, answerHours: 1, wallyDays: 1, practiceMissed: 1 };
  const alarming = {
    store: { ...store, clock: () => morning },
    directory: directoryReader(store),
    log: openLog('silent'),
    limits: { ...limits, expiryDays: 30, diskPercent: 1, databaseGb: 50 },
    channels: ['mail', 'webhook'] as const,
  };
  await lookForAlarms(alarming);
  expect(await sendDigest(alarming)).toBe(1);
  const mails = () => mail.mails().filter((one) => one.to.includes('beheer@regio.example'));
  await until('the alarm of what is held was mailed', () => mails().some((one) => !one.subject.includes('vannacht')));
  await until('and the digest', () => mails().some((one) => one.subject.includes('vannacht')));
  await until('and both were posted', () => hook.asked.length > 1);
  expect(hook.asked.map((one) => one.body).join()).toContain('alarm-opened');
}

/** What a machine asks of the service, and what it tells a collector of traces. */
export async function machinesLook({ service, answers, collector }: World): Promise<void> {
  for (const path of ['/healthz', '/readyz', '/fhir/R4/metadata', '/cds-services', '/oauth/jwks']) {
    const response = await fetch(`${service.url}${path}`);
    expect([path, response.status]).toEqual([path, 200]);
    answers.push({ from: path, said: await response.text() });
  }
  await until('its attempts were traced', () => collector.asked.some((one) => one.body.includes('deliver feedback')));
}
