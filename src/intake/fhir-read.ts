import type { CapabilityStatement, Resource } from '@medplum/fhirtypes';
import type { Request, Response } from 'express';
import { operations } from '../fhir/systems.ts';
import { refusals, refuse } from '../referral/refusal.ts';
import { readJourney, readResource } from '../store/referrals.ts';
import type { Accepting } from './arriving.ts';
import { journeyBy } from './fhir-move.ts';
import { callerOf, sendRefusal } from './practice-key.ts';
import { securityOf } from './smart.ts';

interface Reading extends Accepting {
  readonly publicUrl: string;
}

/** What a Wally's system reads: her work and what belongs to it. What the practice sent is minimised, and not here. */
const work: readonly string[] = ['Task', 'Communication', 'Appointment'];

type Interaction = 'read' | 'vread' | 'create' | 'update' | 'patch';

/** What the practice may do with each type of resource: the router, Allow and the CapabilityStatement all follow it. */
export const interactions: Readonly<Record<string, readonly Interaction[]>> = {
  ServiceRequest: ['read', 'vread', 'create', 'update'],
  Task: ['read', 'vread', 'create', 'update', 'patch'],
  Patient: ['read', 'vread'],
  Consent: ['read', 'vread'],
  Communication: ['read', 'vread', 'create', 'update'],
  Appointment: ['read', 'vread', 'create', 'update', 'patch'],
  Provenance: ['read', 'vread'],
  DocumentReference: ['read', 'vread'],
  Binary: ['read'],
};

const may = (type: string, what: Interaction) => interactions[type]?.includes(what) === true;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const send = (response: Response, status: number, resource: Resource) =>
  response.status(status).type('application/fhir+json').send(JSON.stringify(resource));

/** Made beside a referral; the sender's own identifier is the condition. */
const beside: readonly string[] = ['Communication', 'Appointment'];
const moveOperation = { name: 'move', definition: operations.move };

/** What this door can do, for `GET metadata`. */
export function capability(parts: Reading): CapabilityStatement {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-11-21',
    kind: 'instance',
    software: { name: 'Kortelijn' },
    implementation: {
      description: 'Referrals from GP care to the social domain, and their feedback',
      url: `${parts.publicUrl}/fhir/R4`,
    },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    rest: [
      {
        mode: 'server',
        security: securityOf(parts.publicUrl),
        resource: Object.entries(interactions).map(([type, codes]) => ({
          type: type as Resource['resourceType'],
          interaction: codes.map((code) => ({ code })),
          versioning: codes.includes('update') ? ('versioned-update' as const) : ('versioned' as const),
          ...(codes.includes('update') && { updateCreate: false }),
          ...(type === 'ServiceRequest' && { conditionalUpdate: true }),
          ...(beside.includes(type) && { conditionalCreate: true }),
          ...(type === 'Task' && { operation: [moveOperation] }),
        })),
        interaction: [{ code: 'transaction' }],
        operation: [
          {
            name: 'process-message',
            definition: 'http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message',
          },
        ],
      },
    ],
  };
}

/** The methods that an address of this door takes, for Allow (RFC 9110 §10.2.1); empty where there is nothing. */
export function allowedAt(path: string): string {
  const [type = '', id = '', history, version, ...more] = path.split('/').slice(1);
  if (type === 'metadata' && id === '') return 'GET, HEAD';
  if (id === '' && (type === '' || type === '$process-message')) return 'POST';
  if (id === '') return [may(type, 'create') ? 'POST' : '', conditional(type) ? 'PUT' : ''].filter(Boolean).join(', ');
  if (!may(type, 'read') || more.length > 0) return '';
  if (history === '$move') return type === 'Task' && version === undefined ? 'POST' : '';
  if (history === undefined)
    return ['GET, HEAD', may(type, 'update') ? 'PUT' : '', may(type, 'patch') ? 'PATCH' : '']
      .filter(Boolean)
      .join(', ');
  return history === '_history' && version !== undefined && may(type, 'vread') ? 'GET, HEAD' : '';
}

/** Update by the practice's own number: of what it may both make and change. */
const conditional = (type: string) => type === 'ServiceRequest';

/** The letters that the practice sent along, of the bytes only those: the messages they came in are not read back. */
async function isLetter(parts: Reading, practice: string, journey: string, id: string): Promise<boolean> {
  const found = await readJourney(parts.store, { kind: 'practice', practice }, journey);
  const urls = found?.letters.flatMap(({ resource }) => (resource.content ?? []).map((one) => one.attachment?.url));
  return urls?.includes(`Binary/${id}`) === true;
}

/** Reads one resource of the caller's own practice, its newest version or the one named; each read is in the audit trail. */
export async function readOwn(parts: Reading, request: Request, response: Response): Promise<void> {
  const caller = callerOf(request);
  const { type = '', id = '', version } = request.params as Record<string, string | undefined>;
  const wanted = version === undefined || /^\d{1,9}$/.test(version) ? version : '0';
  const isPractice = caller.scope.kind === 'practice';
  const mine = isPractice || !work.includes(type) ? undefined : await journeyBy(parts, caller, type, id);
  const practice = (isPractice ? caller.practice : mine?.practice) ?? '';
  const found =
    practice && may(type, version === undefined ? 'read' : 'vread') && uuid.test(id)
      ? await readResource(parts.store, { practice }, type, id, wanted ? Number(wanted) : undefined)
      : undefined;
  if (!found || (type === 'Binary' && !(await isLetter(parts, practice, found.journey, id)))) {
    sendRefusal(request, response, refuse(refusals.notThere()));
    return;
  }
  await parts.store.commit({
    scope: { practice },
    journey: found.journey,
    audit: [
      {
        event: 'resource-read',
        at: parts.store.clock().toISOString(),
        actor: { id: caller.actor.id, role: caller.actor.role, organization: caller.actor.organization ?? practice },
        action: 'R',
        outcome: 'ok',
        object: `${type}/${id}`,
        purpose: 'TREAT',
      },
    ],
  });
  const meta = { versionId: String(found.version) };
  response.set('ETag', `W/"${found.version}"`);
  send(response, 200, { ...found.resource, meta: { ...found.resource.meta, ...meta } });
}
