import { classOfFailure, type ErrorClass, errorClasses } from '../../referral/error-class.ts';
import type { ListedDestination } from '../../store/outbox/destinations.ts';
import type { OpenCount } from '../../store/queue/counts.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { waitingText } from '../words.ts';
import { destinationState } from './destination.ts';
import { address, type Filter } from './filter.ts';
import type { Drawn } from './lists.ts';
import { type Age, ages, classSaid, type Direction, destinationName, directions, stateSaid, states } from './words.ts';

/** All of these together. */
export const total = (rows: readonly OpenCount[], of: (row: OpenCount) => number = (row) => row.count): number =>
  rows.reduce((sum, row) => sum + of(row), 0);

/** Each receiver with what is open there; every number is a link to its list, the oldest one's age is its health. */
export function destinationsPart(
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
  return html`
    <ul class="destinations">
      ${shown
        .toSorted((a, b) => heldAt(b.id) - heldAt(a.id))
        .map((one) => {
          const own = open.filter((count) => count.destination === one.id);
          const links = states.flatMap((state) => {
            const found = own.filter((count) => count.state === state);
            if (found.length === 0) return [];
            const current = filter.state === state && filter.destination === one.id;
            const oldest = new Date(Math.min(...found.map((count) => count.oldest.getTime())));
            return [
              html`
                <li>
                  <a href="${address({ state, destination: one.id })}"
                    class="${state}"${current && html` aria-current="true"`}><strong>${total(found)}</strong>
                  ${stateSaid[state][viewer.language]}</a>, ${waitingText(oldest, now, viewer.language)}
                </li>`,
            ];
          });
          const asked = destinationState(one, viewer, now);
          return html`
            <li>
              <h3><a href="/admin/destination?id=${encodeURIComponent(one.id)}">${destinationName(one.id, directory, viewer)}</a></h3>
              ${asked && html`<p class="why">${asked}</p>`}
              <ul class="counts">
                ${links}
                <li><a href="${address({ state: 'landed', destination: one.id })}">${stateSaid.landed[viewer.language]}</a></li>
              </ul>
            </li>`;
        })}
    </ul>`;
}

/** What is open by class, direction and age. */
export function groupsPart(open: readonly OpenCount[], { viewer }: Drawn): Markup | undefined {
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
  return html`
    <ul class="destinations">
      ${line(t('Soort fout', 'Kind of error'), byClass)}
      ${line(t('Richting', 'Direction'), byWay)}
      ${line(t('Leeftijd', 'Age'), byAge)}
    </ul>`;
}
