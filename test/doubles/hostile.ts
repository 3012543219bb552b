import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Route } from './routes.ts';

/** One request as it goes over the wire; nothing of it is made well-formed on the way. */
export interface Wire {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** Somebody who asks: headers that prove it, and the token that their forms carry. */
export interface Who {
  /** Where this one may be: most of what is asked there is asked by them. */
  readonly at: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly csrf?: string;
}

/** What is there: ids that addresses and bodies name, and of a type of resource the one that its caller may see. */
export interface Known {
  readonly ids: readonly string[];
  readonly byType: Readonly<Record<string, string>>;
}

/** Stands in a body for the id of its address: what is updated says the same twice. */
const sameId = '@id';
/** Words that get a body past its first question. */
const plausible = ['accepted', 'completed', 'order', 'accept', 'active', 'booked', 'true', '2026-11-23', sameId];

const hostileTexts = [
  '',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '../../etc/passwd',
  '..%2f..%2fetc',
  '%00',
  '%E0%A4%A',
  '%ff',
  'null',
  '-1',
  '1e999',
  '9'.repeat(40),
  "' or 1=1 --",
  '<script>alert(1)</script>',
  'a\r\nset-cookie: x=1',
  '\u0000',
  '\ud800',
  '💥'.repeat(50),
  'a'.repeat(3_000),
  `${'('.repeat(500)}x`,
  'KL-00000-00000',
  '2026-02-30',
  '0001-01-01T00:00:00Z',
];
const names = [
  '_id',
  '_count',
  '_include',
  '_lastUpdated',
  '_sort',
  '_elements',
  '_summary',
  '_total',
  'identifier',
  'status',
];
const more = [
  'state',
  'destination',
  'from',
  'to',
  'done',
  'page',
  'date',
  'return',
  'code',
  'iss',
  'launch',
  'token',
  'q',
  'csrf',
];
const parameterNames = [
  ...names,
  ...more,
  '_format',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  '',
  'a[b]',
  'x'.repeat(300),
];

const text = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...hostileTexts) }, fc.string({ maxLength: 60 }));
const pairs = fc.array(fc.tuple(fc.constantFrom(...parameterNames), text), { maxLength: 6 });
const encoded = (value: string) => encodeURIComponent(value.toWellFormed());
const queryOf = (all: readonly (readonly [string, string])[]) =>
  all.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&');

/** JSON that names what no message should: own keys `__proto__` and the like, depth, wrong kinds in right places. */
const json = ({ ids }: Known, own: string | undefined) => {
  const leaf = fc.oneof(
    text,
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom(...ids),
    fc.constantFrom(...plausible),
  );
  const keys = fc.constantFrom(
    'resourceType',
    'id',
    'type',
    'entry',
    'resource',
    'status',
    'identifier',
    'intent',
    'name',
    'parameter',
    'valueCode',
    'businessStatus',
    'output',
    'period',
    'coding',
    'system',
    'reference',
    'op',
    'path',
    'value',
    '__proto__',
    'constructor',
    'hook',
    'context',
    'extension',
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.array(fc.tuple(keys, tie('tree')), { maxLength: 5 }).map((all) => asJson(all as [string, unknown][])),
    ),
  }));
  const others = fc.constantFrom(
    'Bundle',
    'ServiceRequest',
    'Task',
    'Communication',
    'Appointment',
    'Patient',
    'Consent',
    'DocumentReference',
    'Subscription',
    'Organization',
    'HealthcareService',
    'Practitioner',
    'PractitionerRole',
    'CareTeam',
    'Location',
    'Endpoint',
    'Parameters',
    'Nothing',
  );
  const types = own ? fc.oneof({ weight: 3, arbitrary: fc.constant(own) }, others) : others;
  return fc
    .tuple(types, tree, fc.array(fc.tuple(keys, tree), { maxLength: 5 }))
    .map(([resourceType, value, fields]) =>
      fields.length === 0
        ? stringified(value)
        : asJson([['resourceType', resourceType], ['id', sameId], ...fields]).text,
    );
};

/** An object written by hand: JSON.stringify would drop `__proto__`. */
class Written {
  readonly text: string;
  constructor(value: string) {
    this.text = value;
  }
}
const stringified = (value: unknown): string =>
  value instanceof Written
    ? value.text
    : Array.isArray(value)
      ? `[${value.map(stringified).join(',')}]`
      : (JSON.stringify(value) ?? 'null');
const asJson = (fields: readonly (readonly [string, unknown])[]) =>
  new Written(`{${fields.map(([name, value]) => `${JSON.stringify(name)}:${stringified(value)}`).join(',')}}`);

const bomb = gzipSync(Buffer.alloc(30_000_000, 0x20));

const operations = fc
  .array(
    fc.record({
      op: fc.constantFrom('test', 'replace', 'add', 'remove', 'move', 'copy', '__proto__'),
      path: fc.oneof(fc.constantFrom('/status', '/', '/name/0', '/meta/versionId', '/__proto__/x', '/output/-'), text),
      value: fc.oneof(text, fc.constantFrom(...plausible), fc.integer()),
    }),
    { maxLength: 3 },
  )
  .map((all) => JSON.stringify(all));

const bodies = (known: Known, who: Who, route: Route) =>
  fc.oneof(
    {
      weight: route.path.startsWith('/fhir/') ? 8 : 4,
      arbitrary: json(known, typeIn(route)).map((body) => ({ type: 'application/fhir+json', body })),
    },
    {
      weight: route.methods.includes('PATCH') ? 8 : 1,
      arbitrary: fc
        .oneof({ weight: 3, arbitrary: operations }, json(known, undefined))
        .map((body) => ({ type: 'application/json-patch+json', body })),
    },
    {
      weight: route.path.startsWith('/fhir/') && !route.path.endsWith('_search') ? 1 : 4,
      arbitrary: pairs.map((all) => ({
        type: 'application/x-www-form-urlencoded',
        body: queryOf([...(who.csrf ? [['csrf', who.csrf] as const] : []), ...all]),
      })),
    },
    fc.uint8Array({ maxLength: 200 }).map((bytes) => ({ type: 'application/json', body: Buffer.from(bytes) })),
    fc.constant({ type: 'application/json', body: `${'['.repeat(20_000)}` }),
    fc.constant({
      type: 'application/fhir+json',
      body: `{"resourceType":"Bundle","x":${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}}`,
    }),
    fc.constant({ type: 'application/fhir+json', body: bomb, encoding: 'gzip' }),
    fc.constant({ type: 'text/plain; charset=nonsense', body: 'x' }),
  ) as fc.Arbitrary<{ type: string; body: string | Buffer; encoding?: string }>;

const headers = fc.record(
  {
    accept: fc.constantFrom(
      '*/*',
      '*/*',
      'application/fhir+json',
      'application/fhir+xml',
      'text/html',
      ',,;q=x',
      'a'.repeat(2_000),
    ),
    'accept-language': fc.constantFrom('nl', 'en', '*;q=', 'x-'.repeat(500)),
    'if-match': fc.constantFrom('W/"1"', '*', '"', 'W/"99999999999999999999"'),
    'if-none-exist': fc.constantFrom('identifier=x|y', '__proto__=1', '%', '&&&='),
    prefer: fc.constantFrom('handling=strict', 'return=minimal', 'respond-async', ';;;'),
    'x-request-id': fc.constantFrom('a'.repeat(64), '123456782', '../../x', 'a b'),
    'sec-fetch-site': fc.constantFrom('same-origin', 'same-origin', 'none', 'cross-site'),
    cookie: fc.constantFrom('kl_session=__proto__', '=;=;=', 'kl_session=%00'),
    'content-encoding': fc.constantFrom('identity', 'identity', 'identity', 'gzip', 'br', 'deflate', 'nonsense'),
    'x-forwarded-for': fc.constantFrom('1.2.3.4', ''.padEnd(2_000, '1,'), 'not an address'),
  },
  { requiredKeys: [] },
);

const withId = (body: string | Buffer, id: string) =>
  typeof body === 'string' ? body.replaceAll(JSON.stringify(sameId), JSON.stringify(id)) : body;

/** The type of resource that an address of the FHIR door is about. */
const typeIn = ({ path }: Route) => /^\/fhir\/R4\/([A-Z]\w+)/.exec(path)?.[1];

/** Any request at a route: mostly its own method, ids that are there and ids that never are. */
export function requestsAt(route: Route, known: Known, who: readonly Who[]): fc.Arbitrary<Wire> {
  const parts = route.path.split('/');
  const own = known.byType[typeIn(route) ?? ''];
  const idAt = parts.indexOf(':id');
  const part = (name: string) =>
    /^[:*]/.test(name)
      ? fc
          .oneof(
            { weight: own && name === ':id' ? 6 : 0, arbitrary: fc.constant(own ?? '') },
            { weight: 2, arbitrary: fc.constantFrom(...known.ids) },
            { weight: 1, arbitrary: text.map(encoded) },
          )
          .map((value) => value || 'x')
      : fc.constant(name.replace(/:\w+/, known.ids[0] ?? ''));
  const methods = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...route.methods) },
    fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'),
  );
  const welcome = who.filter((one) => one.at.some((prefix) => route.path.startsWith(prefix)));
  const asking = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...(welcome.length > 0 ? welcome : who)) },
    fc.constantFrom(...who),
  );
  return asking.chain((one) =>
    fc
      .tuple(methods, fc.tuple(...parts.map(part)), pairs, headers, bodies(known, one, route))
      .map(([method, path, query, extra, { type, body, encoding }]) => ({
        method,
        path: `${path.join('/') || '/'}${query.length > 0 ? `?${queryOf(query)}` : ''}`,
        headers: {
          ...extra,
          ...one.headers,
          'content-type': type,
          ...(encoding && { 'content-encoding': encoding }),
        },
        body: method === 'GET' || method === 'HEAD' ? '' : withId(body, path[idAt] ?? ''),
      })),
  );
}

/** Sends it; gives the status and the beginning of the answer. Rejects when nothing comes for so long. */
export function sendWire(url: string, wire: Wire, hangMs: number): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { method, path, body } = wire;
    const sent = httpRequest(
      url,
      { method, path, headers: wire.headers, timeout: hangMs, agent: false },
      (response) => {
        let got = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          got = `${got}${chunk}`.slice(0, 200_000);
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: got }));
        response.on('error', reject);
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('it hangs')));
    sent.on('error', reject);
    sent.end(body);
  });
}
