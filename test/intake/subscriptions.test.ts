import type { Bundle, OperationOutcome, Parameters, Subscription } from '@medplum/fhirtypes';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accept } from '../../src/feedback/moves.ts';
import { payloadContent } from '../../src/fhir/subscription-status.ts';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import { followSubscriptions } from '../../src/intake/subscription/follow.ts';
import { writeCredential } from '../../src/store/access/sessions.ts';
import { numberChanges } from '../../src/store/changes.ts';
import { readDelivery } from '../../src/store/queue/deliveries.ts';
import { removeOldSubscriptions, stoppedSubscriptions } from '../../src/store/subscriptions.ts';
import { endSubscription } from '../../src/web/admin/stopped-subscriptions.ts';
import { reasonsIn } from '../doubles/fhir-door.ts';
import { openTestLine, type TestLine } from '../doubles/line.ts';
import { canaries, committed, journeyOf, notRefused, ownerOf, takeIn, until } from '../doubles/made.ts';
import { focusesOf, type Subscriber, startSubscriber } from '../doubles/subscriber.ts';
import { openSystems, type Systems, teamToken } from '../doubles/wally-systems.ts';
import { people } from '../web/harness.ts';

const practiceToken = 'subscribing-his-of-de-brink';
const elsewhereToken = 'subscribing-his-of-zuidrand';
let line: TestLine;
let subscriber: Subscriber;
let systems: Systems;
let referrals = 0;

async function register(id: string, team: string, scopes = ['system/*.cruds']): Promise<void> {
  const at = line.at.now.toISOString();
  const client = { id, name: id, kind: 'team', party: team, scopes } as const;
  const move = { to: 'registered', client, at, by: 'admin-region' } as const;
  expect(await line.at.store.commit({ scope: { practice: '' }, client: move, audit: [] })).toEqual({ ok: true });
}

beforeAll(async () => {
  line = await openTestLine();
  systems = await openSystems(line.at.store, line.url, line.directory);
  await writeCredential(line.at.store, 'de-brink', 'his-subscribing', practiceToken);
  await writeCredential(line.at.store, 'zuidrand', 'his-elsewhere', elsewhereToken);
});
afterAll(() => line.close());
beforeEach(async () => {
  await line.at.owner.query(`update subscription set status = 'off', error = null`);
  subscriber = await startSubscriber();
  line.outbound.add(subscriber.host);
  return async () => {
    line.outbound.delete(subscriber.host);
    await subscriber.close();
  };
});

async function call(token: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const type = method === 'PATCH' ? 'application/json-patch+json' : 'application/fhir+json';
  const response = await fetch(`${line.url}/fhir/R4${path}`, {
    method,
    headers: {
      authorization: await systems.authorization(`Bearer ${token}`),
      ...(body !== undefined && { 'content-type': type }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
}

const idOnly = {
  payload: 'application/fhir+json',
  _payload: { extension: [{ url: payloadContent, valueCode: 'id-only' }] },
};

function asking(criteria: string, channel: object = {}, more: object = {}) {
  return {
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'Ons eigen systeem volgt het werk',
    criteria,
    channel: { type: 'rest-hook', endpoint: subscriber.url, ...channel },
    ...more,
  };
}

/** Asked for, and its handshake answered. */
async function working(token: string, criteria: string, channel: object = {}): Promise<Subscription & { id: string }> {
  const made = await call(token, 'POST', '/Subscription', asking(criteria, channel));
  expect([made.status, made.body.status]).toEqual([201, 'requested']);
  await line.drain();
  return (await call(token, 'GET', `/Subscription/${made.body.id}`)).body;
}

const stateOf = async (token: string, id: string): Promise<Subscription> =>
  (await call(token, 'GET', `/Subscription/${id}`)).body;

/** Everything committed has its number, is looked at, and what is to be told is told. */
async function told(): Promise<void> {
  await until('all is numbered', async () => {
    await numberChanges(line.at.store);
    return (await line.at.owner.query('select from resource_change where seq is null')).rowCount === 0;
  });
  while ((await followSubscriptions(line.following)) > 0);
  await followSubscriptions(line.following);
  await line.drain();
}

/** A referral that its Wally has; gives the id of its Task. */
async function referred(): Promise<string> {
  referrals += 1;
  const journey = await takeIn(line.at.store, { number: `subscribed-${referrals}` });
  await line.drain();
  return (await journeyOf(line.at.store, journey)).task.resource.id;
}

async function move(task: string, status: string) {
  const version = (await call(teamToken, 'GET', `/Task/${task}`)).headers.get('etag') ?? '';
  const patch = [{ op: 'replace', path: '/status', value: status }];
  return call(teamToken, 'PATCH', `/Task/${task}`, patch, { 'if-match': version });
}

describe('a system that asks to be told', () => {
  test('is asked first whether it listens, and hears then of each change, by number and without content', async () => {
    const header = ['Authorization: Bearer secret-of-theirs'];
    const one = await working(teamToken, 'Task?status=requested,received', { header, ...idOnly });
    expect([one.status, one.channel.header]).toEqual(['active', undefined]);
    expect(subscriber.heard).toMatchObject([
      { type: 'handshake', number: 0, authorization: 'Bearer secret-of-theirs' },
    ]);

    const task = await referred();
    await told();
    const [, first] = subscriber.heard;
    expect(first).toMatchObject({ type: 'event-notification', number: 1, address: '/hook' });
    expect(focusesOf(first?.body ?? '')).toEqual([`Task/${task}`]);
    expect((await call(teamToken, 'GET', `/Task/${task}`)).status).toBe(200);
    expect((await move(task, 'received')).status).toBe(200);
    expect((await move(task, 'accepted')).status).toBe(200);
    await told();
    // What does not answer the criteria any more is not told of.
    expect(subscriber.taken()).toEqual([1]);

    const { rows } = await line.at.owner.query('select row_to_json(s)::text as kept from subscription s');
    const kept = [...rows.map((row) => row.kept), ...subscriber.heard.map((each) => each.body)].join();
    for (const canary of [...Object.values(canaries), 'secret-of-theirs']) expect(kept).not.toContain(canary);
  });

  test('hears by an empty POST unless it asked for ids, and reads what it missed by number', async () => {
    const one = await working(practiceToken, 'Task');
    const task = await referred();
    await told();
    expect(subscriber.heard.map(({ number, body }) => [number, body])).toEqual([
      [0, ''],
      [1, ''],
    ]);
    const missed = await call(practiceToken, 'GET', `/Subscription/${one.id}/$events?eventsSinceNumber=1`);
    expect(focusesOf(JSON.stringify(missed.body))).toEqual([`Task/${task}`]);
    expect((await call(teamToken, 'GET', `/Subscription/${one.id}/$events`)).status).toBe(404);
    const { body } = await call(practiceToken, 'GET', `/Subscription/${one.id}/$status`);
    expect(validateBaseR4(body).filter(({ severity }) => severity === 'error')).toEqual([]);
    const { parameter = [] } = (body as Bundle<Parameters>).entry?.[0]?.resource ?? {};
    expect(
      Object.fromEntries(parameter.map(({ name, valueCode, valueString }) => [name, valueCode ?? valueString])),
    ).toEqual({ subscription: undefined, status: 'active', type: 'query-status', eventsSinceSubscriptionStart: '1' });
    expect((await call(teamToken, 'GET', `/Subscription/${one.id}/$status`)).status).toBe(404);
  });

  test('is told of what its receiver cannot see yet when it can, and then finds it by _lastUpdated', async () => {
    await working(teamToken, 'ServiceRequest', idOnly);
    referrals += 1;
    const journey = await takeIn(line.at.store, { number: `subscribed-${referrals}` });
    await until('all is numbered', async () => {
      await numberChanges(line.at.store);
      return (await line.at.owner.query('select from resource_change where seq is null')).rowCount === 0;
    });
    await followSubscriptions(line.following);
    const since = (
      await line.at.owner.query('select max(changed_at) as at from resource_change')
    ).rows[0].at.toISOString();
    await line.drain();
    await told();
    const { id } = (await journeyOf(line.at.store, journey)).serviceRequest.resource;
    expect(subscriber.heard.slice(1).map(({ body }) => focusesOf(body))).toEqual([[`ServiceRequest/${id}`]]);
    const found: Bundle = (await call(teamToken, 'GET', `/ServiceRequest?_lastUpdated=gt${since}`)).body;
    expect(found.entry?.map(({ resource }) => resource?.id)).toEqual([id]);
  });

  test('hears nothing of what another practice has, and reads no subscription but its own', async () => {
    const one = await working(elsewhereToken, 'Task', idOnly);
    await referred();
    await told();
    expect(subscriber.taken()).toEqual([]);
    expect((await call(teamToken, 'GET', `/Subscription/${one.id}`)).status).toBe(404);
    expect((await call(teamToken, 'DELETE', `/Subscription/${one.id}`)).status).toBe(404);
    expect((await call(elsewhereToken, 'GET', '/Subscription?status=active')).body.total).toBe(1);
    expect((await call(elsewhereToken, 'GET', '/Subscription?status=requested')).body.total).toBe(0);
  });

  test('is told no more from the moment that its scopes are narrowed or it is revoked', async () => {
    await register('narrowing', 'voorbeeldstreek');
    const asked = await call(teamToken, 'POST', '/Subscription', asking('Task', idOnly));
    await line.at.owner.query(`update subscription set client_id = 'narrowing' where id = $1`, [asked.body.id]);
    await line.drain();
    await referred();
    await until('numbered', async () => {
      await numberChanges(line.at.store);
      return (await line.at.owner.query('select from resource_change where seq is null')).rowCount === 0;
    });
    expect(await followSubscriptions(line.following)).toBe(1);
    // Between its number and its sending the client is narrowed: the number goes, and says nothing.
    await line.at.owner.query(`update client set scopes = '{system/Patient.r}' where id = 'narrowing'`);
    await line.drain();
    expect(subscriber.heard.slice(1).map(({ number, body }) => [number, focusesOf(body)])).toEqual([[1, []]]);
    await referred();
    await told();
    expect(subscriber.heard).toHaveLength(2);
    const { rows } = await line.at.owner.query('select status from subscription where id = $1', [asked.body.id]);
    expect(rows).toEqual([{ status: 'off' }]);
  });

  test('H10 is told of the end of work after consent was withdrawn, and of nothing else', async () => {
    const task = await referred();
    await told();
    await working(teamToken, 'ServiceRequest', idOnly);
    const tasks = await working(teamToken, 'Task', idOnly);
    const { rows } = await line.at.owner.query('select journey_id from resource where id = $1', [task]);
    const journey = await journeyOf(line.at.store, rows[0].journey_id);
    const next = (resource: { id: string; resourceType: string }, version: number, change: object) => ({
      resource: { ...resource, ...change } as typeof journey.consent.resource,
      version: version + 1,
    });
    const done = await line.at.store.commit({
      scope: { practice: 'de-brink' },
      journey: journey.id,
      resources: [
        next(journey.consent.resource, journey.consent.version, { status: 'inactive' }),
        next(journey.task.resource, journey.task.version, { status: 'cancelled' }),
        next(journey.serviceRequest.resource, journey.serviceRequest.version, { status: 'revoked' }),
      ],
      audit: [],
    });
    expect(done.ok).toBe(true);
    await told();
    const heard = subscriber.heard.filter((one) => one.type === 'event-notification');
    expect(heard.map(({ body }) => focusesOf(body))).toEqual([[`Task/${task}`]]);
    expect(heard[0]?.body).toContain(tasks.id);
  });
});

describe('an address where nobody answers', () => {
  test('stops by itself, is said to its people and goes on with the next number when it is asked for again', async () => {
    const one = await working(teamToken, 'Task', idOnly);
    await referred();
    await told();
    subscriber.status = 410;
    await referred();
    await told();
    const stopped = await stateOf(teamToken, one.id);
    expect([stopped.status, stopped.error]).toEqual(['error', 'address-unknown']);
    const letter = line.mail.mails().at(-1);
    expect(letter?.text).toContain('niet meer bereiken');
    for (const canary of Object.values(canaries)) expect(JSON.stringify(letter)).not.toContain(canary);

    // The administrator sees whose it is and why, not what was asked; ending it is for what does not come back.
    expect(await stoppedSubscriptions(line.at.store)).toMatchObject([{ id: one.id, error: 'address-unknown' }]);
    const third = await referred();
    subscriber.status = 200;
    const again = await call(teamToken, 'PATCH', `/Subscription/${one.id}`, [
      { op: 'replace', path: '/status', value: 'requested' },
    ]);
    expect([again.status, again.body.status]).toEqual([200, 'requested']);
    await line.drain();
    await told();
    expect((await stateOf(teamToken, one.id)).status).toBe('active');
    expect(await stoppedSubscriptions(line.at.store)).toEqual([]);
    expect(await endSubscription(line.at.store, people.admin, one.id, 'Komt niet terug')).toBe(false);
    expect(subscriber.taken()).toEqual([1, 3]);
    const events = await call(teamToken, 'GET', `/Subscription/${one.id}/$events?eventsSinceNumber=2`);
    expect(focusesOf(JSON.stringify(events.body))).toHaveLength(2);
    expect(focusesOf(JSON.stringify(events.body)).at(-1)).toBe(`Task/${third}`);
  });

  test('is tried again, in order, while it is only away', async () => {
    const one = await working(teamToken, 'Task', idOnly);
    subscriber.status = 503;
    await referred();
    await referred();
    await told();
    expect([(await stateOf(teamToken, one.id)).status, subscriber.taken()]).toEqual(['active', []]);
    subscriber.status = 200;
    await line.at.owner.query(`update delivery set next_at = now() where state = 'pending'`);
    await line.at.owner.query(`update destination set breaker = 'closed', open_until = null, hold_until = null`);
    await line.drain();
    expect(subscriber.taken()).toEqual([1, 2]);
    const { rows } = await line.at.owner.query('select id::text from delivery where destination = $1 limit 1', [
      `subscription:${one.id}`,
    ]);
    expect(await readDelivery(line.at.store, rows[0].id)).toMatchObject({ kind: 'subscription', number: '' });
  });

  test('that is turned off is told nothing further', async () => {
    const one = await working(teamToken, 'Task');
    expect((await call(teamToken, 'DELETE', `/Subscription/${one.id}`)).status).toBe(204);
    await referred();
    await told();
    expect([(await stateOf(teamToken, one.id)).status, subscriber.taken()]).toEqual(['off', []]);
  });

  test('that may not be reached any more stops', async () => {
    const one = await working(teamToken, 'Task');
    line.outbound.delete(subscriber.host);
    await referred();
    await told();
    expect((await stateOf(teamToken, one.id)).error).toBe('host-not-allowed');
  });
});

describe('what is asked', () => {
  const cases: readonly (readonly [name: string, reason: string, path: string, asked: () => object])[] = [
    [
      'plain http',
      'subscription-endpoint',
      'channel.endpoint',
      () => asking('Task', { endpoint: 'http://cases.example/hook' }),
    ],
    [
      'a host that is not listed',
      'host-not-allowed',
      'channel.endpoint',
      () => asking('Task', { endpoint: 'https://169.254.169.254/x' }),
    ],
    [
      'a name and password',
      'subscription-endpoint',
      'channel.endpoint',
      () => asking('Task', { endpoint: 'https://a:b@cases.example' }),
    ],
    ['another type', 'subscription-criteria', 'criteria', () => asking('Patient?family=x')],
    ['who someone is', 'search-by-post', 'criteria', () => asking('Task?patient.family=x')],
    ['an unknown parameter', 'search-unknown', 'criteria', () => asking('Task?colour=red')],
    ['a moment', 'subscription-criteria', 'criteria', () => asking('Task?_lastUpdated=gt2026-01-01')],
    ['another channel', 'subscription-channel', 'channel.type', () => asking('Task', { type: 'email' })],
    ['content', 'subscription-payload', 'channel.payload', () => asking('Task', { payload: 'application/fhir+json' })],
    [
      'two headers in one',
      'subscription-header',
      'channel.header[0]',
      () => asking('Task', { header: ['A: b\r\nC: d'] }),
    ],
    [
      'our own header',
      'subscription-header',
      'channel.header[0]',
      () => asking('Task', { header: ['X-Event-Number: 9'] }),
    ],
    ['a moment that has passed', 'subscription-end', 'end', () => asking('Task', {}, { end: '2026-01-01T00:00:00Z' })],
  ];
  test.each(cases)('is refused with its place: %s', async (_name, reason, path, asked) => {
    const { status, body } = await call(teamToken, 'POST', '/Subscription', asked());
    expect([status, reasonsIn(body)]).toEqual([reason === 'search-by-post' ? 403 : 422, [reason]]);
    expect((body as OperationOutcome).issue?.[0]?.expression).toEqual([`Subscription.${path}`]);
  });

  test('is changed on the version that was read, and its headers go to no other address', async () => {
    const one = await working(teamToken, 'Task', { header: ['Authorization: Bearer first'] });
    const version = (await call(teamToken, 'GET', `/Subscription/${one.id}`)).headers.get('etag') ?? '';
    const { meta: _meta, ...sent } = { ...one, status: 'requested' };
    const other = { ...sent, channel: { ...sent.channel, endpoint: `${subscriber.url}/other` } };
    const changed = await call(teamToken, 'PUT', `/Subscription/${one.id}`, sent, { 'if-match': version });
    expect(changed.status).toBe(200);
    expect((await call(teamToken, 'PUT', `/Subscription/${one.id}`, sent, { 'if-match': version })).status).toBe(412);
    await line.drain();
    expect((await call(teamToken, 'PUT', `/Subscription/${one.id}`, other)).status).toBe(200);
    await line.drain();
    expect(subscriber.heard.map(({ address, authorization }) => [address, authorization])).toEqual([
      ['/hook', 'Bearer first'],
      ['/hook', 'Bearer first'],
      ['/hook/other', undefined],
    ]);
  });

  test('is kept for 30 days after it was turned off', async () => {
    const one = await working(teamToken, 'Task');
    await call(teamToken, 'DELETE', `/Subscription/${one.id}`);
    const before = line.at.now;
    line.at.now = new Date(before.getTime() + 29 * 86_400_000);
    await removeOldSubscriptions(line.at.store);
    expect((await call(teamToken, 'GET', `/Subscription/${one.id}`)).status).toBe(200);
    line.at.now = new Date(before.getTime() + 31 * 86_400_000);
    expect(await removeOldSubscriptions(line.at.store)).toBeGreaterThan(0);
    line.at.now = before;
    expect((await call(teamToken, 'GET', `/Subscription/${one.id}`)).status).toBe(404);
  });

  test('ends at its end', async () => {
    const end = new Date(line.at.now.getTime() + 60_000).toISOString();
    const made = await call(teamToken, 'POST', '/Subscription', asking('Task', {}, { end }));
    await line.drain();
    const before = line.at.now;
    line.at.now = new Date(before.getTime() + 120_000);
    await followSubscriptions(line.following);
    line.at.now = before;
    expect((await stateOf(teamToken, made.body.id)).status).toBe('off');
  });
});

/** Its Wally takes it on. */
async function begin(id: string): Promise<void> {
  const journey = await journeyOf(line.at.store, id);
  const { clock, newId } = line.at.store;
  const acting = { actor: ownerOf(journey), now: clock(), newId, directory: await line.directory() };
  await committed(line.at.store, notRefused(accept(journey, acting)));
}

test('numbers have no gaps and no change is missed, however commits, followers and a broken line come between', async () => {
  const steps = fc.array(fc.constantFrom('refer', 'move', 'follow', 'deliver', 'break', 'mend'), {
    minLength: 6,
    maxLength: 10,
  });
  const mend = async () => {
    subscriber.status = 200;
    await line.at.owner.query(`update delivery set next_at = now() where state = 'pending'`);
    await line.at.owner.query(
      `update destination set breaker = 'closed', fails = 0, open_until = null, hold_until = null`,
    );
  };
  await fc.assert(
    fc.asyncProperty(steps, async (chosen) => {
      await line.at.owner.query(`update subscription set status = 'off', error = null`);
      const one = await working(practiceToken, 'Task', idOnly);
      const from = subscriber.taken().length;
      const journeys: string[] = [];
      let moved = 0;
      for (const step of chosen) {
        referrals += 1;
        if (step === 'refer') journeys.push(await takeIn(line.at.store, { number: `subscribed-${referrals}` }));
        const journey = journeys[moved];
        if (step === 'move' && journey) await begin(journey);
        if (step === 'move' && journey) moved += 1;
        // Two processes at once: one of them comes too late.
        if (step === 'follow')
          await Promise.all([followSubscriptions(line.following), followSubscriptions(line.following)]);
        if (step === 'deliver') await line.drain();
        if (step === 'break') subscriber.status = subscriber.status === 200 ? 503 : 0;
        if (step === 'mend') await mend();
      }
      await mend();
      await told();
      const numbers = subscriber.taken().slice(from);
      expect(numbers).toEqual(numbers.map((_, nth) => nth + 1));
      const events = await call(practiceToken, 'GET', `/Subscription/${one.id}/$events`);
      const named = focusesOf(JSON.stringify(events.body));
      expect(named).toHaveLength(numbers.length);
      const tasks = await Promise.all(
        journeys.map(async (each) => (await journeyOf(line.at.store, each)).task.resource.id),
      );
      expect(new Set(named)).toEqual(new Set(tasks.map((task) => `Task/${task}`)));
    }),
    { numRuns: 10 },
  );
});
