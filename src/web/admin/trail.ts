import { createHmac } from 'node:crypto';
import { Router } from 'express';
import { z } from 'zod';
import type { TrailLine } from '../../referral/audit-event.ts';
import { addDays, localDay } from '../../referral/deadlines.ts';
import { type Looked, nameless, readLooked, trailBundle, trailCsv } from '../../rights/looked.ts';
import { listRightsRequests } from '../../store/rights-requests.ts';
import { noteList, query, send, type ViewerOf, type Visit, visiting } from '../acting.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { attach } from '../journey/attachment.ts';
import { linesTable } from '../looked.ts';
import type { Viewer } from '../page.ts';
import { requestsPart } from '../rights/find.ts';
import type { Site } from '../site.ts';
import { lineWords } from './trail-words.ts';

/** One answer holds at most so many lines; a longer period is taken in parts, or by command. */
const linesMax = 20_000;
const shownMax = 200;
const daysMax = 31;

interface Period {
  readonly from: string;
  /** The last day, included. */
  readonly to: string;
}

const day = z.iso.date();

/** The period that is asked for, else the last week; at most a month, counted back from its end. */
function periodOf(visit: Visit, today: string): Period {
  const read = (name: string) => day.safeParse(query(visit.request, name)).data;
  const to = read('to') ?? today;
  const asked = read('from') ?? addDays(to, -6);
  const first = addDays(to, 1 - daysMax);
  return { to, from: asked > to ? to : asked < first ? first : asked };
}

/** The lines of a period without who: a person is a mark, the same one for the same person in this record. */
async function linesOf(site: Site, { from, to }: Period): Promise<Looked> {
  const key = site.store.master.derive('trail-mark');
  const markOf = (id: string) => `p-${createHmac('sha256', key).update(id).digest('hex').slice(0, 12)}`;
  const of = { from: `${from}T00:00:00Z`, to: `${addDays(to, 1)}T00:00:00Z` };
  const { lines, more } = await readLooked(site.store, of, linesMax);
  return { lines: lines.map((one) => nameless(one, markOf)), more };
}

function countsPart(lines: readonly TrailLine[], viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  const { language } = viewer;
  const groups = Map.groupBy(lines, (one) => {
    const { what, role, ended } = lineWords(one);
    return JSON.stringify([what[language], role[language], ended?.[language] ?? '']);
  });
  const rows = [...groups]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([key, own]) => {
      const [what, role, ended] = JSON.parse(key) as [string, string, string];
      return html`<tr><td>${what}${ended && html` <strong>${ended}</strong>`}</td><td>${role}</td><td>${own.length}</td></tr>`;
    });
  return html`
    <div class="wide" tabindex="0" role="region" aria-label="${t('Aantallen', 'Counts')}">
      <table class="counted">
        <thead>
          <tr>
            <th scope="col">${t('Wat', 'What')}</th>
            <th scope="col">${t('Rol', 'Role')}</th>
            <th scope="col">${t('Aantal', 'Count')}</th>
          </tr>
        </thead>
        <tbody>${rows}</tbody>
      </table>
    </div>`;
}

async function show(site: Site, visit: Visit): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const period = periodOf(visit, localDay(site.store.clock()));
  const { lines, more } = await linesOf(site, period);
  const requests = await listRightsRequests(site.store, undefined, shownMax);
  await noteList(site, viewer.actor, 'trail', lines.length);
  const title = t('Logboek', 'Audit trail');
  const asked = `from=${period.from}&to=${period.to}`;
  const field = (name: 'from' | 'to', label: string) => html`
    <div class="field"><label for="${name}">${label}</label> <input type="date" id="${name}" name="${name}" value="${period[name]}"></div>`;
  const main = html`
    <h1>${title}</h1>
    <p>${t(
      'Wie deed wat in deze periode, zonder namen. Een merkteken staat steeds voor dezelfde medewerker.',
      'Who did what in this period, without names. A mark always stands for the same member of staff.',
    )}</p>
    <form method="get" action="/admin/trail" class="form">
      <div class="row">${field('from', t('Van', 'From'))}${field('to', t('Tot en met', 'Up to and including'))}</div>
      <p class="buttons"><button>${t('Toon', 'Show')}</button></p>
    </form>
    <p>
      <a href="/admin/trail.csv?${asked}" download>${t('Downloaden als tabel (CSV)', 'Download as a table (CSV)')}</a> ·
      <a href="/admin/trail.json?${asked}" download>${t(
        'Downloaden als FHIR AuditEvents',
        'Download as FHIR AuditEvents',
      )}</a>
    </p>
    ${
      more &&
      html`<p class="note">${t(
        `Dit zijn de eerste ${linesMax} regels. Kies een kortere periode om alles te zien.`,
        `These are the first ${linesMax} lines. Choose a shorter period to see all.`,
      )}</p>`
    }
    <h2>${t('Aantallen', 'Counts')}</h2>
    ${countsPart(lines, viewer)}
    <h2>${t('Laatste regels', 'Last lines')}</h2>
    ${linesTable(lines.slice(-shownMax).toReversed(), await site.directory(), viewer)}
    ${requestsPart(requests, viewer)}`;
  send(visit, { title, main });
}

async function download(site: Site, visit: Visit, format: 'csv' | 'json'): Promise<void> {
  const { actor } = visit.viewer;
  const now = site.store.clock();
  const period = periodOf(visit, localDay(now));
  const noted = await site.store.commit({
    scope: { practice: '' },
    audit: [
      {
        event: 'audit-exported',
        at: now.toISOString(),
        actor: { id: actor.id, role: actor.role },
        action: 'R',
        outcome: 'ok',
        code: `${period.from}/${period.to}`,
        purpose: 'SYSADMIN',
      },
    ],
  });
  if (!noted.ok) throw new Error('an export could not be noted');
  const { lines } = await linesOf(site, period);
  const text = format === 'csv' ? trailCsv(lines) : JSON.stringify(trailBundle(lines, now.toISOString()));
  attach(visit.response, `logboek-${period.from}-${period.to}.${format}`, text);
}

/** The trail of a period for the security officer, and how far requests of persons are: by reference, nobody named. */
export function trailPages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  router.get(
    '/admin/trail',
    visiting('administrator', viewerOf, (visit) => show(site, visit)),
  );
  for (const format of ['csv', 'json'] as const)
    router.get(
      `/admin/trail.${format}`,
      visiting('administrator', viewerOf, (visit) => download(site, visit, format)),
    );
  return router;
}
