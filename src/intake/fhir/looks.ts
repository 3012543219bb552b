import type { Router } from 'express';
import type { Interaction } from '../../identity/access.ts';
import { directorySearcher } from '../../store/search/directory.ts';
import { readHistoryAt, readResourceAt } from './read.ts';
import { type Searching, searchType } from './search.ts';
import { interactions, isRouted } from './table.ts';
import type { FhirDoor } from './take.ts';
import { validateAt } from './validate.ts';

/** The door with the directory ready to be searched. */
export const searchingOf = (parts: FhirDoor): Searching => ({
  ...parts,
  searchDirectory: directorySearcher(parts.store),
});

/** Adds the routes of what only looks, for every type that the table routes: a route that is not here is a 404 or 405. */
export function addLooks(router: Router, parts: FhirDoor, searching: Searching): void {
  // `_history` and `$move` are no ids: where they are not routed they are not there.
  router.param('id', (_request, _response, next, id: string) => next(/^[_$]/.test(id) ? 'route' : undefined));
  for (const type of Object.keys(interactions)) {
    const can = (what: Interaction) => isRouted(type, what);
    if (can('search-type')) {
      router.get(`/${type}`, searchType(searching, type));
      router.post(`/${type}/_search`, searchType(searching, type));
    }
    if (can('history-type')) router.get(`/${type}/_history`, readHistoryAt(searching, type));
    router.post(`/${type}/$validate`, validateAt(parts, type));
    router.post(`/${type}/:id/$validate`, validateAt(parts, type));
    if (can('read')) router.get(`/${type}/:id`, readResourceAt(searching, type));
    if (can('history-instance')) router.get(`/${type}/:id/_history`, readHistoryAt(searching, type));
    if (can('vread')) router.get(`/${type}/:id/_history/:version`, readResourceAt(searching, type));
  }
  router.post('/Bundle/$validate', validateAt(parts, 'Bundle'));
}
