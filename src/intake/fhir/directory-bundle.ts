import type { Request } from 'express';
import { isRefusal, type Refusal, refuse } from '../../referral/refusal.ts';
import { pointed } from './bundle.ts';
import { recorded, takeProposed, versionAfter, wants } from './directory.ts';
import { type At, type Entrance, requestOf } from './entry.ts';
import { noSuch } from './reply.ts';
import type { FhirDoor } from './take.ts';
import { pathOf, placeIn, type Step } from './together.ts';

/** A step with the resource that it is about: of a new one the transaction gives out the id (http.html#trules). */
interface Named {
  readonly step: Step;
  readonly type: string;
  readonly id: string;
  readonly name: string;
}

function nameOf(step: Step, newId: () => string): Named {
  const [type = '', id = newId()] = pathOf(step.entry);
  return { step, type, id, name: `${type}/${id}` };
}

/** The request that an entry would be alone, with references by `fullUrl` as references to what they name. */
function requestFor(outer: Request, door: Entrance, { entry }: Step, names: ReadonlyMap<string, string>): Request {
  const resource = entry.resource && pointed(entry.resource, (reference) => names.get(reference));
  return requestOf(outer, resource ? { ...entry, resource } : entry, door.base);
}

/**
 * Entries that change the directory: one change of it, all or nothing, under one set of rules. Gives what is told of each;
 * a refusal names the entry.
 */
export async function takeDirectoryEntries(
  parts: FhirDoor,
  door: Entrance,
  outer: Request,
  steps: readonly Step[],
): Promise<At[] | Refusal> {
  const all = steps.map((step) => nameOf(step, parts.store.newId));
  const names = new Map(all.flatMap(({ step, name }) => (step.entry.fullUrl ? [[step.entry.fullUrl, name]] : [])));
  const asked = all.map((one) => ({ ...one, request: requestFor(outer, door, one.step, names) }));
  const taken = await takeProposed(parts, outer, (before) => {
    const wanted = asked.map(({ step, type, id, request }) => {
      const one = wants[step.entry.request?.method ?? '']?.(request, type, id, before) ?? noSuch();
      const place = `Bundle.entry[${step.at}].resource`;
      if (!isRefusal(one)) return { resource: recorded(one.resource, before), place, expected: one.expected };
      return refuse(...one.refused.map((each) => ({ ...each, path: placeIn(step.at, each.path) })));
    });
    const refused = wanted.flatMap((one) => (isRefusal(one) ? one.refused : []));
    return refused.length > 0 ? refuse(...refused) : wanted.flatMap((one) => (isRefusal(one) ? [] : one));
  });
  if (isRefusal(taken)) return taken;
  return all.map(({ step, name }) => {
    const version = versionAfter(taken, name);
    const headers = new Map([
      ['location', `${door.base}/${name}/_history/${version}`],
      ['etag', `W/"${version}"`],
    ]);
    return { at: step.at, told: { status: taken.before.has(name) ? 200 : 201, headers, body: undefined } };
  });
}
