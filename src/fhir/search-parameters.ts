/** How a search parameter compares; `string` is exact after normalising on people, a beginning on the directory. */
export type ParameterKind = 'token' | 'reference' | 'date' | 'string';

/** One search parameter of a type: what it looks at, and what it may point to. */
export interface SearchParameter {
  readonly code: string;
  readonly kind: ParameterKind;
  /** Dotted element paths; every element on the way may repeat. */
  readonly paths: readonly string[];
  /** Of a reference: the types that it may point to. */
  readonly targets: readonly string[];
  /** Says who someone is: kept as HMAC, asked for in POST `_search` only. */
  readonly identifying: boolean;
}

const people = 'PractitionerRole|Practitioner|Organization|Patient';
const subject = { subject: 'reference subject Patient', patient: 'reference subject Patient' };

// `kind path,path targets`: the names and paths of http://hl7.org/fhir/R4/searchparameter-registry.html, of what we hold.
const journeyTable: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ServiceRequest: {
    ...subject,
    identifier: 'token identifier',
    requisition: 'token requisition',
    status: 'token status',
    intent: 'token intent',
    priority: 'token priority',
    category: 'token category',
    code: 'token code',
    authored: 'date authoredOn',
    occurrence: 'date occurrenceDateTime,occurrencePeriod',
    requester: `reference requester ${people}`,
    performer: 'reference performer HealthcareService|Organization|PractitionerRole|Practitioner|CareTeam',
    'based-on': 'reference basedOn ServiceRequest',
    replaces: 'reference replaces ServiceRequest',
  },
  Task: {
    identifier: 'token identifier',
    'group-identifier': 'token groupIdentifier',
    status: 'token status',
    'business-status': 'token businessStatus',
    code: 'token code',
    intent: 'token intent',
    priority: 'token priority',
    performer: 'token performerType',
    'authored-on': 'date authoredOn',
    modified: 'date lastModified',
    period: 'date executionPeriod',
    focus: 'reference focus ServiceRequest|Task',
    'based-on': 'reference basedOn ServiceRequest',
    'part-of': 'reference partOf Task',
    subject: 'reference for Patient',
    patient: 'reference for Patient',
    owner: `reference owner ${people}`,
    requester: `reference requester ${people}`,
  },
  Communication: {
    ...subject,
    identifier: 'token identifier',
    status: 'token status',
    category: 'token category',
    medium: 'token medium',
    sent: 'date sent',
    received: 'date received',
    'based-on': 'reference basedOn ServiceRequest|Task',
    'part-of': 'reference partOf Task|Communication',
    sender: `reference sender ${people}`,
    recipient: `reference recipient ${people}`,
  },
  Appointment: {
    identifier: 'token identifier',
    status: 'token status',
    'appointment-type': 'token appointmentType',
    'service-type': 'token serviceType',
    'part-status': 'token participant.status',
    date: 'date start',
    'based-on': 'reference basedOn ServiceRequest',
    'supporting-info': 'reference supportingInformation Task|ServiceRequest',
    actor: `reference participant.actor ${people}`,
    patient: 'reference participant.actor Patient',
    practitioner: 'reference participant.actor Practitioner',
    location: 'reference participant.actor Location',
  },
  Consent: {
    identifier: 'token identifier',
    status: 'token status',
    scope: 'token scope',
    category: 'token category',
    action: 'token provision.action',
    date: 'date dateTime',
    period: 'date provision.period',
    patient: 'reference patient Patient',
    consentor: `reference performer ${people}`,
    organization: 'reference organization Organization',
    actor: 'reference provision.actor.reference Organization|PractitionerRole',
  },
  Patient: {
    identifier: 'token identifier',
    family: 'string name.family',
    given: 'string name.given',
    name: 'string name.family,name.given,name.text',
    birthdate: 'date birthDate',
    'address-postalcode': 'string address.postalCode',
    gender: 'token gender',
    organization: 'reference managingOrganization Organization',
    'general-practitioner': `reference generalPractitioner ${people}`,
  },
  DocumentReference: {
    ...subject,
    identifier: 'token identifier,masterIdentifier',
    status: 'token status',
    type: 'token type',
    category: 'token category',
    contenttype: 'token content.attachment.contentType',
    date: 'date date',
    author: `reference author ${people}`,
    custodian: 'reference custodian Organization',
    related: 'reference context.related ServiceRequest|Task',
  },
  Provenance: {
    target: 'reference target ServiceRequest|Task|Communication|Consent|Patient|Appointment',
    agent: `reference agent.who ${people}`,
    'agent-role': 'token agent.role',
    'agent-type': 'token agent.type',
    recorded: 'date recorded',
    entity: 'reference entity.what ServiceRequest|Task|Communication',
  },
};

const named = { identifier: 'token identifier', name: 'string name', active: 'token active' };

const directoryTable: typeof journeyTable = {
  Organization: {
    ...named,
    name: 'string name,alias',
    type: 'token type',
    partof: 'reference partOf Organization',
    endpoint: 'reference endpoint Endpoint',
    'address-city': 'string address.city',
    'address-postalcode': 'string address.postalCode',
  },
  HealthcareService: {
    ...named,
    'service-category': 'token category',
    'service-type': 'token type',
    specialty: 'token specialty',
    organization: 'reference providedBy Organization',
    endpoint: 'reference endpoint Endpoint',
    location: 'reference location Location',
  },
  Practitioner: {
    identifier: 'token identifier',
    active: 'token active',
    family: 'string name.family',
    given: 'string name.given',
    name: 'string name.text,name.family,name.given',
  },
  PractitionerRole: {
    identifier: 'token identifier',
    active: 'token active',
    role: 'token code',
    specialty: 'token specialty',
    date: 'date period',
    practitioner: 'reference practitioner Practitioner',
    organization: 'reference organization Organization',
    service: 'reference healthcareService HealthcareService',
    endpoint: 'reference endpoint Endpoint',
    location: 'reference location Location',
  },
  Endpoint: {
    identifier: 'token identifier',
    name: 'string name',
    status: 'token status',
    'connection-type': 'token connectionType',
    'payload-type': 'token payloadType',
    organization: 'reference managingOrganization Organization',
  },
  CareTeam: {
    identifier: 'token identifier',
    status: 'token status',
    category: 'token category',
    participant: 'reference participant.member PractitionerRole|Practitioner|Organization',
  },
  Location: {
    ...named,
    name: 'string name,alias',
    status: 'token status',
    organization: 'reference managingOrganization Organization',
    'address-city': 'string address.city',
  },
};

const auditTable: typeof journeyTable = {
  AuditEvent: {
    type: 'token type',
    subtype: 'token subtype',
    action: 'token action',
    outcome: 'token outcome',
    date: 'date recorded',
    'agent-role': 'token agent.role',
    agent: 'reference agent.who PractitionerRole|Organization',
    entity: 'reference entity.what ServiceRequest|Task|Patient|Communication|Consent',
  },
};

/** What a system asked of us, searched in memory among its own. */
const askedTable: typeof journeyTable = { Subscription: { status: 'token status', type: 'token channel.type' } };

/** What says who a person is; on the directory the same names are public. */
const identifyingOfPatient = new Set(['identifier', 'family', 'given', 'name', 'birthdate', 'address-postalcode']);

function read(table: typeof journeyTable): ReadonlyMap<string, ReadonlyMap<string, SearchParameter>> {
  return new Map(
    Object.entries(table).map(([type, parameters]) => [
      type,
      new Map(
        Object.entries(parameters).map(([code, words]) => {
          const [kind = 'token', paths = '', targets = ''] = words.split(' ');
          const parameter: SearchParameter = {
            code,
            kind: kind as ParameterKind,
            paths: paths.split(','),
            targets: targets.split('|').filter(Boolean),
            identifying: type === 'Patient' && identifyingOfPatient.has(code),
          };
          return [code, parameter] as const;
        }),
      ),
    ]),
  );
}

/** Types of a journey, each with what it may be searched by. */
export const journeyParameters = read(journeyTable);
export const directoryParameters = read(directoryTable);
export const auditParameters = read(auditTable);
const askedParameters = read(askedTable);

/** The parameters of a type; undefined for a type that cannot be searched. */
export function parametersOf(type: string): ReadonlyMap<string, SearchParameter> | undefined {
  const found = journeyParameters.get(type) ?? directoryParameters.get(type);
  return found ?? auditParameters.get(type) ?? askedParameters.get(type);
}

/** The date by which `_sort` puts a type in order, beside `_lastUpdated` and `_id`. */
export const sortDates: Readonly<Record<string, string>> = {
  ServiceRequest: 'authored',
  Task: 'authored-on',
  Communication: 'sent',
  Appointment: 'date',
  Consent: 'date',
  DocumentReference: 'date',
  Provenance: 'recorded',
};
