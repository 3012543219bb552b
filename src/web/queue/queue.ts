import { listDestinations } from '../../store/outbox/destinations.ts';
import { countOpen, estimateAll, readViews } from '../../store/queue/counts.ts';
import type { ListedDelivery } from '../../store/queue/deliveries.ts';
import { countQueue, listQueue } from '../../store/queue/list.ts';
import { readLastPress } from '../../store/queue/undo.ts';
import { csrfField, noteList, query, send, type Visit } from '../acting.ts';
import { failureSaid } from '../admin/failure-words.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { PageParts } from '../page.ts';
import { listRefresh } from '../refresh.ts';
import type { Site } from '../site.ts';
import { waitingText } from '../words.ts';
import { address, type Filter, filterOf, partsOf, placeOf, placeText, queryOf, toQueue } from './filter.ts';
import { type Drawn, pills, queueMenu, searchPart } from './lists.ts';
import { destinationsPart, groupsPart, total } from './open.ts';
import { undoPart } from './undo.ts';
import { destinationName, kindSaid, reasonSaid, stateSaid } from './words.ts';

const pageSize = 50;
/** Counting stops here: more is said as "more than". */
const countedMax = 1_000;

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
  return html`
    <li class="delivery ${one.state}">
      <div class="lead">
        <a class="number" href="/admin/deliveries/${one.id}">${name}</a> ${kind} →
        ${destinationName(one.destination, directory, viewer)}
      </div>
      <div class="more">
        <span class="state">${stateSaid[one.state][viewer.language]}</span>
        <span>${waitingText(one.createdAt, now, viewer.language)}</span>
        <span>${tries}</span>
        ${again && html`<span>${again}</span>`}
        ${one.failureCode && html`<span class="code">${one.failureCode}</span>`}
      </div>
      ${failure && html`<p class="why">${failure}</p>`}
      ${reason && html`<p class="why">${t('Reden', 'Reason')}: ${reason}</p>`}
      <div class="choice">
        <input type="checkbox" id="d-${one.id}" name="d" value="${one.id}" form="some">
        <label for="d-${one.id}">${t('Kies', 'Choose')}<span class="vh"> ${name}, ${kind}</span></label>
      </div>
      ${
        retry &&
        html`
          <form method="post" action="/admin/deliveries/${one.id}/retry">
            ${csrfField(viewer)}
            <input type="hidden" name="back" value="${queryOf(filter)}">
            <button class="${one.state === 'held' ? '' : 'quiet'}">
              ${t('Nu opnieuw proberen', 'Try again now')}<span class="vh"> ${name}, ${kind}</span>
            </button>
          </form>`
      }
    </li>`;
}

function viewsPart(views: readonly { name: string; query: string }[], { filter, viewer }: Drawn): Markup {
  const t = sayIn(viewer.language);
  const own = queryOf(filter);
  return html`
    ${
      views.length > 0 &&
      html`
        <ul class="pills" aria-label="${t('Bewaarde filters', 'Saved filters')}">
          ${views.map((one) => html`<li><a href="/admin?${one.query}">${one.name}</a></li>`)}
        </ul>`
    }
    ${
      own !== '' &&
      html`
        <details>
          <summary>${t('Bewaar dit filter', 'Save this filter')}</summary>
          <form method="post" action="/admin/views" class="form">
            ${csrfField(viewer)}
            <input type="hidden" name="query" value="${own}">
            <div class="field">
              <label for="view-name">${t('Naam', 'Name')}</label>
              <input type="text" id="view-name" name="name" maxlength="60" autocomplete="off" required>
            </div>
            <p class="buttons">
              <button class="quiet" name="do" value="save">${t('Bewaar', 'Save')}</button>
              <button class="link" name="do" value="remove">${t(
                'Haal het filter met deze naam weg',
                'Remove the filter of this name',
              )}</button>
            </p>
          </form>
        </details>`
    }`;
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
  const main = html`
    <h1>${title}</h1>
    ${queueMenu(visit, now, 'deliveries')}
    ${await undoRetryPart(site, visit)}
    <p>${
      held === 0
        ? t(
            'Niets wacht op u. Wat niet lukt, probeert Kortelijn vanzelf opnieuw.',
            'Nothing waits for you. What fails is tried again by Kortelijn itself.',
          )
        : html`<a href="${address({ state: 'held' })}">${
            held === 1
              ? t('1 bericht wacht op u.', '1 message waits for you.')
              : t(`${held} berichten wachten op u.`, `${held} messages wait for you.`)
          }</a>`
    }</p>
    ${viewsPart(views, drawn)}
    <h2>${t('Per ontvanger', 'Per receiver')}</h2>
    ${destinationsPart(open, known, drawn)}
    ${groupsPart(open, drawn)}
    ${
      about !== undefined &&
      html`<p class="hint">${t(
        `Alle berichten samen: ongeveer ${about} (een schatting van de database).`,
        `All messages together: about ${about} (an estimate of the database).`,
      )}</p>`
    }
    ${searchPart(drawn, '/admin')}
    <h2>
      ${t('Berichten', 'Messages')}${labels.length > 0 && `: ${labels.join(', ')}`}
      <span class="count">${count > countedMax ? `${countedMax}+` : count}</span>
    </h2>
    ${pills({ ...drawn, filter: shown })}
    ${
      found.length > 0
        ? html`
          <ul class="deliveries">${found.map((one) => deliveryItem(one, drawn))}</ul>
          <form method="post" action="/admin/bulk/preview" id="some" class="form">
            ${csrfField(viewer)}
            <input type="hidden" name="query" value="${queryOf(shown)}">
            <p class="buttons">
              <button class="quiet" name="of" value="chosen">${t(
                'Doe iets met wat u koos',
                'Do something with what you chose',
              )}</button>
              <button class="quiet" name="of" value="all">${t(
                'Doe iets met alles van dit filter',
                'Do something with everything of this filter',
              )}</button>
            </p>
          </form>`
        : html`<p class="empty">${t('Geen berichten.', 'No messages.')}</p>`
    }
    ${more && html`<p><a href="${address(shown, '/admin', more)}">${t('Volgende bladzijde', 'Next page')}</a></p>`}`;
  send(visit, { title, main, ...listRefresh(visit, now), ...(notice && { notice }) }, status);
}
