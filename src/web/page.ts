import type { Language, Said } from '../fhir/outcome.ts';
import type { Actor } from '../referral/actor.ts';
import { dress } from './dress.ts';
import { html, type Markup, sayIn } from './html.ts';

/** What every page gets from the request: who looks, in which language, and the token its forms must carry. */
export interface Viewer {
  readonly actor: Actor;
  readonly language: Language;
  readonly csrf: string;
}

export interface PageParts {
  readonly title: string;
  readonly language: Language;
  readonly viewer?: Viewer;
  readonly main: Markup;
  /** Where the page is, so that the menu can say so. */
  readonly path?: string;
  /** Seconds after which it is asked for anew; never while someone is at it, where the script runs. */
  readonly refresh?: number;
  /** With the script that counts and answers keys; everything works without. */
  readonly script?: boolean;
  /** One short line above the page: what was just done, or why it was not. */
  readonly notice?: { readonly kind: 'done' | 'refused'; readonly text: string };
}

const menus: Record<Actor['role'], readonly (readonly [path: string, said: Said])[]> = {
  practice: [
    ['/refer', { nl: 'Verwijzen', en: 'Refer' }],
    ['/practice', { nl: 'Onze verwijzingen', en: 'Our referrals' }],
    ['/practice/questions', { nl: 'Vraag aan de Wally', en: 'Ask the Wally' }],
    ['/practice/talks', { nl: 'Kwartaalgesprek', en: 'Quarterly talk' }],
    ['/practice/rights', { nl: 'Rechten van inwoners', en: "Residents' rights" }],
  ],
  wally: [
    ['/worklist', { nl: 'Mijn werklijst', en: 'My worklist' }],
    ['/worklist/questions', { nl: 'Vragen', en: 'Questions' }],
    ['/worklist/talks', { nl: 'Kwartaalgesprek', en: 'Quarterly talk' }],
    ['/worklist/new', { nl: 'Noteren na telefoon', en: 'Register a call' }],
  ],
  'team-lead': [
    ['/team', { nl: 'Mijn team', en: 'My team' }],
    ['/team/handover', { nl: 'Werk overdragen', en: 'Hand work over' }],
    ['/team/talks', { nl: 'Kwartaalgesprek', en: 'Quarterly talk' }],
  ],
  administrator: [
    ['/admin', { nl: 'Bezorging', en: 'Deliveries' }],
    ['/admin/directory', { nl: 'Adreslijst', en: 'Directory' }],
    ['/admin/trail', { nl: 'Logboek', en: 'Audit trail' }],
    ['/admin/mappings', { nl: 'Vertalingen', en: 'Mappings' }],
    ['/admin/clients', { nl: 'Systemen', en: 'Systems' }],
    ['/admin/break-glass', { nl: 'Noodinzage', en: 'Break-glass' }],
  ],
  coordinator: [['/report', { nl: 'Cijfers', en: 'Figures' }]],
  'practice-system': [],
  organisation: [],
  resident: [],
  'wally-system': [],
  'coordinator-system': [],
  'administrator-system': [],
  line: [],
};

/** Where someone lands after signing in. */
export function homeOf(actor: Actor): string {
  return actor.role === 'practice' ? '/practice' : (menus[actor.role][0]?.[0] ?? '/');
}

/** Pages that belong to an entry of the menu by what they are about, not by their address. */
const elsewhere: Readonly<Record<string, string>> = { '/admin/credentials': '/admin/clients' };

/** The menu's entry that this path is part of: the longest that it begins with. */
function currentOf(role: Actor['role'], path: string): string | undefined {
  const other = Object.keys(elsewhere).find((one) => path.startsWith(one));
  if (other) return elsewhere[other];
  return menus[role]
    .map(([entry]) => entry)
    .filter((entry) => path === entry || path.startsWith(`${entry}/`))
    .toSorted((a, b) => b.length - a.length)[0];
}

/** A whole page: skip link, menu of the role, who is signed in, main. Works without script; no style or script inline. */
export function page(parts: PageParts): string {
  const t = sayIn(parts.language);
  const { viewer } = parts;
  const current = viewer && currentOf(viewer.actor.role, parts.path ?? '');
  // Who has no menu came by a link or a code: there is no session of theirs to end.
  const menu =
    viewer && menus[viewer.actor.role].length > 0
      ? html`<nav aria-label="${t('Hoofdmenu', 'Main menu')}"><ul>${menus[viewer.actor.role].map(
          ([path, said]) =>
            html`<li><a href="${path}"${path === current && html` aria-current="page"`}>${said[parts.language]}</a></li>`,
        )}</ul></nav>
      <form method="post" action="/logout" class="who"><input type="hidden" name="csrf" value="${viewer.csrf}">
        <span>${viewer.actor.name}</span> <button class="link">${t('Uitloggen', 'Sign out')}</button></form>`
      : null;
  const whole = html`<!doctype html>
<html lang="${parts.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${parts.title} – Kortelijn</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/kortelijn.css">
${parts.refresh && html`<noscript><meta http-equiv="refresh" content="${parts.refresh}"></noscript>`}
${parts.script && html`<script src="/assets/kortelijn.js" defer></script>`}
</head>
<body>
<a class="skip" href="#main">${t('Naar de inhoud', 'Skip to content')}</a>
<header><a class="brand" href="/">Kortelijn</a>${menu}</header>
<main id="main"${parts.refresh && html` data-every="${parts.refresh}"`}>
${parts.notice && html`<p class="notice ${parts.notice.kind}" role="status">${parts.notice.text}</p>`}
${parts.main}
</main>
</body>
</html>`;
  return dress(whole.text);
}
