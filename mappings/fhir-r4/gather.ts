import type { Bundle, Condition, Consent, MessageHeader, Resource, ServiceRequest } from '@medplum/fhirtypes';
import { codeSystems, identifiers } from '../../src/fhir/systems.ts';
import type { Edition } from '../../src/referral/change.ts';
import type { Gathered } from '../../src/referral/format.ts';
import { issue } from '../../src/referral/refusal.ts';
import { type Letterhead, letterheadOf } from './composition.ts';
import { gatherCancellation } from './gather-cancellation.ts';
import { type Letters, lettersOf } from './letters.ts';
import {
  declaresCorrection,
  editionOf,
  eventOf,
  isRevoked,
  replacedNumber,
  requestOf,
  stoppingTask,
} from './meaning.ts';
import { isEntry, isType, type Part, partsOf, type Resolve, resolver } from './parts.ts';

/** The parts of a referral that a FHIR R4 message may hold; names are those of the contract. */
export interface Parts {
  kind: 'refer';
  intent: 'refer' | 'correct';
  edition?: Edition;
  /** The number that it had before; `unknown` when the message says that there is one, and not which. */
  replaces?: { system: string; value: string } | 'unknown';
  serviceRequest: unknown;
  patient?: unknown;
  consent?: unknown;
  requester?: { name?: string; agb?: string };
  practiceAgb?: { value: string; path: string };
  conditions: readonly Part<Condition>[];
  letterhead: Letterhead | undefined;
  letters: Letters;
  /** What each performer of the consent refers to, as far as it is in the message: the subject of the referral, or another. */
  performers?: ('subject' | Resource | undefined)[];
  /** Everything that came along, for the losses; what of it the referral is made of; and how references are found. */
  all: readonly Part[];
  used: readonly Resource[];
  resolve: Resolve;
}

export const agbSystems: readonly string[] = [identifiers.agb, identifiers.agbOid];

const agbOf = (resource: Resource | undefined) =>
  resource && 'identifier' in resource && Array.isArray(resource.identifier)
    ? resource.identifier.find((one) => agbSystems.includes(one.system ?? ''))?.value
    : undefined;

const hasLifeArea = ({ resource }: Part<ServiceRequest>) =>
  resource.category?.some((one) => one.coding?.some((coding) => coding.system === codeSystems.lifeArea));

/** The requests that may be the referral: of several, not what is replaced by another; those with our life areas, else what is in focus. */
function candidates(all: readonly Part[], header: Part<MessageHeader> | undefined, resolve: Resolve) {
  const requests = all.filter(isType('ServiceRequest')).filter(isEntry);
  const replaced = requests.flatMap((one) => (one.resource.replaces ?? []).map((old) => resolve(old, one)?.resource));
  const current = requests.filter((one) => !replaced.includes(one.resource));
  if (current.length < 2) return current;
  const tasks = all.filter(isType('Task')).filter(isEntry);
  const focus = [
    ...(header?.resource.focus ?? []).map((one) => resolve(one, header as Part)?.resource),
    ...tasks.map((one) => requestOf(one, resolve)?.resource),
  ];
  const social = current.filter(hasLifeArea);
  return social.length > 0 ? social : current.filter((one) => focus.includes(one.resource));
}

function pathIn(origins: Readonly<Record<string, string>>, root: string, absent: ReadonlySet<string>) {
  return ([part, ...rest]: readonly PropertyKey[]): string => {
    const at = origins[String(part)] ?? root;
    return absent.has(String(part))
      ? at
      : rest.reduce<string>(
          (out, step) => (typeof step === 'number' ? `${out}[${step}]` : `${out}.${String(step)}`),
          at,
        );
  };
}

const wrong = (path: string, problem: Gathered['issues'][number]): Gathered => ({
  message: undefined,
  origin: () => path,
  issues: [problem],
});

/** Who refers, and for which practice: by AGB and name, over PractitionerRole where there is one. */
function requesterOf(request: Part<ServiceRequest>, resolve: Resolve) {
  const requester = resolve(request.resource.requester, request);
  const role = isType('PractitionerRole')(requester) ? requester : undefined;
  const person = role ? resolve(role.resource.practitioner, role) : requester;
  const organization = role ? resolve(role.resource.organization, role) : requester;
  const practitioner = isType('Practitioner')(person) ? person.resource : undefined;
  const own = request.resource.requester?.identifier;
  const agb = agbOf(practitioner) ?? (own && agbSystems.includes(own.system ?? '') ? own.value : undefined);
  const [first] = practitioner?.name ?? [];
  const name = first?.text ?? first?.family ?? request.resource.requester?.display;
  const practiceAgb = isType('Organization')(organization) ? agbOf(organization.resource) : undefined;
  return {
    requester: { ...(name && { name }), ...(agb && { agb }) },
    ...(practiceAgb &&
      organization && { practiceAgb: { value: practiceAgb, path: `${organization.path}.identifier` } }),
    path: requester?.path ?? `${request.path}.requester`,
  };
}

/**
 * Takes a transaction, a message or one resource apart. The referral is the ServiceRequest; everything else is found by
 * reference from there. What takes a referral back goes to gatherCancellation.
 */
export function gather(received: unknown, known: ReadonlyMap<string, Resource>): Gathered {
  const message = received as Bundle | Resource;
  const all = partsOf(message);
  const resolve = resolver(message, all, known);
  const header = all.find(isType('MessageHeader'));
  const event = eventOf(header?.resource);
  const root = message.resourceType === 'Bundle' ? 'Bundle.entry' : message.resourceType;
  if (header && !event) {
    const path = `${header.path}.${header.resource.eventUri ? 'eventUri' : 'eventCoding'}`;
    return wrong(
      path,
      issue('not-supported', 'message-event', path, {
        nl: 'Dit soort bericht (event) kennen wij niet. Wij nemen nieuwe verwijzingen aan, wijzigingen en intrekkingen daarvan.',
        en: 'We do not know this kind of message (event). We take new referrals, and changes and withdrawals of these.',
      }),
    );
  }
  const chosen = candidates(all, header, resolve);
  const [request] = chosen;
  const task = stoppingTask(all);
  if (chosen.length < 2 && (task || event === 'cancel' || (request && isRevoked(request.resource)))) {
    const about = request ?? (task && requestOf(task, resolve));
    if (about || task) return gatherCancellation({ request: about, task, resolve, isInMessage: request !== undefined });
  }
  if (!request || chosen.length > 1) {
    return wrong(
      root,
      request
        ? issue('not-supported', 'several-referrals', root, {
            nl: 'Dit bericht bevat meer dan één verwijzing (ServiceRequest). Stuur elke verwijzing apart.',
            en: 'This message holds more than one referral (ServiceRequest). Send each referral separately.',
          })
        : issue('required', 'no-referral', root, {
            nl: 'Dit bericht bevat geen verwijzing (ServiceRequest). Voeg die toe en stuur het opnieuw.',
            en: 'This message holds no referral (ServiceRequest). Add it and send the message again.',
          }),
    );
  }
  const patient = resolve(request.resource.subject, request);
  // What is about somebody else is nothing of this resident: no consent, no condition, no letter.
  const isTheirs = (one: Part): boolean => {
    const { resource } = one as Part<Consent | Condition>;
    const about = resolve(resource.resourceType === 'Consent' ? resource.patient : resource.subject, one);
    return !about || !patient || about.resource === patient.resource;
  };
  const supporting = (request.resource.supportingInfo ?? []).map((one) => resolve(one, request));
  const consent = [...supporting, ...all].filter(isType('Consent')).find(isTheirs);
  const letterhead = letterheadOf(request, resolve);
  const conditions = (request.resource.reasonReference ?? [])
    .map((one) => resolve(one, request))
    .filter(isType('Condition'));
  const who = (one: Part | undefined) => (one && one.resource === patient?.resource ? 'subject' : one?.resource);
  const { path: requesterPath, ...requester } = requesterOf(request, resolve);
  const letters = lettersOf(all, resolve, isTheirs);
  const theirConditions = [...new Set([...conditions, ...(letterhead?.conditions ?? [])])].filter(isTheirs);
  const used = [request, patient, consent, letterhead?.composition, ...theirConditions, ...letters.used];
  const edition = editionOf(message, request);
  const declares = event === 'correct' || declaresCorrection(message, request);
  const parts: Parts = {
    kind: 'refer',
    intent: declares ? 'correct' : 'refer',
    ...(edition && { edition }),
    ...(request.resource.replaces?.length && { replaces: replacedNumber(request, resolve) ?? 'unknown' }),
    serviceRequest: request.resource,
    ...(patient && { patient: patient.resource }),
    ...(consent && { consent: consent.resource }),
    ...requester,
    conditions: theirConditions,
    letterhead,
    letters,
    ...(consent && { performers: (consent.resource.performer ?? []).map((one) => who(resolve(one, consent))) }),
    all,
    used: used.flatMap((one) => (one ? [one.resource] : [])),
    resolve,
  };
  const origins: Record<string, string> = {
    serviceRequest: request.path,
    patient: patient?.path ?? `${request.path}.subject`,
    consent: consent?.path ?? `${request.path}.supportingInfo`,
    requester: requesterPath,
    replaces: `${request.path}.replaces[0]`,
  };
  const absent = new Set([...(patient ? [] : ['patient']), ...(consent ? [] : ['consent']), 'replaces']);
  return { message: parts, origin: pathIn(origins, request.path, absent), issues: [] };
}
