import { randomUUID } from 'node:crypto';
import type { Bundle } from '@medplum/fhirtypes';
import { buildReferral } from '../../demo/bundle.ts';
import type { Patient, Practice } from '../../demo/model.ts';

/** A referral as the GP system sends it. `message` is its control id; the urn:uuids and the moment are new each time. */
export function bundleOf(
  practice: Practice,
  patient: Patient,
  came: { number: string; message?: string; reason?: string },
): Bundle {
  const [gp] = practice.gps;
  if (!gp) throw new Error('a practice has a GP');
  const seconds = String(Math.trunc(Math.random() * 60)).padStart(2, '0');
  return buildReferral({
    practice,
    gp,
    patient,
    request: {
      reason: came.reason ?? 'Is veel alleen sinds het overlijden van haar man.',
      lifeAreas: ['loneliness'],
      priority: 'routine',
      consent: { by: 'resident', how: 'spoken', medical: false, feedback: true },
    },
    ids: {
      bundle: came.message ?? randomUUID(),
      patient: randomUUID(),
      organization: randomUUID(),
      practitioner: randomUUID(),
      practitionerRole: randomUUID(),
      consent: randomUUID(),
      condition: randomUUID(),
      serviceRequest: randomUUID(),
      task: randomUUID(),
    },
    number: came.number,
    authoredOn: `2026-11-20T09:00:${seconds}+01:00`,
  });
}
