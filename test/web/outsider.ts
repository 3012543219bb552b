import type { Language } from '../../src/fhir/outcome.ts';
import type { Store } from '../../src/store/store.ts';
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

/** An organisation without an account, with two addresses: the link goes to the first, its code to the second. */
export async function organisationHere(store: Store): Promise<void> {
  const here = {
    resourceType: 'Organization',
    id: 'schuldhulp',
    active: true,
    name: 'Schuldhulp Voorbeeldstreek',
  } as const;
  const telecom = [
    { system: 'phone', value: '0570-000300' },
    { system: 'email', value: 'post@schuldhulp.example' },
    { system: 'email', value: 'collega@schuldhulp.example' },
  ] as const;
  const line = {
    event: 'directory-loaded',
    at: store.clock().toISOString(),
    action: 'C',
    outcome: 'ok',
    purpose: 'HOPERAT',
  } as const;
  await store.commit({
    scope: { practice: '' },
    directory: [{ resource: { ...here, telecom: [...telecom] }, validFrom: '2026-01-01T00:00:00Z' }],
    audit: [{ ...line, actor: { id: 'kortelijn', role: 'line' } }],
  });
}
