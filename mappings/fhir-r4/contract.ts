import { z } from 'zod';
import { validBsn } from '../../src/fhir/identifiers.ts';
import { identifiers } from '../../src/fhir/systems.ts';
import { nameFromFhir } from '../../src/referral/name-from-fhir.ts';
import type { Parts } from './gather.ts';
import type { CancelParts } from './gather-cancellation.ts';
import { practiceNumber } from './meaning.ts';

/** Base R4 has been checked before; here stands only what this project asks beyond it. */
const reference = z.looseObject({
  reference: z.string().optional(),
  display: z.string().optional(),
  type: z.string().optional(),
});
const coding = z.looseObject({
  system: z.string().optional(),
  code: z.string().optional(),
  display: z.string().optional(),
});
const concept = z.looseObject({ coding: z.array(coding).optional(), text: z.string().optional() });
/** FHIR allows a year or a month; what a referral is counted from needs a day. */
const wholeDay = /^\d{4}-\d{2}-\d{2}/;
const bsnSystems: readonly string[] = [identifiers.bsn, identifiers.bsnOid];

const identifier = z
  .looseObject({
    system: z.string().optional(),
    value: z.string().optional(),
    use: z.string().optional(),
    type: concept.optional(),
  })
  .refine((one) => !bsnSystems.includes(one.system ?? '') || one.value === undefined || validBsn(one.value), {
    path: ['value'],
    error: 'bsn-invalid',
  });

const patient = z.looseObject(
  {
    resourceType: z.literal('Patient', 'required:patient'),
    identifier: z.array(identifier).optional(),
    name: z
      .array(
        z.looseObject({
          use: z.string().optional(),
          text: z.string().optional(),
          family: z.string().optional(),
          given: z.array(z.string().nullable()).optional(),
        }),
        'required:patient-name',
      )
      .refine((names) => nameFromFhir(names).family !== '', 'required:patient-name'),
    birthDate: z.iso.date({
      error: (problem) => (problem.input === undefined ? 'required:birth-date' : 'impossible-date'),
    }),
    gender: z.string().optional(),
    telecom: z
      .array(z.looseObject({ system: z.string().optional(), value: z.string().optional(), use: z.string().optional() }))
      .optional(),
    address: z
      .array(
        z.looseObject({
          use: z.string().optional(),
          line: z.array(z.string()).optional(),
          postalCode: z.string().optional(),
          city: z.string().optional(),
        }),
      )
      .optional(),
  },
  'required:patient',
);

const consent = z
  .looseObject(
    {
      status: z.literal('active', 'consent-missing'),
      dateTime: z.string('required:consent-date').regex(wholeDay, 'value:whole-day'),
      performer: z.array(reference, 'required:consent-by').min(1, 'required:consent-by'),
      extension: z.array(z.looseObject({ url: z.string(), valueCode: z.string().optional() })).optional(),
      sourceAttachment: z.unknown().optional(),
      sourceReference: z.unknown().optional(),
      provision: z.looseObject({ type: z.string().optional(), code: z.array(concept).optional() }).optional(),
    },
    'consent-missing',
  )
  .refine((one) => one.provision?.type !== 'deny', { path: ['provision', 'type'], error: 'consent-missing' });

const numbers = z
  .array(identifier, 'required:referral-number')
  .refine((all) => practiceNumber(all) !== undefined, 'required:referral-number');

const serviceRequest = z.looseObject({
  resourceType: z.literal('ServiceRequest'),
  identifier: numbers,
  status: z.enum(['active', 'completed'], 'value:status'),
  intent: z.enum(['order', 'original-order', 'filler-order'], 'value:intent'),
  authoredOn: z.string('required:authored-on').regex(wholeDay, 'value:whole-day'),
  priority: z.string().optional(),
  subject: reference,
});

const number = z.looseObject({ system: z.string(), value: z.string() }, 'value:replaces');

const referral = z.looseObject({
  kind: z.literal('refer'),
  serviceRequest,
  patient,
  consent,
  replaces: number.optional(),
});

/** A withdrawal needs the number; who it was about is checked by the journey (H3). */
const cancellation = z.looseObject({
  kind: z.literal('cancel'),
  request: z.looseObject({ identifier: numbers }),
  patient: z
    .looseObject({
      identifier: z.array(identifier).optional(),
      name: z.array(z.looseObject({})).optional(),
      birthDate: z.string().optional(),
    })
    .optional(),
  reason: z.string().optional(),
});

export type ReferralMessage = Omit<Parts, 'serviceRequest' | 'patient' | 'consent' | 'replaces'> &
  z.infer<typeof referral>;
export type CancelMessage = Omit<CancelParts, 'request' | 'patient'> & z.infer<typeof cancellation>;
export type Message = ReferralMessage | CancelMessage;

/** What this project requires of a FHIR R4 message; the shapes are those of the parts, taken apart by gather. */
export const contract = z.discriminatedUnion('kind', [referral, cancellation]) as unknown as z.ZodType<Message>;
