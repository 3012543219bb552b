import type { Bundle, Resource } from '@medplum/fhirtypes';
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { preferredLanguage } from '../../fhir/outcome.ts';
import { isRefusal, type Refusal, refusals, refuse } from '../../referral/refusal.ts';
import { readResource } from '../../store/referrals.ts';
import { ContentErased } from '../../store/store.ts';
import { acceptMessage } from '../accept.ts';
import { callerKey, callerOf, countCalls, mayRefer, practiceOf, sendRefusal } from '../practice-key.ts';
import { bug, isFault } from '../refused.ts';
import { mountSubscriptions } from '../subscription/subscriptions.ts';
import { answerTransaction } from './all-or-none.ts';
import { acceptedOutcome, isBundle, withPromise } from './answer.ts';
import { mayAsk } from './asked.ts';
import { answerBatch } from './batch.ts';
import { fhirBody, unreadRequest } from './body.ts';
import { capability } from './capability.ts';
import { unlessThere } from './condition.ts';
import { mountDirectory } from './directory.ts';
import { type Entrance, entriesMax } from './entry.ts';
import { wantsJson } from './format.ts';
import { addLooks, searchingOf } from './looks.ts';
import { type Message, messageAnswer, readMessage, takeMessage } from './message.ts';
import { mountMoves } from './move-routes.ts';
import { noSuch, send } from './reply.ts';
import { type Told, tell } from './standing.ts';
import { allowedAt } from './table.ts';
import {
  arrivingFrom,
  controlIdOf,
  door,
  type Expected,
  type FhirDoor,
  mapReceived,
  noteAccepted,
  noteRefused,
  notSupported,
  readBody,
} from './take.ts';
import { isSingleRequests } from './together.ts';
import { transactionResponse } from './transaction.ts';
import { type Updated, updateByNumber, updateRequest, updateStatus, updateTask } from './update.ts';

export type { FhirDoor } from './take.ts';

const languageOf = (request: Request) => preferredLanguage(request.get('accept-language'));

/** A transaction or a single resource: read, mapped, taken. */
async function take(
  parts: FhirDoor,
  request: Request,
  expected: Expected,
): Promise<{ resource: Resource; told: Told } | Refusal> {
  const resource = readBody(request, expected, parts.mapping);
  if (isRefusal(resource)) return resource;
  const mapped = await mapReceived(parts, request, resource);
  if (isRefusal(mapped)) return mapped;
  const key = { controlId: controlIdOf(resource, mapped, request.get('x-request-id')), messageType: expected.type };
  const accepted = await acceptMessage(parts, arrivingFrom(request, mapped, key));
  if (isRefusal(accepted)) return accepted;
  return { resource, told: await tell(parts.store, practiceOf(request).practice, mapped.intent, accepted) };
}

/** Takes in and answers; what is refused is kept and told. */
function intake(
  parts: FhirDoor,
  expected: Expected,
  answer: (request: Request, response: Response, resource: Resource, told: Told) => Promise<void> | void,
) {
  return async (request: Request, response: Response) => {
    const taken = await take(parts, request, expected);
    if (isRefusal(taken)) {
      await noteRefused(parts, request, taken);
      sendRefusal(request, response, taken);
      return;
    }
    const { accepted } = taken.told;
    noteAccepted(parts, request, accepted);
    if (accepted.outcome !== 'kept' && accepted.replayed) response.set('X-Duplicate', 'true');
    await answer(request, response, taken.resource, taken.told);
  };
}

/** One resource of ours as the answer to a create or an update, in the version it has now (Prefer: RFC 7240). */
async function answerWith(
  parts: FhirDoor,
  request: Request,
  response: Response,
  { accepted, standings }: Told,
  type: 'ServiceRequest' | 'Task',
): Promise<void> {
  if (accepted.outcome === 'kept') return void send(response, 202, acceptedOutcome(accepted, languageOf(request)));
  const { answer, outcome } = accepted;
  const { practice } = practiceOf(request);
  const first = { id: answer.ids[type === 'Task' ? 'task' : 'serviceRequest'], version: 1 };
  const at = standings?.[type === 'Task' ? 'task' : 'serviceRequest'] ?? first;
  const stored = await readResource(parts.store, { practice }, type, at.id);
  const prefer = /return=(minimal|representation|OperationOutcome)/.exec(request.get('prefer') ?? '')?.[1];
  response
    .set('Location', `${parts.publicUrl}/fhir/R4/${type}/${at.id}/_history/${at.version}`)
    .set('ETag', `W/"${stored?.version ?? at.version}"`);
  // Asked, not done: the Wally answers.
  const status = outcome === 'new' ? 201 : outcome === 'stop-asked' ? 202 : 200;
  const isTold = answer.acute || outcome === 'stop-asked' || outcome === 'superseded';
  // Whatever the sender prefers, that it is acute is said (H1), and that nothing was changed.
  if (prefer === 'minimal' && !isTold) response.status(status).end();
  else if (isTold || prefer === 'OperationOutcome' || !stored)
    send(response, status, acceptedOutcome(accepted, languageOf(request)));
  else if (stored.resource.resourceType === 'ServiceRequest' && outcome !== 'cancelled')
    send(response, status, withPromise(stored.resource, answer));
  else send(response, status, stored.resource);
}

/** An update by the practice: taken in like any later message, refused with the status that says why. */
function updating(
  parts: FhirDoor,
  type: 'ServiceRequest' | 'Task',
  update: (request: Request) => Promise<Updated | Refusal>,
) {
  return async (request: Request, response: Response) => {
    // Only who sent it corrects it: to the system of a Wally her moves are routed before.
    if (callerOf(request).practice === undefined) return sendRefusal(request, response, noSuch());
    const updated = await update(request);
    if (isRefusal(updated)) {
      await noteRefused(parts, request, updated);
      sendRefusal(request, response, updated, updateStatus(updated));
      return;
    }
    noteAccepted(parts, request, updated.accepted);
    const { practice } = practiceOf(request);
    const told = await tell(parts.store, practice, updated.mapped.intent, updated.accepted);
    if (told.accepted.outcome !== 'kept' && told.accepted.replayed) response.set('X-Duplicate', 'true');
    await answerWith(parts, request, response, told, type);
  };
}

/** A message answers itself: also what is refused, and a fault of ours, comes as a message (FHIR R4 messaging.html). */
function messaging(parts: FhirDoor) {
  const told = async (request: Request, message: Message): Promise<Told | Refusal> => {
    try {
      return await takeMessage(parts, request, message);
    } catch (error) {
      parts.log.bug('fhir-door', error, { door });
      return refuse(isFault(error) ? refusals.busy() : bug());
    }
  };
  return async (request: Request, response: Response) => {
    const message = readMessage(parts, request);
    const said = isRefusal(message) ? message : await told(request, message);
    if (isRefusal(said)) await noteRefused(parts, request, said);
    else noteAccepted(parts, request, said.accepted);
    if (isRefusal(message)) return sendRefusal(request, response, message);
    const answer = messageAnswer(parts, request, message, said);
    if (isRefusal(said)) return sendRefusal(request, response, said, undefined, answer);
    if (said.accepted.outcome !== 'kept' && said.accepted.replayed) response.set('X-Duplicate', 'true');
    send(response, 200, answer);
  };
}

/** What is told of a request that threw: a fault that passes, what was erased, or a bug. */
function fallen(parts: FhirDoor) {
  return (error: unknown, request: Request, response: Response, _next: NextFunction) => {
    if ((error as { type?: string }).type === 'request.aborted') return response.destroy();
    const unread = unreadRequest(error);
    if (unread) return sendRefusal(request, response, unread);
    if (error instanceof ContentErased) return sendRefusal(request, response, refuse(refusals.erased('')));
    parts.log.bug('fhir-door', error, { door });
    return sendRefusal(request, response, refuse(isFault(error) ? refusals.busy() : bug()));
  };
}

/** Every address for one request at a time: an entry of a batch goes through these too. */
function singleRequests(parts: FhirDoor): Router {
  // As the names of FHIR are written and no other way: `mayAsk` reads them so, and must see what the routes see.
  const router = express.Router({ caseSensitive: true });
  const searching = searchingOf(parts);
  router.use(wantsJson, mayAsk(parts));
  router.post('/$process-message', mayRefer(parts), messaging(parts));
  router.post(
    '/ServiceRequest',
    unlessThere(searching, 'ServiceRequest'),
    intake(parts, { type: 'ServiceRequest' }, (request, response, _resource, told) =>
      answerWith(parts, request, response, told, 'ServiceRequest'),
    ),
  );
  const idIn = (request: Request) => String(request.params.id);
  router.put(
    '/ServiceRequest',
    updating(parts, 'ServiceRequest', (request) => updateByNumber(parts, request)),
  );
  router.put(
    '/ServiceRequest/:id',
    updating(parts, 'ServiceRequest', (request) => updateRequest(parts, request, idIn(request))),
  );
  mountMoves(router, parts);
  mountSubscriptions(router, { ...parts, ...searching });
  router.put(
    '/Task/:id',
    updating(parts, 'Task', (request) => updateTask(parts, request, idIn(request))),
  );
  mountDirectory(router, parts);
  addLooks(router, parts, searching);
  router.use((request: Request, response: Response) => {
    const allowed = allowedAt(request.path);
    if (allowed) response.set('Allow', allowed);
    const words = [
      'Dit kan hier niet. Wat wel kan staat in metadata.',
      'This is not possible here. See metadata for what is.',
    ] as const;
    sendRefusal(request, response, notSupported('not-supported-here', '', ...words), allowed ? 405 : 404);
  });
  router.use(fallen(parts));
  return router;
}

/** A Bundle at the root: a referral as it comes, or single requests together (http.html#transaction). */
function bundles(parts: FhirDoor, singles: Router) {
  const base = `${parts.publicUrl}/fhir/R4`;
  const door: Entrance = { routes: singles, base };
  const takeReferral = intake(
    parts,
    { type: 'Bundle', bundle: 'transaction' },
    (request, response, resource, { accepted, standings }) => {
      const language = languageOf(request);
      if (accepted.outcome === 'kept') send(response, 202, acceptedOutcome(accepted, language));
      else send(response, 200, transactionResponse(resource as Bundle, accepted, base, language, standings));
    },
  );
  const referring = mayRefer(parts);
  return async (request: Request, response: Response, next: NextFunction) => {
    const body = fhirBody(request);
    if (!isRefusal(body) && isBundle(body)) {
      const isTogether = body.type === 'transaction' && isSingleRequests(body);
      if (isTogether || body.type === 'batch') {
        const entries = Array.isArray(body.entry) ? body.entry.length : 0;
        if (entries > entriesMax) return sendRefusal(request, response, refuse(refusals.tooLong('Bundle.entry')));
        // Each is the work of a request: it counts as one.
        countCalls(parts, request, entries - 1);
        if (isTogether) return answerTransaction(parts, door, request, response, body);
        return answerBatch(door, request, response, body);
      }
    }
    // Anything else at the root is a referral, and those come from practices.
    referring(request, response, (error) => (error ? next(error) : void takeReferral(request, response).catch(next)));
  };
}

/** The FHIR R4 door: transactions, messages and single resources in, updates, and what the caller may see to read and search. */
export function fhirRouter(parts: FhirDoor): Router {
  const router = express.Router();
  router.get('/metadata', wantsJson, (_request, response) => send(response, 200, capability(parts)));
  router.use(callerKey(parts));
  router.use(express.raw({ type: () => true, limit: parts.bodyBytesMax }));
  // A request that broke off while its sender was looked up passes body-parser without a body: nothing came, so nothing
  // was refused.
  router.use((request, response, next) => {
    if (request.complete || !request.destroyed) next();
    else response.destroy();
  });
  const singles = singleRequests(parts);
  router.post('/', wantsJson, bundles(parts, singles));
  router.use(singles);
  router.use(fallen(parts));
  return router;
}
