import type { Coding, DocumentReference, Organization, Patient, ServiceRequest } from '@medplum/fhirtypes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeSystems, extensions, identifiers } from '../../src/fhir/systems.ts';
import { contractOf } from '../../src/referral/directory/contract.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { bsnForPractice, minimisePatient, receiverOf, receiverSees, wallySees } from '../../src/referral/minimise.ts';

const bsn = { system: identifiers.bsn, value: '999990019' };
const icpc = { system: codeSystems.icpc1, code: 'P76', display: 'Depressie' };
const safe = {
  url: extensions.safeContact,
  extension: [
    { url: 'unsafe', valueBoolean: true },
    { url: 'phone', valueString: '06-00000099' },
    { url: 'noVoicemail', valueBoolean: true },
  ],
};
const letter: DocumentReference & { id: string } = {
  resourceType: 'DocumentReference',
  id: 'l1',
  status: 'current',
  content: [{ attachment: { contentType: 'application/pdf', title: 'Verwijsbrief', url: 'Binary/b1' } }],
};

/** A referral with something of everything that may have to stay behind. */
function journeyWith(
  change: { birthDate?: string; details?: string[]; patient?: Partial<Patient>; codes?: Coding[] } = {},
): Journey {
  const { birthDate = '2012-05-01', details = [], codes = [icpc] } = change;
  const patient: Patient & { id: string } = {
    resourceType: 'Patient',
    id: 'p',
    identifier: [bsn, { system: 'http://de-brink.his.example/patient', value: '10311' }],
    name: [{ text: 'Vera Voorbeeld', family: 'Voorbeeld' }],
    birthDate,
    address: [{ use: 'home', line: ['Voorbeeldstraat 12'], postalCode: '0000AB', city: 'Voorbeeldstad' }],
    ...change.patient,
  };
  const request: ServiceRequest & { id: string } = {
    resourceType: 'ServiceRequest',
    id: 's',
    status: 'active',
    intent: 'order',
    subject: { reference: 'Patient/p' },
    extension: [safe],
    reasonCode: [{ text: 'Is veel alleen' }, { coding: codes }],
    supportingInfo: [
      { reference: 'Consent/c' },
      { type: 'EpisodeOfCare', identifier: { system: 'http://de-brink.his.example/episode', value: 'e3' } },
    ],
  };
  const consent = {
    resourceType: 'Consent',
    id: 'c',
    provision: { code: details.map((code) => ({ coding: [{ system: codeSystems.consentDetail, code }] })) },
  };
  return {
    practice: 'de-brink',
    id: 'j',
    patient: { resource: patient, version: 1 },
    serviceRequest: { resource: request, version: 1 },
    consent: { resource: consent, version: 1 },
    letters: [
      { resource: letter, version: 1 },
      { resource: { ...letter, id: 'l0', status: 'superseded' }, version: 1 },
    ],
  } as unknown as Journey;
}

const organization = (basis: string, may: string, system: string = codeSystems.legalBasis): Organization => ({
  resourceType: 'Organization',
  extension: [
    {
      url: extensions.dataContract,
      extension: [
        { url: 'basis', valueCoding: { system, code: basis } },
        { url: 'bsn', valueCode: may },
      ],
    },
  ],
});
const youthCare = { basis: 'youth-care', bsn: 'allowed' } as const;
const day = '2026-11-23';

describe('the legal basis of a receiver', () => {
  test.each([
    ['youth care that may', organization('youth-care', 'allowed'), youthCare],
    ['youth care that may not', organization('youth-care', 'none'), { basis: 'youth-care', bsn: 'none' }],
    [
      'another basis gives no BSN, whatever stands beside it',
      organization('consent', 'allowed'),
      { basis: 'consent', bsn: 'none' },
    ],
    [
      'a basis of somebody else’s list',
      organization('youth-care', 'allowed', 'urn:other'),
      { basis: 'consent', bsn: 'none' },
    ],
    ['nothing agreed', { resourceType: 'Organization' } satisfies Organization, undefined],
  ])('%s', (_what, one, contract) => {
    expect(contractOf(one)).toEqual(contract);
  });

  test.each([
    ['under 18, youth care', '2012-05-01', youthCare, 'allowed'],
    ['the day before 18', '2008-11-24', youthCare, 'allowed'],
    ['18 today', '2008-11-23', youthCare, 'none'],
    ['under 18, no contract', '2012-05-01', undefined, 'none'],
    ['under 18, no BSN in the contract', '2012-05-01', { basis: 'youth-care', bsn: 'none' } as const, 'none'],
  ])('%s', (_what, birthDate, contract, expected) => {
    expect(receiverOf(journeyWith({ birthDate }), contract, day).bsn).toBe(expected);
  });
});

describe('what the receiver sees', () => {
  test('by default: nothing that names the resident elsewhere, nothing medical, and by name what stays behind', () => {
    const seen = receiverSees(journeyWith(), receiverOf(journeyWith(), undefined, day));
    expect(seen.withheld).toEqual(['bsn', 'practice-number', 'medical-codes', 'letters', 'episode']);
    const text = JSON.stringify([seen.patient, seen.request, seen.letters]);
    for (const word of ['999990019', '10311', 'P76', 'Depressie', 'Verwijsbrief', '"e3"'])
      expect(text).not.toContain(word);
    expect(seen.patient.address).toHaveLength(1);
  });

  test('medical codes and the letters that count now, when they were ticked', () => {
    const journey = journeyWith({ details: ['share-medical-codes'] });
    const seen = receiverSees(journey, receiverOf(journey, undefined, day));
    expect(seen.letters.map((one) => one.resource.id)).toEqual(['l1']);
    expect(seen.request.reasonCode?.[1]?.coding).toEqual([icpc]);
    expect(seen.withheld).toEqual(['bsn', 'practice-number', 'episode']);
  });

  test('the BSN of a young person where a law prescribes it, and still not the practice’s own number', () => {
    const journey = journeyWith();
    const seen = receiverSees(journey, receiverOf(journey, youthCare, day));
    expect(seen.patient.identifier).toEqual([bsn]);
    expect(seen.withheld).not.toContain('bsn');
  });

  test('H2: how the resident may be reached safely always goes along', () => {
    const codings = fc.array(fc.record({ system: fc.webUrl(), code: fc.string({ minLength: 1 }) }), { maxLength: 3 });
    fc.assert(
      fc.property(codings, fc.boolean(), fc.constantFrom('none', 'allowed'), (codes, medicalCodes, may) => {
        const seen = receiverSees(journeyWith({ codes }), { medicalCodes, bsn: may });
        expect(seen.request.extension).toEqual([safe]);
      }),
      { numRuns: 30 },
    );
  });

  test('nothing is changed in the referral itself', () => {
    const journey = journeyWith();
    const before = JSON.stringify(journey);
    receiverSees(journey, wallySees(false));
    expect(JSON.stringify(journey)).toBe(before);
  });
});

describe('a secret address goes nowhere', () => {
  const masked = { extension: [{ url: extensions.dataAbsentReason, valueCode: 'masked' }] };
  const home = { use: 'home', line: ['Geheimstraat 1'], city: 'Voorbeeldstad' } as const;
  const restricted = (code: string) => ({ meta: { security: [{ system: codeSystems.confidentiality, code }] } });
  test.each([
    ['a restricted record', restricted('R')],
    ['a very restricted record', restricted('V')],
    ['a masked address', { address: [{ ...home, ...masked }] }],
    ['a masked street', { address: [{ ...home, _line: [masked] }] }],
    ['a masked postcode', { address: [{ ...home, _postalCode: masked }] }],
  ])('%s', (_what, change) => {
    const { patient } = journeyWith({
      patient: { address: [{ ...home, line: [...home.line] }], ...(change as Partial<Patient>) },
    });
    expect(minimisePatient(patient.resource, wallySees(true))).not.toHaveProperty('address');
  });

  test('one that is not secret stays', () => {
    const { patient } = journeyWith({ patient: restricted('N') });
    expect(minimisePatient(patient.resource, wallySees(false)).address).toHaveLength(1);
  });
});

describe('the BSN in a mailbox', () => {
  test.each([
    [true, 'given', '999990019'],
    [false, 'given', undefined],
    [true, 'not given', undefined],
  ])('ends at the GP: %j, %s by the practice', (endsAtGp, given, expected) => {
    const { patient } = journeyWith(given === 'given' ? {} : { patient: { identifier: [] } });
    expect(bsnForPractice(patient.resource, { endsAtGp })).toBe(expected);
  });
});
