import { randomUUID } from 'node:crypto';
import { importJWK, SignJWT } from 'jose';
import { z } from 'zod';
import type { Patient, Practice } from './model.ts';
import { foreignId, type Records } from './record.ts';
import { requesterOf } from './refer.ts';
import { toCondition } from './smart-fhir.ts';

/** The ways in which this HIS opens Kortelijn for a patient, beside its own form. */
export const launchWays = {
  'smart-r4': 'SMART (R4)',
  'smart-stu3': 'SMART 1 (STU3)',
  jwt: 'Ondertekende link',
} as const;
export type LaunchWay = keyof typeof launchWays;

/** A card of CDS Hooks, as far as this HIS shows it. */
const cardSchema = z.looseObject({
  summary: z.string(),
  detail: z.string().optional(),
  links: z.array(z.looseObject({ label: z.string(), url: z.url(), type: z.enum(['smart', 'absolute']) })).default([]),
});
const cardsSchema = z.looseObject({ cards: z.array(cardSchema) });
export type Card = z.infer<typeof cardSchema>;

export interface LaunchParts {
  /** Where this process reaches Kortelijn, and where browsers do. */
  readonly kortelijn: string;
  readonly kortelijnPublic: string;
  readonly now: () => Date;
}

const cardMs = 1_500;

/** Signed with the practice's own key; `iss` is how the region's directory knows this HIS. */
export async function signAs(practice: Practice, claims: object, audience: string, now: Date): Promise<string> {
  const key = practice.launchKey ?? {};
  const seconds = Math.floor(now.getTime() / 1_000);
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: key.kid ?? '', typ: 'JWT' })
    .setIssuer(`http://${practice.id}.his.example`)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + 120)
    .sign(await importJWK(key, 'ES256'));
}

/** A signed link, with a number of this HIS for what may come of it: under that number the answer files itself. */
export async function signedUrl(records: Records, patient: Patient, parts: LaunchParts, home: string): Promise<string> {
  const { practice } = records;
  const { kortelijnPublic, now } = parts;
  const transaction = randomUUID();
  const system = `${home}/${practice.id}/fhir/transaction`;
  const made = { patientId: patient.id, madeAt: now().toISOString(), state: 'opened' } as const;
  await records.referrals.put({ ...made, id: foreignId(system, transaction), system, value: transaction });
  const claims = {
    'user-id': { system: 'agb-z', value: requesterOf(records, patient, undefined).agb },
    'org-id': { system: 'agb-z', value: practice.agb },
    context: { 'patient-id': patient.id, 'xis-transaction-id': transaction },
  };
  const url = new URL(`${kortelijnPublic}/launch/jwt`);
  url.searchParams.set('token', await signAs(practice, claims, url.href, now()));
  return url.href;
}

/** What Kortelijn has to say at the opening of a record (hook patient-view); nothing when it does not answer in time. */
export async function cardsAt(records: Records, patient: Patient, parts: LaunchParts): Promise<readonly Card[]> {
  const { practice } = records;
  if (!practice.launchKey) return [];
  const path = '/cds-services/refer-patient-view';
  const entry = patient.episodes.map((one) => ({ resource: toCondition('r4', patient.id, one) }));
  const call = {
    hook: 'patient-view',
    hookInstance: randomUUID(),
    context: { userId: `Practitioner/${requesterOf(records, patient, undefined).id}`, patientId: patient.id },
    prefetch: { conditions: { resourceType: 'Bundle', type: 'searchset', entry } },
  };
  try {
    const token = await signAs(practice, {}, `${parts.kortelijnPublic}${path}`, parts.now());
    const response = await fetch(`${parts.kortelijn}${path}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', 'Accept-Language': 'nl' },
      body: JSON.stringify(call),
      signal: AbortSignal.timeout(cardMs),
    });
    return cardsSchema.safeParse(await response.json()).data?.cards ?? [];
  } catch {
    return [];
  }
}
