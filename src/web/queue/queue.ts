import type { Directory } from '../../referral/directory/directory.ts';
import { classOfFailure, type ErrorClass, errorClasses } from '../../referral/error-class.ts';
import { type ListedDestination, listDestinations } from '../../store/outbox/destinations.ts';
import { countOpen, estimateAll, type OpenCount, readViews } from '../../store/queue/counts.ts';
import type { ListedDelivery } from '../../store/queue/deliveries.ts';
import { countQueue, listQueue } from '../../store/queue/list.ts';
import { readLastPress } from '../../store/queue/undo.ts';
import { csrfField, noteList, query, send, type Visit } from '../acting.ts';
import { failureSaid } from '../admin/failure-words.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { PageParts, Viewer } from '../page.ts';
import { listRefresh, refreshLinks } from '../refresh.ts';
import type { Site } from '../site.ts';
import { waitingText } from '../words.ts';
import { destinationState } from './destination.ts';
import { address, type Filter, filterOf, partsOf, placeOf, placeText, queryOf, toQueue } from './filter.ts';
import { undoPart } from './undo.ts';
import {
  type Age,
  ages,
  classSaid,
  type Direction,
  destinationName,
  directions,
  kindSaid,
  reasonSaid,
  stateSaid,
  states,
} from './words.ts';

const pageSize = 50;
/** Counting stops here: more is said as "more than". */
const countedMax = 1_000;

/** What every part of the page is drawn with. */
export interface Drawn {
  readonly filter: Filter;
  readonly directory: Directory;
  readonly viewer: Viewer;
  readonly now: Date;
}

const total = (rows: readonly OpenCount[], of: (row: OpenCount) => number = (row) => row.count): number =>
  rows.reduce((sum, row) => sum + of(row), 0);

/** Each receiver with what is open there; every number is a link to its list, the oldest one's age is its health. */
function destinationsPart(
  open: readonly OpenCount[],
  known: readonly ListedDestination[],
  { filter, directory, viewer, now }: Drawn,
): Markup {
  const t = sayIn(viewer.language);
  const heldAt = (id: string) => total(open.filter((one) => one.destination === id && one.state === 'held'));
  const shown = known.filter(
    (one) => open.some((count) => count.destination === one.id) || destinationState(one, viewer, now) !== undefined,
  );
  if (shown.length === 0)
    return html`<p class="empty">${t('Er staat niets open, bij geen enkele ontvanger.', 'Nothing is open, at no receiver.')}</p>`;
  return html`<ul class="destinations">${shown
    .toSorted((a, b) => heldAt(b.id) - heldAt(a.id))
    .map((one) => {
      const own = open.filter((count) => count.destination === one.id);
      const links = states.flatMap((state) => {
        const found = own.filter((count) => count.state === state);
        if (found.length === 0) return [];
        const current = filter.state === state && filter.destination === one.id;
        const oldest = new Date(Math.min(...found.map((count) => count.oldest.getTime())));
        return [
          html`<li><a href="${address({ state, destination: one.id })}" class="${state}"${current && html` aria-current="true"`}><strong>${total(found)}</strong> ${stateSaid[state][viewer.language]}</a>, ${waitingText(oldest, now, viewer.language)}</li>`,
        ];
      });
      const asked = destinationState(one, viewer, now);
      return html`<li><h3><a href="/admin/destination?id=${encodeURIComponent(one.id)}">${destinationName(one.id, directory, viewer)}</a></h3>${asked && html`<p class="why">${asked}</p>`}<ul class="counts">${links}<li><a href="${address({ state: 'landed', destination: one.id })}">${stateSaid.landed[viewer.language]}</a></li></ul></li>`;
    })}</ul>`;
}

/** What is open by class, direction and age. */
function groupsPart(open: readonly OpenCount[], { viewer }: Drawn): Markup | undefined {
  const t = sayIn(viewer.language);
  const line = (label: string, links: readonly (Markup | undefined)[]) => {
    const some = links.filter((one) => one !== undefined);
    return some.length > 0 && html`<li><h3>${label}</h3><ul class="counts">${some}</ul></li>`;
  };
  const link = (filter: Filter, count: number, label: string) =>
    count > 0 ? html`<li><a href="${address(filter)}"><strong>${count}</strong> ${label}</a></li>` : undefined;
  const failing = open.filter((one) => one.code !== null && one.state !== 'sent');
  const inClass = (of: ErrorClass) => total(failing.filter((one) => classOfFailure(one.code ?? '') === of));
  const byClass = errorClasses.map((one) => link({ class: one }, inClass(one), classSaid[one].said[viewer.language]));
  const byWay = (Object.keys(directions) as Direction[]).map((one) => {
    const { kinds, said } = directions[one];
    const found = open.filter(({ kind }) => (kinds as readonly string[]).includes(kind));
    return link({ direction: one }, total(found), said[viewer.language]);
  });
  const byAge = (Object.keys(ages) as Age[]).map((one) =>
    link(
      { age: one },
      total(open, (row) => row[one]),
      ages[one].said[viewer.language],
    ),
  );
  return html`<ul class="destinations">${line(t('Soort fout', 'Kind of error'), byClass)}${line(t('Richting', 'Direction'), byWay)}${line(t('Leeftijd', 'Age'), byAge)}</ul>`;
}

/** One delivery of the list, with a box to choose it and the button that most people need. */
function deliveryItem(one: ListedDelivery, { filter, directory, viewer, now }: Drawn): Markup {
  const t = sayIn(viewer.language);
  const kind = kindSaid[one.kind]?.[viewer.language] ?? one.kind;
  const failure = one.failureCode && failureSaid(one.failureCode)[viewer.language];
  const reason = one.reason && (reasonSaid[one.reason]?.[viewer.language] ?? one.reason);
  const again =
    one.state === 'pending' && `${t('volgende poging', 'next try')} ${momentText(one.nextAt, viewer.language)}`;
  const tries = `${one.attempts} ${one.attempts === 1 ? t('poging', 'try') : t('pogingen', 'tries')}`;
  const retry = (one.state === 'held' || one.state === 'pending') && one.reason === null;
  const name = one.number || t('zonder verwijzing', 'without a referral');
  return html`<li class="delivery ${one.state}"><div class="lead"><a class="number" href="/admin/deliveries/${one.id}">${name}</a> ${kind} → ${destinationName(one.destination, directory, viewer)}</div>
<div class="more"><span class="state">${stateSaid[one.state][viewer.language]}</span><span>${waitingText(one.createdAt, now, viewer.language)}</span><span>${tries}</span>${again && html`<span>${again}</span>`}${one.failureCode && html`<span class="code">${one.failureCode}</span>`}</div>
${failure && html`<p class="why">${failure}</p>`}${reason && html`<p class="why">${t('Reden', 'Reason')}: ${reason}</p>`}
<div class="choice"><input type="checkbox" id="d-${one.id}" name="d" value="${one.id}" form="some"><label for="d-${one.id}">${t('Kies', 'Choose')}<span class="vh"> ${name}, ${kind}</span></label></div>
${retry && html`<form method="post" action="/admin/deliveries/${one.id}/retry">${csrfField(viewer)}<input type="hidden" name="back" value="${queryOf(filter)}"><button class="${one.state === 'held' ? '' : 'quiet'}">${t('Nu opnieuw proberen', 'Try again now')}<span class="vh"> ${name}, ${kind}</span></button></form>`}</li>`;
}

/** The filter as pills that each take one part of it away. */
export function pills(drawn: Drawn, path = '/admin'): Markup | undefined {
  const t = sayIn(drawn.viewer.language);
  const parts = partsOf(drawn.filter, drawn.directory, drawn.viewer);
  if (parts.length === 0) return undefined;
  return html`<ul class="pills">${parts.map(
    ({ label, rest }) =>
      html`<li><a href="${address(rest, path)}">${label} <span aria-hidden="true">×</span><span class="vh"> (${t('filter weghalen', 'remove filter')})</span></a></li>`,
  )}</ul>`;
}

/** The lists that one searches alike. */
export const listPaths = ['/admin', '/admin/journeys', '/admin/refused'] as const;
export type ListPath = (typeof listPaths)[number];

/** Where to search; it is posted and comes back as an address that holds only what was filled in. */
export function searchPart({ filter, viewer, directory }: Drawn, path: ListPath): Markup {
  const t = sayIn(viewer.language);
  const input = (name: 'number' | 'practice' | 'control' | 'code', label: string) =>
    html`<div class="field"><label for="find-${name}">${label}</label><input type="text" id="find-${name}" name="${name}" value="${filter[name] ?? ''}" maxlength="120" autocomplete="off"></div>`;
  const wallys = [...directory.roles.values()].filter((one) => one.kind === 'wally');
  const isRefused = path === '/admin/refused';
  const kept = (['state', 'destination', 'direction', 'class', 'age'] as const).flatMap((name) =>
    filter[name] ? [html`<input type="hidden" name="${name}" value="${filter[name]}">`] : [],
  );
  return html`<details${(filter.number || filter.practice || filter.control || filter.wally || filter.code) && html` open`}><summary>${t('Zoeken', 'Search')}</summary>
<form method="post" action="/admin/find" class="form">${csrfField(viewer)}<input type="hidden" name="path" value="${path}">${kept}
<div class="row">${!isRefused && input('number', t('Nummer van de verwijzing', 'Number of the referral'))}${input('practice', t('AGB-code van de praktijk', 'AGB code of the practice'))}
${!isRefused && html`<div class="field"><label for="find-wally">Wally</label><select id="find-wally" name="wally"><option value="">${t('Iedereen', 'Everyone')}</option>${wallys.map((one) => html`<option value="${one.id}"${filter.wally === one.id && html` selected`}>${one.name}</option>`)}</select></div>`}</div>
<div class="row">${input('control', t('Nummer van het bericht (control id)', 'Number of the message (control id)'))}${path !== '/admin/journeys' && input('code', t('Foutcode', 'Failure code'))}</div>
<p class="buttons"><button>${t('Zoek', 'Search')}</button></p></form></details>`;
}

function viewsPart(views: readonly { name: string; query: string }[], { filter, viewer }: Drawn): Markup {
  const t = sayIn(viewer.language);
  const own = queryOf(filter);
  return html`${
    views.length > 0 &&
    html`<ul class="pills" aria-label="${t('Bewaarde filters', 'Saved filters')}">${views.map(
      (one) => html`<li><a href="/admin?${one.query}">${one.name}</a></li>`,
    )}</ul>`
  }${
    own !== '' &&
    html`<details><summary>${t('Bewaar dit filter', 'Save this filter')}</summary><form method="post" action="/admin/views" class="form">${csrfField(viewer)}<input type="hidden" name="query" value="${own}">
<div class="field"><label for="view-name">${t('Naam', 'Name')}</label><input type="text" id="view-name" name="name" maxlength="60" autocomplete="off" required></div>
<p class="buttons"><button class="quiet" name="do" value="save">${t('Bewaar', 'Save')}</button> <button class="link" name="do" value="remove">${t('Haal het filter met deze naam weg', 'Remove the filter of this name')}</button></p></form></details>`
  }`;
}

/** Links to the other lists, and to the same page as it is now: it refreshes itself only when asked to (WCAG 2.2.2). */
export function queueMenu(
  visit: Visit,
  now: Date,
  current: 'deliveries' | 'journeys' | 'errors' | 'refused' | 'bulk' | 'alarms' | 'calls',
): Markup {
  const t = sayIn(visit.viewer.language);
  const items = [
    ['alarms', '/admin/alarms', t('Alarmen', 'Alarms')],
    ['deliveries', '/admin', t('Berichten', 'Messages')],
    ['journeys', '/admin/journeys', t('Verwijzingen', 'Referrals')],
    ['errors', '/admin/errors', t('Soorten fouten', 'Kinds of errors')],
    ['refused', '/admin/refused', t('Geweigerd', 'Refused')],
    ['bulk', '/admin/bulk', t('Grote opdrachten', 'Bulk work')],
    ['calls', '/admin/calls', t('Bellijst', 'Phone list')],
  ] as const;
  return html`<nav class="folders" aria-label="${t('Wachtrij', 'Queue')}"><ul>${items.map(
    ([name, path, label]) =>
      html`<li><a href="${path}"${name === current && html` aria-current="page"`}>${label}</a></li>`,
  )}${refreshLinks(visit, now).map((one) => html`<li>${one}</li>`)}</ul></nav>`;
}

/** The button that undoes the retry that was just pressed in the list, or that its try has begun. */
async function undoRetryPart(site: Site, visit: Visit): Promise<Markup | undefined> {
  const of = query(visit.request, 'of');
  const last = /^\d{1,18}$/.test(of) ? await readLastPress(site.store, of) : undefined;
  if (!last) return undefined;
  const said = sayIn(visit.viewer.language)(
    'Het bericht dat u opnieuw liet proberen',
    'The message that you had tried again',
  );
  return html`<p><a href="/admin/deliveries/${of}">${said}</a></p>${undoPart(visit, of, last)}`;
}

/** The queue as a page, from PostgreSQL: what is open in numbers, and one page of the deliveries that the address asks for. */
export async function queuePage(site: Site, visit: Visit, notice?: PageParts['notice'], status = 200): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const filter = filterOf((name) => query(request, name));
  const now = site.store.clock();
  // Without a filter the list shows what needs a person; the counts show the rest.
  const isBare = Object.keys(filter).length === 0;
  const shown: Filter = isBare ? { state: 'held' } : filter;
  const after = placeOf(query(request, 'after'), /^\d{1,18}$/);
  const directory = await site.directory();
  const asked = toQueue(shown, directory, now);
  const [open, known, found, count, about, views] = await Promise.all([
    countOpen(site.store),
    listDestinations(site.store),
    listQueue(site.store, asked, pageSize, after),
    countQueue(site.store, asked, countedMax + 1),
    estimateAll(site.store),
    readViews(site.store, viewer.actor.id),
  ]);
  await noteList(site, viewer.actor, 'deliveries', found.length);
  const title = t('Bezorging', 'Deliveries');
  const drawn: Drawn = { filter, directory, viewer, now };
  const held = total(open.filter((one) => one.state === 'held'));
  const labels = partsOf(shown, directory, viewer).map((one) => one.label);
  const last = found.at(-1);
  const more = found.length === pageSize && last && placeText(last.createdAt, last.id);
  const main = html`<h1>${title}</h1>${queueMenu(visit, now, 'deliveries')}${await undoRetryPart(site, visit)}
<p>${held === 0 ? t('Niets wacht op u. Wat niet lukt, probeert Kortelijn vanzelf opnieuw.', 'Nothing waits for you. What fails is tried again by Kortelijn itself.') : html`<a href="${address({ state: 'held' })}">${held === 1 ? t('1 bericht wacht op u.', '1 message waits for you.') : t(`${held} berichten wachten op u.`, `${held} messages wait for you.`)}</a>`}</p>
${viewsPart(views, drawn)}
<h2>${t('Per ontvanger', 'Per receiver')}</h2>${destinationsPart(open, known, drawn)}${groupsPart(open, drawn)}
${about !== undefined && html`<p class="hint">${t(`Alle berichten samen: ongeveer ${about} (een schatting van de database).`, `All messages together: about ${about} (an estimate of the database).`)}</p>`}
${searchPart(drawn, '/admin')}
<h2>${t('Berichten', 'Messages')}${labels.length > 0 && `: ${labels.join(', ')}`} <span class="count">${count > countedMax ? `${countedMax}+` : count}</span></h2>
${pills({ ...drawn, filter: shown })}
${
  found.length > 0
    ? html`<ul class="deliveries">${found.map((one) => deliveryItem(one, drawn))}</ul>
<form method="post" action="/admin/bulk/preview" id="some" class="form">${csrfField(viewer)}<input type="hidden" name="query" value="${queryOf(shown)}">
<p class="buttons"><button class="quiet" name="of" value="chosen">${t('Doe iets met wat u koos', 'Do something with what you chose')}</button> <button class="quiet" name="of" value="all">${t('Doe iets met alles van dit filter', 'Do something with everything of this filter')}</button></p></form>`
    : html`<p class="empty">${t('Geen berichten.', 'No messages.')}</p>`
}
${more && html`<p><a href="${address(shown, '/admin', more)}">${t('Volgende bladzijde', 'Next page')}</a></p>`}`;
  send(visit, { title, main, ...listRefresh(visit, now), ...(notice && { notice }) }, status);
}
