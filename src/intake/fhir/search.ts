import type { Bundle, BundleEntry, Resource } from '@medplum/fhirtypes';
import type { Request, Response } from 'express';
import { type Issue, preferredLanguage, toOutcome } from '../../fhir/outcome.ts';
import { readSearch, type SearchQuery } from '../../fhir/search-query.ts';
import { refusedSearch } from '../../fhir/search-words.ts';
import { subset } from '../../fhir/subset.ts';
import { codeSystems } from '../../fhir/systems.ts';
import { type Refusal, refuse } from '../../referral/refusal.ts';
import { type Caller, callerOf, sendRefusal } from '../practice-key.ts';
import { type Answer, type Finding, find, type Item } from './find.ts';
import { openPage, sealPage } from './page.ts';
import { mayNot, send, withMeta } from './reply.ts';
import { isRouted } from './table.ts';
import { type Looked, noteLooked } from './trail.ts';

export interface Searching extends Finding {
  readonly publicUrl: string;
}

type Pairs = readonly (readonly [name: string, value: string])[];

/** The parameters of an address, as they stand in it: express would make lists and objects of them. */
export function pairsOf(address: string): Pairs {
  const at = address.indexOf('?');
  return at < 0 ? [] : [...new URLSearchParams(address.slice(at + 1))];
}

/** Parameters from the body of `_search`; undefined when it is no form. */
export function bodyPairs(request: Request): Pairs | undefined {
  const body = Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '';
  if (body === '') return [];
  return request.is('application/x-www-form-urlencoded') ? [...new URLSearchParams(body)] : undefined;
}

export const notAForm = (): Refusal =>
  refuse({
    ...refusedSearch('search-value', ''),
    code: 'not-supported',
    reason: 'content-type',
    said: {
      nl: 'Stuur de zoekparameters als formulier (Content-Type: application/x-www-form-urlencoded).',
      en: 'Send the search parameters as a form (Content-Type: application/x-www-form-urlencoded).',
    },
  });

function entryOf(base: string, query: SearchQuery, mode: 'match' | 'include') {
  return (item: Item): BundleEntry => {
    const whole = item.version === undefined ? item.resource : withMeta(item.resource, item.version, item.changedAt);
    // What is included was asked for as a whole.
    const resource: Resource = mode === 'match' ? subset(whole, query.elements, query.summary) : whole;
    return { fullUrl: `${base}/${resource.resourceType}/${resource.id}`, resource, search: { mode } };
  };
}

/** The Bundle of one page (search.html#bundle), its links without anything that says who someone is. */
function searchset(
  request: Request,
  searching: Searching,
  query: SearchQuery,
  answer: Answer,
  next: string | undefined,
  ignored: readonly Issue[],
): Bundle {
  const base = `${searching.publicUrl}/fhir/R4`;
  const said = new URLSearchParams();
  for (const [name, value] of query.said) said.append(name, value);
  const self = `${base}/${query.type}${query.said.length > 0 ? `?${said}` : ''}`;
  const language = preferredLanguage(request.get('accept-language'));
  const outcome: BundleEntry[] =
    ignored.length === 0
      ? []
      : [
          {
            fullUrl: `urn:uuid:${searching.store.newId()}`,
            resource: toOutcome(ignored, language, codeSystems.refusal),
            search: { mode: 'outcome' },
          },
        ];
  const entry = [
    ...answer.items.map(entryOf(base, query, 'match')),
    ...answer.included.map(entryOf(base, query, 'include')),
    ...outcome,
  ];
  const isCounted = query.total !== 'none' || query.summary === 'count';
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    ...(answer.total !== undefined && isCounted && { total: answer.total }),
    link: [
      { relation: 'self', url: self },
      ...(next === undefined ? [] : [{ relation: 'next', url: `${base}/${query.type}?_page=${next}` }]),
    ],
    ...(entry.length > 0 && { entry }),
  };
}

/** One line for the search, by names and numbers only, and one for each referral of which something was seen. */
function looked(query: SearchQuery, answer: Answer): Looked[] {
  const seen = new Map(
    [...answer.items, ...answer.included].flatMap(({ journey, practice }) => (journey ? [[journey, practice]] : [])),
  );
  const names = [...new Set(query.names)].sort().join('&').slice(0, 200);
  const object = names === '' ? query.type : `${query.type}?${names}`;
  return [
    { event: 'search', object, code: String(answer.items.length) },
    ...[...seen].map(
      ([journey, practice]): Looked => ({
        event: 'resource-read',
        object: query.type,
        ...(journey && { journey }),
        ...(practice && { practice }),
      }),
    ),
  ];
}

/** Finds for a caller, notes it and answers: the same for an address, a form and a next page. */
async function answerSearch(
  searching: Searching,
  request: Request,
  response: Response,
  asked: { readonly pairs: Pairs; readonly via: 'address' | 'body'; readonly after?: Answer['next'] },
  type: string,
): Promise<void> {
  const caller = callerOf(request);
  const strict = /handling=strict/.test(request.get('prefer') ?? '');
  const may = (one: string) => isRouted(one, 'search-type') && caller.may(one, 'search-type');
  const { query, errors, ignored } = readSearch({ type, pairs: asked.pairs, via: asked.via, strict, may });
  if (errors.length > 0) return sendRefusal(request, response, refuse(...errors), 400);
  const answer = await find(searching, caller, query, asked.after);
  await noteLooked(searching.store, caller, looked(query, answer));
  const next =
    answer.next === undefined
      ? undefined
      : sealPage(searching.store, caller, { type, pairs: asked.pairs, after: answer.next });
  send(response, 200, searchset(request, searching, query, answer, next, ignored));
}

/** `GET Type?…`, `POST Type/_search`, and the next page of either. */
export function searchType(searching: Searching, type: string) {
  return async (request: Request, response: Response): Promise<void> => {
    const caller: Caller = callerOf(request);
    if (!caller.may(type, 'search-type')) return sendRefusal(request, response, mayNot());
    const address = pairsOf(request.url);
    const sealed = address.find(([name]) => name === '_page')?.[1];
    if (sealed !== undefined) {
      const page = openPage(searching.store, caller, sealed);
      if (page?.type !== type)
        return sendRefusal(request, response, refuse(refusedSearch('search-page', '_page')), 400);
      return answerSearch(searching, request, response, { pairs: page.pairs, via: 'body', after: page.after }, type);
    }
    if (request.method !== 'POST')
      return answerSearch(searching, request, response, { pairs: address, via: 'address' }, type);
    const body = bodyPairs(request);
    if (!body) return sendRefusal(request, response, notAForm());
    // What identifies may not hide in the address of a POST either.
    const { errors } = readSearch({ type, pairs: address, via: 'address', strict: false, may: () => true });
    if (errors.length > 0) return sendRefusal(request, response, refuse(...errors), 400);
    return answerSearch(searching, request, response, { pairs: [...address, ...body], via: 'body' }, type);
  };
}
