import { codeSystems, extensions, identifiers, profiles } from '../fhir/systems.ts';
import type { Profile } from './spec.ts';
import { valueSetOf } from './terminology.ts';

const hasIdentifier = (system: string) => `identifier.where(system = '${system}').exists()`;
const hasCoding = (path: string, system: string, code: string) =>
  `${path}.coding.where(system = '${system}' and code = '${code}').exists()`;
const ofJourney = { patternIdentifier: { system: identifiers.journey } };
const isFulfil = hasCoding('code', codeSystems.taskCode, 'fulfill');
const isAbort = hasCoding('code', codeSystems.taskCode, 'abort');

/** What we promise of each resource that we make: of a referral, and of its answer. */
const referralProfiles: readonly Profile[] = [
  {
    type: 'ServiceRequest',
    url: profiles.ServiceRequest,
    title: 'Referral',
    description:
      "The practice's referral (intent order), " +
      "or the Wally's own request to another organisation (intent filler-order). It belongs to the practice: " +
      'the social side speaks through Task and Communication.',
    carries: [
      { slice: 'residentQuestion', url: extensions.residentQuestion, max: '1' },
      { slice: 'safeContact', url: extensions.safeContact, max: '1' },
      { slice: 'unconfirmed', url: extensions.unconfirmed, max: '1' },
      { slice: 'promise', url: extensions.promise, max: '1' },
    ],
    rules: [
      {
        path: 'ServiceRequest.identifier',
        min: 1,
        short: "The practice's number (PLAC), and the number people read aloud",
      },
      { path: 'ServiceRequest.requisition', min: 1, short: 'The journey: all hops of one referral', is: ofJourney },
      { path: 'ServiceRequest.category', short: 'Life areas, beside the kind of request' },
      { path: 'ServiceRequest.priority', min: 1 },
      { path: 'ServiceRequest.authoredOn', min: 1 },
      { path: 'ServiceRequest.requester', min: 1, short: 'PractitionerRole or Organization' },
      {
        path: 'ServiceRequest.performer',
        min: 1,
        short: 'The service of the practice, never the person: it stays when she is away',
      },
      { path: 'ServiceRequest.reasonCode', min: 1, short: 'The reason in words; medical codes only with consent' },
      { path: 'ServiceRequest.supportingInfo', min: 1, short: 'The Consent, and letters' },
    ],
    invariants: [
      ['kl-sr-1', 'A reason in words', 'reasonCode.text.exists()'],
      ['kl-sr-2', 'Consent is named', "supportingInfo.reference.where($this.startsWith('Consent/')).exists()"],
      [
        'kl-sr-3',
        "An order of the practice has the practice's number and the journey's",
        `intent = 'order' implies (${hasCoding('identifier.type', codeSystems.v2IdentifierType, 'PLAC')} and ${hasIdentifier(identifiers.journeyNumber)})`,
      ],
      [
        'kl-sr-4',
        'A request to another organisation says what it is based on',
        "intent = 'filler-order' implies basedOn.exists()",
      ],
      [
        'kl-sr-5',
        'What was revoked says why',
        `(status = 'revoked' or status = 'entered-in-error') implies extension.where(url = '${extensions.requestStatusReason}').exists()`,
      ],
    ],
  },
  {
    type: 'Task',
    url: profiles.Task,
    title: 'Work on a referral',
    description:
      'The work itself (code fulfill), or the practice asking to stop it (code abort). How far the work is; never how far a message is.',
    carries: [
      { slice: 'actingFor', url: extensions.actingFor, max: '1' },
      { slice: 'proposedOwner', url: extensions.proposedOwner, max: '1' },
      { slice: 'lead', url: extensions.lead, max: '1' },
      { slice: 'interimWanted', url: extensions.interimWanted, max: '1' },
      { slice: 'promise', url: extensions.promise, max: '1' },
    ],
    rules: [
      { path: 'Task.identifier', min: 1 },
      { path: 'Task.groupIdentifier', min: 1, short: 'The journey', is: ofJourney },
      { path: 'Task.businessStatus', required: valueSetOf(codeSystems.businessStatus), short: 'What happened last' },
      { path: 'Task.intent', is: { fixedCode: 'order' } },
      { path: 'Task.code', min: 1, short: 'fulfill or abort' },
      { path: 'Task.focus', min: 1, short: 'The ServiceRequest; of a request to stop: the Task' },
      { path: 'Task.for', min: 1 },
      { path: 'Task.authoredOn', min: 1 },
      { path: 'Task.lastModified', min: 1 },
      { path: 'Task.requester', min: 1 },
      { path: 'Task.owner', short: 'Who has it now; absent: the queue of the team, with an alarm' },
      { path: 'Task.output.type', required: valueSetOf(codeSystems.taskOutput) },
    ],
    invariants: [
      ['kl-task-1', 'Work, or a request to stop it', `${isFulfil} or ${isAbort}`],
      [
        'kl-task-2',
        'Work is based on a request and has a term',
        `${isFulfil} implies (basedOn.exists() and restriction.period.end.exists() and restriction.recipient.exists())`,
      ],
      [
        'kl-task-3',
        'Work that ended without being done says why',
        "(status = 'rejected' or status = 'cancelled' or status = 'failed' or status = 'entered-in-error') implies statusReason.text.exists()",
      ],
      [
        'kl-task-4',
        "The Wally's work cannot close without feedback",
        `(status = 'completed' and ${isFulfil}) implies output.where(${hasCoding('type', codeSystems.taskOutput, 'feedback')}).exists()`,
      ],
      [
        'kl-task-5',
        'Work of ours has a state; work of another organisation does not need one',
        `(${isFulfil} and partOf.empty()) implies businessStatus.exists()`,
      ],
    ],
  },
  {
    type: 'Communication',
    url: profiles.Communication,
    title: 'Message',
    description:
      "A message to the practice (feedback, question, notice), or the practice's answer. " +
      "Whole in itself, so that it files under the practice's own number. " +
      "It is completed only when the practice's system proved that it has it.",
    carries: [{ slice: 'lifeAreaOutcome', url: extensions.lifeAreaOutcome, max: '*' }],
    rules: [
      { path: 'Communication.category', min: 1, max: '1', required: valueSetOf(codeSystems.communicationCategory) },
      { path: 'Communication.subject', min: 1 },
      { path: 'Communication.sent', min: 1 },
      { path: 'Communication.sender', min: 1 },
      { path: 'Communication.payload', min: 1, short: 'First the answer in one line, then the whole letter' },
    ],
    invariants: [
      ['kl-com-1', 'Completed only on proof of receipt', "status = 'completed' implies received.exists()"],
      [
        'kl-com-2',
        'A message to the practice can be filed: our message id, its own number, our Task, the practice',
        `${hasCoding('category', codeSystems.communicationCategory, 'answer')} or (${hasIdentifier(identifiers.message)} ` +
          'and basedOn.identifier.exists() and partOf.exists() and recipient.exists() and contained.exists())',
      ],
      ['kl-com-3', 'The BSN never travels back', `contained.identifier.where(system = '${identifiers.bsn}').empty()`],
      [
        'kl-com-4',
        'The first line fits in a full consulting hour',
        'payload.first().content.length() <= 140 or payload.count() = 1',
      ],
    ],
  },
  {
    type: 'Consent',
    url: profiles.Consent,
    title: 'Consent',
    description: 'What the resident agreed to, in both directions. Without it nothing leaves the practice.',
    carries: [
      { slice: 'method', url: extensions.consentMethod, min: 1, max: '1' },
      { slice: 'custody', url: extensions.custody, max: '1' },
    ],
    rules: [
      { path: 'Consent.patient', min: 1 },
      { path: 'Consent.dateTime', min: 1 },
      { path: 'Consent.performer', min: 1, short: 'Who agreed: the resident, the parents, a representative' },
      { path: 'Consent.organization', min: 1, short: 'Who asked' },
      { path: 'Consent.policyRule', min: 1, required: valueSetOf(codeSystems.legalBasis) },
      { path: 'Consent.provision', min: 1 },
      { path: 'Consent.provision.actor', min: 1, short: 'Who may receive it' },
      { path: 'Consent.provision.code', min: 1, required: valueSetOf(codeSystems.consentDetail) },
    ],
  },
  {
    type: 'Patient',
    url: profiles.Patient,
    title: 'Resident',
    description: 'The resident, in the manner of nl-core. The Wally sees no BSN by default.',
    rules: [
      { path: 'Patient.name', min: 1 },
      { path: 'Patient.birthDate', min: 1 },
    ],
    invariants: [
      [
        'kl-pat-1',
        'A name that can be read and one that can be sorted',
        "name.where(use = 'official' and text.exists() and family.exists()).exists()",
      ],
    ],
  },
  {
    type: 'Appointment',
    url: profiles.Appointment,
    title: 'Appointment with the resident',
    description: 'Whoever sees a calendar must learn nothing from it: the description is always the same word.',
    rules: [
      { path: 'Appointment.description', min: 1, is: { fixedString: 'afspraak' } },
      { path: 'Appointment.start', min: 1 },
      { path: 'Appointment.end', min: 1 },
      { path: 'Appointment.basedOn', min: 1 },
    ],
  },
  {
    type: 'Provenance',
    url: profiles.Provenance,
    title: 'Step of a journey',
    description: 'One per move: which versions came of it, who made it, from what.',
    rules: [{ path: 'Provenance.activity', min: 1, required: valueSetOf(codeSystems.provenanceActivity) }],
    invariants: [
      ['kl-prov-1', 'It names versions, not only resources', "target.reference.all($this.contains('/_history/'))"],
    ],
  },
];

/** What stands in the trail and in the directory. */
const otherProfiles: readonly Profile[] = [
  {
    type: 'AuditEvent',
    url: profiles.AuditEvent,
    title: 'Line of the trail',
    description: 'One per view, transfer, change, login and refusal (NEN 7513). It holds no content.',
    rules: [
      {
        path: 'AuditEvent.subtype',
        min: 1,
        max: '1',
        required: valueSetOf(codeSystems.auditEvent),
        short: 'What happened',
      },
      { path: 'AuditEvent.action', min: 1 },
      { path: 'AuditEvent.outcome', min: 1 },
      { path: 'AuditEvent.purposeOfEvent', min: 1 },
      { path: 'AuditEvent.agent.who', min: 1 },
    ],
    invariants: [['kl-aud-1', 'No content of the thing itself', 'entity.detail.empty() and entity.query.empty()']],
  },
  {
    type: 'PractitionerRole',
    url: profiles.PractitionerRole,
    title: 'Person in a role',
    description:
      'A Wally, a team lead, a GP. An absence stands in notAvailable; period.end is the last day of who leaves.',
    carries: [
      { slice: 'fixedSubstitute', url: extensions.fixedSubstitute, max: '1' },
      { slice: 'fixedWally', url: extensions.fixedWally, max: '1' },
    ],
    rules: [
      { path: 'PractitionerRole.practitioner', min: 1 },
      { path: 'PractitionerRole.organization', min: 1 },
      { path: 'PractitionerRole.code', min: 1, short: 'Our role' },
    ],
    invariants: [['kl-role-1', 'One of our roles', `code.coding.where(system = '${codeSystems.role}').exists()`]],
  },
  {
    type: 'HealthcareService',
    url: profiles.HealthcareService,
    title: 'Wally of a practice',
    description: 'What a referral asks for, whoever is present.',
    carries: [
      { slice: 'servesPractice', url: extensions.servesPractice, min: 1, max: '1' },
      { slice: 'fixedWally', url: extensions.fixedWally, max: '1' },
      { slice: 'assignmentRule', url: extensions.assignmentRule, max: '*' },
      { slice: 'serviceLevels', url: extensions.serviceLevels, max: '1' },
      { slice: 'cooperation', url: extensions.cooperation, max: '1' },
    ],
    rules: [
      { path: 'HealthcareService.providedBy', min: 1 },
      { path: 'HealthcareService.name', min: 1 },
    ],
  },
  {
    type: 'Organization',
    url: profiles.Organization,
    title: 'Practice or Wally organisation',
    description: 'A practice has organisation type Z3; its Endpoints stand in the order in which they are tried.',
    carries: [
      { slice: 'dataContract', url: extensions.dataContract, max: '1' },
      { slice: 'standardSentence', url: extensions.standardSentence, max: '*' },
    ],
    rules: [{ path: 'Organization.name', min: 1 }],
  },
];

/** Every profile of ours, in the order of the guide. */
export const profileSpecs: readonly Profile[] = [...referralProfiles, ...otherProfiles];
