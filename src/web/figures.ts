import { type Response, Router } from 'express';
import { addDays, beginOfDay, localDay } from '../referral/deadlines.ts';
import { measuresOf, quarterDays } from '../report/measures.ts';
import { figuresCsv, figureTables, type PrintedTable } from '../report/print.ts';
import { quarterFigures } from '../report/quarter.ts';
import { least } from '../report/suppression.ts';
import { readEventsOf } from '../store/events.ts';
import { noteList, query, send, sendNotFound, type ViewerOf, type Visit, visiting } from './acting.ts';
import { dayText, html, type Markup, sayIn } from './html.ts';
import type { Site } from './site.ts';
import { wideTable } from './wide-table.ts';

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

function tablePart({ head, columns, rows }: PrintedTable): Markup {
  const all = rows.map(([label, values]) => [label, ...values]);
  return html`<h2>${head}</h2>${wideTable(head, [head, ...columns], all)}`;
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
  const title = `${t('Cijfers', 'Figures')} ${quarter}`;
  const day = (one: string) => dayText(one, viewer.language, today);
  const main = html`<h1>${title}</h1>
<p>${t(`Verwijzingen die binnenkwamen van ${day(days.from)} tot en met ${day(days.to)}.`, `Referrals that came in from ${day(days.from)} to ${day(days.to)}.`)}
${t(`Een punt (·) betekent: weggelaten, omdat het er minder dan ${least} zijn of omdat u dat anders kunt uitrekenen. Dagen: de middelste.`, `A dot (·) means: left out, because there are fewer than ${least} or because you could work that out. Days: the median.`)}</p>
<nav aria-label="${t('Kwartaal', 'Quarter')}"><ul class="pills">${quarters.map((one) => html`<li><a href="/report?quarter=${one}"${one === quarter && html` aria-current="true"`}>${one}</a></li>`)}</ul></nav>
<p class="buttons"><a class="button quiet" href="/report/quarter.csv?quarter=${quarter}">${t('Als CSV', 'As CSV')}</a></p>
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
