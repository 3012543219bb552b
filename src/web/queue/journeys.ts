import { type Lane, listLanes } from '../../store/queue/list.ts';
import { noteList, query, send, type Visit } from '../acting.ts';
import { awaitedWordsPart } from '../awaited-words.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';
import { listRefresh } from '../refresh.ts';
import type { Site } from '../site.ts';
import { address, type Filter, filterOf, isOfOne, placeOf, placeText, toQueue } from './filter.ts';
import { type Drawn, pills, queueMenu, searchPart } from './lists.ts';
import { mappingName } from './masked.ts';
import { kindSaid } from './words.ts';

const pageSize = 50;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** One referral as a lane: every hop with its moment, or that it has not been there yet. */
function laneItem(lane: Lane, { directory, viewer }: Drawn): Markup {
  const t = sayIn(viewer.language);
  const owner = lane.owner && directory.roles.get(lane.owner)?.name;
  const hops: readonly (readonly [label: string, at: Date | null, more?: Markup | string | null | undefined])[] = [
    [t('ontvangen', 'received'), lane.receivedAt ?? lane.committedAt, lane.door],
    [t('vertaald', 'mapped'), lane.receivedAt ?? lane.committedAt, lane.mapping && mappingName(lane.mapping, viewer)],
    [t('vastgelegd', 'committed'), lane.committedAt],
    [t('in de wachtrij', 'queued'), lane.queuedAt],
    [t('bezorgd bij', 'delivered to'), lane.visibleAt, owner],
    [t('gezien', 'seen'), lane.seenAt],
    [t('terugkoppeling', 'feedback'), lane.feedbackAt],
    [t('aangekomen', 'landed'), lane.landedAt],
  ];
  const { stuck } = lane;
  return html`
    <li class="delivery${stuck?.state === 'held' && ' held'}">
      <div class="lead"><span class="number">${lane.number}</span> ${directory.practices.get(lane.practice)?.name ?? lane.practice}</div>
      <ol class="lanes">
        ${hops.map(
          ([label, at, more]) => html`
            <li class="${at ? 'past' : 'todo'}">
              <span>${label}${more && html` (${more})`}</span>
              ${
                at
                  ? html`<time datetime="${at.toISOString()}">${momentText(at, viewer.language)}</time>`
                  : html`<span class="hint">${t('nog niet', 'not yet')}</span>`
              }
            </li>`,
        )}
      </ol>
      <p class="more">
        ${
          stuck &&
          html`<a href="/admin/deliveries/${stuck.id}">${kindSaid[stuck.kind]?.[viewer.language] ?? stuck.kind}:
            <span class="code">${stuck.code}</span></a>`
        }
        <a href="${address({ number: lane.number })}">${t('Berichten', 'Messages')}<span class="vh"> ${lane.number}</span></a>
      </p>
    </li>`;
}

/** A mapping as the record names it, when the address can mean one. */
const mappingIn = (text: string): string | undefined =>
  /^[\w-]{1,60}@[\w.]{1,20}\+[0-9a-f]{12}$/.test(text) ? text : undefined;

function mappingPill(mapping: string, filter: Filter, viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  return html`
    <ul class="pills">
      <li>
        <a href="${address(filter, '/admin/journeys')}">${t('gelezen met', 'read with')} ${mappingName(mapping, viewer)}
        <span aria-hidden="true">×</span><span class="vh"> (${t('filter weghalen', 'remove filter')})</span></a>
      </li>
    </ul>`;
}

function nextPage(filter: Filter, mapping: string | undefined, after: string): string {
  const next = address(filter, '/admin/journeys', after);
  return mapping ? `${next}&mapping=${encodeURIComponent(mapping)}` : next;
}

/** Referrals with their hops, oldest first; without a filter those that have not ended. */
export async function journeysPage(site: Site, visit: Visit): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const asked = filterOf((name) => query(request, name));
  const { practice, wally, number, control, journey, state } = asked;
  const filter: Filter = {
    ...(practice && { practice }),
    ...(wally && { wally }),
    ...(number && { number }),
    ...(control && { control }),
    ...(journey && { journey }),
    ...(state === 'all' && { state }),
  };
  const directory = await site.directory();
  const now = site.store.clock();
  const { states: _states, ...narrowed } = toQueue(filter, directory, now);
  const after = placeOf(query(request, 'after'), uuid);
  const mapping = mappingIn(query(request, 'mapping'));
  const open = state !== 'all' && !isOfOne(filter) && mapping === undefined;
  const [found, awaited] = await Promise.all([
    listLanes(site.store, { ...narrowed, open, mapping }, pageSize, after),
    awaitedWordsPart(site, viewer),
  ]);
  await noteList(site, viewer.actor, 'journeys', found.length);
  const drawn: Drawn = { filter, directory, viewer, now };
  const title = t('Verwijzingen', 'Referrals');
  const last = found.at(-1);
  const main = html`
    <h1>${title}</h1>
    ${queueMenu(visit, now, 'journeys')}
    <p>${
      open
        ? html`${t('U ziet wat nog niet klaar is, het oudste eerst.', 'You see what has not ended, the oldest first.')}
          <a href="${address({ ...filter, state: 'all' }, '/admin/journeys')}">${t(
            'Laat alles zien',
            'Show everything',
          )}</a>`
        : t('Het oudste eerst.', 'The oldest first.')
    }</p>
    ${awaited}
    ${mapping ? mappingPill(mapping, filter, viewer) : html`${searchPart(drawn, '/admin/journeys')}${pills(drawn, '/admin/journeys')}`}
    ${
      found.length > 0
        ? html`<ul class="deliveries">${found.map((one) => laneItem(one, drawn))}</ul>`
        : html`<p class="empty">${t('Geen verwijzingen.', 'No referrals.')}</p>`
    }
    ${
      found.length === pageSize &&
      last &&
      html`
        <p>
          <a href="${nextPage(filter, mapping, placeText(last.committedAt, last.journey))}">${t('Volgende bladzijde', 'Next page')}</a>
        </p>`
    }`;
  send(visit, { title, main, ...listRefresh(visit, now) });
}
