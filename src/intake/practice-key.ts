import type { Resource } from '@medplum/fhirtypes';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { preferredLanguage, toOutcome } from '../fhir/outcome.ts';
import { codeSystems } from '../fhir/systems.ts';
import type { Actor } from '../referral/actor.ts';
import { httpStatus, type Refusal, refusals, refuse } from '../referral/refusal.ts';
import { practiceByCredential } from '../store/sessions.ts';
import type { Scope, Store } from '../store/store.ts';

/** The practice's system that knocks, as its credential says. */
export interface Caller {
  readonly practice: string;
  readonly application: string;
  readonly actor: Actor;
  /** Whose referrals it may see at all. */
  readonly scope: Scope;
  /** What it may do with a type of resource, by the names of http://hl7.org/fhir/R4/valueset-type-restful-interaction.html. */
  may(type: string, interaction: string): boolean;
}

const callers = new WeakMap<Request, Caller>();

/** Who this request is from; throws when the route was not behind `practiceKey`: a bug, not a refusal. */
export function callerOf(request: Request): Caller {
  const caller = callers.get(request);
  if (!caller) throw new Error('route without practiceKey');
  return caller;
}

/** Notes who a request is from, for the routes behind. */
export function admit(request: Request, caller: Caller): void {
  callers.set(request, caller);
}

/** 415 says in a header what would do (RFC 9110 §15.5.16). */
const unsupportedMedia: Readonly<Record<string, readonly [header: string, value: string]>> = {
  'content-type': ['Accept', 'application/fhir+json'],
  'content-encoding': ['Accept-Encoding', 'gzip, deflate, br'],
};

/**
 * Sends a refusal as an OperationOutcome in the caller's language, with the status of its gravest issue unless given;
 * `body`: the resource that says it instead, for senders who expect another.
 */
export function sendRefusal(
  request: Request,
  response: Response,
  refusal: Refusal,
  asked?: number,
  body?: Resource,
): void {
  const media = unsupportedMedia[refusal.refused[0]?.reason ?? ''];
  const status = asked ?? (media ? 415 : httpStatus(refusal));
  if (media) response.set(...media);
  if (status === 401) response.set('WWW-Authenticate', 'Bearer realm="kortelijn"');
  if (status === 503 || status === 429) response.set('Retry-After', '5');
  response
    .status(status)
    .type('application/fhir+json')
    .send(
      JSON.stringify(
        body ?? toOutcome(refusal.refused, preferredLanguage(request.get('accept-language')), codeSystems.refusal),
      ),
    );
}

/** Bearer credential of a practice, looked at before a byte of the body is: who is not known gets 401 and leaves nothing. */
export function practiceKey(store: Store): RequestHandler {
  return async (request: Request, response: Response, next: NextFunction) => {
    const token = /^Bearer ([\w~+/.=-]{8,200})$/i.exec(request.get('authorization') ?? '')?.[1];
    const known = token ? await practiceByCredential(store, token) : undefined;
    if (!known) {
      sendRefusal(request, response, refuse(refusals.login()));
      return;
    }
    const actor: Actor = {
      id: known.application,
      name: known.application,
      role: 'practice-system',
      organization: known.practice,
    };
    // A practice's own system may do whatever is routed here; its scope says with what.
    admit(request, { ...known, actor, scope: { kind: 'practice', practice: known.practice }, may: () => true });
    next();
  };
}
