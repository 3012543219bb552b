import type { ServiceRequest } from '@medplum/fhirtypes';
import { message, type Parts, partsOf, places } from '../mapping/messages.ts';
import type { Ask, FhirRow } from './refusals-table.ts';

const { request: sr, consent: given, patient: person } = places;

/** The message under the row's own number and message id, as text. */
export const written = (received: unknown, number: string): string =>
  JSON.stringify(received)
    .replaceAll('2026-001001', number)
    .replaceAll('urn:uuid:00000001-0000-4000-8000-000000000001"', `${number}"`);

/** A good transaction after a change. */
export const bundle =
  (change: (parts: Parts) => void = () => undefined) =>
  (number: string): Ask => {
    const received = message('fhir-loneliness');
    change(partsOf(received));
    return { body: written(received, number) };
  };

export const put = <T extends object>(part: T, change: Partial<T>): void => void Object.assign(part, change);

/** What a message says, and may not say. */
export const contentRows: readonly FhirRow[] = [
  {
    row: 'required element missing',
    what: 'what FHIR R4 asks',
    ask: bundle(({ request }) => void delete (request as Partial<ServiceRequest>).intent),
    status: 422,
    told: [['required', 'missing-field:intent', `${sr}.intent`]],
    kept: 'sealed',
  },
  {
    row: 'required element missing',
    what: 'what a referral asks, all of it at once',
    ask: bundle(({ patient, request }) => {
      delete patient.name;
      delete request.authoredOn;
    }),
    status: 422,
    told: [
      ['required', 'required-authored-on', `${sr}.authoredOn`],
      ['required', 'required-patient-name', `${person}.name`],
    ],
    kept: 'sealed',
  },
  {
    row: 'value not in required set, impossible date',
    what: 'a code that is not of its set',
    ask: bundle(({ request }) => put(request, { priority: 'soon' as 'urgent' })),
    status: 422,
    told: [['code-invalid', 'code-not-allowed:priority', `${sr}.priority`]],
    kept: 'sealed',
  },
  {
    row: 'value not in required set, impossible date',
    what: 'the thirtieth of February',
    ask: bundle(({ patient }) => put(patient, { birthDate: '1948-02-30' })),
    status: 422,
    told: [['value', 'impossible-date:birthDate', `${person}.birthDate`]],
    kept: 'sealed',
  },
  {
    row: 'value not in required set, impossible date',
    what: 'a BSN that cannot be',
    ask: bundle(({ patient }) =>
      put(patient, { identifier: [{ system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: '999930334' }] }),
    ),
    status: 422,
    told: [['value', 'bsn-invalid', `${person}.identifier[0].value`]],
    kept: 'sealed',
  },
  {
    row: 'value not in required set, impossible date',
    what: 'a reference to what is not in the message',
    ask: bundle(({ request }) =>
      put(request, { requester: { reference: 'urn:uuid:00000001-0000-4000-8000-0000000000ff' } }),
    ),
    status: 422,
    told: [['value', 'unresolved-reference', `${sr}.requester.reference`]],
    kept: 'sealed',
  },
  {
    row: 'cross-field rule',
    what: 'an invariant of FHIR R4',
    ask: bundle(({ consent }) => void delete consent.policyRule),
    status: 422,
    told: [['invariant', 'invariant:ppc-1', given]],
    kept: 'sealed',
  },
  {
    row: 'cross-field rule',
    what: 'the resident has died',
    ask: bundle(({ patient }) => put(patient, { deceasedBoolean: true })),
    status: 422,
    told: [['business-rule', 'deceased', `${person}.birthDate`]],
    kept: 'sealed',
  },
  {
    row: 'cross-field rule',
    what: 'consent of tomorrow',
    ask: bundle(({ consent }) => put(consent, { dateTime: '2026-11-24' })),
    status: 422,
    told: [['business-rule', 'consent-in-future', `${given}.dateTime`]],
    kept: 'ids and hash',
  },
  {
    row: 'unsupported event, resource, profile version',
    what: 'another kind of Bundle',
    ask: bundle(({ bundle }) =>
      put(bundle, { type: 'collection', entry: (bundle.entry ?? []).map(({ request: _, ...entry }) => entry) }),
    ),
    status: 422,
    told: [['not-supported', 'bundle-type', 'Bundle.type']],
    kept: 'sealed',
  },
  {
    row: 'unsupported event, resource, profile version',
    what: 'another resource than the address is for',
    ask: () => ({ body: '{"resourceType":"Patient","name":[{"family":"Kanarie"}]}' }),
    status: 422,
    told: [['not-supported', 'other-resource', 'resourceType']],
    kept: 'sealed',
  },
  {
    row: 'unsupported event, resource, profile version',
    what: 'two referrals in one message',
    ask: bundle(({ add, request, without }) => {
      add(structuredClone(request), 'urn:uuid:00000001-0000-4000-8000-000000000099');
      // No Task says which of them it is about.
      without('Task');
    }),
    status: 422,
    told: [['not-supported', 'several-referrals', 'Bundle.entry']],
    kept: 'sealed',
  },
  {
    row: 'unknown practice / service / target',
    what: 'a practice that has no Wally',
    ask: (number) => ({ ...bundle()(number), by: 'no-wally' }),
    status: 404,
    told: [['not-found', 'no-wally-service', 'Bundle.entry[3].resource']],
    kept: 'sealed',
  },
  {
    row: 'consent/basis missing',
    what: 'no Consent',
    ask: bundle(({ without, request }) => {
      delete request.supportingInfo;
      without('Consent');
    }),
    status: 403,
    told: [['forbidden', 'consent-missing', 'Bundle.entry[4].resource.supportingInfo']],
    kept: 'ids and hash',
  },
  {
    row: 'consent/basis missing',
    what: 'a Consent that denies, beside another fault',
    ask: bundle(({ consent, patient }) => {
      put(consent, { provision: { type: 'deny' } });
      delete patient.birthDate;
    }),
    status: 403,
    told: [
      ['required', 'required-birth-date', `${person}.birthDate`],
      ['forbidden', 'consent-missing', `${given}.provision.type`],
    ],
    kept: 'ids and hash',
  },
];
