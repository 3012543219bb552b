import type { Communication, Patient } from '@medplum/fhirtypes';
import { codeSystems, extensions, identifiers } from '../fhir/systems.ts';
import type { Journey } from '../referral/journey.ts';
import type { FeedbackAnswer } from './answer.ts';
import { firstLine, type LetterHead, letterText } from './letter.ts';

const concept = (system: string, code: string, text?: string) => ({
  coding: [{ system, code }],
  ...(text && { text }),
});

/** The resident as the practice needs to file the letter: its own patient id, name, birth date (H3). No more travels back. */
function patientForFiling(patient: Patient): Patient {
  const own = (patient.identifier ?? []).filter((one) => one.system !== identifiers.bsn);
  return {
    resourceType: 'Patient',
    id: 'patient',
    ...(own.length > 0 && { identifier: own }),
    ...(patient.name?.[0] && { name: [patient.name[0]] }),
    ...(patient.birthDate && { birthDate: patient.birthDate }),
  };
}

/**
 * Feedback as FHIR Communication, whole in itself: it files under the practice's own referral number, date,
 * sender's discipline and episode. `in-progress` until the practice's system proves that it has it.
 */
export function toCommunication(
  journey: Journey,
  answer: FeedbackAnswer,
  head: LetterHead,
  at: { readonly id: string; readonly messageId: string; readonly now: string; readonly senderRole: string },
): Communication & { id: string } {
  const request = journey.serviceRequest.resource;
  const episode = request.supportingInfo?.find((one) => one.type === 'EpisodeOfCare');
  return {
    resourceType: 'Communication',
    id: at.id,
    contained: [
      patientForFiling(journey.patient.resource),
      {
        resourceType: 'PractitionerRole',
        id: 'sender',
        identifier: [{ system: identifiers.task, value: at.senderRole }],
        practitioner: { display: head.sender },
        organization: { display: head.team },
        code: [concept(codeSystems.snomed, '106328005', 'sociaal werker')],
        ...(head.phone && { telecom: [{ system: 'phone', value: head.phone }] }),
      },
    ],
    ...(!head.closureOnly &&
      answer.outcomes.length > 0 && {
        extension: answer.outcomes.map((one) => ({
          url: extensions.lifeAreaOutcome,
          extension: [
            { url: 'lifeArea', valueCoding: { system: codeSystems.lifeArea, code: one.lifeArea } },
            { url: 'outcome', valueCoding: { system: codeSystems.outcome, code: one.outcome } },
          ],
        })),
      }),
    identifier: [{ system: identifiers.message, value: `urn:uuid:${at.messageId}` }],
    basedOn: [
      { type: 'ServiceRequest', identifier: journey.index.practiceReferral },
      { type: 'ServiceRequest', identifier: { system: identifiers.journeyNumber, value: journey.index.number } },
    ],
    partOf: [{ type: 'Task', identifier: { system: identifiers.task, value: `urn:uuid:${journey.task.resource.id}` } }],
    status: 'in-progress',
    category: [concept(codeSystems.communicationCategory, answer.final ? 'feedback-final' : 'feedback-interim')],
    priority: 'routine',
    medium: [concept(codeSystems.participationMode, 'ELECTRONIC')],
    subject: { reference: '#patient' },
    topic: { text: 'Terugkoppeling verwijzing Wally' },
    ...(episode && { about: [episode] }),
    sent: at.now,
    recipient: [{ type: 'Organization', reference: `Organization/${journey.practice}` }],
    // Named here too: a receiver's list shows who wrote without opening what is contained.
    sender: { reference: '#sender', display: head.sender },
    payload: [{ contentString: firstLine(answer, head.closureOnly) }, { contentString: letterText(answer, head) }],
  };
}
