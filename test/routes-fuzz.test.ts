import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { brinkCredential, type OpenApp, openApp, systemKey, tokenOf } from './doubles/app.ts';
import { type Known, requestsAt, sendWire, type Who, type Wire } from './doubles/hostile.ts';
import { journeyOf, takeIn } from './doubles/made.ts';
import { type Route, withRoutes } from './doubles/routes.ts';
import { people, putOnWorklist } from './web/harness.ts';

// `npm run fuzz -- --routes --count 100 --seed 7` runs the same, longer and elsewhere.
const runs = Number(process.env.FUZZ_ROUTES_COUNT ?? 8);
const seed = Number(process.env.FUZZ_ROUTES_SEED ?? 20_261_122);
const hangMs = 30_000;
const atOnce = 8;

const areas = [
  ['brink', '/refer', '/practice'],
  ['sanne', '/worklist'],
  ['marijke', '/team'],
  ['admin', '/admin'],
] as const;

const ofWally = ['Task', 'Communication', 'Appointment', 'Subscription', '$'];
const ofDirectory = ['Organization', 'HealthcareService', 'Practitioner', 'CareTeam', 'Location', 'Endpoint'];

let app: OpenApp;
let routes: Route[];
let who: Who[];
let known: Known;
beforeAll(async () => {
  [app, routes] = await withRoutes(openApp, (one) => one.app);
  const journey = await journeyOf(app.at.store, await takeIn(app.at.store, { number: 'fuzzed' }));
  await putOnWorklist(app.site, journey.id);
  const { task, serviceRequest, index } = journey;
  known = {
    ids: [journey.id, task.resource.id, serviceRequest.resource.id, index.number, 'de-brink'],
    byType: {
      Task: task.resource.id,
      ServiceRequest: serviceRequest.resource.id,
      Patient: journey.patient.resource.id,
      Organization: 'de-brink',
      PractitionerRole: 'wally-sanne',
      Endpoint: 'his-de-brink',
    },
  };
  const signedIn = await Promise.all(
    areas.map(async ([name, ...at]): Promise<Who> => {
      const cookie = await app.signedIn(people[name]);
      const page = await (await app.ask('GET', '/', { headers: { cookie }, redirect: 'follow' })).text();
      return { at, headers: { cookie }, csrf: /name="csrf" value="([\w-]+)"/.exec(page)?.[1] ?? '' };
    }),
  );
  const key = await systemKey();
  const system = async (kind: 'team' | 'administrator', party?: string) => {
    const scopes = ['system/*.cruds'];
    const jwks = { keys: [{ ...key.jwk }] };
    await app.register({ id: `fuzz-${kind}`, kind, ...(party && { party }), scopes, jwks });
    return { authorization: `Bearer ${await tokenOf(app, `fuzz-${kind}`, key, 'system/*.cruds')}` };
  };
  const coordinator = await app.signedIn({ id: 'coordinator-region', name: 'Coördinator', role: 'coordinator' });
  who = [
    // Each where its writing begins: what only a Wally's system or an administrator's may must not end at "you may not".
    { at: ofWally.map((type) => `/fhir/R4/${type}`), headers: await system('team', 'voorbeeldstreek') },
    { at: ofDirectory.map((type) => `/fhir/R4/${type}`), headers: await system('administrator') },
    { at: ['/fhir', '/intake', '/refer/context'], headers: { authorization: `Bearer ${brinkCredential}` } },
    ...signedIn,
    { at: ['/report'], headers: { cookie: coordinator } },
    { at: [], headers: {} },
  ];
});
afterAll(() => app.close());

/** The issuer answers its own addresses, without a router of ours. */
const issuers: Route[] = ['auth', 'token', 'jwks', 'session/end', '.well-known/openid-configuration'].map((one) => ({
  path: `/oauth/${one}`,
  methods: ['GET', 'POST'],
}));

const said = ({ method, path, headers, body }: Wire) =>
  `${method} ${path.slice(0, 200)} ${JSON.stringify(headers).slice(0, 300)} ${String(body).slice(0, 200)}`;

const placeOf = ({ method, path }: Wire) =>
  `${['GET', 'HEAD'].includes(method) ? 'read' : 'write'} ${/^\/fhir\/R4\/\w+|^\/[\w-]*/.exec(path)?.[0]}`;
const mustBeReached = [
  ...[...ofWally.slice(0, 4), ...ofDirectory].map((type) => `write /fhir/R4/${type}`),
  'read /report',
  'write /admin',
  'write /worklist',
];

test('every door and area is among the routes that are tried', () => {
  const paths = routes.map((one) => one.path);
  for (const path of [
    '/fhir/R4/',
    '/intake/:format',
    '/cds-services/:service',
    '/launch',
    '/refer',
    '/practice/rights/act',
  ])
    expect(paths).toContain(path);
  for (const area of ['/worklist', '/team', '/admin', '/report', '/docs', '/login'])
    expect(paths.filter((one) => one.startsWith(area))).not.toEqual([]);
});

test(`whatever is sent to any route: an answer, never a 5xx, nothing of ours in it (seed ${seed})`, {
  timeout: 3_600_000,
}, async () => {
  const wires = [...routes, ...issuers].flatMap((route) =>
    fc.sample(requestsAt(route, known, who), { seed, numRuns: runs }),
  );
  const wrong: string[] = [];
  // Who was let in got as far as what was sent: no look at it ends at the door.
  const reached = new Set<string>();
  const next = wires.values();
  const one = async () => {
    for (const wire of next) {
      const got = await sendWire(app.url, wire, hangMs).catch((error: Error) => ({ status: 0, text: error.message }));
      if (![0, 401, 403, 404, 405, 415].includes(got.status)) reached.add(placeOf(wire));
      const tells = /at (?:async )?\S+ \(?file:|node_modules|select .* from |process\.env/.test(got.text);
      if (got.status === 0 || got.status >= 500 || tells)
        wrong.push(`${got.status} ${got.text.slice(0, 200)} ← ${said(wire)}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  expect(wrong).toEqual([]);
  expect([...mustBeReached].filter((place) => !reached.has(place))).toEqual([]);
  expect(wires.length).toBeGreaterThan(300);
  expect(({} as Record<string, unknown>).resourceType).toBeUndefined();
  expect(app.logged.filter((line) => line.includes('"bug"'))).toEqual([]);
});
