import type { Bundle } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Area,
  areas,
  type Interaction,
  interactionCodes,
  isDone,
  mayDo,
  mayOpen,
  roles,
} from '../../src/identity/access.ts';
import { interactions, isRouted } from '../../src/intake/fhir/table.ts';
import type { Actor } from '../../src/referral/actor.ts';
import type { ClientKind } from '../../src/referral/client-entry.ts';
import { type OpenApp, openApp, systemKey, tokenOf } from '../doubles/app.ts';
import { reportBack } from '../doubles/made.ts';
import { putOnWorklist, refer, referralOf } from '../web/harness.ts';

type Role = Actor['role'];

/** What each role may, written down a second time by hand: the table of src/identity/access.ts must say the same. */
const pages: Record<Role, readonly Area[]> = {
  practice: ['/refer', '/practice'],
  wally: ['/worklist'],
  'team-lead': ['/team'],
  coordinator: ['/report'],
  administrator: ['/admin'],
  'practice-system': [],
  'wally-system': [],
  'coordinator-system': [],
  'administrator-system': [],
  organisation: [],
  resident: [],
  line: [],
};
const ofPatients = [
  'ServiceRequest',
  'Task',
  'Patient',
  'Consent',
  'Communication',
  'Appointment',
  'Provenance',
  'DocumentReference',
  'Binary',
];
const ofTheDirectory = [
  'Organization',
  'HealthcareService',
  'Practitioner',
  'PractitionerRole',
  'CareTeam',
  'Location',
  'Endpoint',
];
const types = [...ofPatients, ...ofTheDirectory, 'AuditEvent', 'Subscription', 'Observation'];
const changing: readonly Interaction[] = ['create', 'update', 'patch', 'delete'];
const changes: Partial<Record<Role, Record<string, readonly Interaction[]>>> = {
  'practice-system': {
    ServiceRequest: ['create', 'update'],
    Task: ['create', 'update', 'patch'],
    Communication: ['create', 'update'],
    Appointment: ['create', 'update', 'patch'],
  },
  'wally-system': {
    Task: ['update', 'patch'],
    Communication: ['create', 'update'],
    Appointment: ['create', 'update', 'patch'],
  },
};

function expected(role: Role, type: string, interaction: Interaction): boolean {
  if (type === 'Subscription') return /^(?:practice|wally)-system$/.test(role) && !/^vread$|^history/.test(interaction);
  if (role === 'administrator-system' && changing.includes(interaction))
    return interaction !== 'delete' && ofTheDirectory.includes(type);
  if (changing.includes(interaction)) return changes[role]?.[type]?.includes(interaction) === true;
  if (type === 'Binary' && interaction !== 'read') return false;
  if (type === 'AuditEvent' && interaction !== 'read' && interaction !== 'search-type') return false;
  if (ofTheDirectory.includes(type) && interaction === 'history-type') return false;
  if (role === 'administrator-system') return type === 'AuditEvent' || ofTheDirectory.includes(type);
  if (role !== 'practice-system' && role !== 'wally-system') return false;
  return type === 'AuditEvent' || ofPatients.includes(type) || (ofTheDirectory.includes(type) && type !== 'Endpoint');
}

const nobody = '01900000-0000-7000-8000-000000000000';
const people: Partial<Record<Role, Actor>> = {
  practice: { id: 'gp-vanleeuwen', name: 'M. van Leeuwen', role: 'practice', organization: 'de-brink' },
  wally: { id: 'wally-sanne', name: 'Sanne Verhoeven', role: 'wally', organization: 'voorbeeldstreek' },
  'team-lead': { id: 'lead-marijke', name: 'Marijke Hoekzema', role: 'team-lead', organization: 'voorbeeldstreek' },
  coordinator: { id: 'coordinator-region', name: 'Coördinator', role: 'coordinator' },
  administrator: { id: 'admin-region', name: 'Beheer', role: 'administrator' },
};
const systems: readonly (readonly [role: Role, kind: ClientKind, party?: string])[] = [
  ['practice-system', 'practice', 'de-brink'],
  ['wally-system', 'team', 'voorbeeldstreek'],
  ['wally-system', 'wally', 'wally-sanne'],
  ['coordinator-system', 'coordinator'],
  ['administrator-system', 'administrator'],
];

const request: Record<Interaction, (type: string) => readonly [method: string, path: string]> = {
  read: (type) => ['GET', `/${type}/${nobody}`],
  vread: (type) => ['GET', `/${type}/${nobody}/_history/1`],
  'history-instance': (type) => ['GET', `/${type}/${nobody}/_history`],
  'search-type': (type) => ['GET', `/${type}?_id=${nobody}`],
  'history-type': (type) => ['GET', `/${type}/_history`],
  create: (type) => ['POST', `/${type}`],
  update: (type) => ['PUT', `/${type}/${nobody}`],
  patch: (type) => ['PATCH', `/${type}/${nobody}`],
  delete: (type) => ['DELETE', `/${type}/${nobody}`],
};

let app: OpenApp;
const cookies: Partial<Record<Role, string>> = {};
const tokens = new Map<ClientKind, string>();

beforeAll(async () => {
  const key = await systemKey();
  app = await openApp();
  for (const [role, actor] of Object.entries(people)) cookies[role as Role] = await app.signedIn(actor);
  for (const [, kind, party] of systems) {
    const scopes = ['system/*.cruds'];
    await app.register({ id: `as-${kind}`, kind, ...(party && { party }), scopes, jwks: { keys: [{ ...key.jwk }] } });
    tokens.set(kind, await tokenOf(app, `as-${kind}`, key, 'system/*.cruds'));
  }
});
afterAll(() => app.close());

const cells = types.flatMap((type) => interactionCodes.map((interaction) => [type, interaction] as const));

test('the table says what was agreed, cell by cell', () => {
  for (const role of roles) {
    expect([role, areas.filter((area) => mayOpen(role, area))]).toEqual([role, pages[role]]);
    const may = cells.filter(([type, interaction]) => mayDo(role, type, interaction));
    const agreed = cells.filter(([type, interaction]) => expected(role, type, interaction));
    expect([role, may]).toEqual([role, agreed]);
  }
  // What somebody may is what is routed, no more and no less.
  expect(cells.filter(([type, interaction]) => isDone(type, interaction))).toEqual(
    cells.filter(([type, interaction]) => isRouted(type, interaction)),
  );
  expect(Object.keys(interactions).filter((type) => !types.includes(type))).toEqual([]);
  expect(roles.filter((role) => mayDo(role, 'constructor', 'read') || mayDo(role, '__proto__', 'read'))).toEqual([]);
});

describe('over HTTP', () => {
  test.each(roles.filter((role) => people[role]))('%s: every area of pages, and no resource', async (role) => {
    const cookie = cookies[role] ?? '';
    for (const area of areas) {
      const { status } = await app.ask('GET', area, { headers: { cookie } });
      expect([role, area, status]).toEqual([role, area, pages[role].includes(area) ? 200 : 403]);
    }
    for (const type of types) {
      const { status } = await app.ask('GET', `/fhir/R4/${type}/${nobody}`, { headers: { cookie } });
      expect([role, type, status]).toEqual([role, type, 401]);
    }
  });

  test.each(systems.map(([role, kind]) => [role, kind] as const))(
    '%s (%s): every type and interaction, and no page',
    async (role, kind) => {
      const headers = { authorization: `Bearer ${tokens.get(kind)}` };
      const asked = cells.map(async ([type, interaction]) => {
        const [method, path] = request[interaction](type);
        const { status } = await app.ask(method, `/fhir/R4${path}`, { headers });
        return [type, interaction, status, expected(role, type, interaction)] as const;
      });
      for (const [type, interaction, status, agreed] of await Promise.all(asked)) {
        // Forbidden is only what somebody may; what nobody may is not there. What may gets as far as its content.
        const forbidden = !agreed && isDone(type, interaction);
        expect([kind, type, interaction, status === 403]).toEqual([kind, type, interaction, forbidden]);
        expect([kind, type, interaction, status === 401 || status >= 500]).toEqual([kind, type, interaction, false]);
      }
      for (const area of areas) {
        const { status, headers: answered } = await app.ask('GET', area, { headers });
        expect([area, status, answered.get('location')?.split('?')[0]]).toEqual([area, 303, '/login']);
      }
    },
  );

  test('a type or method in other letters opens nothing that its name would not', async () => {
    for (const [, kind] of systems) {
      const headers = { authorization: `Bearer ${tokens.get(kind)}`, 'if-match': 'W/"1"' };
      const asked = cells.map(async ([type, interaction]) => {
        const [method, path] = request[interaction](type.toLowerCase());
        return [kind, method, path, (await app.ask(method, `/fhir/R4${path}`, { headers })).status];
      });
      expect((await Promise.all(asked)).filter((one) => one[3] !== 404)).toEqual([]);
    }
    const type = 'application/json-patch+json';
    const patch = JSON.stringify([{ op: 'replace', path: '/name', value: 'Een ander' }]);
    const headers = { authorization: `Bearer ${tokens.get('practice')}`, 'if-match': 'W/"1"' };
    const versions = async () =>
      (await app.at.owner.query('select type, id, version from directory_resource')).rowCount;
    const before = await versions();
    const batch = async (request: object, resource: object) => {
      const body = JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry: [{ request, resource }] });
      const sent = { headers: { ...headers, 'content-type': 'application/fhir+json' }, body };
      return ((await (await app.ask('POST', '/fhir/R4', sent)).json()) as Bundle).entry?.[0]?.response?.status;
    };
    for (const name of ['organization', 'organizatioN', 'ORGANIZATION']) {
      const alone = { headers: { ...headers, 'content-type': type }, body: patch };
      expect([name, (await app.ask('PATCH', `/fhir/R4/${name}/zuidrand`, alone)).status]).toEqual([name, 404]);
      const asked = { method: 'PATCH', url: `${name}/zuidrand`, ifMatch: 'W/"1"' };
      const resource = { resourceType: 'Binary', contentType: type, data: btoa(patch) };
      expect([name, await batch(asked, resource)]).toEqual([name, '404 Not Found']);
    }
    // A method in other letters is the same method.
    const zuidrand = { resourceType: 'Organization', id: 'zuidrand', name: 'Een ander', active: true };
    for (const method of ['put', 'Put', 'PUT'])
      expect(await batch({ method, url: 'Organization/zuidrand', ifMatch: 'W/"1"' }, zuidrand)).toBe('403 Forbidden');
    expect(await batch({ method: 'post', url: 'Organization' }, zuidrand)).toBe('403 Forbidden');
    expect(await versions()).toBe(before);
  });

  test('nobody: the log-in page, or 401 with a challenge', async () => {
    for (const area of areas) expect((await app.ask('GET', area)).status).toBe(303);
    for (const [type, interaction] of cells) {
      const [method, path] = request[interaction](type);
      const response = await app.ask(method, `/fhir/R4${path}`);
      expect([type, interaction, response.status]).toEqual([type, interaction, 401]);
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="kortelijn"');
    }
  });

  test('operations: a move of a Task, what a subscription told, and a check, as each may', async () => {
    const parties: readonly Role[] = ['practice-system', 'wally-system'];
    const operations = [
      ['POST', `/Task/${nobody}/$move`, parties],
      ['GET', `/Subscription/${nobody}/$events`, parties],
      ['GET', `/Subscription/${nobody}/$status`, parties],
      // Changes nothing and reads nothing: whoever may knock at all.
      ...types
        .filter((type) => interactions[type] !== undefined)
        .flatMap((type) => [
          ['POST', `/${type}/$validate`, systems.map(([role]) => role)] as const,
          ['POST', `/${type}/${nobody}/$validate`, systems.map(([role]) => role)] as const,
        ]),
    ] as const;
    for (const [role, kind] of systems)
      for (const [method, path, allowed] of operations) {
        const headers = { authorization: `Bearer ${tokens.get(kind)}`, 'content-type': 'application/fhir+json' };
        const sent = method === 'POST' && { body: '{"resourceType":"Parameters"}' };
        const { status } = await app.ask(method, `/fhir/R4${path}`, { headers, ...sent });
        expect([kind, path, status === 403]).toEqual([kind, path, !allowed.includes(role)]);
        expect([kind, path, status === 401 || status >= 500]).toEqual([kind, path, false]);
      }
    for (const [method, path] of operations)
      expect([path, (await app.ask(method, `/fhir/R4${path}`)).status]).toEqual([path, 401]);
  });

  test('referrals come in from a practice’s system only, by whatever door', async () => {
    for (const [role, kind] of systems)
      for (const path of ['/fhir/R4/', '/fhir/R4/$process-message', '/intake/json', '/refer/context']) {
        const headers = { authorization: `Bearer ${tokens.get(kind)}`, 'content-type': 'application/fhir+json' };
        const { status } = await app.ask('POST', path, { headers, body: '{}' });
        expect([kind, path, status === 403]).toEqual([kind, path, role !== 'practice-system']);
      }
  });
});

test('a scope narrows the row of its role, and widens it never', async () => {
  const key = await systemKey();
  await app.register({
    id: 'narrow',
    kind: 'team',
    party: 'voorbeeldstreek',
    scopes: ['system/Task.rs', 'system/ServiceRequest.cruds'],
    jwks: { keys: [{ ...key.jwk }] },
  });
  const headers = { authorization: `Bearer ${await tokenOf(app, 'narrow', key, 'system/*.cruds')}` };
  const status = async (type: string, interaction: Interaction) => {
    const [method, path] = request[interaction](type);
    return (await app.ask(method, `/fhir/R4${path}`, { headers })).status;
  };
  expect(await status('Task', 'read')).toBe(404);
  expect(await status('Task', 'update')).toBe(403);
  expect(await status('Patient', 'read')).toBe(403);
  // Its scope has it; its role does not.
  expect(await status('ServiceRequest', 'create')).toBe(403);
  // Its role has it; its scope does not, in whatever letters it asks.
  const only = { id: 'only-reads', kind: 'practice', party: 'de-brink', scopes: ['system/*.rs'] } as const;
  await app.register({ ...only, jwks: { keys: [{ ...key.jwk }] } });
  const reading = { authorization: `Bearer ${await tokenOf(app, 'only-reads', key, 'system/*.cruds')}` };
  for (const method of ['POST', 'post', 'Post']) {
    const entry = [{ request: { method, url: 'ServiceRequest' }, resource: { resourceType: 'ServiceRequest' } }];
    const body = JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry });
    const sent = { headers: { ...reading, 'content-type': 'application/fhir+json' }, body };
    const told = (await (await app.ask('POST', '/fhir/R4', sent)).json()) as Bundle;
    expect([method, told.entry?.[0]?.response?.status]).toEqual([method, '403 Forbidden']);
  }
});

test('a refusal stands on the trail, with who it was and under which request', async () => {
  const headers = { authorization: `Bearer ${tokens.get('administrator')}`, 'x-request-id': 'asked-by-the-test' };
  const response = await app.ask('GET', `/fhir/R4/Patient/${nobody}`, { headers });
  expect([response.status, response.headers.get('x-request-id')]).toEqual([403, 'asked-by-the-test']);
  expect(await response.json()).toMatchObject({
    issue: [{ code: 'forbidden', details: { coding: [{ code: 'not-allowed' }] } }],
  });
  const { rows } = await app.at.owner.query<{ line: string }>(
    "select line from audit where line like '%asked-by-the-test%'",
  );
  expect(rows.map((row) => JSON.parse(row.line))).toMatchObject([
    {
      event: 'access-refused',
      code: 'Patient read',
      actor: { id: 'as-administrator', role: 'administrator-system' },
      outcome: 'refused',
      request: 'asked-by-the-test',
    },
  ]);
  // The log has the same id.
  const form = { authorization: `Bearer ${tokens.get('practice')}`, 'x-request-id': 'logged-by-the-test' };
  await app.ask('POST', '/fhir/R4/ServiceRequest', { headers: form, body: '{' });
  expect(app.logged.filter((one) => one.includes('"request":"logged-by-the-test"')).length).toBe(1);
  // What may be a person's number is no id of a request.
  const made = await app.ask('GET', '/healthz', { headers: { 'x-request-id': 'bsn-999990019' } });
  expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});

test('what is hidden is as what is not there, by every way to look or to write', async () => {
  const { patient, ...journey } = await refer(app.site, 'zuidrand', referralOf(1));
  const bodies: Record<string, object> = {
    Task: { resourceType: 'Task', status: 'accepted', intent: 'order' },
    Communication: { resourceType: 'Communication', status: 'completed' },
  };
  const hidden = { ServiceRequest: journey.serviceRequest, Task: journey.task, Patient: patient };
  const answer = async (method: string, path: string, headers: Record<string, string>, body?: object) => {
    const type = { 'content-type': 'application/fhir+json', 'if-match': 'W/"1"' };
    const sent = body && { body: JSON.stringify(body) };
    const response = await app.ask(method, path, { headers: { ...(body && type), ...headers }, ...sent });
    const own = [...response.headers].filter(
      ([name]) => !['x-request-id', 'date', 'content-length', 'etag'].includes(name),
    );
    const text = (await response.text()).replace(/value="[\w-]{40,}"/g, '');
    return { status: response.status, own, text: text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '') };
  };
  const ways = (type: string, id: string): (readonly [method: string, path: string, body?: object | undefined])[] => {
    const about = [{ reference: `${type}/${id}` }];
    const gets = [
      `${type}/${id}`,
      `${type}/${id}/_history`,
      `${type}?_id=${id}`,
      `Task?_has:Provenance:target:_id=${id}`,
    ];
    return [
      ...gets.map((path) => ['GET', `/${path}`] as const),
      ['GET', `/${type}/${id}/_history/1`],
      ['GET', `/${type}/_history`],
      ['GET', `/${type}?_include=*:*&_revinclude=Task:focus`],
      ['GET', `/AuditEvent?entity=${type}/${id}`],
      ['PUT', `/${type}/${id}`, bodies[type] && { ...bodies[type], id }],
      ['POST', '/Communication', { ...bodies.Communication, about }],
      ['POST', `/${type}/${id}/$validate`, bodies[type]],
      [
        'POST',
        '/',
        { resourceType: 'Bundle', type: 'batch', entry: gets.map((url) => ({ request: { method: 'GET', url } })) },
      ],
    ];
  };
  const kinds = [...tokens.keys()];
  const isHiddenFrom = async (some: readonly ClientKind[]) => {
    for (const kind of some) {
      const headers = { authorization: `Bearer ${tokens.get(kind)}` };
      for (const [type, { resource }] of Object.entries(hidden)) {
        const none = ways(type, nobody);
        for (const [nth, [method, path, body]] of ways(type, resource.id).entries()) {
          const [, other = '', otherBody] = none[nth] ?? [];
          const seen = await answer(method, `/fhir/R4${path}`, headers, body);
          expect([kind, method, path, seen]).toEqual([
            kind,
            method,
            path,
            await answer(method, `/fhir/R4${other}`, headers, otherBody),
          ]);
          expect(seen.text).not.toMatch(/Verhoeven|VB-1001/);
        }
      }
    }
  };
  // Decision 12: from its own team too, until its worklist has it.
  await isHiddenFrom(kinds);
  await putOnWorklist(app.site, journey.id);
  await isHiddenFrom(kinds.filter((kind) => kind !== 'team'));
  const headers = { authorization: `Bearer ${tokens.get('team')}` };
  expect((await answer('GET', `/fhir/R4/Task/${journey.task.resource.id}`, headers)).status).toBe(200);
  for (const [role, path] of [
    ['practice', '/practice'],
    ['administrator', '/admin/break-glass'],
  ] as const) {
    const headers = { cookie: cookies[role] ?? '' };
    const page = await answer('GET', `${path}/${journey.id}`, headers);
    expect([role, page]).toEqual([role, await answer('GET', `${path}/${nobody}`, headers)]);
    expect(page.status).toBe(404);
  }
});

/** Types of which the invented region and one referral have nothing: other tests read those that somebody made. */
const unmade = ['Appointment', 'Binary', 'CareTeam', 'DocumentReference', 'Location', 'Subscription'];

test('what somebody may read is there for them: one of each type, now, in its version and in its history', async () => {
  const { id } = await refer(app.site, 'de-brink', referralOf(7));
  await putOnWorklist(app.site, id);
  await reportBack(app.at.store, id);
  for (const [role, kind] of systems) {
    const headers = { authorization: `Bearer ${tokens.get(kind)}` };
    const read = async (path: string) => {
      const response = await app.ask('GET', `/fhir/R4/${path}`, { headers });
      return { status: response.status, body: (await response.json()) as Bundle & { id?: string } };
    };
    for (const type of types.filter((one) => expected(role, one, 'read') && !unmade.includes(one))) {
      const found = (await read(`${type}?_count=1`)).body.entry?.[0]?.resource;
      expect([kind, type, typeof found?.id]).toEqual([kind, type, 'string']);
      const one = await read(`${type}/${found?.id}`);
      expect([kind, type, one.status, one.body.id]).toEqual([kind, type, 200, found?.id]);
      if (expected(role, type, 'history-instance'))
        expect((await read(`${type}/${found?.id}/_history`)).body.entry?.length).toBeGreaterThan(0);
      if (!expected(role, type, 'vread')) continue;
      const version = await read(`${type}/${found?.id}/_history/${found?.meta?.versionId}`);
      expect([kind, type, version.status, version.body.id]).toEqual([kind, type, 200, found?.id]);
    }
  }
});
