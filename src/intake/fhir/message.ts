import { createHash } from 'node:crypto';
import type { Bundle, MessageHeader, OperationOutcome } from '@medplum/fhirtypes';
import type { Request } from 'express';
import { preferredLanguage, toOutcome } from '../../fhir/outcome.ts';
import { codeSystems } from '../../fhir/systems.ts';
import { isRefusal, issue, type Refusal, refuse } from '../../referral/refusal.ts';
import { headerOfEnvelope } from '../../store/envelopes.ts';
import { acceptMessage } from '../accept.ts';
import { practiceOf } from '../practice-key.ts';
import { acceptedOutcome } from './answer.ts';
import { type Told, tell } from './standing.ts';
import { arrivingFrom, type FhirDoor, mapReceived, notSupported, readBody } from './take.ts';

/** A message Bundle that we can answer: its header with an id, and the id of the envelope that it came in. */
export interface Message {
  readonly bundle: Bundle;
  readonly header: MessageHeader & { readonly id: string };
  readonly envelope: string | undefined;
}

const headerPath = 'Bundle.entry[0].resource';

/** The message in a request; a refusal that no message can answer when there is none, or when it is an answer itself. */
export function readMessage(parts: Pick<FhirDoor, 'mapping'>, request: Request): Message | Refusal {
  const bundle = readBody(request, { type: 'Bundle', bundle: 'message' }, parts.mapping);
  if (isRefusal(bundle)) return bundle;
  const [first] = (bundle as Bundle).entry ?? [];
  const header = first?.resource;
  const id = header?.id ?? /^urn:uuid:([0-9a-f-]{36})$/i.exec(first?.fullUrl ?? '')?.[1];
  if (header?.resourceType !== 'MessageHeader' || !id) {
    return refuse(
      issue('required', 'required-message-id', `${headerPath}.id`, {
        nl: 'Een bericht begint met een MessageHeader met een eigen id.',
        en: 'A message begins with a MessageHeader that has an id of its own.',
      }),
    );
  }
  // An acknowledgement is never acknowledged, or two systems answer each other without end (MedCom).
  if (header.response) {
    return notSupported(
      'message-is-answer',
      `${headerPath}.response`,
      'Dit is een antwoord op een bericht. Daar antwoorden wij niet op.',
      'This is an answer to a message. We do not answer those.',
    );
  }
  const { identifier, id: own } = bundle as Bundle;
  return { bundle: bundle as Bundle, header: { ...header, id }, envelope: identifier?.value ?? own };
}

const twoMessages = refuse(
  issue('conflict', 'envelope-twice', 'Bundle.identifier', {
    nl: 'Deze envelop hebben wij al gehad met een ander bericht erin. Geef elk nieuw bericht ook een nieuwe envelop.',
    en: 'We have had this envelope with another message in it. Give every new message a new envelope too.',
  }),
);

/**
 * The four-way test (MedCom): envelope and header both known, or only the header: the same message again, the same
 * answer. A known envelope with a new header is a mistake of the sender; both new is a new message.
 */
export async function takeMessage(parts: FhirDoor, request: Request, message: Message): Promise<Told | Refusal> {
  const { practice, application } = practiceOf(request);
  const { bundle, envelope, header } = message;
  if (envelope !== undefined) {
    const came = { application, envelope: envelope.slice(0, 200), header: header.id };
    if ((await headerOfEnvelope(parts.store, { practice }, came)) !== header.id) return twoMessages;
  }
  const mapped = await mapReceived(parts, request, bundle);
  if (isRefusal(mapped)) return mapped;
  const key = { controlId: header.id, messageType: 'message' };
  const accepted = await acceptMessage(parts, arrivingFrom(request, mapped, key));
  return isRefusal(accepted) ? accepted : tell(parts.store, practice, mapped.intent, accepted);
}

/** An id that the same message always gets: a resend is answered with the same answer in a new envelope. */
function idFrom(...words: readonly string[]): string {
  const hex = createHash('sha256').update(words.join('|')).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const again = new Set(['transient', 'throttled', 'exception']);

/** The answer to a message: taken, not now, or not ever (`ok`, `transient-error`, `fatal-error`), with every reason. */
export function messageAnswer(parts: FhirDoor, request: Request, message: Message, said: Told | Refusal): Bundle {
  const { header } = message;
  const language = preferredLanguage(request.get('accept-language'));
  const base = `${parts.publicUrl}/fhir/R4`;
  const refused = isRefusal(said);
  const isLater = refused && said.refused.some((one) => again.has(one.code));
  const code = refused ? (isLater ? 'transient-error' : 'fatal-error') : 'ok';
  const outcomeId = idFrom(header.id, code, 'outcome');
  const outcome: OperationOutcome = {
    ...(refused ? toOutcome(said.refused, language, codeSystems.refusal) : acceptedOutcome(said.accepted, language)),
    id: outcomeId,
  };
  const focus =
    refused || said.accepted.outcome === 'kept'
      ? []
      : [
          `ServiceRequest/${said.standings?.serviceRequest.id ?? said.accepted.answer.ids.serviceRequest}`,
          `Task/${said.accepted.answer.ids.task}`,
        ];
  const answer: MessageHeader = {
    resourceType: 'MessageHeader',
    id: idFrom(header.id, code),
    ...(header.eventCoding && { eventCoding: header.eventCoding }),
    ...(header.eventUri && { eventUri: header.eventUri }),
    ...(header.source?.endpoint && {
      destination: [{ endpoint: header.source.endpoint, ...(header.source.name && { name: header.source.name }) }],
    }),
    source: { name: 'Kortelijn', endpoint: `${base}/$process-message` },
    response: { identifier: header.id, code, details: { reference: `urn:uuid:${outcomeId}` } },
    ...(focus.length > 0 && { focus: focus.map((one) => ({ reference: `${base}/${one}` })) }),
  };
  const id = parts.store.newId();
  return {
    resourceType: 'Bundle',
    id,
    identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` },
    type: 'message',
    timestamp: parts.store.clock().toISOString(),
    entry: [
      { fullUrl: `urn:uuid:${answer.id}`, resource: answer },
      { fullUrl: `urn:uuid:${outcomeId}`, resource: outcome },
    ],
  };
}
