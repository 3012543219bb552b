import type { Endpoint, Resource } from '@medplum/fhirtypes';
import type { Request, Response, Router } from 'express';
import type { Interaction } from '../../identity/access.ts';
import { addDays, beginOfDay, localDay } from '../../referral/deadlines.ts';
import { directoryTypes, nameOf, type Proposed } from '../../referral/directory/change.ts';
import { isRefusal, issue, type Refusal, refusals, refuse } from '../../referral/refusal.ts';
import { type Taken, takeDirectory } from '../../store/take-directory.ts';
import { callerOf, refuseAccess, sendRefusal } from '../practice-key.ts';
import { fhirBody } from './body.ts';
import { patched, readPatch } from './patch.ts';
import { noSuch, send, withMeta } from './reply.ts';
import { directoryView } from './seen.ts';
import { door, type FhirDoor } from './take.ts';
import { versionRead, versionRequired, wrongId } from './update.ts';

type Before = Taken['before'];

/** From when a change counts: header `X-Valid-From` with a day, today or within two years; without it, now. */
function validFromOf(parts: FhirDoor, request: Request): Date | Refusal {
  const now = parts.store.clock();
  const day = request.get('x-valid-from');
  if (day === undefined) return now;
  const today = localDay(now);
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(Date.parse(day));
  if (isDay && day >= today && day <= addDays(today, 730)) return day === today ? now : beginOfDay(day);
  return refuse(
    issue('value', 'valid-from', '', {
      nl: 'X-Valid-From is een dag zoals 2027-01-01: vandaag of later, hooguit twee jaar vooruit.',
      en: 'X-Valid-From is a day such as 2027-01-01: today or later, two years ahead at most.',
    }),
  );
}

/**
 * A resource as it is recorded: without what a server says of it, and with those parts of a connection that no system
 * reads (how we knock there, who may knock from it), where its sender does not name them.
 */
export function recorded(resource: Resource, before: Before): Resource {
  const { meta: _meta, ...own } = resource as Resource & { meta?: unknown };
  const was = before.get(`${resource.resourceType}/${resource.id}`)?.resource;
  if (resource.resourceType !== 'Endpoint' || was?.resourceType !== 'Endpoint') return own as Resource;
  const given = own as Endpoint;
  const shown = (directoryView(was) as Endpoint).extension ?? [];
  const urls = new Set((given.extension ?? []).map((one) => one.url));
  const hidden = (was.extension ?? []).filter(
    (one) => !shown.some((each) => each.url === one.url) && !urls.has(one.url),
  );
  const extension = [...(given.extension ?? []), ...hidden];
  const header = given.header ?? was.header;
  return { ...given, ...(extension.length > 0 && { extension }), ...(header && { header }) };
}

/** Takes what was proposed, and has everyone follow: who owns what may be someone else now. */
export async function takeProposed(
  parts: FhirDoor,
  request: Request,
  propose: (before: Before) => readonly Proposed[] | Refusal,
): Promise<Taken | Refusal> {
  const validFrom = validFromOf(parts, request);
  if (isRefusal(validFrom)) return validFrom;
  const { actor, application } = callerOf(request);
  const taken = await takeDirectory(parts.store, propose, { actor, validFrom, hosts: parts.outbound });
  if (isRefusal(taken)) {
    parts.log.info('directory-refused', { door, actor: application, code: taken.refused[0]?.reason ?? '' });
    return taken;
  }
  if (taken.changed.length === 0) return taken;
  parts.log.info('directory-taken', { door, actor: application, count: taken.changed.length });
  try {
    await parts.onDirectory?.();
  } catch (error) {
    // It is recorded; the clock looks at presence again.
    parts.log.bug('directory', error, { door });
  }
  return taken;
}

/** The version that a resource has after it was taken: the next one when it differs, else the one it had. */
export function versionAfter(taken: Taken, name: string): number {
  const was = taken.before.get(name)?.version ?? 0;
  return taken.changed.some((one) => nameOf(one) === name) ? was + 1 : was;
}

/** HTTP status of a refused change: what hangs on a version is 412 (RFC 9110 §15.5.13), a wrong id in the body 400. */
export function directoryStatus(refusal: Refusal): number | undefined {
  const reasons = refusal.refused.map((one) => one.reason);
  if (reasons.some((one) => one === 'other-version' || one === 'version-required')) return 412;
  if (reasons.includes('other-id')) return 400;
  // A reference to what is not there is wrong content, not a missing page.
  return reasons.includes('reference-not-there') ? 422 : undefined;
}

interface Wanted {
  readonly resource: Resource;
  /** 0: it must not be there yet. */
  readonly expected: number | undefined;
}

function answer(parts: FhirDoor, request: Request, response: Response, taken: Taken, wanted: Resource): void {
  const name = `${wanted.resourceType}/${wanted.id}`;
  const version = versionAfter(taken, name);
  response.set('Location', `${parts.publicUrl}/fhir/R4/${name}/_history/${version}`).set('ETag', `W/"${version}"`);
  const status = taken.before.has(name) ? 200 : 201;
  if (/return=minimal/.test(request.get('prefer') ?? '')) response.status(status).end();
  else send(response, status, withMeta(directoryView(recorded(wanted, taken.before)), version, undefined));
}

function changing(parts: FhirDoor, want: Want, interaction: Interaction) {
  return (type: string) => async (request: Request, response: Response) => {
    // Asked before the routes too (`mayAsk`): who changes the directory changes to whom every referral goes.
    if (!callerOf(request).may(type, interaction))
      return refuseAccess(parts, request, response, `${type} ${interaction}`);
    const id = typeof request.params.id === 'string' ? request.params.id : parts.store.newId();
    let wanted: Wanted | Refusal | undefined;
    const taken = await takeProposed(parts, request, (before) => {
      wanted = want(request, type, id, before);
      if (isRefusal(wanted)) return wanted;
      return [{ resource: recorded(wanted.resource, before), place: '', expected: wanted.expected }];
    });
    if (isRefusal(taken)) return sendRefusal(request, response, taken, directoryStatus(taken));
    answer(parts, request, response, taken, (wanted as Wanted).resource);
  };
}

function bodyOf(request: Request, type: string): Resource | Refusal {
  const body = fhirBody(request);
  if (isRefusal(body) || body.resourceType === type) return body;
  return refuse(
    issue('not-supported', 'other-resource', 'resourceType', {
      nl: `Op dit adres verwachten wij een ${type}.`,
      en: `At this address we expect a ${type}.`,
    }),
  );
}

/** `PUT [type]/[id]`: a version of what is there, with the version that was read, or something new under its own id. */
function put(request: Request, type: string, id: string, before: Before): Wanted | Refusal {
  const body = bodyOf(request, type);
  if (isRefusal(body)) return body;
  const wrong = wrongId(body, id);
  if (wrong) return wrong;
  const version = versionRead(request, body);
  if (version === undefined && before.has(`${type}/${id}`)) return versionRequired();
  return {
    resource: { ...body, id },
    expected: request.get('if-match') === undefined && !before.has(`${type}/${id}`) ? 0 : version,
  };
}

function post(request: Request, type: string, id: string): Wanted | Refusal {
  const body = bodyOf(request, type);
  return isRefusal(body) ? body : { resource: { ...body, id }, expected: 0 };
}

/** `PATCH [type]/[id]`: what its sender could read, changed; needs If-Match as an update does. */
function patch(request: Request, type: string, id: string, before: Before): Wanted | Refusal {
  const was = before.get(`${type}/${id}`);
  const operations = readPatch(request);
  if (isRefusal(operations)) return operations;
  if (!was) return noSuch();
  if (request.get('if-match') === undefined) return versionRequired();
  const result = patched(directoryView(was.resource), operations);
  if (isRefusal(result)) return result;
  const isSame = result.resourceType === type && result.id === id;
  return isSame ? { resource: result, expected: versionRead(request, result) } : refuse(refusals.notAllowed());
}

type Want = (request: Request, type: string, id: string, before: Before) => Wanted | Refusal;
/** What a write of each method wants of the directory, alone or as an entry of a transaction. */
export const wants: Readonly<Record<string, Want>> = { PUT: put, POST: post, PATCH: patch };

/** Changes of the directory by an administrator's system: the access table lets nobody else come here. */
export function mountDirectory(router: Router, parts: FhirDoor): void {
  const putting = changing(parts, put, 'update');
  const posting = changing(parts, post, 'create');
  const patching = changing(parts, patch, 'patch');
  for (const type of directoryTypes) {
    router.post(`/${type}`, posting(type));
    router.put(`/${type}/:id`, putting(type));
    router.patch(`/${type}/:id`, patching(type));
  }
}
