import type { Resource } from '@medplum/fhirtypes';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { preferredLanguage, toOutcome } from '../fhir/outcome.ts';
import { codeSystems } from '../fhir/systems.ts';
import type { CallBounds, TooOften } from '../identity/call-bound.ts';
import { type Caller, practiceCaller, type Tokens } from '../identity/callers.ts';
import { addressKey } from '../identity/throttle.ts';
import type { Log } from '../log.ts';
import type { AuditLine } from '../referral/change.ts';
import { httpStatus, type Refusal, refusals, refuse } from '../referral/refusal.ts';
import { practiceByCredential } from '../store/access/sessions.ts';
import type { Store } from '../store/store.ts';
import { bug, isFault } from './refused.ts';

export type { Caller } from '../identity/callers.ts';

/** What a door needs to know who knocks. */
export interface Knocking {
  readonly store: Store;
  readonly log: Log;
  /** Absent: only practices' own credentials are taken. */
  readonly tokens?: Tokens;
  /** Absent: nobody calls too often. */
  readonly bounds?: CallBounds;
}

const callers = new WeakMap<Request, Caller>();

/** Says who a request is from, where that was found out before this door. */
export function admit(request: Request, caller: Caller): void {
  callers.set(request, caller);
}

/** Who this request is from; throws when the route was not behind `practiceKey`: a bug, not a refusal. */
export function callerOf(request: Request): Caller {
  const caller = callers.get(request);
  if (!caller) throw new Error('route without callerKey');
  return caller;
}

/** The same on a route that only practices' systems reach (`practiceKey`). */
export function practiceOf(request: Request): Caller & { readonly practice: string } {
  const { practice, ...caller } = callerOf(request);
  if (practice === undefined) throw new Error('route without practiceKey');
  return { ...caller, practice };
}

/** 415 says in a header what would do (RFC 9110 §15.5.16, RFC 5789 §2.2). */
const unsupportedMedia: Readonly<Record<string, readonly [header: string, value: string]>> = {
  'content-type': ['Accept', 'application/fhir+json'],
  'patch-content-type': ['Accept-Patch', 'application/json-patch+json'],
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
  if (status === 401 && !response.get('WWW-Authenticate')) response.set('WWW-Authenticate', 'Bearer realm="kortelijn"');
  if ((status === 503 || status === 429) && !response.get('Retry-After')) response.set('Retry-After', '5');
  response
    .status(status)
    .type('application/fhir+json')
    .send(
      JSON.stringify(
        body ?? toOutcome(refusal.refused, preferredLanguage(request.get('accept-language')), codeSystems.refusal),
      ),
    );
}

/** Someone was refused at a door: it stands on the trail, under the practice when that is known. */
async function noteRefused({ store }: Knocking, caller: Caller | undefined, code: string): Promise<void> {
  const { id, role, organization } = caller?.actor ?? { id: 'unknown', role: 'none' };
  const actor: AuditLine['actor'] = { id, role, ...(organization && { organization }) };
  const at = store.clock().toISOString();
  const line = {
    event: 'access-refused',
    at,
    actor,
    action: 'E',
    outcome: 'refused',
    code,
    purpose: 'HOPERAT',
  } as const;
  const done = await store.commit({ scope: { practice: caller?.practice ?? '' }, audit: [line] });
  if (!done.ok) throw new Error('an audit line could not be kept');
}

/** 403: what this caller may not do, whoever it concerns (RFC 6750 §3.1). `code` names what was asked, for the trail. */
export async function refuseAccess(parts: Knocking, request: Request, response: Response, code: string): Promise<void> {
  await noteRefused(parts, callerOf(request), code);
  response.set('WWW-Authenticate', 'Bearer realm="kortelijn", error="insufficient_scope"');
  sendRefusal(request, response, refuse(refusals.notAllowed()));
}

async function tooOften(
  parts: Knocking,
  request: Request,
  response: Response,
  caller: Caller | undefined,
  often: TooOften,
) {
  // The first of a row only: a flood of calls must not become a flood of lines.
  if (often.first) await noteRefused(parts, caller, 'too-often');
  response.set('Retry-After', String(often.waitS));
  sendRefusal(request, response, refuse(refusals.tooOften()));
}

/** Practices' credentials are random texts of ours; what has a header, a body and a signature is a token. */
const isToken = (text: string) => /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(text);

async function lookUp({ store, tokens }: Knocking, authorization: string): Promise<Caller | undefined> {
  const text = /^Bearer ([\w~+/.=-]{8,4000})$/i.exec(authorization)?.[1];
  if (text === undefined) return undefined;
  if (isToken(text)) return tokens?.callerOf(text);
  const known = text.length <= 200 ? await practiceByCredential(store, text) : undefined;
  return known && practiceCaller(known.practice, known.application);
}

const callsOf = (caller: Caller) => `${caller.practice ?? ''} ${caller.application}`;

/** Counts what one request asks beside itself (the entries of a Bundle), as if each had knocked. */
export function countCalls({ bounds }: Knocking, request: Request, more: number): void {
  bounds?.known.charge(callsOf(callerOf(request)), more);
}

async function knock(parts: Knocking, request: Request, response: Response): Promise<Caller | undefined> {
  const { known, strangers } = parts.bounds ?? {};
  const given = request.get('authorization') ?? '';
  const caller = await lookUp(parts, given);
  const often = caller ? known?.take(callsOf(caller)) : strangers?.take(addressKey(request.ip));
  if (often) {
    await tooOften(parts, request, response, caller, often);
    return undefined;
  }
  if (caller) return caller;
  // Without anything to show, it is no attempt: it gets the challenge, and leaves nothing.
  if (given !== '') {
    await noteRefused(parts, undefined, 'unknown-credential');
    response.set('WWW-Authenticate', 'Bearer realm="kortelijn", error="invalid_token"');
  }
  sendRefusal(request, response, refuse(refusals.login()));
  return undefined;
}

/**
 * Bearer credential of a practice or token of a system, looked at before a byte of the body is: who is not known gets
 * 401 and leaves nothing but a line on the trail; who calls too often gets 429.
 */
export function callerKey(parts: Knocking): RequestHandler {
  return async (request: Request, response: Response, next: NextFunction) => {
    if (callers.has(request)) return next();
    try {
      const caller = await knock(parts, request, response);
      if (!caller) return;
      callers.set(request, caller);
    } catch (error) {
      parts.log.bug('door', error, {});
      return sendRefusal(request, response, refuse(isFault(error) ? refusals.busy() : bug()));
    }
    next();
  };
}

/** Behind `callerKey`, where referrals are taken: only a practice's system that may send them goes on; others get 403. */
export function mayRefer(parts: Knocking): RequestHandler {
  return (request, response, next) => {
    const caller = callerOf(request);
    if (caller.practice !== undefined && caller.may('ServiceRequest', 'create')) return next();
    refuseAccess(parts, request, response, 'ServiceRequest create').catch(next);
  };
}

/** Both: for a door that takes referrals and nothing else. */
export const practiceKey = (parts: Knocking): RequestHandler[] => [callerKey(parts), mayRefer(parts)];
