import type { Bundle, Condition, Consent, Reference, Resource, ServiceRequest } from '@medplum/fhirtypes';
import { codeSystems } from '../../src/fhir/systems.ts';
import type { Gathered } from '../../src/referral/format.ts';
import { issue } from '../../src/referral/refusal.ts';

/** A resource of the message and where it stands there. */
export interface Part<T extends Resource = Resource> {
  readonly resource: T;
  readonly path: string;
}

/** The parts of a referral that a FHIR R4 message may hold; names are those of the contract. */
export interface Parts {
  serviceRequest: unknown;
  patient?: unknown;
  consent?: unknown;
  requester?: { name?: string; agb?: string };
  practiceAgb?: { value: string; path: string };
  conditions: { resource: Condition; path: string }[];
  /** What each performer of the consent refers to, as far as it is in the message: the subject of the referral, or another. */
  performers?: ('subject' | Resource | undefined)[];
  /** Everything that came along, for the losses. */
  all: Part[];
}

function partsOf(received: Bundle | Resource): Part[] {
  const root = received.resourceType === 'Bundle' ? [] : [{ resource: received, path: received.resourceType }];
  const entries =
    received.resourceType === 'Bundle'
      ? (received.entry ?? []).flatMap((entry, n) =>
          entry.resource
            ? [{ resource: entry.resource, path: `Bundle.entry[${n}].resource`, fullUrl: entry.fullUrl }]
            : [],
        )
      : root;
  return entries.flatMap((part) => [
    part,
    ...('contained' in part.resource ? (part.resource.contained ?? []) : []).map((resource, n) => ({
      resource,
      path: `${part.path}.contained[${n}]`,
    })),
  ]);
}

/** Finds what a reference means: a fullUrl or `Type/id` in the Bundle, `#id` inside its resource, or what was sent before. */
function resolver(received: Bundle | Resource, all: readonly Part[], known: ReadonlyMap<string, Resource>) {
  const byUrl = new Map<string, Part>();
  if (received.resourceType === 'Bundle') {
    for (const [n, entry] of (received.entry ?? []).entries()) {
      const part = all.find((one) => one.path === `Bundle.entry[${n}].resource`);
      if (part && entry.fullUrl) byUrl.set(entry.fullUrl, part);
      if (part?.resource.id) byUrl.set(`${part.resource.resourceType}/${part.resource.id}`, part);
    }
  }
  return (reference: Reference | undefined, from: Part): Part | undefined => {
    const to = reference?.reference;
    if (!to) return undefined;
    // What is contained refers to its siblings by `#id` too (FHIR R4 references.html#contained).
    const holder = from.path.replace(/\.contained\[\d+\]$/, '');
    if (to.startsWith('#'))
      return all.find((one) => one.path.startsWith(`${holder}.contained[`) && `#${one.resource.id}` === to);
    const local = known.get(to);
    return byUrl.get(to) ?? (local && { resource: local, path: `${from.path}` });
  };
}

const agbOf = (resource: Resource | undefined, systems: readonly string[]) =>
  resource && 'identifier' in resource && Array.isArray(resource.identifier)
    ? resource.identifier.find((one) => systems.includes(one.system ?? ''))?.value
    : undefined;

export const agbSystems = ['http://fhir.nl/fhir/NamingSystem/agb-z', 'urn:oid:2.16.840.1.113883.2.4.6.1'];

const lifeAreaCategory = (request: ServiceRequest) =>
  request.category?.some((one) => one.coding?.some((coding) => coding.system === codeSystems.lifeArea));

/**
 * Takes a transaction Bundle, or one ServiceRequest with its Patient contained or sent before, apart. The referral is
 * the ServiceRequest; of several, the one with our life areas. Everything else is found by reference from there.
 */
export function gather(received: unknown, known: ReadonlyMap<string, Resource>): Gathered {
  const message = received as Bundle | Resource;
  const all = partsOf(message);
  const requests = all.filter(
    (one): one is Part<ServiceRequest> =>
      one.resource.resourceType === 'ServiceRequest' && !one.path.includes('.contained['),
  );
  const chosen = requests.length > 1 ? requests.filter((one) => lifeAreaCategory(one.resource)) : requests;
  const request = chosen[0];
  if (!request || chosen.length > 1) {
    const path = message.resourceType === 'Bundle' ? 'Bundle.entry' : message.resourceType;
    const problem = request
      ? issue('not-supported', 'several-referrals', path, {
          nl: 'Dit bericht bevat meer dan één verwijzing (ServiceRequest). Stuur elke verwijzing apart.',
          en: 'This message holds more than one referral (ServiceRequest). Send each referral separately.',
        })
      : issue('required', 'no-referral', path, {
          nl: 'Dit bericht bevat geen verwijzing (ServiceRequest). Voeg die toe en stuur het opnieuw.',
          en: 'This message holds no referral (ServiceRequest). Add it and send the message again.',
        });
    return { message: undefined, origin: () => path, issues: [problem] };
  }
  const resolve = resolver(message, all, known);
  const patient = resolve(request.resource.subject, request);
  // A consent that is about somebody else is no consent of this resident.
  const isTheirs = (one: Part | undefined): one is Part<Consent> => {
    if (one?.resource.resourceType !== 'Consent') return false;
    const about = resolve(one.resource.patient, one);
    return !about || !patient || about.resource === patient.resource;
  };
  const consent =
    (request.resource.supportingInfo ?? []).map((one) => resolve(one, request)).find(isTheirs) ?? all.find(isTheirs);
  const requester = resolve(request.resource.requester, request);
  const role = requester?.resource.resourceType === 'PractitionerRole' ? requester : undefined;
  const person = role
    ? resolve(role.resource.resourceType === 'PractitionerRole' ? role.resource.practitioner : undefined, role)
    : requester;
  const organization = role
    ? resolve(role.resource.resourceType === 'PractitionerRole' ? role.resource.organization : undefined, role)
    : requester?.resource.resourceType === 'Organization'
      ? requester
      : undefined;
  const practitioner = person?.resource.resourceType === 'Practitioner' ? person.resource : undefined;
  const agb =
    agbOf(practitioner, agbSystems) ??
    (request.resource.requester?.identifier && agbSystems.includes(request.resource.requester.identifier.system ?? '')
      ? request.resource.requester.identifier.value
      : undefined);
  const name = practitioner?.name?.[0]?.text ?? practitioner?.name?.[0]?.family ?? request.resource.requester?.display;
  const practiceAgb = agbOf(organization?.resource, agbSystems);
  const conditions = (request.resource.reasonReference ?? [])
    .map((one) => resolve(one, request))
    .filter((one): one is Part<Condition> => one?.resource.resourceType === 'Condition');
  const who = (one: Part | undefined) => (one && one.resource === patient?.resource ? 'subject' : one?.resource);
  const parts: Parts = {
    serviceRequest: request.resource,
    ...(patient && { patient: patient.resource }),
    ...(consent && { consent: consent.resource }),
    requester: { ...(name && { name }), ...(agb && { agb }) },
    ...(practiceAgb &&
      organization && { practiceAgb: { value: practiceAgb, path: `${organization.path}.identifier` } }),
    conditions,
    ...(consent && { performers: (consent.resource.performer ?? []).map((one) => who(resolve(one, consent))) }),
    all,
  };
  const origins: Record<string, string> = {
    serviceRequest: request.path,
    patient: patient?.path ?? `${request.path}.subject`,
    consent: consent?.path ?? `${request.path}.supportingInfo`,
    requester: requester?.path ?? `${request.path}.requester`,
  };
  const origin = (path: readonly PropertyKey[]) => {
    const [part, ...rest] = path;
    const missing = (part === 'patient' && !patient) || (part === 'consent' && !consent);
    const root = origins[String(part)] ?? request.path;
    return missing
      ? root
      : rest.reduce<string>(
          (out, step) => (typeof step === 'number' ? `${out}[${step}]` : `${out}.${String(step)}`),
          root,
        );
  };
  return { message: parts, origin, issues: [] };
}
