import type { Resource } from '@medplum/fhirtypes';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { preferredLanguage, toOutcome } from '../fhir/outcome.ts';
import { codeSystems } from '../fhir/systems.ts';
import type { Actor } from '../referral/actor.ts';
import { httpStatus, type Refusal, refusals, refuse } from '../referral/refusal.ts';
import { practiceByCredential } from '../store/sessions.ts';
import type { Scope, Store } from '../store/store.ts';

/** The system that knocks, as its credential says: a practice's, or one of a Wally or her organisation. */
export interface Caller {
  readonly practice: string;
  readonly application: string;
  readonly actor: Actor;
  /** Whose referrals it may touch at all. */
  readonly scope: Scope;
  /** Whether its credential allows this with resources of this type. */
  may(type: string, interaction: string): boolean;
}

const callers = new WeakMap<Request, Caller>();

/** Says who a request is from, where that was found out before this door. */
export function setCaller(request: Request, caller: Caller): void {
  callers.set(request, caller);
}

/** Who this request is from; throws when the route was not behind `practiceKey`: a bug, not a refusal. */
export function callerOf(request: Request): Caller {
  const caller = callers.get(request);
  if (!caller) throw new Error('route without practiceKey');
  return caller;
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
    if (callers.has(request)) return next();
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
    const scope: Scope = { kind: 'practice', practice: known.practice };
    callers.set(request, { ...known, actor, scope, may: () => true });
    next();
  };
}
