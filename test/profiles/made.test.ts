import type { Resource } from '@medplum/fhirtypes';
import { beforeAll, describe, expect, test } from 'vitest';
import { extensions, profiles } from '../../src/fhir/systems.ts';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import { guide } from '../../src/profiles/stored.ts';
import { departures } from '../../src/profiles/validate.ts';
import { everythingMade, type Made } from './made.ts';
import { mutant, mutants } from './mutants.ts';

const profileOf = ({ resourceType }: Resource) => profiles[resourceType as keyof typeof profiles];

let made: Made[];
let shapes: readonly Made[];
beforeAll(async () => {
  made = await everythingMade();
  shapes = [...new Map(made.map((one) => [shapeOf(one.resource), one])).values()];
});

/** Ids, moments and numbers say nothing of a shape: each shape is checked once. */
const shapeOf = (resource: Resource) =>
  JSON.stringify(resource)
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'id')
    .replaceAll(/\d/g, '0');
const wrong = (check: (resource: Resource) => readonly object[]) =>
  shapes.flatMap(({ from, resource }) =>
    check(resource).map((one) => ({ from, type: resource.resourceType, id: resource.id, ...one })),
  );

test('what the line makes is valid base R4, with its required bindings', () => {
  expect(wrong((resource) => validateBaseR4(resource).map(({ path, reason }) => ({ path, reason })))).toEqual([]);
});

test('what the line makes holds to its profile', () => {
  expect(wrong((resource) => departures(resource, profileOf(resource)))).toEqual([]);
});

test('it is not about nothing: each profile has resources, and each extension on a referral was seen', () => {
  const types = new Set(made.map(({ resource }) => resource.resourceType));
  expect([...types].sort()).toEqual(Object.keys(profiles).sort());
  const text = JSON.stringify(made);
  const ofReferrals = [
    extensions.residentQuestion,
    extensions.safeContact,
    extensions.consentMethod,
    extensions.lifeAreaOutcome,
    extensions.proposedOwner,
    extensions.actingFor,
  ];
  expect(ofReferrals.filter((url) => !text.includes(url))).toEqual([]);
  for (const status of ['completed', 'failed', 'cancelled', 'on-hold', 'rejected'])
    expect(text.includes(`"status":"${status}"`), status).toBe(true);
});

test('the examples of the guide hold to their profiles', () => {
  const { examples } = guide();
  expect(Object.keys(examples).sort()).toEqual(Object.keys(profiles).sort());
  for (const example of Object.values(examples)) {
    expect(validateBaseR4(example)).toEqual([]);
    expect(departures(example, profileOf(example))).toEqual([]);
  }
});

describe('mutants', () => {
  test.each(mutants)('%s is refused by the profile of %s', (_what, type, change, rule) => {
    const found = departures(mutant(type, change), profiles[type]);
    expect(found.map((one) => one.rule).join('; ')).toContain(rule);
  });

  test('every invariant of ours has a mutant', () => {
    const keys = guide().structures.flatMap((one) =>
      (one.differential?.element ?? []).flatMap((each) => (each.constraint ?? []).map(({ key }) => key)),
    );
    expect(keys.filter((key) => !mutants.some(([, , , rule]) => rule === key))).toEqual([]);
  });
});
