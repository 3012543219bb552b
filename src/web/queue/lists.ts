import type { Directory } from '../../referral/directory/directory.ts';
import { csrfField, type Visit } from '../acting.ts';
import { html, type Markup, sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';
import { refreshLinks } from '../refresh.ts';
import { address, type Filter, partsOf } from './filter.ts';

/** What every part of the page is drawn with. */
export interface Drawn {
  readonly filter: Filter;
  readonly directory: Directory;
  readonly viewer: Viewer;
  readonly now: Date;
}

/** The filter as pills that each take one part of it away. */
export function pills(drawn: Drawn, path = '/admin'): Markup | undefined {
  const t = sayIn(drawn.viewer.language);
  const parts = partsOf(drawn.filter, drawn.directory, drawn.viewer);
  if (parts.length === 0) return undefined;
  return html`
    <ul class="pills">
      ${parts.map(
        ({ label, rest }) => html`
          <li>
            <a href="${address(rest, path)}">${label} <span aria-hidden="true">×</span><span class="vh">
            (${t('filter weghalen', 'remove filter')})</span></a>
          </li>`,
      )}
    </ul>`;
}

/** The lists that one searches alike. */
export const listPaths = ['/admin', '/admin/journeys', '/admin/refused'] as const;
export type ListPath = (typeof listPaths)[number];

/** Where to search; it is posted and comes back as an address that holds only what was filled in. */
export function searchPart({ filter, viewer, directory }: Drawn, path: ListPath): Markup {
  const t = sayIn(viewer.language);
  const input = (name: 'number' | 'practice' | 'control' | 'code', label: string) => html`
    <div class="field">
      <label for="find-${name}">${label}</label>
      <input type="text" id="find-${name}" name="${name}" value="${filter[name] ?? ''}" maxlength="120" autocomplete="off">
    </div>`;
  const wallys = [...directory.roles.values()].filter((one) => one.kind === 'wally');
  const isRefused = path === '/admin/refused';
  const kept = (['state', 'destination', 'direction', 'class', 'age'] as const).flatMap((name) =>
    filter[name] ? [html`<input type="hidden" name="${name}" value="${filter[name]}">`] : [],
  );
  return html`
    <details${(filter.number || filter.practice || filter.control || filter.wally || filter.code) && html` open`}>
      <summary>${t('Zoeken', 'Search')}</summary>
      <form method="post" action="/admin/find" class="form">
        ${csrfField(viewer)}
        <input type="hidden" name="path" value="${path}">
        ${kept}
        <div class="row">
          ${!isRefused && input('number', t('Nummer van de verwijzing', 'Number of the referral'))}
          ${input('practice', t('AGB-code van de praktijk', 'AGB code of the practice'))}
          ${
            !isRefused &&
            html`
              <div class="field">
                <label for="find-wally">Wally</label>
                <select id="find-wally" name="wally">
                  <option value="">${t('Iedereen', 'Everyone')}</option>
                  ${wallys.map(
                    (one) =>
                      html`<option value="${one.id}"${filter.wally === one.id && html` selected`}>${one.name}</option>`,
                  )}
                </select>
              </div>`
          }
        </div>
        <div class="row">
          ${input('control', t('Nummer van het bericht (control id)', 'Number of the message (control id)'))}
          ${path !== '/admin/journeys' && input('code', t('Foutcode', 'Failure code'))}
        </div>
        <p class="buttons"><button>${t('Zoek', 'Search')}</button></p>
      </form>
    </details>`;
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
  return html`
    <nav class="folders" aria-label="${t('Wachtrij', 'Queue')}">
      <ul>
        ${items.map(
          ([name, path, label]) =>
            html`<li><a href="${path}"${name === current && html` aria-current="page"`}>${label}</a></li>`,
        )}
      </ul>
    </nav>
    <p class="more">${refreshLinks(visit, now)}</p>`;
}
