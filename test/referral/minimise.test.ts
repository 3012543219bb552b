import type { Patient, ServiceRequest } from '@medplum/fhirtypes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeSystems, identifiers } from '../../src/fhir/systems.ts';
import { minimisePatient, minimiseRequest, wallySees } from '../../src/referral/minimise.ts';

const patient: Patient = {
  resourceType: 'Patient',
  identifier: [
    { system: identifiers.bsn, value: '999930333' },
    { system: 'http://de-brink.his.example/patient', value: '10311' },
  ],
  name: [{ family: 'van den Heuvel' }],
  birthDate: '1948-03-12',
};
const requestWith = (reasonCode: NonNullable<ServiceRequest['reasonCode']>): ServiceRequest => ({
  resourceType: 'ServiceRequest',
  status: 'active',
  intent: 'order',
  subject: { reference: 'Patient/1' },
  reasonCode,
});
const icpc = { coding: [{ system: codeSystems.icpc1, code: 'P76', display: 'Depressie' }] };

describe('promise 4: never more than needed', () => {
  test('no BSN and no number of the practice for the Wally', () => {
    const seen = minimisePatient(patient, wallySees(true));
    expect(seen).toEqual({ resourceType: 'Patient', name: patient.name, birthDate: patient.birthDate });
    expect(patient.identifier).toHaveLength(2);
  });

  test('the BSN, and only that, where a law prescribes it', () => {
    const seen = minimisePatient(patient, { bsn: 'allowed', medicalCodes: false });
    expect(seen.identifier).toEqual([{ system: identifiers.bsn, value: '999930333' }]);
  });

  test('medical codes and their titles only with consent (H17)', () => {
    const request = requestWith([{ text: 'Is veel alleen' }, icpc]);
    expect(minimiseRequest(request, wallySees(true))).toEqual(request);
    expect(minimiseRequest(request, wallySees(false)).reasonCode).toEqual([{ text: 'Is veel alleen' }]);
  });

  test('a code in a system that we do not know counts as medical; our life areas do not', () => {
    const area = { coding: [{ system: codeSystems.lifeArea, code: 'debts' }] };
    const request = requestWith([
      { text: 'x' },
      { coding: [{ system: 'urn:oid:2.16.840.1.113883.2.4.4.31.1', code: 'P76' }] },
      { coding: [{ code: 'P76' }] },
      area,
    ]);
    expect(minimiseRequest(request, wallySees(false)).reasonCode).toEqual([{ text: 'x' }, area]);
  });

  test('whatever the code and its system: without consent it is nowhere in what the Wally gets', () => {
    const some = fc.record({
      system: fc.webUrl(),
      code: fc.string({ minLength: 1 }).map((one) => `code ${one}`),
      display: fc.constant('titel'),
    });
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 4 }), (coding) => {
        const seen = JSON.stringify(minimiseRequest(requestWith([{ text: 'x' }, { coding }]), wallySees(false)));
        expect(seen).not.toContain('titel');
      }),
    );
  });

  test('a request without a reason stays as it is', () => {
    const { reasonCode: _reasonCode, ...bare } = requestWith([]);
    expect(minimiseRequest(bare, wallySees(false))).toEqual(bare);
  });
});
