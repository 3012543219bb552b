import { type Receiver, receiverFor } from '../../feedback/bulk.ts';
import { localDay } from '../../referral/deadlines.ts';
import { type Directory, isPresent, wallysOf } from '../../referral/directory/directory.ts';
import { type HeldReferral, heldReferrals } from '../../store/lists/handover.ts';
import { csrfField, type Visit } from '../acting.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { addressFrom, isBeyond, type ListPage, noneText, pageOf, pagesPart, placeIn } from '../list-pages.ts';
import type { Site } from '../site.ts';
import { stateWords } from '../words.ts';

/** Of whom, and to whom; `fixed`: to the fixed Wally of each practice. */
export interface Asked {
  readonly from: string;
  readonly to: string;
}

const receiverOf = (to: string): Receiver => (to === 'fixed' ? 'fixed' : { wally: to });

/** What someone has, and who would get it; without a receiver somebody chooses one. */
export interface Plan {
  readonly directory: Directory;
  readonly day: string;
  readonly all: readonly (HeldReferral & { readonly receiver: string | undefined })[];
}

/** Everything that someone of a team has, and who would get each as was asked, as of today. */
export async function planOf(site: Site, team: string, { from, to }: Asked): Promise<Plan> {
  const directory = await site.directory();
  const day = localDay(site.store.clock());
  const held = to ? await heldReferrals(site.store, team, from) : [];
  const at = { directory, team, day };
  return { directory, day, all: held.map((one) => ({ ...one, receiver: receiverFor(one, from, receiverOf(to), at) })) };
}

/** From whom, to whom. */
export function chooseForm(visit: Visit, team: string, { directory, day }: Plan, asked: Asked): Markup {
  const t = sayIn(visit.viewer.language);
  const all = wallysOf(directory, team);
  const choose = t('Kies iemand', 'Choose someone');
  const option = (value: string, label: string, chosen: string) =>
    html`<option value="${value}"${value === chosen && html` selected`}>${label}</option>`;
  const there = all.filter((one) => isPresent(one, day));
  return html`
    <form method="get" action="/team/handover" class="form">
      <div class="field">
        <label for="from">${t('Van wie?', 'From whom?')}</label>
        <select id="from" name="from">
          <option value="">${choose}</option>
          ${all.map((one) => option(one.id, one.name, asked.from))}
        </select>
      </div>
      <div class="field">
        <label for="to">${t('Naar wie?', 'To whom?')}</label>
        <select id="to" name="to">
          <option value="">${choose}</option>
          ${option('fixed', t('de vaste Wally van elke praktijk', 'the fixed Wally of each practice'), asked.to)}
          ${there.map((one) => option(one.id, one.name, asked.to))}
        </select>
      </div>
      <p class="buttons">
        <button class="quiet">${t('Bekijk eerst wat er gebeurt', 'First see what happens')}</button>
      </p>
    </form>`;
}

const perName = (names: readonly string[]) =>
  [...Map.groupBy(names, (one) => one)].map(([name, all]) => [name, all.length] as const);

/** A page of what was planned, from after a place on; all of it is counted, and 50 are shown. */
export function pageIn(visit: Visit, name: 'going' | 'staying', all: Plan['all']): ListPage<Plan['all'][number]> {
  const after = placeIn(visit, name);
  return pageOf(after ? all.filter((one) => isBeyond(one.place, after)) : all, after);
}

/** What would happen, in pages with true counts, and the button that does it. */
export function planPart(visit: Visit, plan: Plan, asked: Asked, run: Run, pages: Pages, limit: number): Markup {
  const { language } = visit.viewer;
  const t = sayIn(language);
  const { directory, all } = plan;
  const name = (id: string) => directory.roles.get(id)?.name ?? id;
  const going = all.filter((one) => one.receiver !== undefined);
  const staying = all.filter((one) => one.receiver === undefined);
  const row = (one: Plan['all'][number]) => {
    const state = stateWords(one.taskStatus, one.businessStatus, 'wally');
    return html`
      <li class="referral">
        <div class="lead"><a href="/team/${one.journey}">${one.number}</a></div>
        <div class="more">
          <span>${directory.practices.get(one.practice)?.name}</span>
          <span>${t(state.nl, state.en)}</span>
          ${one.receiver && html`<span>${t('naar', 'to')} <strong>${name(one.receiver)}</strong></span>`}
        </div>
      </li>`;
  };
  const counts = perName(going.map((one) => name(one.receiver ?? '')));
  const practices = perName(going.map((one) => directory.practices.get(one.practice)?.name ?? one.practice));
  const stays = { ...asked, going: pages.going.after, staying: pages.staying.after };
  const list = (key: keyof Pages, what: string, total: number) => {
    const page = pages[key];
    const to = (place?: string) => addressFrom('/team/handover', stays, key, place);
    return html`
      ${
        page.rows.length > 0
          ? html`<ul class="referrals">${page.rows.map(row)}</ul>`
          : total > 0 && noneText(page, visit, '')
      }
      ${pagesPart(page, { total, what, to }, visit)}`;
  };
  const [over, own] = [
    t('Dit gaat over', 'This goes over'),
    t('Hier moet u zelf iemand voor kiezen', 'For these you choose someone yourself'),
  ];
  const step = Math.min(limit, going.length);
  const press =
    run.done > 0
      ? t(`Ga verder met de volgende ${step}`, `Go on with the next ${step}`)
      : t(`Draag ${going.length} verwijzingen over`, `Hand over ${going.length} referrals`);
  const button =
    going.length > 0 &&
    html`
      <form method="post" action="/team/handover" class="buttons">
        ${csrfField(visit.viewer)}
        <input type="hidden" name="from" value="${asked.from}">
        <input type="hidden" name="to" value="${asked.to}">
        <input type="hidden" name="run" value="${run.id}">
        <input type="hidden" name="done" value="${run.done}">
        <input type="hidden" name="receivers" value="${run.receivers.join(' ')}">
        <button>${press}</button>
      </form>`;
  return html`
    <h2 id="going">${over} <span class="count">${going.length}</span></h2>
    ${counts.length > 0 && html`<ul>${counts.map(([who, count]) => html`<li><strong>${who}</strong>: ${count}</li>`)}</ul>`}
    ${
      practices.length > 0 &&
      html`
        <details>
          <summary>${t(`Van ${practices.length} praktijken`, `Of ${practices.length} practices`)}</summary>
          <ul>${practices.map(([who, count]) => html`<li>${who}: ${count}</li>`)}</ul>
        </details>`
    }
    ${
      going.length > limit &&
      html`<p>${t(
        `Per keer gaan er hooguit ${limit} over. Daarna gaat u verder met de rest.`,
        `At most ${limit} go over at a time. After that you go on with the rest.`,
      )}</p>`
    }
    ${button}
    ${list('going', over, going.length)}
    ${
      staying.length > 0 &&
      html`
        <h2 id="staying">${own} <span class="count">${staying.length}</span></h2>
        ${list('staying', own, staying.length)}`
    }`;
}

/** A page of what goes over, and one of what stays. */
export type Pages = Readonly<Record<'going' | 'staying', ListPage<Plan['all'][number]>>>;

/** One hand-over in several steps: what was done so far, and who got something. */
export interface Run {
  readonly id: string;
  readonly done: number;
  readonly receivers: readonly string[];
}
