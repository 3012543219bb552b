import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readIssuerSecrets } from '../../src/identity/signing-keys.ts';
import { listClients } from '../../src/store/access/clients.ts';
import { listCredentials } from '../../src/store/access/credentials.ts';
import { practiceByCredential } from '../../src/store/access/sessions.ts';
import { sealSubscription } from '../../src/store/subscriptions.ts';
import { type OpenApp, openApp, systemKey } from '../doubles/app.ts';
import { openCommands } from '../doubles/command.ts';
import { people } from './harness.ts';

let app: OpenApp;
let admin: string;
let jwks: string;
const fields = {
  name: 'Zaaksysteem van Voorbeeldstreek',
  id: 'zaak-1',
  kind: 'team',
  party: 'voorbeeldstreek',
  scopes: 'system/Task.rs, system/Task.u',
};

beforeAll(async () => {
  app = await openApp();
  admin = await app.signedIn(people.admin);
  jwks = JSON.stringify({ keys: [(await systemKey()).jwk] });
});
afterAll(() => app.close());

const events = async () => {
  const { rows } = await app.at.owner.query<{ line: string }>(
    "select line from audit where line like '%\"client-%' order by id",
  );
  return rows.map((row) => JSON.parse(row.line)).map(({ event, object, actor }) => [event, object, actor.id]);
};
const register = (change: Record<string, string> = {}) =>
  app.post(admin, '/admin/clients/new', { ...fields, keys: jwks, ...change });

describe('an administrator registers a system', () => {
  test('and is told everything that is wrong at once', async () => {
    const answer = await register({
      id: 'a b',
      name: '',
      kind: '',
      scopes: 'system/Task.rs?status=x',
      keys: '{"keys":[]}',
    });
    expect(answer.status).toBe(422);
    const page = await answer.text();
    expect([...page.matchAll(/<li><a href="#(\w+)"[^>]*>/g)].map((one) => one[1])).toEqual([
      'id',
      'name',
      'kind',
      'scopes',
      'keys',
    ]);
    expect(await listClients(app.at.store)).toEqual([]);
  });

  test('for a party that there is, with public keys only', async () => {
    const [open] = (JSON.parse(jwks) as { keys: Record<string, unknown>[] }).keys;
    const rsaKey = (bits: number, e: string) =>
      JSON.stringify({ keys: [{ kty: 'RSA', kid: 'rsa', n: Buffer.alloc(bits / 8, 0xd5).toString('base64url'), e }] });
    const good = await (await register({ id: 'a b', keys: rsaKey(2_048, 'AQAB') })).text();
    expect([...good.matchAll(/<li><a href="#(\w+)"[^>]*>/g)].map((one) => one[1])).toEqual(['id']);
    const keysOf = (change: Record<string, unknown>) => JSON.stringify({ keys: [{ ...open, ...change }] });
    const wrong: readonly (readonly [what: string, change: Record<string, string>, field: string])[] = [
      ['another kind than its party', { kind: 'practice' }, 'party'],
      ['a team lead as a Wally', { kind: 'wally', party: 'lead-marijke' }, 'party'],
      ['a coordinator with a party', { kind: 'coordinator' }, 'party'],
      ['a private key', { keys: keysOf({ d: 'AAAA' }) }, 'keys'],
      ['a short RSA key', { keys: rsaKey(1_024, 'AQAB') }, 'keys'],
      ['an RSA exponent that anybody signs with', { keys: rsaKey(2_048, 'AQ') }, 'keys'],
      ['a weak curve', { keys: keysOf({ crv: 'P-256' }) }, 'keys'],
      ['a key without a name', { keys: keysOf({ kid: undefined }) }, 'keys'],
      ['an address without TLS', { keys: 'http://elders.example/jwks' }, 'keys'],
      ['an address with a password in it', { keys: 'https://user:secret@elders.example/jwks' }, 'keys'],
      ['a file', { keys: 'file:///etc/passwd' }, 'keys'],
      ['a scope of a person', { scopes: 'user/Task.rs' }, 'scopes'],
    ];
    for (const [what, change, name] of wrong) {
      const page = await (await register(change)).text();
      expect([what, [...page.matchAll(/<li><a href="#(\w+)"[^>]*>/g)].map((one) => one[1])]).toEqual([what, [name]]);
    }
  });

  test('changes it and revokes it; each is on the trail, and an id is never used twice', async () => {
    expect((await register()).headers.get('location')).toBe('/admin/clients?done=registered');
    expect((await register()).status).toBe(422);
    const changed = await app.post(admin, '/admin/clients/zaak-1', {
      ...fields,
      keys: 'https://zaak.example/jwks',
      scopes: 'system/*.rs',
    });
    expect(changed.headers.get('location')).toBe('/admin/clients?done=changed');
    expect(await listClients(app.at.store)).toMatchObject([
      { id: 'zaak-1', scopes: ['system/*.rs'], jwksUrl: 'https://zaak.example/jwks' },
    ]);
    const list = await (await app.ask('GET', '/admin/clients', { headers: { cookie: admin } })).text();
    expect(list).toContain('nog nooit');
    const revoked = await app.post(admin, '/admin/clients/zaak-1/revoke', {}, '/admin/clients');
    expect(revoked.headers.get('location')).toBe('/admin/clients?done=revoked');
    expect((await app.ask('GET', '/admin/clients/zaak-1', { headers: { cookie: admin } })).status).toBe(404);
    expect((await register()).status).toBe(422);
    expect(await events()).toEqual([
      ['client-registered', 'client/zaak-1', 'admin-region'],
      ['client-changed', 'client/zaak-1', 'admin-region'],
      ['client-revoked', 'client/zaak-1', 'admin-region'],
    ]);
  });
});

test('the same by command: register, list, revoke, and a new key to sign with', async () => {
  const commands = openCommands(app.at);
  try {
    const keysFile = join(commands.folder, 'jwks.json');
    writeFileSync(keysFile, jwks);
    const options = ['--name', 'HIS', '--kind', 'practice', '--party', 'de-brink', '--scopes', 'system/Task.rs'];
    const [registered, wrong] = await Promise.all([
      commands.run('clients', ['register', '--id', 'his-1', ...options, '--keys', keysFile]),
      commands.run('clients', [
        'register',
        '--name',
        'HIS',
        '--kind',
        'practice',
        '--party',
        'nobody',
        '--scopes',
        'x',
      ]),
    ]);
    expect(registered).toEqual({ code: 0, out: 'his-1\n', error: '' });
    expect([wrong.code, wrong.error]).toEqual([1, expect.stringMatching(/party: .*\nscopes: /)]);
    const [before] = (await readIssuerSecrets(app.at.store)).jwks.keys;
    const [listed, turned] = await Promise.all([
      commands.run('clients', ['list']),
      commands.run('keys', ['turn-signing']),
    ]);
    expect(listed.out).toContain('his-1\tHIS\tpractice\tde-brink\tsystem/Task.rs\tnever used');
    expect(turned.code).toBe(0);
    expect((await readIssuerSecrets(app.at.store)).jwks.keys[1]?.kid).toBe(before?.kid);
    expect((await commands.run('clients', ['revoke', '--id', 'his-1'])).code).toBe(0);
    expect((await listClients(app.at.store)).find((one) => one.id === 'his-1')?.revokedAt).not.toBeNull();
  } finally {
    commands.close();
  }
});

describe('the coordinator', () => {
  const coordinator = { id: 'coordinator-region', name: 'Coördinator', role: 'coordinator' } as const;

  test('reads the figures of a quarter, and gets them as CSV', async () => {
    const headers = { cookie: await app.signedIn(coordinator) };
    const page = await app.ask('GET', '/report', { headers });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Cijfers 4e kwartaal 2026')]);
    // An address that is not there keeps the menu of who is signed in.
    const nowhere = await app.ask('GET', '/nowhere', { headers });
    expect([nowhere.status, await nowhere.text()]).toEqual([404, expect.stringContaining('href="/report"')]);
    const english = await app.ask('GET', '/report?quarter=2026Q3', {
      headers: { ...headers, 'accept-language': 'en' },
    });
    expect(await english.text()).toContain('Practice → Wally');
    const csv = await app.ask('GET', '/report/quarter.csv?quarter=2026Q4', { headers });
    expect(csv.headers.get('content-type')).toContain('text/csv');
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="kortelijn-2026Q4.csv"');
    expect((await csv.text()).split('\r\n')[0]).toBe(
      'Praktijk → Wally,verwezen,contact,afgesloten,niet bereikt,niet aangenomen,gestopt,loopt nog,geopend,contact na,afgesloten na,in dossier na',
    );
    for (const wrong of ['2026Q5', '"><b>', '2026'])
      expect(
        (await app.ask('GET', `/report/quarter.csv?quarter=${encodeURIComponent(wrong)}`, { headers })).status,
      ).toBe(404);
  });
});

describe('a practice gets a bearer credential', () => {
  const place = '/admin/credentials';
  const asked = { practice: 'de-brink', application: 'his-nieuw', reason: 'De praktijk sluit aan' };
  const list = async () => (await app.ask('GET', place, { headers: { cookie: admin } })).text();

  test('that is shown once and works until it is revoked', async () => {
    for (const wrong of [{ application: 'a b' }, { practice: 'no-such' }, { reason: '' }])
      expect((await app.post(admin, place, { ...asked, ...wrong }, place)).status).toBe(422);
    const answer = await app.post(admin, place, asked, place);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const page = await answer.text();
    const [, token = ''] = /<strong class="code">([\w-]{43})</.exec(page) ?? [];
    const [, id = ''] = /<span class="code">([0-9a-f]{12})</.exec(page) ?? [];
    expect(await practiceByCredential(app.at.store, token)).toEqual({ practice: 'de-brink', application: 'his-nieuw' });
    const shown = await list();
    expect(shown).toContain(id);
    expect(shown).not.toContain(token);
    const revoke = () => app.post(admin, `${place}/${id}/revoke`, { reason: 'De praktijk stopt' }, place);
    expect((await revoke()).headers.get('location')).toBe(`${place}?done=revoked`);
    expect(await practiceByCredential(app.at.store, token)).toBeUndefined();
    expect((await revoke()).status).toBe(404);
    const { rows } = await app.at.owner.query<{ line: string }>(
      "select line from audit where line like '%\"credential-%' order by id",
    );
    const lines = rows.map((row) => JSON.parse(row.line));
    expect(lines.map(({ event, object, actor }) => [event, object, actor.id])).toEqual([
      ['credential-given', `credential/${id}`, 'admin-region'],
      ['credential-revoked', `credential/${id}`, 'admin-region'],
    ]);
    expect(JSON.stringify(lines)).not.toContain(token);
  });

  test('from an administrator and from nobody else', async () => {
    const wally = await app.signedIn(people.sanne);
    expect((await app.ask('GET', place, { headers: { cookie: wally } })).status).toBe(403);
    const before = (await listCredentials(app.at.store)).length;
    expect((await app.post(wally, place, asked, '/worklist')).status).toBe(403);
    expect(await listCredentials(app.at.store)).toHaveLength(before);
  });
});

describe('a system that asked to be told and answers no more', () => {
  test('stands on the page until it asks again or is ended, with a reason; what it asked is nowhere', async () => {
    const { store, owner } = app.at;
    await register({ id: 'stil-1', name: 'Stil systeem' });
    const id = store.newId();
    const headers = ['X-Key: very-secret'];
    const entry = {
      criteria: 'Task?',
      endpoint: 'https://stil.voorbeeld.example/hook',
      headers,
      idOnly: true,
      reason: '',
    };
    await owner.query(
      `insert into subscription (id, practice_id, client_id, version, status, error, type, sealed, followed, changed_at)
         values ($1, '', 'stil-1', 1, 'error', 'address-unknown', 'Task', $2, 0, $3)`,
      [id, sealSubscription(store, id, entry), app.at.now],
    );
    const page = async () => (await app.ask('GET', '/admin/clients', { headers: { cookie: admin } })).text();
    const before = (await page()).split('id="stopped"')[1] ?? '';
    for (const said of ['Stil systeem', 'address-unknown', `/admin/clients/stopped/${id}`])
      expect(before).toContain(said);
    for (const never of ['very-secret', 'stil.voorbeeld.example']) expect(before).not.toContain(never);
    const end = (reason: string) => app.post(admin, `/admin/clients/stopped/${id}`, { reason }, '/admin/clients');
    expect((await end('')).status).toBe(422);
    expect((await end('De leverancier stopt ermee')).headers.get('location')).toBe('/admin/clients?done=ended');
    expect((await end('De leverancier stopt ermee')).status).toBe(404);
    expect(await page()).not.toContain('id="stopped"');
    const { rows } = await owner.query<{ line: string }>(
      'select line from audit where line like \'%"subscription-ended"%\'',
    );
    expect(rows.map(({ line }) => JSON.parse(line))).toMatchObject([
      { object: `Subscription/${id}`, reason: 'De leverancier stopt ermee', actor: { id: 'admin-region' } },
    ]);
  });
});
