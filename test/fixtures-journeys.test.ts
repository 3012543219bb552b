import { readdir, readFile } from 'node:fs/promises';
import type { Resource } from '@medplum/fhirtypes';
import { describe, expect, test } from 'vitest';
import { allCases, fixturesFolder } from '../scripts/fixture-case.ts';
import { playJourney, readJourneyFixture } from '../scripts/fixture-journey.ts';
import { normalisePhone, validBsn } from '../src/fhir/identifiers.ts';
import { validateBaseR4 } from '../src/fhir/validate.ts';
import { loadMapping } from '../src/mapping/load.ts';

const names = (await allCases()).map((one) => one.name).filter((name) => name.startsWith('journey-'));
const fixtures = await Promise.all(names.map(readJourneyFixture));
const mapping = await loadMapping('json');
const each = fixtures.map((one) => [one.name, one] as const);

async function filesOf(name: string): Promise<Map<string, string>> {
  const folder = new URL(`${name}/`, fixturesFolder);
  const files = (await readdir(folder)).sort();
  return new Map(
    await Promise.all(files.map(async (file) => [file, await readFile(new URL(file, folder), 'utf8')] as const)),
  );
}
const isMade = (file: string) => file !== 'case.json' && !/^[04]-/.test(file);
const resourcesIn = (text: string | undefined) => JSON.parse(text ?? '[]') as Resource[];

test('the stories that must be told are there', () => {
  expect(names.map((name) => name.replace('journey-', ''))).toEqual([
    'holiday-week',
    'not-reached',
    'onward',
    'silence',
    'stop-agreed',
    'stop-refused',
    'wally-leaves',
    'youth',
  ]);
});

describe.each(each)('%s', (name, fixture) => {
  test('every stage is what the code gives today; read and regenerate with npm run fixtures', async () => {
    const made = await playJourney(fixture, mapping);
    expect(Object.fromEntries([...(await filesOf(name))].filter(([file]) => isMade(file)))).toEqual(
      Object.fromEntries(made),
    );
  });

  test('it has ended, and its end reached the practice', async () => {
    const files = await filesOf(name);
    const steps = JSON.parse(files.get('3-steps.json') ?? '[]') as {
      status: string;
      owner: string | null;
      clocks: object;
      alarms: string[];
    }[];
    const last = steps.at(-1);
    expect(['completed', 'failed', 'cancelled']).toContain(last?.status);
    expect(last).toMatchObject({ clocks: {}, alarms: [] });
    // Promise 2, all the way: each of these stories has somebody at every step.
    expect(steps.map((one) => one.owner)).not.toContain(null);
    const letters = resourcesIn(files.get('5-communication.json'));
    const finals = letters.filter((one) => JSON.stringify(one).includes('"feedback-final"'));
    expect(finals.map((one) => ('status' in one ? one.status : ''))).toEqual(['completed']);
  });

  test('what becomes ours is valid base R4', async () => {
    const files = await filesOf(name);
    for (const file of ['5-communication.json', '6-end.json'])
      for (const resource of resourcesIn(files.get(file)))
        expect(validateBaseR4(resource).filter((one) => one.severity === 'error')).toEqual([]);
  });

  test('no number in it can be anybody’s', async () => {
    const text = (await filesOf(name)).get('0-received.json') ?? '';
    for (const [bsn] of text.matchAll(/(?<![\d-])\d{9}(?![\d-])/g)) {
      expect(bsn).toMatch(/^9999\d{5}$/);
      expect(validBsn(bsn)).toBe(true);
    }
    expect(text).toMatch(/"8299 [A-Z]{2}"/);
    for (const [phone] of text.matchAll(/06-\d{8}/g)) expect(normalisePhone(phone)).toMatch(/^060000\d{4}$/);
  });
});
