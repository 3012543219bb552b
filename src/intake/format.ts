import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import { preferredLanguage } from '../fhir/outcome.ts';
import type { Log } from '../log.ts';
import { readMessage } from '../mapping/reading.ts';
import type { Mapping } from '../mapping/run.ts';
import { type Mapped, messageHash, type Syntax } from '../referral/format.ts';
import { isRefusal, issue, type Refusal, refusals, refuse } from '../referral/refusal.ts';
import { acceptMessage } from './accept.ts';
import { type Accepted, type Accepting, journeyIn } from './arriving.ts';
import { acceptedOutcome } from './fhir/answer.ts';
import { fhirBody, unreadRequest } from './fhir/body.ts';
import { send } from './fhir/reply.ts';
import { type Knocking, practiceKey, practiceOf, sendRefusal } from './practice-key.ts';
import { bug, isFault, keepRefused, refusedLine } from './refused.ts';

export interface FormatDoor extends Accepting, Knocking {
  readonly mappings: ReadonlyMap<string, Mapping>;
  readonly log: Log;
  readonly publicUrl: string;
  readonly bodyBytesMax: number;
}

const otherId = (type: string) =>
  issue('value', 'other-id', `${type}.id`, {
    nl: 'Het id in het bericht is een ander dan het id in het adres.',
    en: 'The id in the message is another than the id in the address.',
  });

/** Syntaxes that come in as a body of HTTP; the others have doors of their own. */
const bodies: Partial<Record<Syntax, (request: Request) => unknown | Refusal>> = {
  fhir: (request) => {
    const resource = fhirBody(request);
    if (isRefusal(resource)) return resource;
    // `[base]/Bundle`, `[base]/Task/1`: the last part that is a type says what must come (FHIR http.html#create, #update).
    const [, type, id] = /\/([A-Z]\w+)(?:\/([\w.-]+))?$/.exec(request.path) ?? [];
    if (id !== undefined && type === resource.resourceType && id !== resource.id) return refuse(otherId(type));
    if (type === undefined || type === resource.resourceType) return resource;
    return refuse(
      issue('value', 'other-resource', 'resourceType', {
        nl: `Op dit adres verwachten wij een ${type}.`,
        en: `At this address we expect a ${type}.`,
      }),
    );
  },
  json: fhirBody,
};

const unknownFormat = refuse(
  issue('not-found', 'unknown-format', '', {
    nl: 'Dit formaat kennen wij hier niet. Kijk in de handleiding welke formaten er zijn.',
    en: 'We do not know this format here. See the manual for the formats there are.',
  }),
);

const notHere = refuse(
  issue('not-supported', 'not-supported-here', '', {
    nl: 'Dit kan hier niet. Stuur een bericht met POST, en wat eerder kwam en nu anders is met PUT.',
    en: 'This is not possible here. Send a message with POST, and what came before and is different now with PUT.',
  }),
);

/** The document's own id, else the X-Request-ID; of a sender with neither, the same content is the same message. */
export function controlIdOf(mapped: Mapped, requestId: string | undefined): string {
  const { messageKey = requestId } = mapped;
  return (messageKey ?? `${mapped.intent} ${Buffer.from(messageHash(mapped)).toString('base64url')}`).slice(0, 200);
}

/** What a message of a format means, with what its practice agreed; or every reason why it is not taken. */
export async function mapFormat(
  parts: Accepting,
  practice: string,
  mapping: Mapping,
  received: unknown,
): Promise<Mapped | Refusal> {
  const claim = mapping.format.claims?.(received) ?? true;
  if (claim !== true) return claim === false ? unknownFormat : refuse(...claim);
  const { agreement } = (await parts.directory()).practices.get(practice) ?? {};
  return readMessage(mapping, received, new Map(), agreement);
}

async function take(
  parts: FormatDoor,
  request: Request,
  { format }: Mapping,
  mapped: Mapped,
): Promise<Accepted | Refusal> {
  const { practice, application, actor } = practiceOf(request);
  return acceptMessage(parts, {
    practice,
    application,
    actor,
    door: format.name,
    controlId: controlIdOf(mapped, request.get('x-request-id')),
    messageType: format.name,
    mapped,
    source: {
      contentType: request.get('content-type')?.split(';')[0] ?? 'application/octet-stream',
      base64: (request.body as Buffer).toString('base64'),
    },
    undoMs: 0,
  });
}

/** 201 with a Location for a new referral, 200 for one we have, 202 for what waits; the words as OperationOutcome. */
function answer(parts: FormatDoor, request: Request, response: Response, accepted: Accepted): void {
  const statuses: Partial<Record<Accepted['outcome'], number>> = { new: 201, kept: 202 };
  // Some senders (ZorgDomein) want a Location with every yes; what waits for its referral has no resource yet.
  const own = accepted.outcome === 'kept' ? undefined : accepted.answer.ids.serviceRequest;
  response.set('Location', parts.publicUrl + (own ? `/fhir/R4/ServiceRequest/${own}` : request.baseUrl + request.path));
  if (accepted.replayed) response.set('X-Duplicate', 'true');
  const language = preferredLanguage(request.get('accept-language'));
  send(response, statuses[accepted.outcome] ?? 200, acceptedOutcome(accepted, language));
}

/**
 * The door of every format that comes as a body of HTTP: `POST` (and `PUT`, for systems that update) under
 * `/intake/<format>`, with the practice's key; `GET /intake/<format>/schema` where a format has a JSON Schema.
 */
export function formatRouter(parts: FormatDoor): Router {
  const router = express.Router();
  const mappingAt = (request: Request) => {
    const found = parts.mappings.get(String(request.params.format));
    return found?.format.ownDoor ? undefined : found;
  };
  router.get('/:format/schema', (request, response) => {
    const wire = mappingAt(request)?.format.wire;
    if (!wire) return sendRefusal(request, response, unknownFormat);
    response.type('application/schema+json').send(JSON.stringify(z.toJSONSchema(wire, { io: 'input' }), undefined, 2));
  });
  router.use(practiceKey(parts));
  router.use(express.raw({ type: () => true, limit: parts.bodyBytesMax }));
  router.use((request, response, next) => {
    if (request.complete) next();
    else response.destroy();
  });
  const intake = async (request: Request, response: Response) => {
    const mapping = mappingAt(request);
    const read = mapping && bodies[mapping.format.syntax];
    if (!mapping || !read) return sendRefusal(request, response, unknownFormat);
    const door = mapping.format.name;
    const { practice } = practiceOf(request);
    const received = read(request);
    const mapped = isRefusal(received) ? received : await mapFormat(parts, practice, mapping, received);
    const taken = isRefusal(mapped) ? mapped : await take(parts, request, mapping, mapped);
    if (isRefusal(taken)) {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const messageKey = isRefusal(mapped) ? undefined : mapped.messageKey;
      const by = { ...practiceOf(request), door, controlId: messageKey ?? request.get('x-request-id') };
      parts.log.info('referral-refused', refusedLine(by, taken, await keepRefused(parts.store, by, body, taken)));
      return sendRefusal(request, response, taken);
    }
    parts.log.info('referral-accepted', { door, practice, outcome: taken.outcome, ...journeyIn(taken) });
    answer(parts, request, response, taken);
  };
  router.post(['/:format', '/:format/*rest'], intake);
  router.put('/:format/*rest', intake);
  router.all(['/:format', '/:format/*rest'], (request, response) => {
    const mapping = mappingAt(request);
    if (!mapping || !bodies[mapping.format.syntax]) return sendRefusal(request, response, unknownFormat);
    response.set('Allow', 'rest' in request.params ? 'POST, PUT' : 'POST');
    sendRefusal(request, response, notHere, 405);
  });
  router.use((request, response) => sendRefusal(request, response, unknownFormat));
  router.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    if ((error as { type?: string }).type === 'request.aborted') return response.destroy();
    const unread = unreadRequest(error);
    if (unread) return sendRefusal(request, response, unread);
    parts.log.bug('format-door', error, { door: 'format' });
    return sendRefusal(request, response, refuse(isFault(error) ? refusals.busy() : bug()));
  });
  return router;
}
