import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brinkCredential, type OpenApp, openApp } from './doubles/app.ts';
import { journeyOf, takeIn } from './doubles/made.ts';
import { type Route, withRoutes } from './doubles/routes.ts';
import { people, putOnWorklist } from './web/harness.ts';

let app: OpenApp;
let routes: Route[];
let journey: string;
let cookies: Record<string, string>;
beforeAll(async () => {
  // As behind a TLS proxy: what it says of itself is https, whoever asks here.
  [app, routes] = await withRoutes(
    () => openApp({ publicUrl: 'https://kortelijn.example' }),
    (one) => one.app,
  );
  journey = (await journeyOf(app.at.store, await takeIn(app.at.store, { number: 'headed' }))).id;
  await putOnWorklist(app.site, journey);
  const of = async (person: keyof typeof people) => app.signedIn(people[person]);
  const [brink, sanne, marijke, admin] = await Promise.all([of('brink'), of('sanne'), of('marijke'), of('admin')]);
  cookies = { '/refer': brink, '/practice': brink, '/worklist': sanne, '/team': marijke, '/admin': admin };
});
afterAll(() => app.close());

/** Every address that the routers answer to a GET, and some that nobody answers; as who may see it, and as nobody. */
async function everyAnswer(): Promise<readonly (readonly [path: string, answer: Response, text: string])[]> {
  const paths = routes
    .filter((one) => one.methods.includes('GET') && !one.path.includes('*'))
    .map(({ path }) => path.replaceAll(/:\w+/g, journey));
  const more = ['/nowhere', '/%ff', '/oauth/nowhere', '/oauth/jwks', '/oauth/auth?x=1', '/fhir/R4/Nothing', '/assets/'];
  const asked = [...new Set([...paths, ...more])].flatMap((path) => {
    const area = Object.keys(cookies).find((one) => path.startsWith(one));
    const nobody: [string, Record<string, string>] = [path, {}];
    if (area) return [nobody, [path, { cookie: cookies[area] ?? '' }] as [string, Record<string, string>]];
    return path.startsWith('/fhir') ? [nobody, [path, bearer] as [string, Record<string, string>]] : [nobody];
  });
  return Promise.all(
    asked.map(async ([path, headers]) => {
      const answer = await app.ask('GET', path, { headers });
      return [`${path} ${answer.status}`, answer, await answer.text()] as const;
    }),
  );
}
const bearer = { authorization: `Bearer ${brinkCredential}` };

/** A content security policy as its directives; what is not said falls back to default-src where the browser does so. */
function directive(policy: string, name: string): string | undefined {
  const all = new Map(policy.split(';').map((one) => one.trim().split(/\s+(.*)/s) as [string, string]));
  return all.get(name) ?? (name.endsWith('-src') ? all.get('default-src') : undefined);
}

/** Style, script and icon; the definitions; the guide for who connects a system. */
const aboutNobody =
  /^\/(assets\/(kortelijn|icon)\.|docs\/|fhir\/R4\/(\w+Definition|CodeSystem|ValueSet|ConceptMap|NamingSystem) )/;

/** A mark of what each table holds. */
async function tables(): Promise<Map<string, string>> {
  const { owner } = app.at;
  const { rows } = await owner.query(`select table_name as name from information_schema.tables
    where table_schema = current_schema() and table_type = 'BASE TABLE'`);
  const marks = rows.map(async ({ name }): Promise<[string, string]> => {
    const held = await owner.query(
      `select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as mark from "${name}" t`,
    );
    return [name, held.rows[0].mark];
  });
  return new Map(await Promise.all(marks));
}

describe('every answer, whatever it is', () => {
  let all: Awaited<ReturnType<typeof everyAnswer>>;
  let changed: string[];
  beforeAll(async () => {
    // Looking leaves one thing, that it was opened; the next look gives that change its number.
    await everyAnswer();
    await everyAnswer();
    const before = await tables();
    all = await everyAnswer();
    changed = [...(await tables())].filter(([name, mark]) => before.get(name) !== mark).map(([name]) => name);
  });

  test('to a GET changes nothing but who looked, once it was opened', () => {
    expect(changed.length).toBeGreaterThan(0);
    expect(changed.filter((one) => one !== 'audit')).toEqual([]);
  });
  const faults = (isRight: (answer: Response, text: string) => boolean) =>
    all.filter(([, answer, text]) => !isRight(answer, text)).map(([at]) => at);

  test('is many, and of all kinds', () => {
    expect(all.length).toBeGreaterThan(150);
    const statuses = new Set(all.map(([, answer]) => answer.status));
    for (const status of [200, 303, 401, 403, 404]) expect(statuses).toContain(status);
  });

  test('asks for https only, for a year, on all names below ours', () => {
    const wanted = 'max-age=31536000; includeSubDomains';
    expect(faults((answer) => answer.headers.get('strict-transport-security') === wanted)).toEqual([]);
  });

  test('runs nothing of others, is framed by nobody and moves no base', () => {
    const isClosed = (answer: Response) => {
      const policy = answer.headers.get('content-security-policy') ?? '';
      return (
        directive(policy, 'object-src') === "'none'" &&
        directive(policy, 'frame-ancestors') === "'none'" &&
        /^'(none|self)'$/.test(directive(policy, 'base-uri') ?? '') &&
        /^('none'|'self')$/.test(directive(policy, 'script-src') ?? '') &&
        !policy.includes('unsafe')
      );
    };
    expect(faults(isClosed)).toEqual([]);
  });

  test('is taken as what it says it is, and says so with its characters', () => {
    expect(faults((answer) => answer.headers.get('x-content-type-options') === 'nosniff')).toEqual([]);
    const isNamed = (answer: Response, text: string) => {
      const type = answer.headers.get('content-type') ?? '';
      if (text === '') return true;
      return /^(text\/|image\/svg)/.test(type) ? /; charset=utf-8$/i.test(type) : /^[a-z]+\/[\w.+-]+/.test(type);
    };
    expect(faults(isNamed)).toEqual([]);
  });

  test('tells no other site where somebody was', () => {
    const isQuiet = (answer: Response) =>
      ['same-origin', 'no-referrer'].includes(answer.headers.get('referrer-policy') ?? '');
    expect(faults(isQuiet)).toEqual([]);
  });

  test('lets no page of another site read it, but for what is public', () => {
    const open = all.filter(([, answer]) => answer.headers.has('access-control-allow-origin')).map(([at]) => at);
    expect(open.filter((at) => !/^\/(cds-services|oauth\/jwks|fhir\/R4\/\.well-known|\.well-known)/.test(at))).toEqual(
      [],
    );
  });

  test('is kept by no browser or proxy, but for what is about nobody', () => {
    const kept = faults((answer) => /no-store/.test(answer.headers.get('cache-control') ?? ''));
    expect(kept.filter((at) => !aboutNobody.test(at))).toEqual([]);
  });

  test('names nothing of what it runs on', () => {
    const isSilent = ({ headers }: Response) => !headers.has('x-powered-by') && !headers.has('server');
    expect(faults(isSilent)).toEqual([]);
  });
});

/** What comes back on a bare connection, until it closes or says enough. */
const wire = (text: string): Promise<string> =>
  new Promise((resolve) => {
    const { port } = new URL(app.url);
    let got = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8').on('data', (part: string) => {
      got += part;
    });
    socket.on('close', () => resolve(got)).on('error', () => resolve(got));
  });

describe('on the wire', () => {
  const post = (...headers: string[]) =>
    ['POST /intake/json HTTP/1.1', 'host: x', 'connection: close', ...headers, '', ''].join('\r\n');

  test.each([
    ['two ways of saying where it ends', post('content-length: 5', 'transfer-encoding: chunked'), '0\r\n\r\n'],
    ['two lengths', post('content-length: 5', 'content-length: 6'), 'hello!'],
    ['a length that is no number', post('content-length: +5'), 'hello'],
    ['a coding that is not known', post('transfer-encoding: xchunked'), '0\r\n\r\n'],
    ['a header without its end', 'GET / HTTP/1.1\nhost: x\n\n', ''],
    ['a header name with a space', post('content-length : 5'), 'hello'],
  ])('%s is refused, and nothing behind it is read as a second request', async (_what, head, body) => {
    const got = await wire(`${head}${body}GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(got).toMatch(/^HTTP\/1\.1 400 /);
    expect(got.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  test('TRACE gives nothing back', async () => {
    const got = await wire('TRACE /login HTTP/1.1\r\nhost: x\r\nx-secret: abc\r\nconnection: close\r\n\r\n');
    expect(got).toMatch(/^HTTP\/1\.1 (404|405|501) /);
    expect(got).not.toContain('abc');
  });

  test.each(['/assets', '/assets/', '/docs/../assets/', '/.git/config', '/package.json', '/src/main.ts', '/.env'])(
    '%s lists and gives no file',
    async (path) => {
      const got = await wire(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
      expect(got).toMatch(/^HTTP\/1\.1 404 /);
    },
  );
});
