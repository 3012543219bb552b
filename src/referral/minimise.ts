import type {
  Address,
  Consent,
  Extension,
  Patient,
  Provenance,
  Resource,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import { codeSystems, extensions, identifiers } from '../fhir/systems.ts';
import type { Mailbox } from './directory/channels.ts';
import type { DataContract } from './directory/contract.ts';
import type { Directory } from './directory/directory.ts';
import type { Journey } from './journey.ts';
import { ageOn } from './referral.ts';

/** What decides how much a receiver may see: the legal basis in its contract, and the consent. */
export interface Receiver {
  /** BSN only where a law prescribes it (Wabvpz 9, Wmo 5.2.9; Jeugdwet 7.2.1). */
  readonly bsn: 'none' | 'allowed';
  /** Medical codes, and the practice's own letters: only when ticked (H17). */
  readonly medicalCodes: boolean;
}

/** The systems whose codes are not medical. The rest is, also what we do not know: a list of the forbidden would leak. */
const socialSystems: readonly string[] = [codeSystems.lifeArea];
const adult = 18;

/** Whether a coding says something that goes along only with consent for medical codes (H17). */
export function isMedical(coding: { readonly system?: string | undefined }): boolean {
  return !socialSystems.includes(coding.system ?? '');
}

const isMasked = (element: { extension?: Extension[] } | null | undefined) =>
  element?.extension?.some((one) => one.url === extensions.dataAbsentReason && one.valueCode === 'masked') === true;

/** A secret address: the record is restricted, or the address says that it is masked (H2). */
function isSecret(patient: Patient, address: Address): boolean {
  const { _line = [], _postalCode } = address as Address &
    Record<string, { extension?: Extension[] }[] | undefined> & {
      _postalCode?: { extension?: Extension[] };
    };
  const restricted = patient.meta?.security?.some(
    ({ system, code }) => system === codeSystems.confidentiality && (code === 'R' || code === 'V'),
  );
  return restricted === true || isMasked(address) || isMasked(_postalCode) || _line.some(isMasked);
}

/** The resident as this receiver may see them: never more than needed to call, meet and recognise them (promise 4). */
export function minimisePatient(patient: Patient, receiver: Receiver): Patient {
  const { identifier, address, ...rest } = patient;
  const kept = (identifier ?? []).filter((one) => one.system === identifiers.bsn && receiver.bsn === 'allowed');
  const open = (address ?? []).filter((one) => !isSecret(patient, one));
  return { ...rest, ...(open.length > 0 && { address: open }), ...(kept.length > 0 && { identifier: kept }) };
}

/**
 * The request as this receiver may see it: medical codes and their titles only when the resident agreed (H17). How the
 * resident may be reached safely always goes along (H2); the practice's own episode never does.
 */
export function minimiseRequest(request: ServiceRequest, receiver: Receiver): ServiceRequest {
  const { supportingInfo, ...rest } = request;
  const shared = (supportingInfo ?? []).filter((one) => one.type !== 'EpisodeOfCare');
  const kept = shared.length > 0 ? { ...rest, supportingInfo: shared } : rest;
  if (receiver.medicalCodes || !kept.reasonCode) return kept;
  const reasonCode = kept.reasonCode
    .map((reason) => ({
      ...reason,
      coding: (reason.coding ?? []).filter((one) => !isMedical(one)),
    }))
    .map(({ coding, ...reason }) => (coding.length > 0 ? { ...reason, coding } : reason))
    .filter((reason) => reason.text || 'coding' in reason);
  return { ...kept, reasonCode };
}

/** How the consent of a referral limits its Wally: no BSN by default, medical codes only when ticked. */
export function wallySees(medicalCodes: boolean): Receiver {
  return { bsn: 'none', medicalCodes };
}

/** The details that the resident agreed to, as codes. */
export function consentDetails(consent: Consent): string[] {
  return (consent.provision?.code ?? []).flatMap((one) => one.coding ?? []).flatMap((one) => one.code ?? []);
}

/** How contract and consent limit an organisation on a local day: the BSN of who is under 18, where that was agreed. */
export function receiverOf(journey: Journey, contract: DataContract | undefined, day: string): Receiver {
  const { birthDate } = journey.patient.resource;
  const isYoung = birthDate !== undefined && ageOn(birthDate, day) < adult;
  return {
    bsn: contract?.basis === 'youth-care' && contract.bsn === 'allowed' && isYoung ? 'allowed' : 'none',
    medicalCodes: consentDetails(journey.consent.resource).includes('share-medical-codes'),
  };
}

/** Recalled, or ended because the consent was withdrawn (H3, H10): no receiver reads it any more. */
export const isWithdrawn = ({ task, consent }: Pick<Journey, 'task' | 'consent'>): boolean =>
  task.resource.status === 'entered-in-error' || consent.resource.status === 'inactive';

const ofTask: readonly (keyof Task)[] = [
  ...(['resourceType', 'id', 'meta', 'identifier', 'basedOn', 'partOf', 'groupIdentifier', 'status'] as const),
  ...(['businessStatus', 'intent', 'priority', 'code', 'focus', 'for', 'authoredOn', 'lastModified'] as const),
  ...(['requester', 'owner', 'restriction', 'relevantHistory'] as const),
];
const ofProvenance: readonly (keyof Provenance)[] = [
  ...(['resourceType', 'id', 'meta', 'target', 'occurredDateTime', 'recorded', 'activity', 'agent'] as const),
];
const only = <T extends object>(whole: T, names: readonly (keyof T)[]): T =>
  Object.fromEntries(names.filter((name) => name in whole).map((name) => [name, whole[name]])) as T;

/** Types of which a receiver still sees something once the referral was withdrawn: that it ended, when, and by whom. */
export const contentFree: readonly string[] = ['Task', 'Consent', 'Provenance'];

/**
 * What is left of a resource for a receiver once the referral was withdrawn or recalled (H3, H10): a list of what may
 * stay, so that no note, contact, outcome or reason in words does. Undefined: nothing.
 */
export function withdrawnView(resource: Resource): Resource | undefined {
  if (resource.resourceType === 'Consent') return resource;
  if (resource.resourceType === 'Provenance') return only(resource, ofProvenance);
  if (resource.resourceType !== 'Task') return undefined;
  const why = resource.statusReason?.text === 'consent-withdrawn' ? 'consent-withdrawn' : resource.status;
  return { ...only(resource, ofTask), ...(resource.statusReason && why && { statusReason: { text: why } }) };
}

/** The same for who has the referral now, by the directory. */
export function teamSees(journey: Journey, directory: Directory, day: string): Receiver {
  return receiverOf(journey, directory.teams.get(journey.index.team)?.contract, day);
}

/** What stays behind, by name, for people who ask what the receiver sees. */
export type Withheld = 'bsn' | 'practice-number' | 'address' | 'medical-codes' | 'letters' | 'episode';

export interface Seen {
  readonly patient: Patient;
  readonly request: ServiceRequest;
  /** The practice's letters. */
  readonly letters: Journey['letters'];
  readonly withheld: readonly Withheld[];
}

/** What this receiver sees of a referral, and what was left out because of who it is: nothing else goes to it. */
export function receiverSees(journey: Journey, receiver: Receiver): Seen {
  const whole = journey.patient.resource;
  const patient = minimisePatient(whole, receiver);
  const asked = journey.serviceRequest.resource;
  const request = minimiseRequest(asked, receiver);
  const current = journey.letters.filter((one) => one.resource.status === 'current');
  const letters = receiver.medicalCodes ? current : [];
  const numbers = (from: Patient, isBsn: boolean) =>
    (from.identifier ?? []).filter((one) => (one.system === identifiers.bsn) === isBsn).length;
  const codings = (from: ServiceRequest) => (from.reasonCode ?? []).flatMap((one) => one.coding ?? []).length;
  const left: readonly (readonly [Withheld, boolean])[] = [
    ['bsn', numbers(patient, true) < numbers(whole, true)],
    ['practice-number', numbers(patient, false) < numbers(whole, false)],
    ['address', (patient.address?.length ?? 0) < (whole.address?.length ?? 0)],
    ['medical-codes', codings(request) < codings(asked)],
    ['letters', letters.length < current.length],
    ['episode', (request.supportingInfo?.length ?? 0) < (asked.supportingInfo?.length ?? 0)],
  ];
  return { patient, request, letters, withheld: left.flatMap(([name, isLeft]) => (isLeft ? [name] : [])) };
}

/** The BSN in an EDIFACT mailbox: only where nobody but the GP opens it, and the practice's own system gave it (Wabvpz 9). */
export function bsnForPractice(patient: Patient, mailbox: Pick<Mailbox, 'endsAtGp'>): string | undefined {
  if (!mailbox.endsAtGp) return undefined;
  return patient.identifier?.find((one) => one.system === identifiers.bsn)?.value;
}
