import type { NextFunction, Request, Response } from 'express';
import { readSearch } from '../../fhir/search-query.ts';
import { issue, refuse } from '../../referral/refusal.ts';
import { callerOf, sendRefusal } from '../practice-key.ts';
import { find } from './find.ts';
import { send, withMeta } from './reply.ts';
import { pairsOf, type Searching } from './search.ts';
import { isRouted } from './table.ts';

/** `If-None-Exist` (http.html#ccreate): what is there already is the answer, and nothing is made. */
export function unlessThere(parts: Searching, type: string) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const condition = request.get('if-none-exist');
    if (condition === undefined) return next();
    const caller = callerOf(request);
    const may = (one: string) => isRouted(one, 'search-type') && caller.may(one, 'search-type');
    const asked = { type, pairs: pairsOf(`?${condition.replace(/^\?/, '')}`), via: 'body', strict: true, may } as const;
    const { query, errors } = readSearch(asked);
    if (errors.length > 0 || query.filters.length === 0) {
      const none = issue('value', 'search-value', '', {
        nl: 'Deze voorwaarde (If-None-Exist) kunnen wij niet lezen.',
        en: 'We cannot read this condition (If-None-Exist).',
      });
      return sendRefusal(request, response, errors.length > 0 ? refuse(...errors) : refuse(none), 400);
    }
    const { items } = await find(parts, caller, { ...query, count: 2, includes: [], revincludes: [] });
    const [first, second] = items;
    if (!first) return next();
    if (second) {
      const several = issue('duplicate', 'several-matches', '', {
        nl: 'Hier zijn er al meer van. Kies een voorwaarde die er één aanwijst.',
        en: 'There are several of these already. Choose a condition that points at one.',
      });
      return sendRefusal(request, response, refuse(several), 412);
    }
    response
      .set('Location', `${parts.publicUrl}/fhir/R4/${type}/${first.resource.id}/_history/${first.version}`)
      .set('ETag', `W/"${first.version}"`);
    send(response, 200, withMeta(first.resource, first.version ?? 1, first.changedAt));
  };
}
