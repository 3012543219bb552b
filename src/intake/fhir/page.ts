import { openJson, sealJson } from '../../store/sealed.ts';
import type { Store } from '../../store/store.ts';
import type { Caller } from '../practice-key.ts';

/** Where a search or history goes on: what was asked, and the place of the last one shown. */
export interface Page {
  readonly type: string;
  readonly pairs: readonly (readonly [name: string, value: string])[];
  readonly after: readonly [value: string, id: string];
}

const key = (store: Store) => store.master.derive('search-page');
const contextOf = ({ actor, scope }: Caller) => `page|${actor.id}|${JSON.stringify(scope)}`;

/** A page as a text for a link: sealed for this caller, so that who reads the address learns nothing of what was asked. */
export function sealPage(store: Store, caller: Caller, page: Page): string {
  return sealJson(key(store), page, contextOf(caller)).toString('base64url');
}

/** The page of a link that this caller was given; undefined for any other text. */
export function openPage(store: Store, caller: Caller, text: string): Page | undefined {
  try {
    return openJson<Page>(key(store), Buffer.from(text, 'base64url'), contextOf(caller));
  } catch {
    return undefined;
  }
}
