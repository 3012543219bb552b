import { query, type Visit } from './acting.ts';
import { html, type Markup, sayIn } from './html.ts';

const listSeconds = 30;
const jobSeconds = 5;
/** So long a page refreshes itself at most: it must not keep a session alive that nobody uses. */
const refreshingMs = 3_600_000;

/** The same page under another address: what it was just told falls away with what is `changed`. */
function sameWith(visit: Visit, changed: Readonly<Record<string, string | undefined>>): string {
  const [path = '', given = ''] = visit.request.originalUrl.split('?');
  const names = new URLSearchParams(given);
  for (const [name, value] of Object.entries({ done: undefined, of: undefined, ...changed }))
    if (value === undefined) names.delete(name);
    else names.set(name, value);
  return names.size === 0 ? path : `${path}?${names}`;
}

/** Seconds after which a list refreshes itself, for `page`; only when its address asks so, until the moment in it (WCAG 2.2.2). */
export function listRefresh(visit: Visit, now: Date): { readonly refresh?: number } {
  const until = Number(query(visit.request, 'until'));
  const asked = visit.request.method === 'GET' && query(visit.request, 'every') === String(listSeconds);
  return asked && until > now.getTime() && until <= now.getTime() + refreshingMs ? { refresh: listSeconds } : {};
}

/** Links to the same list as it is now, and to one that refreshes itself, or no longer. */
export function refreshLinks(visit: Visit, now: Date): readonly Markup[] {
  const t = sayIn(visit.viewer.language);
  const { refresh } = listRefresh(visit, now);
  const until = String(now.getTime() + refreshingMs);
  const [to, label] = refresh
    ? [sameWith(visit, { every: undefined, until: undefined }), t('Niet meer vanzelf verversen', 'Stop refreshing')]
    : [
        sameWith(visit, { every: String(listSeconds), until }),
        t(`Ververs elke ${listSeconds} seconden, een uur lang`, `Refresh every ${listSeconds} seconds, for an hour`),
      ];
  return [
    html`<a href="${visit.request.originalUrl}">${t('Ververs', 'Refresh')}</a>`,
    html`<a href="${to}">${label}</a>`,
  ];
}

/** The same of work that is under way: its page follows it by itself from the press that began it, until someone stops that. */
export function jobRefresh(visit: Visit, startedAt: Date, now: Date): { readonly refresh?: number } {
  const isRecent = now.getTime() - startedAt.getTime() < refreshingMs;
  return visit.request.method === 'GET' && isRecent && query(visit.request, 'every') !== 'off'
    ? { refresh: jobSeconds }
    : {};
}

/** Beside work that is under way: the link that stops the page, not the work, or has it follow again. */
export function jobRefreshLink(visit: Visit, refresh: number | undefined): Markup {
  const t = sayIn(visit.viewer.language);
  const again = html`<a href="${sameWith(visit, {})}">${t('Ververs', 'Refresh')}</a>`;
  if (!refresh) return again;
  return html`${t(
    `Deze pagina ververst zichzelf elke ${refresh} seconden.`,
    `This page refreshes itself every ${refresh} seconds.`,
  )} <a href="${sameWith(visit, { every: 'off' })}">${t('Niet meer vanzelf verversen', 'Stop refreshing')}</a>`;
}
