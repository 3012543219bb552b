import type { Language } from '../../src/fhir/outcome.ts';
import { undressed } from './markup.ts';

export interface Seen {
  readonly status: number;
  readonly location: string | null;
  readonly text: string;
  readonly headers: Headers;
}

/** A browser without an account: it keeps its cookie, and posts the forms that it was given. */
export function outsider(url: string, language: Language = 'nl') {
  let cookie = '';
  let csrf = '';
  const ask = async (path: string, init: RequestInit = {}): Promise<Seen> => {
    const answer = await fetch(`${url}${path}`, {
      redirect: 'manual',
      ...init,
      headers: { 'accept-language': language, cookie },
    });
    const set = answer.headers.get('set-cookie');
    if (set) cookie = set.split(';')[0] ?? '';
    const text = undressed(await answer.text());
    csrf = /name="csrf" value="([^"]*)"/.exec(text)?.[1] ?? csrf;
    return { status: answer.status, location: answer.headers.get('location'), text, headers: answer.headers };
  };
  return {
    get: (path: string) => ask(path),
    head: (path: string) => ask(path, { method: 'HEAD' }),
    post: (path: string, fields: Record<string, string> = {}) =>
      ask(path, { method: 'POST', body: new URLSearchParams({ csrf, ...fields }) }),
  };
}
