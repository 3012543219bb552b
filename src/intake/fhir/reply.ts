import type { Resource } from '@medplum/fhirtypes';
import type { Request, Response } from 'express';
import { type Refusal, refusals, refuse } from '../../referral/refusal.ts';

/** A resource as the answer of this door; never kept by a browser or a proxy. */
export function send(response: Response, status: number, resource: Resource): void {
  response.status(status).set('Cache-Control', 'no-store').type('application/fhir+json').send(JSON.stringify(resource));
}

/** Not there, and not yours: the same words, so that nobody learns which of the two it is. */
export const noSuch = (): Refusal => refuse(refusals.notThere());

export const mayNot = (): Refusal => refuse(refusals.notAllowed());

/** The resource with its version and, when that is final, the moment of it. */
export function withMeta<T extends Resource>(resource: T, version: number, changedAt: Date | undefined): T {
  const meta = {
    ...resource.meta,
    versionId: String(version),
    ...(changedAt && { lastUpdated: changedAt.toISOString() }),
  };
  return { ...resource, meta };
}

/**
 * Sends one version of a resource with its ETag and Last-Modified; 304 when the caller has it already (http.html#cread).
 */
export function sendVersion(
  request: Request,
  response: Response,
  resource: Resource,
  version: number,
  changedAt: Date | undefined,
): void {
  response.set('ETag', `W/"${version}"`);
  if (changedAt) response.set('Last-Modified', changedAt.toUTCString());
  const tags = request.get('if-none-match');
  const since = Date.parse(request.get('if-modified-since') ?? '');
  const isSame = tags
    ?.split(',')
    .some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === `"${version}"`);
  // A date knows seconds only (RFC 9110 §13.1.3); a tag goes before it.
  const isOld = changedAt !== undefined && Math.floor(changedAt.getTime() / 1_000) * 1_000 <= since;
  if (isSame || (tags === undefined && isOld)) response.status(304).end();
  else send(response, 200, withMeta(resource, version, changedAt));
}
