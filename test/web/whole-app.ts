import type { Language } from '../../src/fhir/outcome.ts';
import type { OpenApp } from '../doubles/app.ts';
import { type Answer, type Browsing, type Person, people } from './harness.ts';
import { undressed } from './markup.ts';

/** The pages of the app whole, as `browse` gives them of a few areas: everybody signed in, forms with their token. */
export interface WholeApp extends Omit<Browsing, 'close'> {
  /** The session of this person: the value of the cookie. */
  sessionOf(as: Person): string;
}

/** Signs everybody in. The app stays its opener's to close. */
export async function browseWhole(app: OpenApp): Promise<WholeApp> {
  const signedIn = await Promise.all(
    Object.entries(people).map(async ([name, actor]) => {
      const cookie = await app.signedIn(actor);
      const home = await (await app.ask('GET', '/', { headers: { cookie }, redirect: 'follow' })).text();
      return [name, { cookie, csrf: /name="csrf" value="([\w-]+)"/.exec(home)?.[1] ?? '' }] as const;
    }),
  );
  const known = new Map<string, { cookie: string; csrf: string }>(signedIn);
  const of = (as: Person) => {
    const found = known.get(as);
    if (!found) throw new Error(`${as} is not signed in`);
    return found;
  };
  const ask = async (as: Person, path: string, language: Language, body?: URLSearchParams): Promise<Answer> => {
    const headers = { cookie: of(as).cookie, 'accept-language': language };
    const answer = await app.ask(body ? 'POST' : 'GET', path, { headers, ...(body && { body }) });
    const { status } = answer;
    return { status, location: answer.headers.get('location'), text: undressed(await answer.text()) };
  };
  return {
    url: app.url,
    sessionOf: (as) => of(as).cookie.replace(/^kl_session=/, ''),
    get: (as, path, language = 'nl') => ask(as, path, language),
    post: (as, path, fields, language = 'nl') =>
      ask(as, path, language, new URLSearchParams({ csrf: of(as).csrf, ...fields })),
  };
}
