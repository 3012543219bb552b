import type { CapabilityStatement, Resource } from '@medplum/fhirtypes';
import type { Request, Response } from 'express';
import { issue, refuse } from '../referral/refusal.ts';
import { readResource } from '../store/referrals.ts';
import type { Store } from '../store/store.ts';
import { callerOf, sendRefusal } from './practice-key.ts';

interface Reading {
  readonly store: Store;
  readonly publicUrl: string;
}

const readable = ['ServiceRequest', 'Task', 'Patient', 'Consent', 'Communication', 'Provenance'];
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const send = (response: Response, status: number, resource: Resource) =>
  response.status(status).type('application/fhir+json').send(JSON.stringify(resource));

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
        resource: readable.map((type) => ({
          type: type as Resource['resourceType'],
          interaction: [
            { code: 'read' as const },
            { code: 'vread' as const },
            ...(type === 'ServiceRequest' ? [{ code: 'create' as const }] : []),
          ],
          versioning: 'versioned' as const,
        })),
        interaction: [{ code: 'transaction' }],
      },
    ],
  };
}

/** The methods that an address of this door takes, for Allow (RFC 9110 §10.2.1); empty where there is nothing. */
export function allowedAt(path: string): string {
  const [type = '', id, history, version, ...more] = path.split('/').slice(1);
  if (type === 'metadata' && id === undefined) return 'GET, HEAD';
  if (id === undefined || id === '') return type === '' || type === 'ServiceRequest' ? 'POST' : '';
  const isVersion = history === undefined || (history === '_history' && version !== undefined);
  return readable.includes(type) && isVersion && more.length === 0 ? 'GET, HEAD' : '';
}

/** Reads one resource of the caller's own practice, its newest version or the one named; each read is in the audit trail. */
export async function readOwn(parts: Reading, request: Request, response: Response): Promise<void> {
  const caller = callerOf(request);
  const { type = '', id = '', version } = request.params as Record<string, string | undefined>;
  const wanted = version === undefined || /^\d{1,9}$/.test(version) ? version : '0';
  const found =
    readable.includes(type) && uuid.test(id)
      ? await readResource(parts.store, { practice: caller.practice }, type, id, wanted ? Number(wanted) : undefined)
      : undefined;
  if (!found) {
    sendRefusal(
      request,
      response,
      refuse(
        issue('not-found', 'no-such-resource', '', {
          nl: 'Dit gegeven bestaat niet, of het is niet van uw praktijk.',
          en: 'This resource does not exist, or it is not of your practice.',
        }),
      ),
    );
    return;
  }
  await parts.store.commit({
    scope: { practice: caller.practice },
    journey: found.journey,
    audit: [
      {
        event: 'resource-read',
        at: parts.store.clock().toISOString(),
        actor: { id: caller.actor.id, role: caller.actor.role, organization: caller.practice },
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
