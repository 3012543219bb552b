import type {
  Address,
  Appointment,
  Communication,
  Consent,
  DocumentReference,
  Extension,
  Patient,
  Resource,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import { extensions, identifiers } from '../fhir/systems.ts';
import { isLifeArea, type LifeArea } from './life-area.ts';
import { namedRole } from './named-role.ts';
import { ageBand } from './referral.ts';

/** A stored resource and the version it has. */
export interface Versioned<T> {
  readonly resource: T & { id: string };
  readonly version: number;
}

/** A resource in the version that a change gives it. */
export interface Written {
  readonly resource: Resource & { id: string };
  readonly version: number;
}

/** What may be searched without opening a document: ids, codes, dates. Identifying parts become HMACs in the store. */
export interface JourneyIndex {
  readonly number: string;
  readonly practiceReferral: { readonly system: string; readonly value: string };
  readonly referralHash: Uint8Array;
  readonly taskId: string;
  readonly taskStatus: string;
  readonly businessStatus: string;
  /** Counts owners: the worklist shows a referral per (Task, assignment). */
  readonly assignment: number;
  readonly owner: string | null;
  /** The fixed Wally for whom the owner acts. */
  readonly actingFor: string | null;
  /** The colleague to whom it was offered. */
  readonly proposed: string | null;
  /** Wallys who know the resident: they see nothing of it from then on, and nobody is told why (H11). */
  readonly barred: readonly string[];
  readonly team: string;
  readonly fixed: string | null;
  /** Whom a rule of the practice chose instead of its fixed Wally: the same one is looked for without opening content. */
  readonly rule: string | null;
  readonly requesterAgb: string | null;
  readonly route: string;
  readonly priority: string;
  readonly lifeAreas: readonly LifeArea[];
  readonly ageBand: string;
  readonly unsafeContact: boolean;
  readonly authoredOn: string;
  readonly callBefore: string;
  /** Before this instant the sender may still take it back, and nothing is delivered (H3). */
  readonly undoUntil: string | null;
  readonly identity: {
    readonly bsn?: string;
    readonly family: string;
    readonly birthDate: string;
    readonly postcodeAndNumber?: string;
  };
}

/** Everything of one referral that the rules need: its resources as they now are. One id, shown to everyone. */
export interface Journey {
  readonly practice: string;
  readonly id: string;
  readonly index: JourneyIndex;
  readonly patient: Versioned<Patient>;
  readonly consent: Versioned<Consent>;
  readonly serviceRequest: Versioned<ServiceRequest>;
  readonly task: Versioned<Task>;
  /** Tasks beside the one that carries the work: the practice asks to stop. */
  readonly requests: readonly Versioned<Task>[];
  /** Tasks of other organisations that came of this one (partOf), and the requests they fulfil. */
  readonly children: readonly Versioned<Task>[];
  readonly childRequests: readonly Versioned<ServiceRequest>[];
  /** One per organisation that it was led on to, taken by the Wally (H9). */
  readonly childConsents?: readonly Versioned<Consent>[];
  /** Letters of the practice; their bytes are Binaries of the same journey. */
  readonly letters: readonly Versioned<DocumentReference>[];
  readonly communications: readonly Versioned<Communication>[];
  readonly appointments: readonly Versioned<Appointment>[];
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * The number people read aloud: KL- and ten characters without I, L, O and U, from the last 50 random bits of the id.
 */
export function journeyNumber(journeyId: string): string {
  let bits = BigInt(`0x${journeyId.replaceAll('-', '').slice(-13)}`);
  let out = '';
  for (let i = 0; i < 10; i += 1) {
    out = alphabet[Number(bits & 31n)] + out;
    bits >>= 5n;
  }
  return `KL-${out.slice(0, 5)}-${out.slice(5)}`;
}

const lifeAreasOf = (request: ServiceRequest): LifeArea[] =>
  (request.category ?? [])
    .flatMap((one) => one.coding ?? [])
    .flatMap(({ code }) => (code && isLifeArea(code) ? [code] : []));

/** The journey's index row, computed from its resources, so that it can never say anything else than they do. */
export function indexOf(
  parts: { patient: Patient; serviceRequest: ServiceRequest; task: Task },
  fixedParts: Pick<
    JourneyIndex,
    | 'number'
    | 'practiceReferral'
    | 'referralHash'
    | 'route'
    | 'assignment'
    | 'team'
    | 'fixed'
    | 'requesterAgb'
    | 'rule'
    | 'undoUntil'
    | 'callBefore'
    | 'barred'
  >,
): JourneyIndex {
  const { patient, serviceRequest, task } = parts;
  const bsn = patient.identifier?.find((one) => one.system === identifiers.bsn)?.value;
  // The published types leave out primitive extensions (_line), where nl-core keeps the house number.
  const home: (Address & { _line?: { extension?: Extension[] }[] }) | undefined = patient.address?.[0];
  const houseNumber = home?._line?.[0]?.extension?.find((one) => one.url === extensions.houseNumber)?.valueString;
  const safe = serviceRequest.extension?.find((one) => one.url === extensions.safeContact);
  return {
    ...fixedParts,
    taskId: task.id ?? '',
    taskStatus: task.status ?? '',
    businessStatus: task.businessStatus?.coding?.[0]?.code ?? '',
    owner: task.owner?.reference?.split('/')[1] ?? null,
    actingFor: namedRole(task, extensions.actingFor) ?? null,
    proposed: namedRole(task, extensions.proposedOwner) ?? null,
    priority: serviceRequest.priority ?? 'routine',
    lifeAreas: lifeAreasOf(serviceRequest),
    ageBand: ageBand(patient.birthDate ?? '', (serviceRequest.authoredOn ?? '').slice(0, 10)),
    unsafeContact: safe?.extension?.some((one) => one.url === 'unsafe' && one.valueBoolean === true) ?? false,
    authoredOn: serviceRequest.authoredOn ?? '',
    identity: {
      ...(bsn && { bsn }),
      family: patient.name?.[0]?.family ?? '',
      birthDate: patient.birthDate ?? '',
      ...(home?.postalCode && houseNumber && { postcodeAndNumber: `${home.postalCode} ${houseNumber}` }),
    },
  };
}

/** The practice's own number of the referral: the key under which feedback files itself. */
export function practiceReferralOf(request: ServiceRequest): { system: string; value: string } {
  const own = request.identifier?.find((one) => one.system !== identifiers.journeyNumber);
  return { system: own?.system ?? '', value: own?.value ?? '' };
}

const isAbort = (task: Task) => task.code?.coding?.some((one) => one.code === 'abort') === true;

/**
 * The journey that a set of resources makes, newest versions as they are given; undefined when one of the four that
 * every journey has is not among them. Of a corrected referral there are two requests: the Task says which one counts.
 */
export function journeyFrom(
  practice: string,
  id: string,
  taskId: string,
  resources: readonly Versioned<Resource>[],
): Omit<Journey, 'index'> | undefined {
  const all = <T extends Resource['resourceType']>(type: T) =>
    resources.filter((one) => one.resource.resourceType === type) as unknown as Versioned<
      Extract<Resource, { resourceType: T }>
    >[];
  const tasks = all('Task');
  const requests = all('ServiceRequest');
  const task = tasks.find((one) => one.resource.id === taskId);
  const focus = task?.resource.focus?.reference;
  const serviceRequest = requests.find((one) => `ServiceRequest/${one.resource.id}` === focus);
  const [patient] = all('Patient');
  const named = serviceRequest?.resource.supportingInfo?.map((one) => one.reference);
  const consents = all('Consent');
  const consent = consents.find((one) => named?.includes(`Consent/${one.resource.id}`)) ?? consents[0];
  if (!patient || !consent || !serviceRequest || !task) return undefined;
  return {
    practice,
    id,
    patient,
    consent,
    serviceRequest,
    task,
    requests: tasks.filter((one) => isAbort(one.resource)),
    children: tasks.filter((one) => one.resource.partOf?.some((of) => of.reference === `Task/${taskId}`)),
    childRequests: requests.filter((one) => one.resource.intent === 'filler-order'),
    childConsents: consents.filter((one) => one !== consent),
    letters: all('DocumentReference'),
    communications: all('Communication'),
    appointments: all('Appointment'),
  };
}

/** A journey as it is once these are written. */
export function afterWriting(journey: Journey, written: readonly Written[]): Omit<Journey, 'index'> {
  const {
    patient,
    consent,
    serviceRequest,
    task,
    requests,
    children,
    childRequests,
    childConsents = [],
    letters,
  } = journey;
  const single: Versioned<Resource>[] = [patient, consent, serviceRequest, task, ...childConsents];
  const newest = new Map<string, Versioned<Resource>>();
  for (const one of [
    ...single,
    ...requests,
    ...children,
    ...childRequests,
    ...letters,
    ...journey.communications,
    ...journey.appointments,
    ...written,
  ])
    newest.set(one.resource.id, one);
  const made = journeyFrom(journey.practice, journey.id, task.resource.id, [...newest.values()]);
  if (!made) throw new Error('a journey lost one of its four resources');
  return made;
}
