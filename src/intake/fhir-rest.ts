import type { Bundle, Resource } from '@medplum/fhirtypes';
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { type Issue, preferredLanguage } from '../fhir/outcome.ts';
import { validateBaseR4 } from '../fhir/validate.ts';
import type { Log } from '../log.ts';
import { type Mapping, runMapping } from '../mapping/run.ts';
import { numberOf } from '../referral/format.ts';
import { isRefusal, issue, type Refusal, refusals, refuse } from '../referral/refusal.ts';
import { readResource } from '../store/referrals.ts';
import { acceptMessage } from './accept.ts';
import { type Accepted, type Accepting, journeyIn } from './arriving.ts';
import { acceptedOutcome, isBundle, transactionResponse, withPromise } from './fhir-answer.ts';
import { fhirBody } from './fhir-body.ts';
import { earlierReferences, transactionIssues } from './fhir-bundle.ts';
import { capability, readOwn, send } from './fhir-read.ts';
import { type Caller, callerOf, practiceKey, sendRefusal } from './practice-key.ts';
import { bug, isFault, keepRefused } from './refused.ts';

export interface FhirDoor extends Accepting {
  readonly mapping: Mapping;
  readonly log: Log;
  readonly publicUrl: string;
  readonly bodyBytesMax: number;
}

const door = 'fhir';
const notSupported = (reason: string, path: string, nl: string, en: string): Refusal =>
  refuse(issue('not-supported', reason, path, { nl, en }));

function checked(resource: Resource, expected: string): Issue[] {
  if (resource.resourceType !== expected) {
    return [
      issue('value', 'other-resource', 'resourceType', {
        nl: `Op dit adres verwachten wij een ${expected}.`,
        en: `At this address we expect a ${expected}.`,
      }),
    ];
  }
  const base = validateBaseR4(resource).filter((one) => one.severity === 'error');
  if (base.length > 0 || !isBundle(resource)) return base;
  if (resource.type !== 'transaction') {
    return notSupported(
      'bundle-type',
      'Bundle.type',
      'Stuur een verwijzing als transaction.',
      'Send a referral as a transaction.',
    ).refused.slice();
  }
  return transactionIssues(resource);
}

async function knownEarlier(parts: FhirDoor, caller: Caller, resource: Resource): Promise<Map<string, Resource>> {
  const known = new Map<string, Resource>();
  for (const reference of earlierReferences(resource)) {
    const [type = '', id = ''] = reference.split('/');
    const found = await readResource(parts.store, { practice: caller.practice }, type, id);
    if (found) known.set(reference, found.resource);
  }
  return known;
}

/** The message's own key: Bundle.identifier, else the X-Request-ID of the sender, else the referral's number. */
function controlIdOf(request: Request, resource: Resource, number: string): string {
  const identifier = isBundle(resource) ? resource.identifier?.value : undefined;
  return (identifier ?? request.get('x-request-id') ?? number).slice(0, 200);
}

async function take(
  parts: FhirDoor,
  request: Request,
  expected: string,
): Promise<{ resource: Resource; accepted: Accepted } | Refusal> {
  const caller = callerOf(request);
  const resource = fhirBody(request);
  if (isRefusal(resource)) return resource;
  const issues = checked(resource, expected);
  if (issues.length > 0) return refuse(...issues);
  const mapped = runMapping(parts.mapping, resource, await knownEarlier(parts, caller, resource));
  if (isRefusal(mapped)) return mapped;
  const accepted = await acceptMessage(parts, {
    practice: caller.practice,
    application: caller.application,
    actor: caller.actor,
    door,
    controlId: controlIdOf(request, resource, numberOf(mapped).value),
    messageType: expected,
    mapped,
    source: { contentType: 'application/fhir+json', base64: (request.body as Buffer).toString('base64') },
    undoMs: 0,
  });
  return isRefusal(accepted) ? accepted : { resource, accepted };
}

function intake(
  parts: FhirDoor,
  expected: string,
  answer: (request: Request, response: Response, taken: { resource: Resource; accepted: Accepted }) => Promise<void>,
) {
  return async (request: Request, response: Response) => {
    const { practice } = callerOf(request);
    const taken = await take(parts, request, expected);
    if (isRefusal(taken)) {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      await keepRefused(parts.store, { ...callerOf(request), door }, body, taken);
      parts.log.info('referral-refused', { door, practice, code: taken.refused[0]?.reason ?? '' });
      sendRefusal(request, response, taken);
      return;
    }
    const { accepted } = taken;
    parts.log.info('referral-accepted', { door, practice, outcome: accepted.outcome, ...journeyIn(accepted) });
    if (accepted.replayed) response.set('X-Duplicate', 'true');
    await answer(request, response, taken);
  };
}

/** The FHIR R4 door: transaction Bundle and single ServiceRequest in, the practice's own resources to read. */
export function fhirRouter(parts: FhirDoor): Router {
  const router = express.Router();
  const base = `${parts.publicUrl}/fhir/R4`;
  const language = (request: Request) => preferredLanguage(request.get('accept-language'));
  router.get('/metadata', (_request, response) => send(response, 200, capability(parts)));
  router.use(practiceKey(parts.store));
  router.use(express.raw({ type: () => true, limit: parts.bodyBytesMax }));
  // A request that broke off while its sender was looked up passes body-parser without a body: nothing came, so nothing
  // was refused.
  router.use((request, response, next) => {
    if (request.complete) next();
    else response.destroy();
  });
  router.post(
    '/',
    intake(parts, 'Bundle', async (request, response, { resource, accepted }) => {
      if (accepted.outcome === 'kept') send(response, 202, acceptedOutcome(accepted, language(request)));
      else send(response, 200, transactionResponse(resource as Bundle, accepted, base, language(request)));
    }),
  );
  router.post(
    '/ServiceRequest',
    intake(parts, 'ServiceRequest', async (request, response, { accepted }) => {
      if (accepted.outcome === 'kept') {
        send(response, 202, acceptedOutcome(accepted, language(request)));
        return;
      }
      const { answer, outcome } = accepted;
      const stored = await readResource(
        parts.store,
        { practice: callerOf(request).practice },
        'ServiceRequest',
        answer.ids.serviceRequest,
      );
      const prefer = /return=(minimal|representation|OperationOutcome)/.exec(request.get('prefer') ?? '')?.[1];
      response
        .set('Location', `${base}/ServiceRequest/${answer.ids.serviceRequest}/_history/1`)
        .set('ETag', `W/"${stored?.version ?? 1}"`);
      const status = outcome === 'new' ? 201 : 200;
      // Whatever the sender prefers, that it is acute is said (H1).
      if (prefer === 'minimal' && !answer.acute) response.status(status).end();
      else if (answer.acute || prefer === 'OperationOutcome' || stored?.resource.resourceType !== 'ServiceRequest')
        send(response, status, acceptedOutcome(accepted, language(request)));
      else send(response, status, withPromise(stored.resource, answer));
    }),
  );
  router.get('/:type/:id', (request, response) => readOwn(parts, request, response));
  router.get('/:type/:id/_history/:version', (request, response) => readOwn(parts, request, response));
  router.use((request: Request, response: Response) => {
    response.set('Allow', 'GET, POST');
    sendRefusal(
      request,
      response,
      notSupported(
        'not-supported-here',
        '',
        'Dit kan hier niet. Wat wel kan staat in metadata.',
        'This is not possible here. See metadata for what is.',
      ),
      405,
    );
  });
  router.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    const type = (error as { type?: string }).type;
    if (type === 'entity.too.large') return sendRefusal(request, response, refuse(refusals.tooLong('')));
    if (type === 'request.aborted') return response.destroy();
    parts.log.bug('fhir-door', error, { door });
    return sendRefusal(request, response, refuse(isFault(error) ? refusals.busy() : bug()));
  });
  return router;
}
