import { httpStatus, isRefusal } from '../../referral/refusal.ts';
import { type BulkJob, listJobs, readJob } from '../../store/queue/bulk.ts';
import { csrfField, send, sendNotFound, sentences, type Visit } from '../acting.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { PageParts } from '../page.ts';
import { jobRefresh, jobRefreshLink, listRefresh } from '../refresh.ts';
import type { Site } from '../site.ts';
import { isJobId, jobPath, jobState, mayUndoJob, turn, undoJob } from './bulk.ts';
import { queueMenu } from './lists.ts';
import { reasonField, reasonIn, smallForm } from './reason.ts';
import { undoing } from './undo.ts';
import { actionSaid } from './words.ts';

function jobLine(job: BulkJob, visit: Visit): Markup {
  const { language } = visit.viewer;
  const t = sayIn(language);
  const handled = job.done + job.skipped;
  const said = { done: t('klaar', 'done'), running: t('bezig', 'running'), stopped: t('gestopt', 'stopped') };
  const undoes = job.undoes && html`<a href="${jobPath(job.undoes)}">${t('Ongedaan maken', 'Undo')}</a>: `;
  const undone =
    job.undoneBy &&
    html`
      <p class="hint">
        <a href="${jobPath(job.undoneBy)}">${t('Deze opdracht is ongedaan gemaakt.', 'This work was undone.')}</a>
      </p>`;
  const skipped =
    job.skipped > 0 &&
    t(
      `, ${job.skipped} overgeslagen: die waren al verder of stonden opzij`,
      `, ${job.skipped} skipped: these had moved or were set aside`,
    );
  const progress = html`${t(`${handled} van ${job.total} gehad`, `${handled} of ${job.total} handled`)}${skipped}`;
  return html`
    <p>${undoes}<strong>${actionSaid[job.action][language]}</strong>: ${said[jobState(job)]}. ${progress}.</p>
    <progress max="${job.total}" value="${handled}" aria-label="${t('Voortgang', 'Progress')}"></progress>
    <p class="hint">${momentText(job.startedAt, language)}, ${job.by}: ${job.reason}</p>
    ${undone}`;
}

/** Every job, newest first. */
export async function jobsPage(site: Site, visit: Visit): Promise<void> {
  const t = sayIn(visit.viewer.language);
  const title = t('Grote opdrachten', 'Bulk work');
  const jobs = await listJobs(site.store, 20);
  const main = html`
    <h1>${title}</h1>
    ${queueMenu(visit, site.store.clock(), 'bulk')}
    ${
      jobs.length === 0
        ? html`<p class="empty">${t(
            'Nog geen. Begin er een vanaf een lijst met berichten.',
            'None yet. Begin one from a list of messages.',
          )}</p>`
        : html`
          <ul class="deliveries">
            ${jobs.map(
              (job) => html`
                <li class="delivery">
                  ${jobLine(job, visit)}
                  <p>
                    <a href="${jobPath(job.id)}">${t('Bekijk', 'Look')}<span class="vh">
                    ${momentText(job.startedAt, visit.viewer.language)}</span></a>
                  </p>
                </li>`,
            )}
          </ul>`
    }`;
  send(visit, { title, main, ...listRefresh(visit, site.store.clock()) });
}

const idIn = (visit: Visit) => (isJobId(String(visit.request.params.id)) ? String(visit.request.params.id) : undefined);

/** One job, how far it is, and the button that stops it or lets it go on. */
export async function jobPage(site: Site, visit: Visit, notice?: PageParts['notice'], status = 200): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const id = idIn(visit);
  const job = id && (await readJob(site.store, id));
  if (!job) return sendNotFound(visit);
  const state = jobState(job);
  const title = t('Grote opdracht', 'Bulk work');
  const { refresh } = state === 'running' ? jobRefresh(visit, job.startedAt, site.store.clock()) : {};
  const button = (to: 'stop' | 'resume', label: string) =>
    html`<form method="post" action="${jobPath(job.id)}/${to}">${csrfField(viewer)}<button>${label}</button></form>`;
  const main = html`
    <p><a href="/admin/bulk">${t('Alle opdrachten', 'All work')}</a></p>
    <h1>${title}</h1>
    ${jobLine(job, visit)}
    <p>${jobRefreshLink(visit, refresh)}</p>
    ${state === 'running' && button('stop', t('Stop', 'Stop'))}
    ${state === 'stopped' && !job.undoneBy && button('resume', t('Ga verder', 'Go on'))}
    ${mayUndoJob(job, site.store.clock()) && undoJobPart(job, visit)}`;
  send(visit, { title, main, ...(refresh && { refresh }), ...(notice && { notice }) }, status);
}

function undoJobPart({ id }: BulkJob, visit: Visit): Markup {
  const { language } = visit.viewer;
  const t = sayIn(language);
  const { again, until } = undoing.job;
  const inside = html`
    ${reasonField(visit)}
    <p class="buttons"><button class="quiet">${t('Maak deze opdracht ongedaan', 'Undo this work')}</button></p>`;
  return html`
    <section class="move" aria-labelledby="undo">
      <h2 id="undo">${t('Ongedaan maken', 'Undo')}</h2>
      <p>${again[language]} ${until[language]}</p>
      ${smallForm(visit, `${jobPath(id)}/undo`, inside)}
    </section>`;
}

/** Undoes a job as far as it can be, by a job of its own. */
export async function undoJobBy(site: Site, visit: Visit): Promise<void> {
  const { viewer, request, response } = visit;
  const id = idIn(visit);
  if (!id || !(await readJob(site.store, id))) return sendNotFound(visit);
  const reason = reasonIn(request.body);
  const begun = isRefusal(reason) ? reason : await undoJob(site.store, viewer.actor, id, reason);
  if (!isRefusal(begun)) return response.redirect(303, jobPath(begun));
  await jobPage(site, visit, { kind: 'refused', text: sentences(begun, viewer) }, httpStatus(begun));
}

/** Stops a job after what is under way, or lets it go on with what it had not done. */
export async function turnJob(site: Site, visit: Visit, to: 'job-stopped' | 'job-resumed'): Promise<void> {
  const id = idIn(visit);
  if (!id || !(await readJob(site.store, id))) return sendNotFound(visit);
  await turn(site.store, visit.viewer.actor, id, to);
  visit.response.redirect(303, jobPath(id));
}
