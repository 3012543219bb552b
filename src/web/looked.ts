import { Router } from 'express';
import type { TrailLine } from '../referral/audit-event.ts';
import type { Directory } from '../referral/directory/directory.ts';
import { type Looked, readLooked, trailBundle, trailCsv } from '../rights/looked.ts';
import { act, journeysOf, lineOf } from '../rights/rights.ts';
import type { Keeping } from '../store/keeping.ts';
import { journeyOf, send, sendNotFound, type ViewerOf, type Visit, visiting } from './acting.ts';
import { lineWords } from './admin/trail-words.ts';
import { html, type Markup, momentText, sayIn } from './html.ts';
import { attach } from './journey/attachment.ts';
import type { Viewer } from './page.ts';
import { rightsOf } from './rights/visit.ts';
import type { Site } from './site.ts';

/** More than any referral has had; who needs more takes the command. */
const linesMax = 5_000;

function organisation(line: TrailLine['line'], directory: Directory): string | undefined {
  const id = line.actor.organization ?? '';
  return directory.practices.get(id)?.name ?? directory.teams.get(id)?.name ?? line.actor.organization;
}

/** Lines as people read them: when, in which role and from where, what, for what. Nobody of the staff is named. */
export function linesTable(lines: readonly TrailLine[], directory: Directory, viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  const { language } = viewer;
  const rows = lines.map((one) => {
    const words = lineWords(one);
    const from = organisation(one.line, directory);
    return html`<tr><td>${momentText(new Date(one.recorded), language)}</td>
<td>${words.role[language]}${from && `, ${from}`}</td>
<td>${words.what[language]}${words.ended && html` <strong>${words.ended[language]}</strong>`}</td>
<td>${words.purpose[language]}</td></tr>`;
  });
  return html`<div class="wide" tabindex="0" role="region" aria-label="${t('Logboek', 'Audit trail')}">
<table class="stack"><thead><tr><th scope="col">${t('Wanneer', 'When')}</th><th scope="col">${t('Wie', 'Who')}</th>
<th scope="col">${t('Wat', 'What')}</th><th scope="col">${t('Waarvoor', 'For what')}</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

async function shown(site: Site, visit: Visit, one: Keeping, looked: Looked): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const title = `${t('Wie heeft gekeken bij', 'Who looked at')} ${one.number}`;
  const address = `/practice/${one.journey}/looked`;
  const main = html`<h1>${title}</h1>
<p>${t(
    'Elke keer dat iemand deze verwijzing opende, veranderde of verstuurde, staat hier. Het nieuwste staat bovenaan.',
    'Each time someone opened, changed or sent this referral stands here. The newest comes first.',
  )}</p>
<p><a href="${address}.csv" download>${t('Downloaden als tabel (CSV)', 'Download as a table (CSV)')}</a> ·
<a href="${address}.json" download>${t('Downloaden als FHIR AuditEvents', 'Download as FHIR AuditEvents')}</a></p>
${looked.more && html`<p class="note">${t(`U ziet de eerste ${linesMax} regels.`, `You see the first ${linesMax} lines.`)}</p>`}
${linesTable(looked.lines.toReversed(), await site.directory(), viewer)}
<p><a href="/practice/rights">${t('Terug naar rechten', 'Back to rights')}</a></p>`;
  send(visit, { title, main });
}

/** "Wie heeft gekeken" of one referral of the practice: a page, a table and FHIR AuditEvents. Looking is a line itself. */
export function lookedPages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  const looking = (
    event: 'audit-viewed' | 'audit-exported',
    handle: (visit: Visit, one: Keeping, looked: Looked) => Promise<void> | void,
  ) =>
    visiting('practice', viewerOf, async (visit) => {
      const id = journeyOf(visit.request);
      const rights = rightsOf(site, visit, 'who-looked');
      const [one] = id ? await journeysOf(rights, [id]) : [];
      if (!one) return sendNotFound(visit);
      await act(rights, one, lineOf(rights, event, 'R'));
      await handle(visit, one, await readLooked(site.store, { journeys: [one.journey] }, linesMax));
    });
  router.get(
    '/practice/:journey/looked',
    looking('audit-viewed', (visit, one, looked) => shown(site, visit, one, looked)),
  );
  router.get(
    '/practice/:journey/looked.csv',
    looking('audit-exported', (visit, one, { lines }) =>
      attach(visit.response, `wie-heeft-gekeken-${one.number}.csv`, trailCsv(lines)),
    ),
  );
  router.get(
    '/practice/:journey/looked.json',
    looking('audit-exported', (visit, one, { lines }) => {
      const bundle = trailBundle(lines, site.store.clock().toISOString());
      attach(visit.response, `wie-heeft-gekeken-${one.number}.json`, JSON.stringify(bundle, undefined, 2));
    }),
  );
  return router;
}
