/** Every URI of the project, once. `ours` is a placeholder host until the association that keeps the profiles has one. */
const ours = 'https://kortelijn.example/fhir';

/** Identifier systems (NamingSystem) of the Netherlands: Nictiz, nl-core/zib2020. */
export const identifiers = {
  bsn: 'http://fhir.nl/fhir/NamingSystem/bsn',
  agb: 'http://fhir.nl/fhir/NamingSystem/agb-z',
  agbOid: 'urn:oid:2.16.840.1.113883.2.4.6.1',
  bsnOid: 'urn:oid:2.16.840.1.113883.2.4.6.3',
  big: 'http://fhir.nl/fhir/NamingSystem/big',
  uzi: 'http://fhir.nl/fhir/NamingSystem/uzi-nr-pers',
  ura: 'http://fhir.nl/fhir/NamingSystem/ura',
  kvk: 'http://fhir.nl/fhir/NamingSystem/kvk',
  /** The journey: one id for all hops of one referral (ServiceRequest.requisition = Task.groupIdentifier). */
  journey: `${ours}/NamingSystem/journey`,
  /** The short number people read aloud; derived from the journey. */
  journeyNumber: `${ours}/NamingSystem/journey-number`,
  task: `${ours}/NamingSystem/task`,
  /** One per message we send; the receiver's key against doing it twice. */
  message: `${ours}/NamingSystem/message`,
  inboundMessage: `${ours}/NamingSystem/inbound-message`,
  /** Followed by the name of an assigning authority that HL7 v2 gives without an OID. */
  hl7v2Authority: `${ours}/NamingSystem/hl7v2-authority/`,
  /** Followed by the mailbox number (EDI address) of the practice that gave the number out. */
  ediMailbox: `${ours}/NamingSystem/edi-mailbox/`,
} as const;

export const codeSystems = {
  lifeArea: `${ours}/CodeSystem/life-area`,
  businessStatus: `${ours}/CodeSystem/business-status`,
  communicationCategory: `${ours}/CodeSystem/communication-category`,
  consentDetail: `${ours}/CodeSystem/consent-detail`,
  legalBasis: `${ours}/CodeSystem/legal-basis`,
  outcome: `${ours}/CodeSystem/outcome`,
  /** Why a Wally says no; why work ended; why it rests (Task.statusReason). */
  statusReason: `${ours}/CodeSystem/status-reason`,
  refusal: `${ours}/CodeSystem/refusal`,
  provenanceActivity: `${ours}/CodeSystem/provenance-activity`,
  taskOutput: `${ours}/CodeSystem/task-output`,
  role: `${ours}/CodeSystem/role`,
  consentMethod: `${ours}/CodeSystem/consent-method`,
  custody: `${ours}/CodeSystem/custody`,
  proof: `${ours}/CodeSystem/proof`,
  route: `${ours}/CodeSystem/route`,
  bsnUse: `${ours}/CodeSystem/bsn-use`,
  /** Stand-ins: the Zelfredzaamheid-Matrix and Positieve Gezondheid publish no URI of their own. */
  zrm: `${ours}/CodeSystem/zrm-2017-domain`,
  positiveHealth: `${ours}/CodeSystem/positive-health-dimension`,
  gravity: 'http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes',
  icpc1: 'http://hl7.org/fhir/sid/icpc-1-nl',
  /** How else systems write ICPC-1: without the country, and by its OID (STU3). */
  icpc1Bare: 'http://hl7.org/fhir/sid/icpc-1',
  icpc1Oid: 'urn:oid:2.16.840.1.113883.2.4.4.31.1',
  snomed: 'http://snomed.info/sct',
  loinc: 'http://loinc.org',
  taskCode: 'http://hl7.org/fhir/CodeSystem/task-code',
  v2IdentifierType: 'http://terminology.hl7.org/CodeSystem/v2-0203',
  confidentiality: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
  actReason: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
  actCode: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
  participationType: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
  participationMode: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationMode',
  consentScope: 'http://terminology.hl7.org/CodeSystem/consentscope',
  consentAction: 'http://terminology.hl7.org/CodeSystem/consentaction',
  provenanceParticipant: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type',
  requestPriority: 'http://hl7.org/fhir/request-priority',
  connectionType: 'http://terminology.hl7.org/CodeSystem/endpoint-connection-type',
  organizationType: 'http://nictiz.nl/fhir/NamingSystem/organization-type',
  resourceTypes: 'http://hl7.org/fhir/resource-types',
  /** What happened, as a line of the trail names it. */
  auditEvent: `${ours}/CodeSystem/audit-event`,
  auditEventType: 'http://terminology.hl7.org/CodeSystem/audit-event-type',
  restfulSecurity: 'http://terminology.hl7.org/CodeSystem/restful-security-service',
  dicom: 'http://dicom.nema.org/resources/ontology/DCM',
} as const;

/** Operations of our own (OperationDefinition). */
export const operations = {
  /** Task → one move of its life by its name. */
  move: `${ours}/OperationDefinition/Task-move`,
  /** Those of Subscriptions R5 Backport, before their name. */
  ofSubscription: 'http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-',
} as const;

export const extensions = {
  /** PractitionerRole of a Wally → the PractitionerRole of the fixed substitute. */
  fixedSubstitute: `${ours}/StructureDefinition/fixed-substitute`,
  /** HealthcareService "Wally of practice X", or a GP's PractitionerRole → the fixed Wally. */
  fixedWally: `${ours}/StructureDefinition/fixed-wally`,
  /** HealthcareService → who gets a referral instead of the fixed Wally: repeated, the first that fits counts. */
  assignmentRule: `${ours}/StructureDefinition/assignment-rule`,
  /** HealthcareService → the working days that were agreed with the practice. */
  serviceLevels: `${ours}/StructureDefinition/service-levels`,
  /** HealthcareService → goal, tasks, what may be shared, when agreed and when evaluated. */
  cooperation: `${ours}/StructureDefinition/cooperation-agreement`,
  /** HealthcareService → the ages it is for, in whole years: `from`, `upTo` (not included); either may be absent. */
  servesAges: `${ours}/StructureDefinition/serves-ages`,
  /** HealthcareService → the practice it serves. */
  servesPractice: `${ours}/StructureDefinition/serves-practice`,
  /** Endpoint → the best proof of landing that channel can give: transport, application or record (H4). */
  bestProof: `${ours}/StructureDefinition/best-proof`,
  /** Endpoint (hl7v2-mllp) → who may send from there: MSH-4, with a certificate or an address range (decision 14). */
  mllpPeer: `${ours}/StructureDefinition/mllp-peer`,
  /** Endpoint (hl7v2-mllp) → how the system there wants its messages, and what its AE and AR mean. */
  mllpChannel: `${ours}/StructureDefinition/mllp-channel`,
  /** Endpoint (secure-email) → the EDIFACT mailbox behind its address: number, character set, whether it ends at the GP. */
  medvriMailbox: `${ours}/StructureDefinition/medvri-mailbox`,
  /** Endpoint of a practice → how its system opens our refer page: client id, issuer, keys, origins (systems that launch). */
  launch: `${ours}/StructureDefinition/launch`,
  /** Endpoint of an organisation that receives referrals → its own case system stands there and is kept up to date. */
  caseSystem: `${ours}/StructureDefinition/case-system`,
  /** Organization that receives referrals → its legal basis, and whether that lets it have the BSN. */
  dataContract: `${ours}/StructureDefinition/data-contract`,
  /** Organization → a standard sentence of its own for a field of a form: repeated, in their order. */
  standardSentence: `${ours}/StructureDefinition/standard-sentence`,
  /** Endpoint → what the practice agreed on consent for messages that cannot carry it themselves (decision 13). */
  consentAgreement: `${ours}/StructureDefinition/consent-agreement`,
  /** ServiceRequest or Task in an answer → who calls, on which number, before which day. */
  promise: `${ours}/StructureDefinition/promise`,
  /** ServiceRequest → the resident's own question, in their words. */
  residentQuestion: `${ours}/StructureDefinition/resident-question`,
  /** ServiceRequest → how the resident may be reached safely (H2). */
  safeContact: `${ours}/StructureDefinition/safe-contact`,
  /** Consent → how it was given: spoken or written. */
  consentMethod: `${ours}/StructureDefinition/consent-method`,
  /** Consent → who has custody of a resident under 16, when that was said (H6). */
  custody: `${ours}/StructureDefinition/custody`,
  /** Communication → coded outcome per life area. */
  lifeAreaOutcome: `${ours}/StructureDefinition/life-area-outcome`,
  /** Communication of a Wally's system → the resident agreed that its content goes back to the GP (H9). */
  residentAgreed: `${ours}/StructureDefinition/resident-agreed`,
  /** Communication of a Wally's system → the GP must do something; the first line says what. */
  gpMustAct: `${ours}/StructureDefinition/gp-must-act`,
  /** Task → the fixed Wally for whom the owner acts during an absence. */
  actingFor: `${ours}/StructureDefinition/acting-for`,
  /** Task → the colleague to whom the owner offered it; the owner stays the owner until that one accepts. */
  proposedOwner: `${ours}/StructureDefinition/proposed-owner`,
  /** Task → who has the lead ("regie") when that is not its owner: the practice, or the Task at another organisation. */
  lead: `${ours}/StructureDefinition/lead`,
  /** Task at another organisation → the Wally wants to hear how it goes before it is finished. */
  interimWanted: `${ours}/StructureDefinition/interim-wanted`,
  /** ServiceRequest → registered by a Wally after a call; the practice has not confirmed it yet. */
  unconfirmed: `${ours}/StructureDefinition/unconfirmed`,
  /** CapabilityStatement.rest.security → where a SMART 1 server authorises. */
  oauthUris: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
  requestStatusReason: 'http://hl7.org/fhir/StructureDefinition/request-statusReason',
  iso21090Qualifier: 'http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier',
  ownName: 'http://hl7.org/fhir/StructureDefinition/humanname-own-name',
  ownPrefix: 'http://hl7.org/fhir/StructureDefinition/humanname-own-prefix',
  partnerName: 'http://hl7.org/fhir/StructureDefinition/humanname-partner-name',
  partnerPrefix: 'http://hl7.org/fhir/StructureDefinition/humanname-partner-prefix',
  assemblyOrder: 'http://hl7.org/fhir/StructureDefinition/humanname-assembly-order',
  streetName: 'http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-streetName',
  houseNumber: 'http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-houseNumber',
  houseNumberSuffix: 'http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-buildingNumberSuffix',
  additionalLocator: 'http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-additionalLocator',
  unitId: 'http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-unitID',
  /** The words of a section of a Nictiz ELZ referral, without its codes. */
  textValue: 'http://nictiz.nl/fhir/StructureDefinition/ext-TextValue',
  dataAbsentReason: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason',
} as const;

/** What we promise about the resources that we make, per resource type. */
export const profiles = {
  ServiceRequest: `${ours}/StructureDefinition/referral-request`,
  Task: `${ours}/StructureDefinition/referral-task`,
  Communication: `${ours}/StructureDefinition/referral-message`,
  Consent: `${ours}/StructureDefinition/referral-consent`,
  Patient: `${ours}/StructureDefinition/resident`,
  Appointment: `${ours}/StructureDefinition/resident-appointment`,
  Provenance: `${ours}/StructureDefinition/referral-step`,
  AuditEvent: `${ours}/StructureDefinition/trail-line`,
  PractitionerRole: `${ours}/StructureDefinition/person-in-role`,
  HealthcareService: `${ours}/StructureDefinition/wally-of-practice`,
  Organization: `${ours}/StructureDefinition/directory-organization`,
} as const;

export const conceptMaps = {
  lifeAreaToZrm: `${ours}/ConceptMap/life-area-to-zrm-2017`,
  lifeAreaToPositiveHealth: `${ours}/ConceptMap/life-area-to-positive-health`,
  lifeAreaToGravity: `${ours}/ConceptMap/life-area-to-gravity`,
} as const;
