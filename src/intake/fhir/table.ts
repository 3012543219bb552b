import { auditParameters, directoryParameters, journeyParameters } from '../../fhir/search-parameters.ts';
import type { Interaction } from '../../identity/access.ts';

const reading = ['read', 'vread', 'history-instance', 'history-type', 'search-type'] as const;
const directory = [...directoryParameters.keys()].map((type): [string, readonly Interaction[]] => [
  type,
  ['read', 'vread', 'history-instance', 'search-type', 'create', 'update', 'patch'],
]);

/** What can be done with each type: the router, Allow, 405 and the CapabilityStatement all follow this table. */
export const interactions: Readonly<Record<string, readonly Interaction[]>> = {
  ServiceRequest: [...reading, 'create', 'update'],
  Task: [...reading, 'create', 'update', 'patch'],
  Patient: reading,
  Consent: reading,
  Communication: [...reading, 'create', 'update'],
  Appointment: [...reading, 'create', 'update', 'patch'],
  Provenance: reading,
  DocumentReference: reading,
  Binary: ['read'],
  AuditEvent: ['read', 'search-type'],
  Subscription: ['read', 'search-type', 'create', 'update', 'patch', 'delete'],
  ...Object.fromEntries(directory),
};

/** Operations on a type and an instance of it; those on the whole server stand beside them in the CapabilityStatement. */
export const typeOperations: readonly string[] = ['validate'];

/** Of one Subscription, by GET: what it told, and how it stands (Subscriptions R5 Backport). */
export const subscriptionOperations: readonly string[] = ['events', 'status'];

/** Made with the sender's own identifier as the condition (http.html#ccreate). */
export const conditionalCreates: readonly string[] = ['ServiceRequest', 'Communication', 'Appointment'];

export const isRouted = (type: string, what: Interaction) =>
  Object.hasOwn(interactions, type) && interactions[type]?.includes(what) === true;

export const isDirectoryType = (type: string) => directoryParameters.has(type);
export const isJourneyType = (type: string) => journeyParameters.has(type) || type === 'Binary';
export const isAuditType = (type: string) => auditParameters.has(type);

const list = (...methods: (string | false)[]) => methods.filter(Boolean).join(', ');

/** Update by the practice's own number: of what it may both make and change. */
export const conditionalUpdate = (type: string) => type === 'ServiceRequest';

function allowedOnType(type: string, last: string | undefined): string {
  if (last === undefined)
    return list(
      isRouted(type, 'search-type') && 'GET, HEAD',
      isRouted(type, 'create') && 'POST',
      conditionalUpdate(type) && 'PUT',
    );
  if (last === '_search') return isRouted(type, 'search-type') ? 'POST' : '';
  if (last === '_history') return isRouted(type, 'history-type') ? 'GET, HEAD' : '';
  return last === '$validate' ? 'POST' : '';
}

/** The methods that an address of this door takes, for Allow (RFC 9110 §10.2.1); empty where there is nothing. */
export function allowedAt(path: string): string {
  const [type = '', id, third, version, ...more] = path.replace(/\/$/, '').split('/').slice(1);
  if (type === 'metadata' && id === undefined) return 'GET, HEAD';
  if (id === undefined && (type === '' || type === '$process-message')) return 'POST';
  if (!Object.hasOwn(interactions, type) || more.length > 0) return '';
  if (id === undefined || id.startsWith('_') || id.startsWith('$'))
    return third === undefined ? allowedOnType(type, id) : '';
  if (third === undefined)
    return list(
      isRouted(type, 'read') && 'GET, HEAD',
      isRouted(type, 'update') && 'PUT',
      isRouted(type, 'patch') && 'PATCH',
      isRouted(type, 'delete') && 'DELETE',
    );
  if (third === '$validate') return version === undefined ? 'POST' : '';
  if (subscriptionOperations.some((name) => third === `$${name}`))
    return type === 'Subscription' && version === undefined ? 'GET, HEAD' : '';
  if (third === '$move') return type === 'Task' && version === undefined ? 'POST' : '';
  if (third !== '_history') return '';
  return isRouted(type, version === undefined ? 'history-instance' : 'vread') ? 'GET, HEAD' : '';
}
