import { describe, expect, test } from 'vitest';
import { format } from '../../mappings/fhir-r4/to-referral.ts';
import type { IssueCode } from '../../src/fhir/outcome.ts';
import { codeSystems, identifiers } from '../../src/fhir/systems.ts';
import { httpStatus, isRefusal } from '../../src/referral/refusal.ts';
import { type Parts, places, read } from './messages.ts';

type Rule = readonly [what: string, change: (parts: Parts) => void, reason: string, path: string];
const { request: sr, consent: given, patient: person } = places;
const another = (n: string) => `urn:uuid:00000001-0000-4000-8000-0000000000${n}`;
const bsn = (system: string, value: string) => [{ value: 'x' }, { system, value }];
const put = <T extends object>(part: T, change: Partial<T>) => void Object.assign(part, change);
const title = [{ coding: [{ system: codeSystems.icpc1, code: 'P76' }], text: 'Depressie' }];

/** The FHIR code and the HTTP status of a reason; all others are `value`, 422. */
const codes: Record<string, readonly [IssueCode, number]> = {
  'no-referral': ['required', 422],
  'several-referrals': ['not-supported', 422],
  'consent-missing': ['forbidden', 403],
  'code-not-allowed': ['code-invalid', 422],
};

/** One row per rule: what is done to a good message, and exactly what is said about it. */
const rules: readonly Rule[] = [
  [
    'no ServiceRequest',
    ({ without }) => {
      without('ServiceRequest');
      without('Task');
    },
    'no-referral',
    'Bundle.entry',
  ],
  [
    'two referrals',
    ({ add, request }) => add(structuredClone(request), another('99')),
    'several-referrals',
    'Bundle.entry',
  ],
  [
    'subject is not here',
    ({ request }) => put(request, { subject: { reference: 'Patient/x' } }),
    'required-patient',
    `${sr}.subject`,
  ],
  ['no name', ({ patient }) => void delete patient.name, 'required-patient-name', `${person}.name`],
  [
    'only a given name',
    ({ patient }) => put(patient, { name: [{ given: ['G'] }] }),
    'required-patient-name',
    `${person}.name`,
  ],
  ['no birth date', ({ patient }) => void delete patient.birthDate, 'required-birth-date', `${person}.birthDate`],
  [
    'a month of birth',
    ({ patient }) => put(patient, { birthDate: '1948-03' }),
    'impossible-date',
    `${person}.birthDate`,
  ],
  [
    'a BSN that cannot be',
    ({ patient }) => put(patient, { identifier: bsn(identifiers.bsn, '999930334') }),
    'bsn-invalid',
    `${person}.identifier[1].value`,
  ],
  [
    'the same under its OID',
    ({ patient }) => put(patient, { identifier: bsn(identifiers.bsnOid, '12345678') }),
    'bsn-invalid',
    `${person}.identifier[1].value`,
  ],
  [
    'no Consent',
    ({ without, request }) => {
      delete request.supportingInfo;
      without('Consent');
    },
    'consent-missing',
    'Bundle.entry[4].resource.supportingInfo',
  ],
  ['a Consent that ended', ({ consent }) => put(consent, { status: 'inactive' }), 'consent-missing', `${given}.status`],
  [
    'a Consent that denies',
    ({ consent }) => put(consent, { provision: { type: 'deny' } }),
    'consent-missing',
    `${given}.provision.type`,
  ],
  [
    'a Consent about somebody else',
    ({ consent, add }) => {
      consent.patient = { reference: another('aa') };
      add({ resourceType: 'Patient', name: [{ family: 'A' }] }, another('aa'));
    },
    'consent-missing',
    `${sr}.supportingInfo`,
  ],
  ['no day of consent', ({ consent }) => void delete consent.dateTime, 'required-consent-date', `${given}.dateTime`],
  [
    'a month of consent',
    ({ consent }) => put(consent, { dateTime: '2026-11' }),
    'value-whole-day',
    `${given}.dateTime`,
  ],
  [
    'consent of a carer',
    ({ consent }) => put(consent, { performer: [{ type: 'Practitioner', display: 'Dr. A' }] }),
    'required-consent-by',
    `${given}.performer`,
  ],
  [
    'consent of somebody, not said who',
    ({ consent }) => put(consent, { performer: [{ reference: 'RelatedPerson/1' }] }),
    'required-consent-by',
    `${given}.performer`,
  ],
  ['nobody gave consent', ({ consent }) => void delete consent.performer, 'required-consent-by', `${given}.performer`],
  [
    'not said how it was given',
    ({ consent }) => void delete consent.extension,
    'required-consent-how',
    `${given}.extension`,
  ],
  ['no number', ({ request }) => void delete request.identifier, 'required-referral-number', `${sr}.identifier`],
  [
    'a number of no system',
    ({ request }) => put(request, { identifier: [{ value: '1' }] }),
    'required-referral-number',
    `${sr}.identifier`,
  ],
  ['a draft', ({ request }) => put(request, { status: 'draft' }), 'value-status', `${sr}.status`],
  ['a plan', ({ request }) => put(request, { intent: 'plan' }), 'value-intent', `${sr}.intent`],
  [
    'a correction of something it does not name',
    ({ request }) => put(request, { replaces: [{ display: 'de vorige' }] }),
    'value-replaces',
    `${sr}.replaces[0]`,
  ],
  ['no day of writing', ({ request }) => void delete request.authoredOn, 'required-authored-on', `${sr}.authoredOn`],
  ['a year of writing', ({ request }) => put(request, { authoredOn: '2026' }), 'value-whole-day', `${sr}.authoredOn`],
  ['no reason', ({ request }) => void delete request.reasonCode, 'required-reason', `${sr}.reasonCode`],
  [
    'H17: only a medical title, and no consent for it',
    ({ request }) => put(request, { reasonCode: title }),
    'required-reason',
    `${sr}.reasonCode`,
  ],
  [
    'a reason too long',
    ({ request }) => put(request, { reasonCode: [{ text: 'x'.repeat(8001) }] }),
    'does-not-fit',
    sr,
  ],
  [
    'not even R4',
    ({ request }) => void Object.assign(request, { status: 'aktief' }),
    'code-not-allowed',
    `${sr}.status`,
  ],
];

describe('refusals of fhir-r4: exactly what, and exactly where', () => {
  test.each(rules)('%s', (_, change, reason, path) => {
    const found = read(change);
    if (!isRefusal(found)) throw new Error('was taken');
    const [code, status] = codes[reason] ?? [reason.startsWith('required') ? 'required' : 'value', 422];
    expect(found.refused.map((one) => ({ code: one.code, reason: one.reason, path: one.path }))).toEqual([
      { code, reason, path },
    ]);
    expect(httpStatus(found)).toBe(status);
    for (const one of found.refused) expect(one.said.nl).not.toBe(one.said.en);
  });

  test('every sentence of the contract is said by some rule', () => {
    const said = new Set(rules.map(([, , reason]) => reason));
    expect(Object.keys(format.says).filter((key) => !said.has(key.replace(':', '-')))).toEqual([]);
  });

  test('everything that is wrong is said at once', () => {
    const found = read(({ patient, consent, request }) => {
      delete patient.birthDate;
      delete consent.dateTime;
      request.status = 'draft';
    });
    const reasons = isRefusal(found) ? found.refused.map((one) => one.reason) : [];
    expect(reasons).toEqual(['value-status', 'required-birth-date', 'required-consent-date']);
  });
});
