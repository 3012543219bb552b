import type { Bundle, Resource } from '@medplum/fhirtypes';
import type { Request } from 'express';
import type { Issue } from '../../fhir/outcome.ts';
import { validateBaseR4 } from '../../fhir/validate.ts';
import type { Log } from '../../log.ts';
import { readMessage } from '../../mapping/reading.ts';
import { isWithoutConsent, type Mapping } from '../../mapping/run.ts';
import { type Mapped, messageHash, numberOf } from '../../referral/format.ts';
import { isRefusal, issue, type Refusal, refuse } from '../../referral/refusal.ts';
import { readResource } from '../../store/referrals.ts';
import { type Accepted, type Accepting, type Arriving, journeyIn } from '../arriving.ts';
import { type Knocking, practiceOf } from '../practice-key.ts';
import { keepRefused, refusedLine } from '../refused.ts';
import { isBundle } from './answer.ts';
import { fhirBody, jsonIn } from './body.ts';
import { earlierReferences, transactionIssues } from './bundle.ts';

export interface FhirDoor extends Accepting, Knocking {
  readonly mapping: Mapping;
  readonly log: Log;
  readonly publicUrl: string;
  readonly bodyBytesMax: number;
  /** `host:port` that may be sent to: addresses in the directory (absent: not looked at) and of Subscriptions (absent: none). */
  readonly outbound?: ReadonlySet<string>;
  /** The directory changed: look again who owns what. */
  readonly onDirectory?: () => Promise<number>;
}

export const door = 'fhir';

export const notSupported = (reason: string, path: string, nl: string, en: string): Refusal =>
  refuse(issue('not-supported', reason, path, { nl, en }));

/** What may come at an address: a type of resource, of a Bundle which type. */
export interface Expected {
  readonly type: 'Bundle' | 'ServiceRequest' | 'Task' | 'Communication' | 'Appointment' | 'Parameters';
  readonly bundle?: 'transaction' | 'message';
}

/** What is wrong with a resource at an address that is for `expected`. */
export function checked(resource: Resource, expected: Expected): Issue[] {
  if (resource.resourceType !== expected.type) {
    const { type } = expected;
    const words = [`Op dit adres verwachten wij een ${type}.`, `At this address we expect a ${type}.`] as const;
    return notSupported('other-resource', 'resourceType', ...words).refused.slice();
  }
  const base = validateBaseR4(resource).filter((one) => one.severity === 'error');
  if (base.length > 0 || !isBundle(resource)) return base;
  if (resource.type === expected.bundle) return transactionIssues(resource);
  const [nl, en] =
    expected.bundle === 'message'
      ? ['Stuur hier een Bundle van type message.', 'Send a Bundle of type message here.']
      : ['Stuur een verwijzing als transaction.', 'Send a referral as a transaction.'];
  return notSupported('bundle-type', 'Bundle.type', nl ?? '', en ?? '').refused.slice();
}

/**
 * The resource of a request, checked against base R4 and what the address is for. `mapping`: by which a referral that is
 * refused here is looked at for its consent, since no mapping will see it.
 */
export function readBody(request: Request, expected: Expected, mapping?: Mapping): Resource | Refusal {
  const resource = fhirBody(request);
  if (isRefusal(resource)) return resource;
  const issues = checked(resource, expected);
  if (issues.length === 0) return resource;
  return { refused: issues, ...(mapping && isWithoutConsent(mapping, resource) && { withoutConsent: true }) };
}

/** What a message refers to of what the practice sent before, and what that refers to in turn (a Task to its request). */
export async function knownEarlier(
  parts: Pick<FhirDoor, 'store'>,
  caller: { readonly practice: string },
  resource: Resource,
): Promise<Map<string, Resource>> {
  const known = new Map<string, Resource>();
  const look = async (from: Resource) => {
    for (const reference of earlierReferences(from).filter((one) => !known.has(one))) {
      const [type = '', id = ''] = reference.split('/');
      const found = await readResource(parts.store, { practice: caller.practice }, type, id);
      if (found) known.set(reference, found.resource);
    }
  };
  await look(resource);
  for (const one of [...known.values()])
    if (one.resourceType === 'Task' || one.resourceType === 'ServiceRequest') await look(one);
  return known;
}

/** What a resource means, as the mapping reads it with what the practice sent before. */
export async function mapReceived(parts: FhirDoor, request: Request, resource: Resource): Promise<Mapped | Refusal> {
  const caller = practiceOf(request);
  return readMessage(parts.mapping, resource, await knownEarlier(parts, caller, resource));
}

/** A mapped message with who sent it and the bytes it came in. */
export function arrivingFrom(
  request: Request,
  mapped: Mapped,
  key: { readonly controlId: string; readonly messageType: string },
): Arriving {
  const { practice, application, actor } = practiceOf(request);
  return {
    practice,
    application,
    actor,
    door,
    controlId: key.controlId.slice(0, 200),
    messageType: key.messageType,
    mapped,
    source: { contentType: 'application/fhir+json', base64: (request.body as Buffer).toString('base64') },
    undoMs: 0,
  };
}

/** The message's own key: Bundle.identifier, else the X-Request-ID of the sender, else the referral's number. */
export function controlIdOf(resource: Resource, mapped: Mapped, requestId: string | undefined): string {
  const identifier = isBundle(resource) ? resource.identifier?.value : undefined;
  const { value } = numberOf(mapped);
  const own = identifier ?? requestId;
  if (own !== undefined || mapped.intent === 'refer') return own ?? value;
  // Without a name of its own: neither its referral again, nor the correction before it.
  return `${mapped.intent} ${value} ${Buffer.from(messageHash(mapped)).toString('hex')}`;
}

/** What its sender calls a message that nobody could read to its end: Bundle.identifier, MessageHeader.id, else X-Request-ID. */
function controlIdSent(request: Request): string | undefined {
  const body = jsonIn(request) as Partial<Bundle> | null | undefined;
  const header = body?.type === 'message' ? body.entry?.[0]?.resource?.id : undefined;
  const named: unknown = header ?? body?.identifier?.value ?? request.get('x-request-id');
  return typeof named === 'string' ? named : undefined;
}

/** Keeps what was refused (decision 15), and says so in the log. */
export async function noteRefused(parts: FhirDoor, request: Request, refusal: Refusal): Promise<void> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const by = { ...practiceOf(request), door, controlId: controlIdSent(request) };
  parts.log.info('referral-refused', refusedLine(by, refusal, await keepRefused(parts.store, by, body, refusal)));
}

export function noteAccepted(parts: FhirDoor, request: Request, accepted: Accepted): void {
  const { practice } = practiceOf(request);
  parts.log.info('referral-accepted', { door, practice, outcome: accepted.outcome, ...journeyIn(accepted) });
}
