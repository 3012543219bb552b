import type { HealthcareService } from '@medplum/fhirtypes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { extensions } from '../../src/fhir/systems.ts';
import { theLine } from '../../src/referral/actor.ts';
import { removeExpired } from '../../src/store/access/sessions.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { expectSound } from './markup.ts';
import {
  brink,
  filled,
  formIn,
  previewed,
  type ReferSiteUnderTest,
  rand,
  referSite,
  sent,
  type Visitor,
} from './refer-browser.ts';

let at: TestStore;
let site: ReferSiteUnderTest;
let visitor: Visitor;

beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  site = await referSite(at.store);
  visitor = await site.visitor(brink);
});
afterAll(async () => {
  await site.close();
  await at.close();
});

const panel = 'U was bezig met een verwijzing';
const handles = async () => (await at.owner.query<{ sealed: Buffer; hash: Buffer }>('select * from handle')).rows;

test('a form that was left is offered again to its writer, sealed in between, and the first question is asked anew', async () => {
  expect((await visitor.get('/refer')).text).not.toContain(panel);
  const fields = await filled(visitor, { reason: 'Is veel alleen sinds de verhuizing.' });
  const refused = await previewed(visitor, { ...fields, consentBy: '' });
  expect(refused.status).toBe(422);
  const again = await visitor.get('/refer');
  expectSound(again.text);
  for (const said of [panel, 'Annie van den Berg', '14 maart 1957', 'Er is nog niets verstuurd'])
    expect(again.text).toContain(said);
  const rows = await handles();
  expect(rows).toHaveLength(1);
  for (const row of rows) expect(row.sealed.toString('latin1')).not.toMatch(/Berg|alleen/);
  const colleague = await site.visitor({ ...brink, id: 'gp-other' });
  expect((await colleague.get('/refer')).text).not.toContain(panel);
  expect((await (await site.visitor(rand)).get('/refer')).text).not.toContain(panel);

  const first = await visitor.post('/refer/draft/open', formIn(again.text, '/refer/draft/open'));
  expect(first.text).toContain('Is er nu acuut gevaar?');
  expect(first.text).not.toMatch(/ checked/);
  const form = await visitor.post('/refer', { ...formIn(first.text, '/refer'), danger: 'no' });
  const kept = formIn(form.text, '/refer');
  expect(kept).toMatchObject({ reason: 'Is veel alleen sinds de verhuizing.', form: fields.form });
});

test('the script keeps the form while one types; sending it or throwing it away ends it', async () => {
  const fields = await filled(visitor, { reason: 'Zoekt aanspraak.' });
  expect((await visitor.post('/refer/draft', fields)).status).toBe(204);
  expect((await visitor.get('/refer')).text).toContain(panel);
  const dropped = await visitor.post(
    '/refer/draft/drop',
    formIn((await visitor.get('/refer')).text, '/refer/draft/drop'),
  );
  expect([dropped.status, dropped.location]).toEqual([303, '/refer']);
  expect((await visitor.get('/refer')).text).not.toContain(panel);
  // Nothing was typed: nothing to keep.
  await visitor.post('/refer/draft', { form: fields.form ?? '', danger: 'no', csrf: fields.csrf ?? '' });
  expect(await handles()).toEqual([]);
  await sent(visitor);
  expect((await visitor.get('/refer')).text).not.toContain(panel);
  expect(await handles()).toEqual([]);
});

async function changeService(change: Partial<HealthcareService>): Promise<void> {
  const { rows } = await at.owner.query<{ doc: HealthcareService & { id: string } }>(
    `select doc from directory_resource where type = 'HealthcareService' order by version desc`,
  );
  const found = rows.find(({ doc }) =>
    doc.extension?.some((one) => one.valueReference?.reference === 'Organization/de-brink'),
  );
  if (!found) throw new Error('no such service');
  const now = at.store.clock().toISOString();
  const { notAvailable: _n, ...rest } = found.doc;
  const resource = {
    ...rest,
    ...change,
    extension: [
      ...(rest.extension ?? []).filter((one) => one.url !== extensions.servesAges),
      ...(change.extension ?? []),
    ],
  };
  const done = await at.store.commit({
    scope: { practice: '' },
    directory: [{ resource, validFrom: now }],
    audit: [
      {
        event: 'directory-changed',
        at: now,
        actor: { id: theLine.id, role: theLine.role },
        action: 'U',
        outcome: 'ok',
        purpose: 'HOPERAT',
      },
    ],
  });
  if (!done.ok) throw new Error('the service was not changed');
}

test('a route that takes nobody now says so before the form is filled in, until when, and whom to call', async () => {
  await changeService({
    notAvailable: [{ description: 'Het team is vol.', during: { start: '2026-11-01', end: '2026-12-04' } }],
  });
  const page = await visitor.get('/refer');
  expect(page.status).toBe(409);
  expectSound(page.text);
  for (const said of [
    'Deze route kan dit niet aannemen',
    'vrijdag 4 december',
    'Het team is vol.',
    'Er is niets verstuurd.',
  ])
    expect(page.text).toContain(said);
  expect(page.text).not.toContain('name="danger"');
  await changeService({ notAvailable: [{ description: 'Vol.', during: { start: '2026-10-01', end: '2026-11-22' } }] });
  expect((await visitor.get('/refer')).status).toBe(200);
});

test('a route for certain ages says for whom it is, and refuses another as soon as the birth date is known', async () => {
  await changeService({
    extension: [
      {
        url: extensions.servesAges,
        extension: [
          { url: 'from', valuePositiveInt: 18 },
          { url: 'upTo', valuePositiveInt: 65 },
        ],
      },
    ],
  });
  const open = await visitor.get('/refer');
  expect(open.status).toBe(200);
  expect(open.text).toContain('Deze route is voor inwoners van 18 tot 65 jaar.');
  const fields = await filled(visitor);
  const refused = await previewed(visitor, fields);
  expect(refused.status).toBe(409);
  expect(refused.text).toContain('Deze inwoner is 69 jaar.');
  expect((await previewed(visitor, { ...fields, birthDate: '14-03-1980' })).status).toBe(200);
});

test('a form that was left goes by itself after a working day', async () => {
  await visitor.post('/refer/draft', await filled(visitor));
  expect(await handles()).toHaveLength(1);
  at.now = new Date(at.now.getTime() + 8 * 3_600_000 + 1);
  await removeExpired(at.store);
  expect(await handles()).toEqual([]);
});
