import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { theLine } from '../../src/referral/actor.ts';
import { takeInDirectory } from '../../src/region/take-in.ts';
import { directoryReader, readDirectoryNewest } from '../../src/store/directory.ts';
import { openCommands } from '../doubles/command.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';

let at: TestStore;
beforeEach(async () => {
  at = await openTestStore();
});
afterEach(() => at.close());

interface Bundle {
  resourceType: string;
  type: string;
  entry: { resource: Record<string, unknown> & { id: string; name?: unknown } }[];
}
const region = async (): Promise<Bundle> =>
  JSON.parse(await readFile(new URL('../../fixtures/region/directory.json', import.meta.url), 'utf8')) as Bundle;
const bundleOf = (...resources: unknown[]) => ({
  resourceType: 'Bundle',
  type: 'collection',
  entry: resources.map((resource) => ({ resource })),
});
const take = (bundle: unknown, from = at.now) => takeInDirectory(at.store, bundle, from, theLine);

test('any Bundle makes a directory; the same one again changes nothing', async () => {
  const bundle = await region();
  expect((await take(bundle)).written).toHaveLength(bundle.entry.length);
  expect((await directoryReader(at.store)()).practices.get('de-brink')?.service?.wally).toBe('wally-sanne');
  expect(await take(bundle)).toEqual({ written: [] });
  const { rows } = await at.owner.query("select id from destination where id = 'practice:de-brink'");
  expect(rows).toHaveLength(1);
});

test('what differs is one new version, audited, valid from a day; what is not in it stays', async () => {
  await loadTestRegion(at.store);
  const before = await readDirectoryNewest(at.store);
  const team = (await region()).entry.find((one) => one.resource.id === 'voorbeeldstreek')?.resource;
  const later = new Date('2026-12-01T09:00:00Z');
  expect(await take(bundleOf({ ...team, name: 'Ander Sociaal Werk' }), later)).toEqual({
    written: ['Organization/voorbeeldstreek'],
  });
  const after = await readDirectoryNewest(at.store);
  expect(after).toHaveLength(before.length);
  expect(after.find((one) => one.id === 'voorbeeldstreek')).toMatchObject({ version: 2, validFrom: later });
  const read = directoryReader(at.store);
  expect((await read()).teams.get('voorbeeldstreek')?.name).toBe('Sociaal Werk Voorbeeldstreek');
  at.now = later;
  expect((await read()).teams.get('voorbeeldstreek')?.name).toBe('Ander Sociaal Werk');
  const { rows } = await at.owner.query(
    "select line::jsonb->>'object' as object from audit where line::jsonb->>'event' = 'directory-changed'",
  );
  expect(rows).toEqual([{ object: 'Organization/voorbeeldstreek' }]);
});

test.each([
  ['no Bundle', { resourceType: 'Patient' }, 'not a FHIR Bundle'],
  ['a resident', bundleOf({ resourceType: 'Patient', id: 'x' }), 'Bundle.entry[0].resource.resourceType: not of'],
  ['no id', bundleOf({ resourceType: 'Organization', name: 'X' }), 'Bundle.entry[0].resource.id: no id'],
  ['no valid FHIR', bundleOf({ resourceType: 'Organization', id: 'x', nme: 'X' }), 'Bundle.entry[0].resource.nme'],
  [
    'someone of nobody',
    bundleOf({ resourceType: 'PractitionerRole', id: 'x', organization: { reference: 'Organization/nowhere' } }),
    'Bundle.entry[0].resource.organization: Organization/nowhere is not there',
  ],
])('all or nothing: %s', async (_, wrong, fault) => {
  const good = { resourceType: 'Organization', id: 'good', name: 'Good' };
  const bundle = 'entry' in wrong ? { ...wrong, entry: [...wrong.entry, { resource: good }] } : wrong;
  const taken = await take(bundle);
  expect(taken.faults?.[0]).toContain(fault);
  expect(await readDirectoryNewest(at.store)).toEqual([]);
});

test('as a command: npm run region -- load <file>', async () => {
  await loadTestRegion(at.store);
  const commands = openCommands(at);
  try {
    const file = join(commands.folder, 'bundle.json');
    await writeFile(file, JSON.stringify(bundleOf({ resourceType: 'Organization', id: 'nieuw', name: 'Nieuw' })));
    expect(await commands.run('region', ['load', file])).toMatchObject({
      code: 0,
      out: '1 written\nOrganization/nieuw\n',
    });
    await writeFile(file, JSON.stringify(bundleOf({ resourceType: 'Patient', id: 'x' })));
    expect(await commands.run('region', ['load', file])).toMatchObject({
      code: 1,
      error: expect.stringContaining('nothing was written'),
    });
    expect(await commands.run('region', ['load', file, '--from', '2020-01-01'])).toMatchObject({ code: 1 });
    expect((await commands.run('region', ['nonsense'])).code).toBe(2);
    // Nothing may be reached from here: that is the first step, and the exit code says it.
    const tested = await commands.run('region', ['test', 'his-de-brink']);
    expect([tested.code, tested.out.split('\n')[0]]).toEqual([
      1,
      expect.stringMatching(/^address\tnot-ok\t\d+ ms\thost-not-allowed$/),
    ]);
  } finally {
    commands.close();
  }
});
