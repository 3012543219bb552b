import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brinkCredential, type OpenApp, openApp } from '../doubles/app.ts';
import { journeyOf, ownerOf, takeIn } from '../doubles/made.ts';
import type { Route } from '../doubles/routes.ts';
import { withRoutes } from '../doubles/routes.ts';
import { people, putOnWorklist } from './harness.ts';

let app: OpenApp;
let routes: Route[];
let journey: string;
let task: string;
let number: string;
beforeAll(async () => {
  [app, routes] = await withRoutes(openApp, (one) => one.app);
  journey = await takeIn(app.at.store, { number: 'audited' });
  await putOnWorklist(app.site, journey);
  const found = await journeyOf(app.at.store, journey);
  task = found.task.resource.id;
  number = found.index.number;
});
afterAll(() => app.close());

type Line = { event: string; outcome: string; action: string; actor: { role: string }; code?: string };
/** The lines that were written while something was done. */
async function linesOf(work: () => Promise<unknown>, event?: string): Promise<Line[]> {
  const { rows: before } = await app.at.owner.query<{ id: string }>('select id from audit');
  const known = before.map((row) => row.id);
  const read = async () =>
    (
      await app.at.owner.query<{ line: string }>('select line from audit where id <> all($1::uuid[]) order by id', [
        known,
      ])
    ).rows.map((row) => JSON.parse(row.line) as Line);
  await work();
  // A refusal is noted after its answer has gone.
  const isThere = (lines: readonly Line[]) => lines.some((one) => event === undefined || one.event === event);
  await expect.poll(async () => isThere(await read()), { timeout: 3_000 }).toBe(true);
  return read();
}
type Person = 'brink' | 'rand' | 'wally' | 'lead' | 'admin';
const actorOf = async (as: Person) => {
  if (as === 'wally') return ownerOf(await journeyOf(app.at.store, journey));
  return as === 'lead' ? people.marijke : people[as];
};
const session = async (as: Person) => app.signedIn(await actorOf(as));
const get = (as: Person, path: string) => async () =>
  (await app.ask('GET', path, { headers: { cookie: await session(as) } })).text();
const post = (as: Person, path: string, fields: Record<string, string>, from?: string) => async () =>
  (await app.post(await session(as), path, fields, from)).text();
const system =
  (method: string, path: string, body?: string, type = 'application/fhir+json') =>
  async () =>
    (
      await app.ask(method, path, {
        headers: { authorization: `Bearer ${brinkCredential}`, 'content-type': type },
        ...(body !== undefined && { body }),
      })
    ).text();

/** What is done, and the line that it must leave: event, outcome, action (NEN 7513: who, what, whose, when, how it ended). */
type Row = readonly [what: string, work: () => () => Promise<unknown>, event: string, outcome: string, action: string];

const acts: readonly Row[] = [
  ['a Wally opens the worklist', () => get('wally', '/worklist'), 'list-viewed', 'ok', 'R'],
  ['a Wally opens a referral', () => get('wally', `/worklist/${journey}`), 'referral-viewed', 'ok', 'R'],
  ['a Wally looks at what is not confirmed', () => get('wally', '/worklist/own-record'), 'list-viewed', 'ok', 'R'],
  [
    'a Wally takes it back that it stands in her own record',
    () => post('wally', `/worklist/${journey}/own-record`, { do: 'undo' }, `/worklist/${journey}`),
    'transfer-undone',
    'ok',
    'U',
  ],
  ['a practice opens its list', () => get('brink', '/practice'), 'list-viewed', 'ok', 'R'],
  ['a practice opens its referral', () => get('brink', `/practice/${journey}`), 'referral-viewed', 'ok', 'R'],
  ['a team lead opens the team', () => get('lead', '/team'), 'list-viewed', 'ok', 'R'],
  ['an administrator opens the queue', () => get('admin', '/admin'), 'list-viewed', 'ok', 'R'],
  ['an administrator opens the trail', () => get('admin', '/admin/trail'), 'list-viewed', 'ok', 'R'],
  ['an administrator exports the trail', () => get('admin', '/admin/trail.csv'), 'audit-exported', 'ok', 'R'],
  ['a practice asks who looked', () => get('brink', `/practice/${journey}/looked`), 'audit-viewed', 'ok', 'R'],
  [
    'a practice exports who looked',
    () => get('brink', `/practice/${journey}/looked.json`),
    'audit-exported',
    'ok',
    'R',
  ],
  [
    'a team lead changes the standard sentences',
    () => post('lead', '/team/sentences', { version: '1', firstLine: 'Gesproken.', plan: '' }),
    'directory-changed',
    'ok',
    'U',
  ],
  [
    'a practice changes the standard sentences',
    () => post('brink', '/practice/sentences', { version: '1', reason: 'Is veel alleen.' }),
    'directory-changed',
    'ok',
    'U',
  ],
  ['another practice tries the referral', () => get('rand', `/practice/${journey}`), 'page-refused', 'refused', 'R'],
  ['a role tries the pages of another', () => get('wally', '/admin'), 'page-refused', 'refused', 'R'],
  ['the same, in other letters', () => get('wally', '/Admin/Trail'), 'page-refused', 'refused', 'R'],
  ['another practice, in other letters', () => get('rand', `/PRACTICE/${journey}`), 'page-refused', 'refused', 'R'],
  [
    'a form without its token',
    () => post('brink', '/practice/rights/act', { csrf: 'wrong' }, '/practice/rights'),
    'page-refused',
    'refused',
    'U',
  ],
  [
    'a practice searches a resident',
    () => post('brink', '/practice/rights', { reference: 'Z-1', bsn: '999993653' }),
    'person-searched',
    'ok',
    'R',
  ],
  [
    'a resident is found',
    () => post('brink', '/practice/rights', { reference: 'Z-1', bsn: '999990019' }),
    'person-found',
    'ok',
    'R',
  ],
  [
    'a legal hold',
    () =>
      post(
        'brink',
        '/practice/rights/act',
        { reference: 'Z-1', journeys: journey, [`j-${journey}`]: 'yes', right: 'hold', sure: 'yes' },
        '/practice/rights',
      ),
    'hold-set',
    'ok',
    'U',
  ],
  [
    'everything is put together',
    () =>
      post(
        'brink',
        '/practice/rights/act',
        { reference: 'Z-1', journeys: journey, [`j-${journey}`]: 'yes', right: 'access', sure: 'yes' },
        '/practice/rights',
      ),
    'access-put-together',
    'ok',
    'R',
  ],
  ['a system reads', () => system('GET', `/fhir/R4/Task/${task}`), 'resource-read', 'ok', 'R'],
  ['a system searches', () => system('GET', '/fhir/R4/Task?status=requested'), 'search', 'ok', 'E'],
  [
    'a system searches by POST',
    () =>
      system(
        'POST',
        '/fhir/R4/Patient/_search',
        'identifier=http://fhir.nl/fhir/NamingSystem/bsn|999990019',
        'application/x-www-form-urlencoded',
      ),
    'search',
    'ok',
    'E',
  ],
  [
    'a system sends what is no referral',
    () => system('POST', '/fhir/R4', '{"resourceType":"Bundle","type":"transaction"}'),
    'referral-refused',
    'refused',
    'C',
  ],
  [
    'an administrator breaks the glass',
    () => post('admin', '/admin/break-glass', { number, reason: 'Storing gemeld door de praktijk' }),
    'break-glass',
    'ok',
    'E',
  ],
  ['a wrong password', () => async () => signIn('wie', 'fout'), 'sign-in', 'refused', 'E'],
  ['signing out', () => post('brink', '/logout', {}, '/practice'), 'sign-out', 'ok', 'E'],
];

/** The log-in form as a browser without a session fills it in. */
async function signIn(username: string, password: string): Promise<void> {
  const jar = new Map<string, string>();
  let path = '/login';
  const ask = async (method: string, init: RequestInit = {}) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await app.ask(method, path, { ...init, headers: { ...(init.headers ?? {}), cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';')[0]?.split(/=(.*)/s) ?? [];
      jar.set(name, value);
    }
    return response;
  };
  let response = await ask('GET');
  for (let hop = 0; hop < 6 && response.headers.get('location'); hop += 1) {
    path = new URL(response.headers.get('location') ?? '', app.url).href.slice(app.url.length);
    response = await ask('GET');
  }
  await (await ask('POST', { body: new URLSearchParams({ username, password }) })).text();
}

describe('NEN 7513: what is done leaves its line', () => {
  test.each(acts)('%s', async (_what, work, event, outcome, action) => {
    const lines = await linesOf(work(), event);
    expect(lines).toContainEqual(expect.objectContaining({ event, outcome, action }));
  });

  test('every page that someone may open leaves one, whoever it is; what is about nobody is named here', async () => {
    // Forms that are empty, what stands in the directory or is agreed, counts of errors: no resident is in it.
    const aboutNobody = [
      /^\/refer$/,
      /\/new$/,
      /\/talks/,
      /\/questions/,
      /\/sentences$/,
      /^\/admin\/directory/,
      /^\/admin\/clients/,
      /^\/team\/handover$/,
      /^\/report/,
      /^\/admin\/(errors|bulk|mappings|alarms)/,
    ];
    const pages = routes
      .filter((one) => one.methods.includes('GET') && /^\/(practice|worklist|team|admin)(\/|$)/.test(one.path))
      .map((one) => one.path.replace(':journey', journey))
      .filter((path) => !/:/.test(path) && !aboutNobody.some((one) => one.test(path)));
    const silent: string[] = [];
    let shown = 0;
    for (const path of pages) {
      const area = path.split('/')[1] ?? '';
      const as = ({ practice: 'brink', worklist: 'wally', team: 'lead', admin: 'admin' } as const)[area] ?? 'brink';
      let status = 0;
      const headers = { cookie: await session(as) };
      const ask = async () => {
        const answer = await app.ask('GET', path, { headers });
        status = answer.status;
        await answer.text();
      };
      const lines = await linesOf(ask).catch(() => []);
      // What is not there yet (an appointment, a destination) was refused, which says nothing of the page itself.
      if (status !== 200) continue;
      shown += 1;
      if (lines.length === 0) silent.push(path);
    }
    expect(shown).toBeGreaterThan(8);
    expect(silent).toEqual([]);
  }, 120_000);
});
