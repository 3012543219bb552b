import { type Response, Router } from 'express';
import type { Language } from '../../fhir/outcome.ts';
import { addDays, beginOfDay, localDay } from '../../referral/deadlines.ts';
import { measuresOf, quarterDays } from '../../report/measures.ts';
import { figuresCsv, figureTables, type PrintedTable } from '../../report/print.ts';
import { quarterFigures } from '../../report/quarter.ts';
import { least } from '../../report/suppression.ts';
import { readEventsOf } from '../../store/events.ts';
import { noteList, query, send, sendNotFound, type ViewerOf, type Visit, visiting } from '../acting.ts';
import { dayText, html, type Markup, sayIn } from '../html.ts';
import type { Site } from '../site.ts';

const shownQuarters = 8;

function quarterOf(day: string): string {
  return `${day.slice(0, 4)}Q${Math.ceil(Number(day.slice(5, 7)) / 3)}`;
}

/** The quarter before one, as `2026Q3`. */
function before(quarter: string): string {
  const days = quarterDays(quarter);
  return days ? quarterOf(addDays(days.from, -1)) : quarter;
}

function recentQuarters(today: string): readonly string[] {
  const quarters = [quarterOf(today)];
  while (quarters.length < shownQuarters) quarters.push(before(quarters.at(-1) ?? ''));
  return quarters;
}

/** The figures of a quarter, out of content-free events, with small numbers left out; undefined for what is none. */
async function read(site: Site, quarter: string) {
  const days = quarterDays(quarter);
  if (!days) return undefined;
  const events = await readEventsOf(site.store, beginOfDay(days.from), beginOfDay(addDays(days.to, 1)));
  const { practices, roles, teams } = await site.directory();
  const name = (id: string) => practices.get(id)?.name ?? roles.get(id)?.name ?? teams.get(id)?.name ?? id;
  return { days, figures: quarterFigures(measuresOf(events, days)), name };
}

/** "4e kwartaal 2026" of `2026Q4`. */
function quarterText(quarter: string, language: Language): string {
  const [year = '', nth = ''] = quarter.split('Q');
  return language === 'en' ? `Q${nth} ${year}` : `${nth}e kwartaal ${year}`;
}

function tablePart({ head, columns, rows }: PrintedTable): Markup {
  const cells = (row: readonly string[]) => row.map((one) => html`<td>${one}</td>`);
  return html`
    <h2>${head}</h2>
    <div class="wide figures" tabindex="0" role="region" aria-label="${head}">
      <table>
        <thead><tr><th scope="col">${head}</th>${columns.map((one) => html`<th scope="col">${one}</th>`)}</tr></thead>
        <tbody>${rows.map(([label, values]) => html`<tr><th scope="row">${label}</th>${cells(values)}</tr>`)}</tbody>
      </table>
    </div>`;
}

async function sendQuarter(site: Site, visit: Visit): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const today = localDay(site.store.clock());
  const quarters = recentQuarters(today);
  const quarter = query(request, 'quarter') || (quarters[0] ?? '');
  const found = await read(site, quarter);
  if (!found) return sendNotFound(visit);
  const { days, figures, name } = found;
  await noteList(site, viewer.actor, `figures/${quarter}`, figures.tables.length);
  const title = `${t('Cijfers', 'Figures')} ${quarterText(quarter, viewer.language)}`;
  const day = (one: string) => dayText(one, viewer.language, today);
  const main = html`
    <h1>${title}</h1>
    <p>
      ${t(
        `Verwijzingen die binnenkwamen van ${day(days.from)} tot en met ${day(days.to)}.`,
        `Referrals that came in from ${day(days.from)} to ${day(days.to)}.`,
      )}
      ${t(
        `Een punt (·) betekent: weggelaten, omdat het er minder dan ${least} zijn of omdat u dat anders kunt uitrekenen. Dagen: de middelste.`,
        `A dot (·) means: left out, because there are fewer than ${least} or because you could work that out. Days: the median.`,
      )}
    </p>
    <nav aria-label="${t('Kwartaal', 'Quarter')}">
      <ul class="pills">
        ${quarters.map(
          (one) => html`
            <li>
              <a href="/report?quarter=${one}"${one === quarter && html` aria-current="page"`}>${quarterText(one, viewer.language)}</a>
            </li>`,
        )}
      </ul>
    </nav>
    <p class="buttons">
      <a class="button quiet" href="/report/quarter.csv?quarter=${quarter}">${t(
        'Download als CSV',
        'Download as CSV',
      )}</a>
    </p>
    ${figureTables(figures, name, viewer.language).map(tablePart)}`;
  send(visit, { title, main });
}

function sendCsv(response: Response, quarter: string, text: string): void {
  response
    .set('Content-Disposition', `attachment; filename="kortelijn-${quarter}.csv"`)
    .set('Cache-Control', 'no-store')
    .type('text/csv')
    .send(text);
}

/** The coordinator's pages: who refers to whom, on which area of life, how fast. Numbers only, no single patient. */
export function figurePages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  router.get(
    '/report',
    visiting('coordinator', viewerOf, (visit) => sendQuarter(site, visit)),
  );
  router.get(
    '/report/quarter.csv',
    visiting('coordinator', viewerOf, async (visit) => {
      const { viewer, request, response } = visit;
      const quarter = query(request, 'quarter');
      const found = await read(site, quarter);
      if (!found) return sendNotFound(visit);
      await noteList(site, viewer.actor, `figures/${quarter}.csv`, found.figures.tables.length);
      sendCsv(response, quarter, figuresCsv(found.figures, found.name, viewer.language));
    }),
  );
  return router;
}
