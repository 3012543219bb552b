import { createHash, randomUUID } from 'node:crypto';
import { buildReferral } from './bundle.ts';
import { ownSystems, toFhirPatient } from './fhir-patient.ts';
import { openRefer, type Reach, sendReferral, stateAfter } from './kortelijn.ts';
import type { Answer, Gp, MadeReferral, Patient, ReferRequest } from './model.ts';
import { localInstant } from './names.ts';
import type { Records } from './record.ts';

/** The GP who refers: the one chosen, else the patient's own, else the first of the practice. */
export function requesterOf(records: Records, patient: Patient, chosen: string | undefined): Gp {
  const { gps } = records.practice;
  const gp = gps.find((one) => one.id === chosen) ?? gps.find((one) => one.id === patient.gp) ?? gps[0];
  if (!gp) throw new Error('a practice has at least one GP');
  return gp;
}

const newIds = () => ({
  bundle: randomUUID(),
  patient: randomUUID(),
  organization: randomUUID(),
  practitioner: randomUUID(),
  practitionerRole: randomUUID(),
  consent: randomUUID(),
  condition: randomUUID(),
  serviceRequest: randomUUID(),
  task: randomUUID(),
});

async function make(records: Records, patient: Patient, request: ReferRequest, now: Date): Promise<MadeReferral> {
  const number = records.nextNumber(now);
  const ids = newIds();
  const gp = requesterOf(records, patient, request.gp);
  const { practice } = records;
  const bundle = buildReferral({ practice, gp, patient, request, ids, number, authoredOn: localInstant(now) });
  const episode =
    patient.episodes.find((one) => one.id === request.episode) ??
    patient.episodes.find((one) => one.icpc === request.icpc);
  const made: MadeReferral = {
    id: number,
    system: ownSystems(practice.id).referral,
    value: number,
    patientId: patient.id,
    madeAt: now.toISOString(),
    state: 'not-sent',
    request: { ...request, gp: gp.id },
    ...(episode && { episodeId: episode.id }),
    body: JSON.stringify(bundle),
    messageId: `urn:uuid:${ids.bundle}`,
  };
  await records.referrals.put(made);
  return made;
}

/** Makes a referral and keeps it, bytes and all, before anything is sent. Two clicks on one form give one referral. */
export async function makeReferral(
  records: Records,
  patient: Patient,
  request: ReferRequest,
  now: Date,
  formId?: string,
): Promise<MadeReferral> {
  if (!formId) return make(records, patient, request, now);
  const making = records.forms.get(formId) ?? make(records, patient, request, now);
  records.forms.set(formId, making);
  making.catch(() => records.forms.delete(formId));
  return making;
}

/**
 * Sends a kept referral and keeps the answer. Once accepted it is only sent `again` on purpose; a yes is never undone
 * by a later silence.
 */
export async function sendMade(
  records: Records,
  reach: Reach,
  id: string,
  again = false,
): Promise<{ made: MadeReferral; answer: Answer } | undefined> {
  const made = records.referrals.get(id);
  if (!made?.body || !made.messageId) return undefined;
  if (made.state === 'accepted' && made.answer && !again) return { made, answer: made.answer };
  const answer = await sendReferral(reach, made.body, made.messageId);
  const current = records.referrals.get(id) ?? made;
  if (current.state === 'accepted' && stateAfter(answer) !== 'accepted') return { made: current, answer };
  const sent: MadeReferral = { ...made, state: stateAfter(answer), answer };
  await records.referrals.put(sent);
  return { made: sent, answer };
}

/** "Openen in Kortelijn": gives the patient's context and a number of this practice; the address of the page comes back. */
export async function openInKortelijn(
  records: Records,
  reach: Reach,
  patient: Patient,
): Promise<{ url: string } | { answer: Answer }> {
  const now = reach.now();
  const number = records.nextNumber(now);
  const { referral } = ownSystems(records.practice.id);
  const opened = await openRefer(reach, toFhirPatient(records.practice, patient), `${referral}|${number}`);
  if ('url' in opened) {
    await records.referrals.put({
      id: number,
      system: referral,
      value: number,
      patientId: patient.id,
      madeAt: now.toISOString(),
      state: 'opened',
    });
  }
  return opened;
}

/** SHA-256 of the bytes sent, hex: shows that sending again was byte-identical. */
export function bodyHash(made: MadeReferral): string | undefined {
  return made.body === undefined ? undefined : createHash('sha256').update(made.body).digest('hex');
}
