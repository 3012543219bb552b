import { Router } from 'express';
import type { Replaying } from '../intake/replay.ts';
import { type DoorUse, readDoorUse } from '../store/door-use.ts';
import { send, sendNotFound, type ViewerOf, type Visit, visiting } from './acting.ts';
import { html, type Markup, momentText, sayIn } from './html.ts';
import type { Site } from './site.ts';

type Mappings = Replaying['mappings'];

const days = 30;
const dayMs = 86_400_000;

async function mappingsPage(site: Site, mappings: Mappings, visit: Visit): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const [uses, directory] = await Promise.all([
    readDoorUse(site.store, new Date(site.store.clock().getTime() - days * dayMs)),
    site.directory(),
  ]);
  const named = [...mappings.values()].map(({ format, loaded, tables }): Markup => {
    const feedback = format.fromFeedback && html`<span>${t('ook de terugkoppeling', 'feedback too')}</span>`;
    return html`<li class="referral"><div class="lead"><a href="/admin/mappings/${format.name}">${format.name}</a></div>
<div class="more"><span>${format.syntax}</span><span>${t('versie', 'version')} ${format.version}</span>${loaded && html`<span><code>${loaded.hash}</code></span>`}<span>${t(`${tables.size} tabellen`, `${tables.size} tables`)}</span>${feedback}</div></li>`;
  });
  const doorOf = (one: DoorUse): Markup => {
    const who = one.practices.map((id) => directory.practices.get(id)?.name ?? id).join(', ');
    return html`<li class="delivery"><div class="lead"><strong>${one.door}</strong>: ${t(`${one.taken} aangenomen`, `${one.taken} taken`)}</div>
<div class="more">${who && html`<span>${who}</span>`}${one.last && html`<span>${t('laatst', 'last')} ${momentText(one.last, viewer.language)}</span>`}</div>${one.refused.length > 0 && html`<p>${t('Geweigerd', 'Refused')}: ${one.refused.map(({ code, count }, nth) => html`${nth > 0 && ', '}<code>${code}</code> ${count}`)}. <a href="/admin/refused">${t('Bekijk ze', 'See them')}</a></p>`}</li>`;
  };
  const title = t('Vertalingen van berichten', 'Mappings of messages');
  const main = html`<p><a href="/admin">${t('Naar de wachtrij', 'To the queue')}</a></p><h1>${title}</h1>
<p>${t('Deze vertalingen zijn nu in gebruik. De code achter de versie verandert met elk bestand ervan.', 'These mappings are in use now. The code after the version changes with every file of them.')}</p>
<ul class="referrals">${named}</ul>
<h2>${t(`Wat er binnenkwam, laatste ${days} dagen`, `What came in, last ${days} days`)}</h2>
${uses.length === 0 ? html`<p>${t('Niets.', 'Nothing.')}</p>` : html`<ul class="deliveries">${uses.map(doorOf)}</ul>`}`;
  send(visit, { title, main });
}

/** The README of a mapping as it is written: it is for who reads the formats. */
async function readmePage(mappings: Mappings, visit: Visit): Promise<void> {
  const found = mappings.get(String(visit.request.params.name));
  if (!found?.loaded) return sendNotFound(visit);
  const t = sayIn(visit.viewer.language);
  const { format, loaded } = found;
  const main = html`<p><a href="/admin/mappings">${t('Naar de vertalingen', 'To the mappings')}</a></p><h1>${format.name}</h1>
<p>${t('Versie', 'Version')} ${format.version}, <code>${loaded.hash}</code></p>
<pre class="sample" tabindex="0" role="region" aria-label="README" lang="en">${loaded.readme}</pre>`;
  send(visit, { title: format.name, main });
}

/** Which mappings are in use, in which version, and what comes in through the doors. No patient data. */
export function mappingPages(site: Site, viewerOf: ViewerOf, mappings: Mappings): Router {
  const router = Router();
  const on = (handle: (visit: Visit) => Promise<void>) => visiting('administrator', viewerOf, handle);
  router.get(
    '/admin/mappings',
    on((visit) => mappingsPage(site, mappings, visit)),
  );
  router.get(
    '/admin/mappings/:name',
    on((visit) => readmePage(mappings, visit)),
  );
  return router;
}
