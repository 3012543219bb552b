import type { Resource, Task } from '@medplum/fhirtypes';
import type { Request } from 'express';
import { type Mapped, messageHash, numberOf } from '../../referral/format.ts';
import { practiceReferralOf } from '../../referral/journey.ts';
import { isRefusal, issue, type Refusal, refuse } from '../../referral/refusal.ts';
import { readResource } from '../../store/referrals.ts';
import { acceptMessage } from '../accept.ts';
import type { Accepted } from '../arriving.ts';
import { practiceOf } from '../practice-key.ts';
import { acceptUpdate } from '../update.ts';
import { noSuch } from './reply.ts';
import { arrivingFrom, type FhirDoor, mapReceived, readBody } from './take.ts';

/** What was sent, what it means, and what became of it. */
export interface Updated {
  readonly mapped: Mapped;
  readonly accepted: Accepted;
}

export const versionRequired = (): Refusal =>
  refuse(
    issue('conflict', 'version-required', '', {
      nl: 'Zeg welke versie u wijzigt (If-Match), zodat u niemands wijziging overschrijft.',
      en: 'Say which version you change (If-Match), so that you overwrite nobody’s change.',
    }),
  );
const notYours = (): Refusal =>
  refuse(
    issue('business-rule', 'task-is-ours', 'Task.status', {
      nl: 'De voortgang van een verwijzing houdt de Wally bij. Uw praktijk kan haar alleen intrekken (status cancelled).',
      en: 'The Wally keeps the progress of a referral. Your practice can only withdraw it (status cancelled).',
    }),
  );

/** HTTP status of a refused update: what hangs on a version is 412 (RFC 9110 §15.5.13), what may not be is 409. */
export function updateStatus(refusal: Refusal): number | undefined {
  const reasons = refusal.refused.map((one) => one.reason);
  if (reasons.some((one) => one === 'other-version' || one === 'version-required')) return 412;
  if (reasons.includes('task-is-ours') || reasons.includes('already-closed')) return 409;
  return reasons.includes('other-id') ? 400 : undefined;
}

/** The version that the sender read: If-Match, else the one in the resource; undefined when it does not say. */
export function versionRead(request: Request, resource: Resource): number | undefined {
  const tag = /^\s*(?:W\/)?"(\d{1,9})"\s*$/.exec(request.get('if-match') ?? '')?.[1];
  const said = request.get('if-match') === undefined ? resource.meta?.versionId : (tag ?? '0');
  return said !== undefined && /^\d{1,9}$/.test(said) ? Number(said) : undefined;
}

/** A body sent to an address with an id must say that id (FHIR R4 http.html#update). */
export const wrongId = (resource: Resource, id: string): Refusal | undefined =>
  resource.id === undefined || resource.id === id
    ? undefined
    : refuse(
        issue('value', 'other-id', `${resource.resourceType}.id`, {
          nl: 'Het id in het bericht is een ander dan dat in het adres.',
          en: 'The id in the message is another one than that in the address.',
        }),
      );

const otherNumber = (path: string): Refusal =>
  refuse(
    issue('value', 'other-number', path, {
      nl: 'Dit is een ander nummer dan deze verwijzing heeft. Krijgt zij een nieuw nummer? Stuur dan een nieuwe verwijzing met het oude nummer in replaces.',
      en: 'This is another number than this referral has. Does it get a new number? Then send a new referral with the old number in replaces.',
    }),
  );

/** An update says itself that it takes the place of what was there. */
const asCorrection = (mapped: Mapped): Mapped =>
  mapped.intent === 'refer' ? { ...mapped, intent: 'correct' } : mapped;

/** `PUT ServiceRequest/<our id>`: a correction of what the practice sent, or, with status revoked, its withdrawal. */
export async function updateRequest(parts: FhirDoor, request: Request, id: string): Promise<Updated | Refusal> {
  const { practice } = practiceOf(request);
  const resource = readBody(request, { type: 'ServiceRequest' }, parts.mapping);
  if (isRefusal(resource)) return resource;
  const stored = await readResource(parts.store, { practice }, 'ServiceRequest', id);
  if (stored?.resource.resourceType !== 'ServiceRequest') return noSuch();
  const refused = wrongId(resource, id);
  if (refused) return refused;
  const version = versionRead(request, resource);
  if (version === undefined) return versionRequired();
  const found = await mapReceived(parts, request, resource);
  if (isRefusal(found)) return found;
  const mapped = asCorrection(found);
  if (numberOf(mapped).value !== practiceReferralOf(stored.resource).value) return otherNumber(mapped.places.number);
  const key = { controlId: `${id} v${version}`, messageType: 'PUT ServiceRequest' };
  const read = { type: 'ServiceRequest', id, version } as const;
  const accepted = await acceptUpdate(parts, arrivingFrom(request, mapped, key), read);
  return isRefusal(accepted) ? accepted : { mapped, accepted };
}

/** `PUT ServiceRequest?identifier=`: the same by the practice's own number; of a number that we do not know, a referral. */
export async function updateByNumber(parts: FhirDoor, request: Request): Promise<Updated | Refusal> {
  const asked = new URLSearchParams(request.originalUrl.split('?')[1] ?? '').getAll('identifier');
  const [, system = '', value = ''] = /^([^|]*)\|(.+)$/.exec(asked[0] ?? '') ?? [];
  if (asked.length !== 1 || !value) {
    return refuse(
      issue('not-supported', 'condition', '', {
        nl: 'Noem bij een wijziging precies één nummer met zijn systeem (identifier=systeem|nummer).',
        en: 'Name exactly one number with its system with an update (identifier=system|number).',
      }),
    );
  }
  const resource = readBody(request, { type: 'ServiceRequest' }, parts.mapping);
  if (isRefusal(resource)) return resource;
  const found = await mapReceived(parts, request, resource);
  if (isRefusal(found)) return found;
  const mapped = asCorrection(found);
  const number = numberOf(mapped);
  if (number.value !== value || (system && number.system !== system)) return otherNumber(mapped.places.number);
  const hash = Buffer.from(messageHash(mapped)).toString('hex');
  const key = { controlId: request.get('x-request-id') ?? `${value} ${hash}`, messageType: 'PUT ServiceRequest' };
  const accepted = await acceptMessage(parts, arrivingFrom(request, mapped, key));
  return isRefusal(accepted) ? accepted : { mapped, accepted };
}

/** `PUT Task/<our id>`: the practice may withdraw, and nothing else (referral-guides (d)). */
export async function updateTask(parts: FhirDoor, request: Request, id: string): Promise<Updated | Refusal> {
  const { practice } = practiceOf(request);
  const resource = readBody(request, { type: 'Task' });
  if (isRefusal(resource)) return resource;
  const stored = await readResource(parts.store, { practice }, 'Task', id);
  if (stored?.resource.resourceType !== 'Task') return noSuch();
  const refused = wrongId(resource, id);
  if (refused) return refused;
  const { status, for: person } = resource as Task;
  if (status !== 'cancelled' && status !== 'entered-in-error') return notYours();
  const version = versionRead(request, resource);
  if (version === undefined) return versionRequired();
  // What it is about is what we have; whom it is about may be said, and must then agree (H3).
  const { focus, for: known } = stored.resource;
  const whom = person ?? known;
  const task: Task = { ...(resource as Task), ...(focus && { focus }), ...(whom && { for: whom }) };
  const mapped = await mapReceived(parts, request, task);
  if (isRefusal(mapped)) return mapped;
  if (mapped.intent !== 'cancel') return notYours();
  const key = { controlId: `${id} v${version}`, messageType: 'PUT Task' };
  const accepted = await acceptUpdate(parts, arrivingFrom(request, mapped, key), { type: 'Task', id, version });
  return isRefusal(accepted) ? accepted : { mapped, accepted };
}
