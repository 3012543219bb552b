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

/** What a message to the practice says, and what kind it is (our CodeSystem communication-category). */
export interface Message {
  readonly category: 'feedback-final' | 'feedback-interim' | 'question' | 'system-notice' | 'recall';
  /** For the list that a GP reads in a full consulting hour. */
  readonly firstLine: string;
  /** The whole letter, the first line included. */
  readonly text: string;
  readonly topic?: string;
  readonly outcomes?: FeedbackAnswer['outcomes'];
  /** The Communication that it answers. */
  readonly inResponseTo?: string;
}

export interface Sending {
  readonly id: string;
  readonly messageId: string;
  readonly now: string;
  readonly senderRole: string;
}

/**
 * A message to the practice as FHIR Communication, whole in itself: it files under the practice's own referral number,
 * date, sender's discipline and episode. `in-progress` until the practice's system proves that it has it.
 */
export function communicationOf(
  journey: Journey,
  message: Message,
  head: LetterHead,
  at: Sending,
): Communication & { id: string } {
  const request = journey.serviceRequest.resource;
  const episode = request.supportingInfo?.find((one) => one.type === 'EpisodeOfCare');
  const { outcomes = [], inResponseTo } = message;
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
    ...(outcomes.length > 0 && {
      extension: outcomes.map((one) => ({
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
    ...(inResponseTo && { inResponseTo: [{ reference: `Communication/${inResponseTo}` }] }),
    status: 'in-progress',
    category: [concept(codeSystems.communicationCategory, message.category)],
    priority: 'routine',
    medium: [concept(codeSystems.participationMode, 'ELECTRONIC')],
    subject: { reference: '#patient' },
    topic: { text: message.topic ?? 'Terugkoppeling verwijzing Wally' },
    ...(episode && { about: [episode] }),
    sent: at.now,
    recipient: [
      {
        type: 'Organization',
        reference: `Organization/${journey.practice}`,
        ...(head.practice && { display: head.practice }),
      },
    ],
    // Named here too: a receiver's list shows who wrote without opening what is contained.
    sender: { reference: '#sender', display: head.sender },
    payload: [{ contentString: message.firstLine }, { contentString: message.text }],
  };
}

/** The Wally's report as Communication; without consent to content, a closure without content (H9). */
export function toCommunication(
  journey: Journey,
  answer: FeedbackAnswer,
  head: LetterHead,
  at: Sending,
): Communication & { id: string } {
  const message: Message = {
    category: answer.final ? 'feedback-final' : 'feedback-interim',
    firstLine: firstLine(answer, head.closureOnly),
    text: letterText(answer, head),
    outcomes: head.closureOnly ? [] : answer.outcomes,
  };
  return communicationOf(journey, message, head, at);
}
