import type { Bundle } from '@medplum/fhirtypes';
import express, { type Request, type Response, type Router } from 'express';
import type { Definition, Published } from '../profiles/published.ts';
import { guide, servedTypes } from '../profiles/stored.ts';
import { issue, refuse } from '../referral/refusal.ts';
import { sendRefusal } from './practice-key.ts';

type Found = Published<Definition>;

const canonical = (one: Found) => (one.resourceType === 'NamingSystem' ? one.uniqueId[0]?.value : one.url);
const versionOf = (one: Found) => (one.resourceType === 'NamingSystem' ? undefined : one.version);

/** What a definition must have to be found; a name begins with what was asked, without regard to case (search.html#string). */
const parameters: Readonly<Record<string, (one: Found, asked: string) => boolean>> = {
  _id: (one, asked) => one.id === asked,
  url: (one, asked) => {
    const [url, version] = asked.split('|');
    return canonical(one) === url && (version === undefined || versionOf(one) === version);
  },
  name: (one, asked) => (one.name ?? '').toLowerCase().startsWith(asked.toLowerCase()),
  status: (one, asked) => one.status === asked,
  version: (one, asked) => versionOf(one) === asked,
};

/** The search parameters of every type that is served here, with their type, for the CapabilityStatement. */
export const definitionSearches = [
  { name: '_id', type: 'token' },
  { name: 'url', type: 'uri' },
  { name: 'name', type: 'string' },
  { name: 'status', type: 'token' },
  { name: 'version', type: 'token' },
] as const;

/** Of the whole answer, or how its pages are asked for: they choose nothing. */
const ofTheAnswer = new Set(['_format', '_pretty', '_summary', '_count']);

const send = (response: Response, resource: object) =>
  response.type('application/fhir+json').set('Cache-Control', 'public, max-age=300').send(JSON.stringify(resource));

function searched(all: readonly Found[], request: Request, base: string): Bundle | undefined {
  const asked = [...new URL(request.originalUrl, base).searchParams].filter(([key]) => !ofTheAnswer.has(key));
  const isStrict = /handling=strict/.test(request.get('prefer') ?? '');
  if (isStrict && asked.some(([key]) => !Object.hasOwn(parameters, key))) return undefined;
  const known = asked.filter(([key]) => Object.hasOwn(parameters, key));
  const found = all.filter((one) =>
    known.every(([key, value]) => value.split(',').some((each) => parameters[key]?.(one, each) === true)),
  );
  const self = new URLSearchParams(known).toString();
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total: found.length,
    link: [{ relation: 'self', url: `${base}/${all[0]?.resourceType}${self && `?${self}`}` }],
    entry: found.map((resource) => ({
      fullUrl: `${base}/${resource.resourceType}/${resource.id}`,
      resource,
      search: { mode: 'match' },
    })),
  };
}

/**
 * What we publish about ourselves: definitions to read and to search, for everyone and without login, since they are about
 * nobody. Anything else under /fhir/R4 goes on to the door for referrals.
 */
export function definitionsRouter(publicUrl: string): Router {
  const router = express.Router();
  const base = `${publicUrl}/fhir/R4`;
  const ofType = (type: string) => guide().definitions.filter((one) => one.resourceType === type);
  for (const type of servedTypes) {
    router.get(`/${type}`, (request, response) => {
      const bundle = searched(ofType(type), request, base);
      if (bundle) return void send(response, bundle);
      sendRefusal(
        request,
        response,
        refuse(
          issue('not-supported', 'unknown-parameter', '', {
            nl: 'Hierop kunt u hier niet zoeken. Zoek op _id, url, name, status of version.',
            en: 'You cannot search by this here. Search by _id, url, name, status or version.',
          }),
        ),
        400,
      );
    });
    router.get(`/${type}/:id`, (request, response) => {
      const found = ofType(type).find((one) => one.id === request.params.id);
      if (found) return void send(response.set('ETag', 'W/"1"'), found);
      sendRefusal(
        request,
        response,
        refuse(
          issue('not-found', 'no-such-definition', '', {
            nl: 'Deze definitie is er niet. Zoek haar op naam of op url.',
            en: 'There is no such definition. Search for it by name or by url.',
          }),
        ),
      );
    });
  }
  return router;
}
