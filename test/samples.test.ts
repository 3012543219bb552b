import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Bundle, Consent, Patient, Resource, ServiceRequest } from '@medplum/fhirtypes';
import { describe, expect, test } from 'vitest';
import { validateBaseR4 } from '../src/fhir/validate.ts';
import { transactionIssues } from '../src/intake/fhir/bundle.ts';
import { runMapping } from '../src/mapping/run.ts';
import type { MappedReferral } from '../src/referral/format.ts';
import type { FhirPatientSource } from '../src/referral/patient-from-fhir.ts';
import { patientFromFhir } from '../src/referral/patient-from-fhir.ts';
import { patientSchema } from '../src/referral/referral.ts';
import { isRefusal, type Refusal } from '../src/referral/refusal.ts';
import { fromXml } from './doubles/fhir-xml.ts';
import { isThere, mapping } from './mapping/messages.ts';

const samples = process.env.KORTELIJN_SAMPLES ?? new URL('../../shared/samples/nl/', import.meta.url).pathname;
const isAbsent = !existsSync(samples);

function read(path: string): Resource {
  const text = readFileSync(`${samples}/${path}`, 'utf8');
  return path.endsWith('.xml') ? fromXml(text) : (JSON.parse(text) as Resource);
}
const filesIn = (folder: string) => (isAbsent ? [] : readdirSync(`${samples}/${folder}`));

/** Everything of one ELZ referral as a transaction, as a GP system would send it. */
function elz(n: '01' | '02'): Bundle {
  const files = filesIn('nictiz-elz').filter((one) => new RegExp(`^hg-Referral\\w+-${n}`).test(one));
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: files
      .map((one) => read(`nictiz-elz/${one}`))
      .map((resource) => ({ resource, request: { method: 'POST' as const, url: resource.resourceType } })),
  };
}

function map(received: Resource): MappedReferral | Refusal {
  expect(validateBaseR4(received).filter((one) => one.severity === 'error')).toEqual([]);
  if (received.resourceType === 'Bundle') expect(transactionIssues(received as Bundle)).toEqual([]);
  const mapped = runMapping(mapping, received, new Map());
  if (!isRefusal(mapped) && !('referral' in mapped)) throw new Error('no referral');
  return mapped;
}

const indexOf = (bundle: Bundle, type: string) =>
  (bundle.entry ?? []).findIndex(({ resource }) => resource?.resourceType === type);
const requestIn = (bundle: Bundle) => bundle.entry?.[indexOf(bundle, 'ServiceRequest')]?.resource as ServiceRequest;

/** What the samples lack: a number with its system, and the consent that we ask for. */
function completed(bundle: Bundle, medical: boolean): Bundle {
  const request = requestIn(bundle);
  const resident = { reference: request.subject?.reference ?? '' };
  const code = ['feedback-content', ...(medical ? ['share-medical-codes'] : [])].map((one) => ({
    coding: [{ system: 'https://kortelijn.example/fhir/CodeSystem/consent-detail', code: one }],
  }));
  const consent: Consent = {
    resourceType: 'Consent',
    extension: [{ url: 'https://kortelijn.example/fhir/StructureDefinition/consent-method', valueCode: 'spoken' }],
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IDSCL' }] }],
    patient: resident,
    dateTime: '2022-12-01',
    performer: [resident],
    policyRule: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPTIN' }] },
    provision: { type: 'permit', code },
  };
  request.identifier = [{ system: 'http://his.example/verwijzing', value: '1' }];
  bundle.entry?.push({ resource: consent, request: { method: 'POST', url: 'Consent' } });
  return bundle;
}

const skipped = isAbsent ? ' (not run: ../shared/samples/nl is absent)' : '';

describe.skipIf(isAbsent)(`public Dutch referrals${skipped}`, () => {
  test.each(['01', '02'] as const)(
    'ELZ referral %s names no consent and no number: refused, at exactly those places',
    (n) => {
      const bundle = elz(n);
      const found = map(bundle);
      if (!isRefusal(found)) throw new Error('was taken');
      const path = `Bundle.entry[${indexOf(bundle, 'ServiceRequest')}].resource`;
      expect(found.refused.map((one) => [one.reason, one.path]).sort()).toEqual([
        ['consent-missing', `${path}.supportingInfo`],
        ['required-referral-number', `${path}.identifier`],
      ]);
    },
  );

  test.each([
    ['01', 'L15', 'knieklachten', 4],
    ['02', 'R23', 'stemklachten', 4],
  ] as const)('ELZ referral %s with these added: converted', (n, icpc, word, sections) => {
    const bundle = completed(elz(n), false);
    const found = map(bundle);
    if (isRefusal(found)) throw new Error(JSON.stringify(found));
    const { referral, losses } = found;
    expect(referral.reason).toContain(word);
    expect(referral.reasonCodes.map((one) => one.code)).toEqual([icpc]);
    expect(referral.patient.name.family).toMatch(/^van XXX_/);
    expect(referral.patient.phones).toHaveLength(1);
    expect(referral.requester.name).toMatch(/^dr\. /);
    // Three of the four HASP sections are medical: not shared, and told.
    expect(losses.filter((one) => one.why === 'not-shared')).toHaveLength(sections - 1);
    expect(JSON.stringify(referral.notes)).toBe('[]');
    for (const { path } of losses) expect([path, isThere(bundle, path)]).toEqual([path, true]);
  });

  test.each(['01', '02'] as const)(
    'ELZ referral %s with consent for medical content: the other sections are notes',
    (n) => {
      const found = map(completed(elz(n), true));
      if (isRefusal(found)) throw new Error(JSON.stringify(found));
      expect(found.referral.notes.map((one) => one.split(':')[0])).toEqual([
        'Ingestelde behandeling',
        'Procedurevoorstel',
        'Verder van belang',
      ]);
      expect(found.losses.filter((one) => one.why === 'not-shared')).toEqual([]);
    },
  );

  test('of ELZ only the two referrals are referrals; their profiles are none', () => {
    const kinds = filesIn('nictiz-elz').filter((one) => /^hg-ReferralServiceRequest-\d\d\.xml$/.test(one));
    expect(kinds).toHaveLength(2);
  });
});

describe.skipIf(isAbsent)(`public Dutch patients${skipped}`, () => {
  const patientOf = (path: string) => read(path) as Patient;
  const mapped = (path: string) => patientFromFhir(patientOf(path) as unknown as FhirPatientSource);

  test('nl-core: both family names with their prefixes, the call name, given names', () => {
    expect(mapped('nl-core/nl-core-Patient-01.xml')).toMatchObject({
      bsn: '111222333',
      name: {
        family: 'van Putten-van der Giessen',
        given: 'Johanna Petronella Maria',
        callName: 'Jo',
        text: 'Johanna Petronella Maria van Putten-van der Giessen',
      },
      birthDate: '1934-04-28',
      gender: 'female',
      phones: ['+31611234567'],
      email: 'giesput@myweb.nl',
      address: { street: '1e Jacob van Campenstr', houseNumber: '15', postcode: '1012NX', city: 'Hoogmade' },
    });
  });

  test('nl-core: initials, and a name whose partner comes first', () => {
    const names = ['complete', 'initials'].map((one) => {
      const { name = [] } = patientOf(`nl-core/nl-core-NameInformation-${one}.xml`);
      return patientFromFhir({ name, birthDate: '1950-01-01' } as unknown as FhirPatientSource).name;
    });
    expect(names).toMatchObject([
      { family: 'van der Giessen-van Putten', given: 'Johanna Petronella Maria', callName: 'Jo' },
      { family: 'Schemer', given: 'H.J.W.', callName: 'Henk' },
    ]);
  });

  test('ELZ: prefix, mobile number and mail, number with its letter', () => {
    expect(mapped('nictiz-elz/hg-ReferralServiceRequest-01-Patient-01.xml')).toMatchObject({
      name: { family: 'van XXX_Prins', given: 'Marijne' },
      phones: ['0612324321'],
      email: 'XXX_Prins@test.nl',
      address: { street: 'Knolweg', houseNumber: '1002 A', postcode: '9999ZZ' },
    });
  });

  test('Sanday: qualifiers as strings, a call name among the given names, a postcode with a space', () => {
    expect(mapped('his-sanday/Patient-Sanday.json')).toMatchObject({
      bsn: '999911132',
      name: { family: 'Xxx_cevat', given: 'J.', callName: 'J' },
      address: { street: 'Knolweg', houseNumber: '1001', postcode: '9999XX' },
    });
  });

  test('a referral with the patient of Sanday is taken, each deviation told at its place', () => {
    const bundle = completed(elz('01'), false);
    const at = indexOf(bundle, 'Patient');
    const entry = bundle.entry?.[at];
    const { id } = entry?.resource ?? {};
    if (entry) entry.resource = { ...patientOf('his-sanday/Patient-Sanday.json'), ...(id && { id }) };
    const found = map(bundle);
    if (isRefusal(found)) throw new Error(JSON.stringify(found));
    expect(found.losses.filter((one) => one.why === 'deviates').map((one) => one.path)).toEqual([
      `Bundle.entry[${at}].resource.name[0].given[0].extension[0]`,
      `Bundle.entry[${at}].resource.name[0].given[1].extension[0]`,
    ]);
  });

  test.each(
    [...filesIn('nl-core'), ...filesIn('nictiz-elz'), ...filesIn('his-sanday')]
      .filter((one) => /Patient-(\d\d\.xml|Sanday\.json)$/.test(one))
      .map((one) => [one]),
  )('%s fits our patient', (file) => {
    const folder = ['nl-core', 'nictiz-elz', 'his-sanday'].find((one) => filesIn(one).includes(file)) ?? '';
    expect(patientSchema.safeParse(mapped(`${folder}/${file}`)).error).toBeUndefined();
  });
  // The patient and the letter of CGM are STU3: test/mapping/fhir-stu3.test.ts reads them.
});
