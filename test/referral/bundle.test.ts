import type { Resource } from '@medplum/fhirtypes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countedIds } from '../../scripts/fixture-case.ts';
import { codeSystems, identifiers } from '../../src/fhir/systems.ts';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import { assign } from '../../src/referral/assignment.ts';
import { type ReferralResources, singly, toResources } from '../../src/referral/bundle.ts';
import { lifeAreaCodes } from '../../src/referral/life-area.ts';
import { type Referral, referralSchema } from '../../src/referral/referral.ts';
import { referralOf } from '../doubles/made.ts';
import { regionWith } from './region.ts';

const now = '2026-11-23T09:00:00.000Z';

function resourcesOf(referral: Referral, absences: Parameters<typeof regionWith>[0] = {}): ReferralResources {
  const assignment = assign(regionWith(absences), 'de-brink', referral.requester.agb, '2026-11-23');
  if (!assignment) throw new Error('no assignment');
  return toResources(referral, {
    journey: '00000000-0000-7000-8000-0000000000ff',
    number: 'KL-00000-0007Z',
    practice: 'de-brink',
    requesterRole: undefined,
    assignment,
    callBefore: '2026-11-26',
    now,
    newId: countedIds(),
    sourceHash: 'ab'.repeat(32),
    receivedBy: 'fhir',
  });
}

const faults = (resources: ReferralResources) =>
  singly(resources).flatMap((one: Resource) => validateBaseR4(one).filter((issue) => issue.severity === 'error'));

const line = fc
  .string({ minLength: 1, maxLength: 40, unit: fc.constantFrom(...'abc ABC-é’ß1234.@/<&"') })
  .filter((one) => one.trim() !== '');
const day = fc
  .date({ min: new Date('1920-01-01'), max: new Date('2026-11-23'), noInvalidDate: true })
  .map((one) => one.toISOString().slice(0, 10));
const maybe = <T>(key: string, value: fc.Arbitrary<T>) =>
  fc.option(value, { nil: undefined }).map((one) => (one === undefined ? {} : { [key]: one }));
const merged = (...parts: fc.Arbitrary<object>[]) =>
  fc.tuple(...parts).map((all) => Object.assign({}, ...all) as object);
const id = fc.record({ system: fc.constant('http://de-brink.his.example/x'), value: line });
const anyReferral = merged(
  fc.record({
    practiceReferralId: id,
    authoredOn: fc.constantFrom('2026-11-23T09:59:59+01:00', '2026-11-23T23:00:00+01:00', '2020-01-01T00:00:00Z'),
    priority: fc.constantFrom('routine', 'urgent', 'asap', 'stat'),
    requester: merged(maybe('name', line), maybe('agb', fc.constantFrom('01990111', '01999999'))),
    patient: merged(
      fc.record({
        name: merged(fc.record({ family: line, text: line }), maybe('given', line), maybe('callName', line)),
        birthDate: day,
        phones: fc.array(line, { maxLength: 5 }),
      }),
      maybe('localId', id),
      maybe('bsn', fc.constant('999930333')),
      maybe('gender', fc.constantFrom('male', 'female', 'other', 'unknown')),
      maybe('email', line),
      maybe(
        'address',
        merged(maybe('street', line), maybe('houseNumber', line), maybe('postcode', line), maybe('city', line)),
      ),
    ),
    reason: line,
    lifeAreas: fc.uniqueArray(fc.constantFrom(...lifeAreaCodes)),
    reasonCodes: fc.array(
      merged(
        fc.record({ system: fc.constant(codeSystems.icpc1), code: fc.constantFrom('Z01', 'P76') }),
        maybe('display', line),
      ),
      { maxLength: 3 },
    ),
    consent: fc.record({
      by: fc.constantFrom('resident', 'parents', 'resident-and-parents', 'representative'),
      how: fc.constantFrom('spoken', 'written'),
      on: day,
      medicalCodes: fc.boolean(),
      feedback: fc.constantFrom('content', 'closure-only'),
    }),
    notes: fc.array(line, { maxLength: 3 }),
  }),
  maybe('residentQuestion', line),
  maybe(
    'safeContact',
    merged(
      fc.record({ unsafe: fc.boolean(), noVoicemail: fc.boolean(), noLetters: fc.boolean() }),
      maybe('phone', line),
      maybe('times', line),
    ),
  ),
  maybe('contactPerson', merged(fc.record({ name: line }), maybe('phone', line), maybe('relation', line))),
  maybe(
    'episode',
    merged(fc.record({ value: line }), maybe('system', fc.constant('http://de-brink.his.example/episode'))),
  ),
).map((one) => referralSchema.parse(one));

describe('what a referral becomes', () => {
  test('whatever it says and leaves out, it is valid R4', () => {
    fc.assert(
      fc.property(anyReferral, fc.boolean(), (referral, absent) => {
        expect(faults(resourcesOf(referral, absent ? { 'wally-sanne': [{ from: '2026-11-01' }] } : {}))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test('no telephone, no mail, no question: no empty lists (a resident without any number)', () => {
    const bare = referralOf('1');
    const { residentQuestion: _question, contactPerson: _contact, ...rest } = bare;
    const { email: _email, ...patient } = bare.patient;
    const made = resourcesOf({ ...rest, patient: { ...patient, phones: [] } });
    expect(made.patient).not.toHaveProperty('telecom');
    expect(made.serviceRequest).not.toHaveProperty('extension');
    expect(faults(made)).toEqual([]);
  });

  test('a practice whose clock runs ahead still gets a valid Task (inv-1)', () => {
    const made = resourcesOf({ ...referralOf('1'), authoredOn: '2026-11-23T10:05:00+01:00' });
    expect(made.task).toMatchObject({ authoredOn: now, lastModified: now });
    expect(made.serviceRequest.authoredOn).toBe('2026-11-23T10:05:00+01:00');
    expect(faults(made)).toEqual([]);
  });

  test('the Task names its owner; a substitute acts on behalf of the fixed Wally; the team queue has nobody', () => {
    const away = [{ from: '2026-11-01' }];
    const substituted = resourcesOf(referralOf('1'), { 'wally-sanne': away });
    const queued = resourcesOf(referralOf('1'), { 'wally-sanne': away, 'wally-karim': away });
    expect(resourcesOf(referralOf('1')).task.owner).toEqual({
      reference: 'PractitionerRole/wally-sanne',
      display: 'Sanne Verhoeven',
    });
    expect(substituted.task.owner?.display).toBe('Karim Bouzid');
    expect(substituted.provenance.agent).toContainEqual(
      expect.objectContaining({
        who: { reference: 'PractitionerRole/wally-karim' },
        onBehalfOf: { reference: 'PractitionerRole/wally-sanne' },
      }),
    );
    expect(queued.task).not.toHaveProperty('owner');
    expect(JSON.stringify(queued.provenance)).not.toContain('onBehalfOf');
  });

  test('consent says both directions, and who gave it', () => {
    const { consent, patient } = resourcesOf({
      ...referralOf('1'),
      consent: {
        by: 'resident-and-parents',
        how: 'written',
        on: '2026-11-22',
        medicalCodes: true,
        feedback: 'closure-only',
      },
    });
    const details = consent.provision?.code?.flatMap((one) => one.coding ?? []).map((one) => one.code);
    expect(details).toEqual(['share-reason', 'share-medical-codes', 'feedback-closure-only']);
    expect(consent.performer).toEqual([{ reference: `Patient/${patient.id}` }, { display: 'parents' }]);
    expect(consent).toMatchObject({ dateTime: '2026-11-22', status: 'active', provision: { type: 'permit' } });
  });

  test('the practice’s own number stays its own, beside ours', () => {
    expect(
      resourcesOf(referralOf('2026-000001')).serviceRequest.identifier?.map(({ system, value }) => ({ system, value })),
    ).toEqual([
      { system: 'http://de-brink.his.example/referral', value: '2026-000001' },
      { system: identifiers.journeyNumber, value: 'KL-00000-0007Z' },
    ]);
  });
});
