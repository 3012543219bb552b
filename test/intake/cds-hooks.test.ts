import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LaunchSite, openLaunchSite, publicUrl } from '../doubles/launch-site.ts';
import { clientId, type LaunchingHis, openLaunchingHis } from '../doubles/launching-his.ts';

const issuer = 'http://de-brink.his.example';
const origin = 'https://his.example';

let site: LaunchSite;
let his: LaunchingHis;
let plain: LaunchingHis;

beforeAll(async () => {
  const now = () => site.opened.store.clock();
  his = await openLaunchingHis(now, { kind: 'r4' });
  plain = await openLaunchingHis(now, { kind: 'r4' });
  site = await openLaunchSite([his.host]);
  const jwks = (one: LaunchingHis) => ({ url: 'jwks', valueString: JSON.stringify({ keys: [one.publicKey] }) });
  await site.register(
    {
      id: 'his-de-brink',
      address: his.base,
      parts: [{ url: 'issuer', valueString: issuer }, jwks(his), { url: 'origin', valueString: origin }],
    },
    { id: 'smart-r4-de-brink', address: his.base, parts: [{ url: 'clientId', valueString: clientId }] },
    { id: 'his-zuidrand', address: plain.base, parts: [jwks(plain)] },
    { id: 'smart-r4-zuidrand', address: plain.base, parts: [] },
    { id: 'smart-stu3-zuidrand', address: plain.base, parts: [] },
  );
});
afterAll(async () => {
  await site.close();
  await Promise.all([his.close(), plain.close()]);
});

const seconds = () => Math.floor(site.opened.now.getTime() / 1_000);
const urlOf = (service: string) => `/cds-services/${service}`;
const tokenFor = (path: string, change: Readonly<Record<string, unknown>> = {}, by = his, iss = issuer) =>
  by.sign({ iss, aud: `${publicUrl}${path}`, exp: seconds() + 60, ...change });

const condition = (code: string, system = 'http://hl7.org/fhir/sid/icpc-1-nl', more = {}) => ({
  resource: { resourceType: 'Condition', code: { coding: [{ system, code }] }, ...more },
});
const bundle = (...entry: object[]) => ({ resourceType: 'Bundle', type: 'searchset', entry });
const socialOrder = (id = 'o1') => ({
  resourceType: 'ServiceRequest',
  id,
  status: 'draft',
  code: { coding: [{ system: 'http://snomed.info/sct', code: '308440001' }] },
});
interface Called {
  readonly hook?: string;
  readonly context?: object;
  readonly prefetch?: object;
}
const view: Called = { hook: 'patient-view', prefetch: { conditions: bundle(condition('Z15')) } };

interface Card {
  readonly summary: string;
  readonly detail: string;
  readonly links: { url: string; type: string; label: string }[];
  readonly suggestions?: { actions: { type: string; resource: object }[] }[];
}
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly cards: Card[];
  readonly body: { error?: string; paths?: string[] };
}

async function send(path: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
  const response = await fetch(`${site.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const parsed = text ? JSON.parse(text) : {};
  return { status: response.status, headers: response.headers, cards: parsed.cards ?? [], body: parsed };
}
async function call(change: Called, headers: Record<string, string> = {}, by = his, iss = issuer): Promise<Answer> {
  const path = urlOf(`refer-${change.hook ?? 'patient-view'}`);
  const { context, ...rest } = change;
  const body = {
    hook: 'patient-view',
    hookInstance: randomUUID(),
    context: { userId: 'Practitioner/d1', patientId: 'p1', ...context },
    ...rest,
  };
  return send(path, body, { authorization: `Bearer ${await tokenFor(path, {}, by, iss)}`, ...headers });
}

describe('the services', () => {
  test('are found by anyone: one per hook, with what they want to be sent along', async () => {
    const { services } = (await (await fetch(`${site.url}/cds-services`)).json()) as {
      services: { id: string; hook: string; prefetch: object }[];
    };
    expect(services.map(({ id, hook }) => [id, hook])).toEqual([
      ['refer-patient-view', 'patient-view'],
      ['refer-order-sign', 'order-sign'],
      ['refer-order-dispatch', 'order-dispatch'],
    ]);
    for (const { prefetch } of services)
      expect(prefetch).toHaveProperty('conditions', 'Condition?patient={{context.patientId}}');
  });
});

describe('a card', () => {
  test('offers the referral when the record has a social problem, in Dutch or English', async () => {
    const { status, cards } = await call(view);
    expect(status).toBe(200);
    expect(cards).toHaveLength(1);
    expect(cards[0]).toMatchObject({ indicator: 'info', source: { label: 'Kortelijn' } });
    expect(cards[0]?.summary).toContain('sociale problemen');
    expect(cards[0]?.summary.length).toBeLessThan(140);
    expect(cards[0]?.links).toEqual([{ label: 'Verwijs naar de Wally', url: `${publicUrl}/launch`, type: 'smart' }]);
    const english = await call(view, { 'accept-language': 'en-GB,en;q=0.9' });
    expect(english.cards[0]?.links[0]?.label).toBe('Refer to the Wally');
  });

  test('leads to the page itself where nobody can launch with SMART; no address holds a word about the patient', async () => {
    const { cards } = await call(view, {}, plain, plain.base);
    expect(cards[0]?.links[0]).toMatchObject({ url: `${publicUrl}/refer`, type: 'absolute' });
  });

  test.each([
    [
      'the OID of STU3, with a further digit',
      condition('Z01.02', 'urn:oid:2.16.840.1.113883.2.4.4.31.1', { clinicalStatus: 'active' }),
      1,
    ],
    ['without the country', condition('Z29', 'http://hl7.org/fhir/sid/icpc-1'), 1],
    ['a medical problem', condition('K86'), 0],
    ['a mental one', condition('P03'), 0],
    ['a Z-code of another system', condition('Z15', 'http://hl7.org/fhir/sid/icd-10'), 0],
    ['a code that does not exist', condition('Z17'), 0],
    ['what is over', condition('Z15', undefined, { clinicalStatus: 'resolved' }), 0],
    [
      'what was a mistake',
      condition('Z15', undefined, { verificationStatus: { coding: [{ code: 'entered-in-error' }] } }),
      0,
    ],
    ['no resource at all', {}, 0],
  ])('is there or not: %s', async (_what, entry, count) => {
    const { status, cards } = await call({ prefetch: { conditions: bundle(entry) } });
    expect(status).toBe(200);
    expect(cards).toHaveLength(count);
  });

  test.each([[undefined], [null], [{}], [{ conditions: null }], [{ conditions: { entry: [null, 3] } }]])(
    'prefetch %j gives no cards and no fault',
    async (prefetch) => {
      const { status, cards } = await call(prefetch === undefined || prefetch === null ? {} : { prefetch });
      expect([status, cards]).toEqual([200, []]);
    },
  );

  test('order-sign: a draft referral to social work, or a social problem with a draft to accept', async () => {
    const draftOrders = bundle({ resource: socialOrder() });
    const signed = await call({ hook: 'order-sign', context: { draftOrders } });
    expect(signed.cards[0]?.summary).toContain('sociaal werk');
    expect(signed.cards[0]?.suggestions).toBeUndefined();
    const other = await call({ ...view, hook: 'order-sign', context: { draftOrders: bundle() } });
    expect(other.cards[0]?.suggestions?.[0]?.actions).toMatchObject([
      {
        type: 'create',
        resource: { resourceType: 'ServiceRequest', status: 'draft', subject: { reference: 'Patient/p1' } },
      },
    ]);
    expect((await call({ hook: 'order-sign', context: { draftOrders: bundle() } })).cards).toEqual([]);
  });

  test('order-dispatch: only of what is dispatched', async () => {
    const context = { dispatchedOrders: ['ServiceRequest/o1'], performer: 'Organization/1' };
    const prefetch = (id: string) => ({ orders: bundle({ resource: socialOrder(id) }) });
    expect((await call({ hook: 'order-dispatch', context, prefetch: prefetch('o1') })).cards).toHaveLength(1);
    expect((await call({ hook: 'order-dispatch', context, prefetch: prefetch('o2') })).cards).toEqual([]);
  });

  test('promise 4: nothing is asked of anyone, and nothing of the patient is kept or logged', async () => {
    const [asked, handles] = [his.server.asked.length, await site.countOf('handle')];
    for (let n = 0; n < 5; n += 1) await call(view);
    expect(his.server.asked).toHaveLength(asked);
    expect(await site.countOf('handle')).toBe(handles);
    expect(await site.countOf('journey')).toBe(0);
    expect(site.logged()).not.toMatch(/Z15|"p1"/);
    const { rows } = await site.opened.owner.query<{ line: string }>(
      "select line from audit where line::jsonb->>'event' = 'cds-asked'",
    );
    expect(rows.length).toBeGreaterThanOrEqual(5);
    expect(JSON.stringify(rows)).not.toMatch(/Z15|p1\b/);
  });
});

describe('refused', () => {
  const path = urlOf('refer-patient-view');
  test.each([
    ['no token', () => undefined, 'malformed'],
    [
      'for another of our services',
      () => tokenFor(path, { aud: `${publicUrl}${urlOf('refer-order-sign')}` }),
      'audience',
    ],
    ['for our origin alone', () => tokenFor(path, { aud: publicUrl }), 'audience'],
    ['without an end', () => tokenFor(path, { exp: undefined }), 'malformed'],
    ['over', () => tokenFor(path, { exp: seconds() - 60 }), 'expired'],
    ['of an issuer that nobody registered', () => tokenFor(path, {}, his, 'https://x.example'), 'unknown-issuer'],
    ['of another practice’s key', () => tokenFor(path, {}, plain), 'signature'],
  ])('a token: %s', async (_what, token, fault) => {
    const given = await token();
    const answer = await send(path, {}, given ? { authorization: `Bearer ${given}` } : {});
    expect(answer.status).toBe(401);
    expect(answer.body.error).toBe(fault);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
  });

  test('a token that comes again', async () => {
    const headers = { authorization: `Bearer ${await tokenFor(path)}` };
    const body = { hook: 'patient-view', hookInstance: '1', context: { patientId: 'p1' } };
    expect((await send(path, body, headers)).status).toBe(200);
    expect(await send(path, body, headers)).toMatchObject({ status: 401, body: { error: 'replayed' } });
  });

  test.each([
    ['without context', { hook: 'patient-view', hookInstance: '1' }, 400, ['context']],
    [
      'with a path for a patient',
      { hook: 'patient-view', hookInstance: '1', context: { patientId: '../x' } },
      400,
      ['context.patientId'],
    ],
    ['of another hook', { hook: 'order-sign', hookInstance: '1', context: { patientId: 'p1' } }, 400, ['hook']],
    ['that is no JSON', '{', 400, undefined],
    ['too large', JSON.stringify({ fill: 'x'.repeat(1_100_000) }), 413, undefined],
  ])('a body %s', async (_what, body, status, paths) => {
    const answer = await send(path, body, { authorization: `Bearer ${await tokenFor(path)}` });
    expect(answer.status).toBe(status);
    expect(answer.body.paths).toEqual(paths);
  });

  test('a service that is not there', async () => {
    const nowhere = urlOf('nothing');
    expect((await send(nowhere, {}, { authorization: `Bearer ${await tokenFor(nowhere)}` })).status).toBe(404);
  });
});

test('feedback is counted and not kept', async () => {
  const path = `${urlOf('refer-patient-view')}/feedback`;
  const headers = async () => ({ authorization: `Bearer ${await tokenFor(path)}` });
  const feedback = [{ card: randomUUID(), outcome: 'overridden', overrideReason: { userComment: 'mevrouw Bakker' } }];
  expect((await send(path, { feedback }, await headers())).status).toBe(200);
  expect(site.logged()).toContain('"outcome":"overridden"');
  expect(site.logged()).not.toContain('Bakker');
  expect((await send(path, { feedback: [{ outcome: 'maybe' }] }, await headers())).status).toBe(400);
  expect((await send(path, { feedback }, {})).status).toBe(401);
});

test('browsers of listed origins may call, and nobody else’s', async () => {
  const preflight = (from: string) =>
    fetch(`${site.url}${urlOf('refer-patient-view')}`, {
      method: 'OPTIONS',
      headers: {
        origin: from,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
  const allowed = (await preflight(origin)).headers;
  expect(allowed.get('access-control-allow-origin')).toBe(origin);
  expect(allowed.get('access-control-allow-headers')).toContain('Authorization');
  expect(allowed.get('access-control-allow-credentials')).toBeNull();
  expect(allowed.get('vary')).toContain('Origin');
  expect((await preflight('https://elsewhere.example')).headers.get('access-control-allow-origin')).toBeNull();
  expect((await call(view, { origin })).headers.get('access-control-allow-origin')).toBe(origin);
});
