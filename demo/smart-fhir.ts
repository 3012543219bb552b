import { z } from 'zod';
import { codeSystems, extensions } from '../src/fhir/systems.ts';
import type { Episode } from './model.ts';
import { foreignId, type Records } from './record.ts';

/** Which FHIR a server of this HIS speaks; the older one is how some GP systems do it today. */
export type ServerKind = 'r4' | 'stu3';

/** What a launched application may write there. */
export const writableBy: Readonly<Record<ServerKind, string>> = { r4: 'ServiceRequest', stu3: 'DocumentReference' };

/** An episode as a Condition; R4 has a concept where STU3 has a code. */
export function toCondition(kind: ServerKind, patient: string, { id, icpc, title, since }: Episode): object {
  const active = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }] };
  return {
    resourceType: 'Condition',
    id,
    clinicalStatus: kind === 'r4' ? active : 'active',
    code: { coding: [{ system: codeSystems.icpc1, code: icpc }], text: title },
    subject: { reference: `Patient/${patient}` },
    onsetDateTime: since,
  };
}

export function toCapability(kind: ServerKind, url: string): object {
  const [read, search, create] = ['read', 'search-type', 'create'].map((code) => ({ code }));
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-01-01',
    kind: 'instance',
    ...(kind === 'stu3' && { acceptUnknown: 'no' }),
    fhirVersion: kind === 'r4' ? '4.0.1' : '3.0.2',
    format: ['json'],
    rest: [
      {
        mode: 'server',
        security: {
          extension: [
            {
              url: extensions.oauthUris,
              extension: [
                { url: 'authorize', valueUri: `${url}/authorize` },
                { url: 'token', valueUri: `${url}/token` },
              ],
            },
          ],
        },
        resource: [
          { type: 'Patient', interaction: [read] },
          { type: 'Practitioner', interaction: [read] },
          { type: 'Condition', interaction: [search] },
          { type: writableBy[kind], interaction: [create] },
        ],
      },
    ],
  };
}

const noteSchema = z.looseObject({
  identifier: z.array(z.looseObject({ system: z.string(), value: z.string() })).min(1),
  subject: z.looseObject({ reference: z.string() }),
});

/**
 * Keeps what an application wrote as a referral of this patient, under its first number, so that the answer to it files
 * itself; the same number twice is one. Gives its id; undefined when it is about somebody else, or not understood.
 */
export async function noteReferral(
  records: Records,
  patientId: string,
  body: unknown,
  now: Date,
): Promise<string | undefined> {
  const note = noteSchema.safeParse(body);
  const number = note.data?.identifier[0];
  if (!number || note.data?.subject.reference !== `Patient/${patientId}`) return undefined;
  const { system, value } = number;
  const id = foreignId(system, value);
  if (!records.referralBy(system, value)) {
    await records.referrals.put({ id, system, value, patientId, madeAt: now.toISOString(), state: 'accepted' });
  }
  return id;
}
