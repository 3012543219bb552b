import { Router } from 'express';
import type { Said } from '../fhir/outcome.ts';
import type { Actor } from '../referral/actor.ts';
import type { AuditLine } from '../referral/change.ts';
import type { Directory } from '../referral/directory.ts';
import { httpStatus, isRefusal } from '../referral/refusal.ts';
import {
  countDeliveries,
  type DeliveryState,
  type ListedDelivery,
  listDeliveries,
  readDelivery,
} from '../store/deliveries.ts';
import {
  csrfField,
  decide,
  field,
  noteList,
  query,
  send,
  sendNotFound,
  sentences,
  type ViewerOf,
  type Visit,
  visiting,
} from './acting.ts';
import { failureSaid } from './failure-words.ts';
import { html, type Markup, momentText, sayIn } from './html.ts';
import type { PageParts, Viewer } from './page.ts';
import type { Site } from './site.ts';
import { waitingText } from './words.ts';

const shownMax = 200;

/** In the order in which they need a person. */
const states: readonly DeliveryState[] = ['held', 'pending', 'queued', 'sent', 'landed', 'abandoned'];

const stateSaid: Record<DeliveryState, Said> = {
  held: { nl: 'vastgelopen', en: 'stuck' },
  pending: { nl: 'nog te versturen', en: 'still to send' },
  queued: { nl: 'onderweg', en: 'on the way' },
  sent: { nl: 'nog zonder bevestiging', en: 'not confirmed yet' },
  landed: { nl: 'aangekomen', en: 'landed' },
  abandoned: { nl: 'gestopt', en: 'stopped' },
};

const kindSaid: Record<string, Said> = {
  worklist: { nl: 'verwijzing op de werklijst', en: 'referral to the worklist' },
  notify: { nl: 'mail: er wacht werk', en: 'mail: work is waiting' },
  feedback: { nl: 'terugkoppeling', en: 'feedback' },
  alarm: { nl: 'alarm', en: 'alarm' },
};

const reasonSaid: Record<string, Said> = {
  superseded: { nl: 'iemand anders kreeg de verwijzing', en: 'someone else got the referral' },
  withdrawn: { nl: 'de praktijk trok de verwijzing in', en: 'the practice withdrew the referral' },
  fallback: {
    nl: 'het lukte niet; de terugkoppeling ging verder langs de volgende weg naar de praktijk',
    en: 'it did not work; the feedback went on by the next way to the practice',
  },
  ended: { nl: 'de verwijzing is gestopt', en: 'the referral was ended' },
  recalled: { nl: 'de verwijzing is teruggeroepen', en: 'the referral was recalled' },
  'consent-withdrawn': { nl: 'de inwoner trok de toestemming in', en: 'the resident withdrew the consent' },
  'by-phone': { nl: 'het is voorgelezen per telefoon', en: 'it was read aloud by telephone' },
  'taken-back': { nl: 'de praktijk nam de verwijzing terug', en: 'the practice took the referral back' },
};

interface Filter {
  readonly state?: DeliveryState;
  readonly destination?: string;
}

function destinationName(id: string, directory: Directory, viewer: Viewer): string {
  const t = sayIn(viewer.language);
  if (id === 'worklist') return t('Werklijst', 'Worklist');
  if (id === 'mail') return t('Mail', 'Mail');
  const [practice = '', channel] = id.replace(/^practice:/, '').split('/');
  const name = directory.practices.get(practice)?.name ?? id;
  return channel ? `${name}, ${t('weg', 'way')} ${channel}` : name;
}

const destinationPattern = /^[\w:./-]{1,120}$/;

function address({ state, destination }: Filter): string {
  const parts = [
    state && `state=${state}`,
    destination && destinationPattern.test(destination) && `destination=${destination}`,
  ];
  return ['/admin', parts.filter(Boolean).join('&')].filter(Boolean).join('?');
}

function filterOf(state: string, destination: string): Filter {
  const known = states.find((one) => one === state);
  return { ...(known && { state: known }), ...(destinationPattern.test(destination) && { destination }) };
}

type Counts = Awaited<ReturnType<typeof countDeliveries>>;

/** Every number is a link to its list; the oldest one's age is the health of a destination. */
function countsPart(counts: Counts, filter: Filter, directory: Directory, viewer: Viewer, now: Date): Markup {
  const t = sayIn(viewer.language);
  const heldAt = (destination: string) =>
    Number(counts.some((one) => one.destination === destination && one.state === 'held'));
  const destinations = [...new Set(counts.map((one) => one.destination))].toSorted((a, b) => heldAt(b) - heldAt(a));
  if (destinations.length === 0)
    return html`<p class="empty">${t('Er is nog niets verstuurd.', 'Nothing was sent yet.')}</p>`;
  return html`<ul class="destinations">${destinations.map((destination) => {
    const own = counts.filter((one) => one.destination === destination);
    const links = states.flatMap((state) => {
      const found = own.find((one) => one.state === state);
      if (!found) return [];
      const current = filter.state === state && filter.destination === destination;
      const age =
        state === 'landed' || state === 'abandoned' ? '' : `, ${waitingText(found.oldest, now, viewer.language)}`;
      return [
        html`<li><a href="${address({ state, destination })}" class="${state}"${current && html` aria-current="true"`}><strong>${found.count}</strong> ${stateSaid[state][viewer.language]}</a>${age}</li>`,
      ];
    });
    return html`<li><h3>${destinationName(destination, directory, viewer)}</h3><ul class="counts">${links}</ul></li>`;
  })}</ul>`;
}

function deliveryItem(one: ListedDelivery, filter: Filter, directory: Directory, viewer: Viewer, now: Date): Markup {
  const t = sayIn(viewer.language);
  const said = (from: Said | undefined, otherwise: string) => from?.[viewer.language] ?? otherwise;
  const failure = one.failureCode && failureSaid(one.failureCode)[viewer.language];
  const reason = one.reason && said(reasonSaid[one.reason], one.reason);
  const again =
    one.state === 'pending' && `${t('volgende poging', 'next try')} ${momentText(one.nextAt, viewer.language)}`;
  const tries = `${one.attempts} ${one.attempts === 1 ? t('poging', 'try') : t('pogingen', 'tries')}`;
  const retry = one.state === 'held' || one.state === 'pending';
  return html`<li class="delivery ${one.state}"><div class="lead"><span class="number">${one.number}</span> ${said(kindSaid[one.kind], one.kind)} → ${destinationName(one.destination, directory, viewer)}</div>
<div class="more"><span class="state">${stateSaid[one.state][viewer.language]}</span><span>${waitingText(one.createdAt, now, viewer.language)}</span><span>${tries}</span>${again && html`<span>${again}</span>`}${one.failureCode && html`<span class="code">${one.failureCode}</span>`}</div>
${failure && html`<p class="why">${failure}</p>`}${reason && html`<p class="why">${t('Reden', 'Reason')}: ${reason}</p>`}
${retry && html`<form method="post" action="/admin/deliveries/${one.id}/retry">${csrfField(viewer)}<input type="hidden" name="state" value="${filter.state}"><input type="hidden" name="destination" value="${filter.destination}"><button class="${one.state === 'held' ? '' : 'quiet'}">${t('Nu opnieuw proberen', 'Try again now')}<span class="vh"> ${one.number}, ${said(kindSaid[one.kind], one.kind)}</span></button></form>`}</li>`;
}

/** The filter as a heading and as pills that take one part of it away. */
function listPart(
  found: readonly ListedDelivery[],
  filter: Filter,
  directory: Directory,
  viewer: Viewer,
  now: Date,
): Markup {
  const t = sayIn(viewer.language);
  const { state, destination } = filter;
  const parts = [
    state && stateSaid[state][viewer.language],
    destination && destinationName(destination, directory, viewer),
  ].filter(Boolean);
  const pill = (label: string, rest: Filter) =>
    html`<li><a href="${address(rest)}">${label} <span aria-hidden="true">×</span><span class="vh"> (${t('filter weghalen', 'remove filter')})</span></a></li>`;
  return html`<h2>${t('Berichten', 'Messages')}${parts.length > 0 && `: ${parts.join(', ')}`} <span class="count">${found.length}${found.length === shownMax && '+'}</span></h2>
${parts.length > 0 && html`<ul class="pills">${state && pill(stateSaid[state][viewer.language], destination ? { destination } : {})}${destination && pill(destinationName(destination, directory, viewer), state ? { state } : {})}</ul>`}
${found.length > 0 ? html`<ul class="deliveries">${found.map((one) => deliveryItem(one, filter, directory, viewer, now))}</ul>` : html`<p class="empty">${t('Geen berichten.', 'No messages.')}</p>`}
${found.length === shownMax && html`<p>${t(`U ziet de oudste ${shownMax}.`, `You see the oldest ${shownMax}.`)}</p>`}`;
}

async function list(site: Site, visit: Visit, notice: PageParts['notice'], status: number): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const filter = filterOf(query(visit.request, 'state'), query(visit.request, 'destination'));
  const now = site.store.clock();
  // Without a filter the list shows what needs a person; the counts show the rest.
  const shown: Filter = filter.state || filter.destination ? filter : { state: 'held' };
  const [counts, found, directory] = await Promise.all([
    countDeliveries(site.store),
    listDeliveries(site.store, shown, shownMax),
    site.directory(),
  ]);
  await noteList(site, viewer.actor, 'deliveries', found.length);
  const title = t('Bezorging', 'Deliveries');
  const held = counts.filter((one) => one.state === 'held').reduce((sum, one) => sum + one.count, 0);
  const main = html`<h1>${title}</h1>
<p>${held === 0 ? t('Niets wacht op u. Wat niet lukt, probeert Kortelijn vanzelf opnieuw.', 'Nothing waits for you. What fails is tried again by Kortelijn itself.') : html`<a href="${address({ state: 'held' })}">${held === 1 ? t('1 bericht wacht op u.', '1 message waits for you.') : t(`${held} berichten wachten op u.`, `${held} messages wait for you.`)}</a>`}</p>
<h2>${t('Per ontvanger', 'Per receiver')}</h2>${countsPart(counts, filter, directory, viewer, now)}
${listPart(found, shown, directory, viewer, now)}`;
  send(visit, { title, main, ...(notice && { notice }) }, status);
}

const retried = (actor: Actor, now: Date, delivery: ListedDelivery): AuditLine => ({
  event: 'delivery-retried',
  at: now.toISOString(),
  actor: { id: actor.id, role: actor.role },
  action: 'U',
  outcome: 'ok',
  object: `Delivery/${delivery.id}`,
  purpose: 'SYSADMIN',
  ...(delivery.failureCode && { code: delivery.failureCode }),
});

async function retry(site: Site, visit: Visit): Promise<void> {
  const { actor } = visit.viewer;
  const { id } = visit.request.params;
  if (typeof id !== 'string' || !/^\d{1,18}$/.test(id)) return sendNotFound(visit);
  const outcome = await decide(
    site,
    actor,
    () => readDelivery(site.store, id),
    (delivery, acting) =>
      // Tapped twice, or meanwhile sent: there is nothing left to try.
      delivery.state === 'held' || delivery.state === 'pending'
        ? {
            scope: { practice: delivery.practice },
            journey: delivery.journey,
            deliveries: [{ to: 'retry', id }],
            audit: [retried(actor, acting.now, delivery)],
          }
        : undefined,
  );
  if (outcome === 'absent') return sendNotFound(visit);
  if (isRefusal(outcome))
    return list(site, visit, { kind: 'refused', text: sentences(outcome, visit.viewer) }, httpStatus(outcome));
  const back = address(filterOf(field(visit.request.body, 'state'), field(visit.request.body, 'destination')));
  visit.response.redirect(303, `${back}${back.includes('?') ? '&' : '?'}done=retried`);
}

const retriedSaid: Said = { nl: 'Het bericht wordt nu opnieuw geprobeerd.', en: 'The message is now tried again.' };

/** The administrator's pages, with their whole addresses, behind sign-in, form parsing and the CSRF check. No patient data. */
export function adminPages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  router.get(
    '/admin',
    visiting('administrator', viewerOf, async (visit) => {
      const done = query(visit.request, 'done') === 'retried';
      await list(site, visit, done ? { kind: 'done', text: retriedSaid[visit.viewer.language] } : undefined, 200);
    }),
  );
  router.post(
    '/admin/deliveries/:id/retry',
    visiting('administrator', viewerOf, (visit) => retry(site, visit)),
  );
  return router;
}
