import type { Actor } from '../../referral/actor.ts';
import type { BulkAction } from '../../referral/queue-move.ts';
import { httpStatus, isRefusal, type Refusal } from '../../referral/refusal.ts';
import { type BulkJob, listJobs, readJob } from '../../store/queue/bulk.ts';
import { countQueue, listQueue, type QueueFilter, queueIds } from '../../store/queue/list.ts';
import { doneBy } from '../../store/queue/undo.ts';
import type { Store } from '../../store/store.ts';
import { csrfField, field, send, sendNotFound, sentences, type Visit } from '../acting.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { PageParts } from '../page.ts';
import { jobRefresh, jobRefreshLink, listRefresh } from '../refresh.ts';
import type { Site } from '../site.ts';
import { filterOf, partsOf, toQueue } from './filter.ts';
import { queueMenu } from './queue.ts';
import { adminLine, reasonField, reasonIn, smallForm } from './reason.ts';
import { tooLate, undoing } from './undo.ts';
import { actionSaid, destinationName, kindSaid } from './words.ts';

/** One job takes no more: whoever wants more begins another, and sees in between what the first one did. */
export const jobMax = 100_000;
const usualLimit = 500;
const sampleSize = 10;
const chosenMax = 200;

const actions = Object.keys(actionSaid) as BulkAction[];
const path = (id: string) => `/admin/bulk/${id}`;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What stands in a form as the deliveries of a job: those that were chosen, else those of a filter. */
function wanted(body: unknown): { readonly ids: readonly string[]; readonly query: string } {
  const raw = (body as { d?: unknown } | undefined)?.d;
  const chosen = (Array.isArray(raw) ? raw : [raw]).filter(
    (one): one is string => typeof one === 'string' && /^\d{1,18}$/.test(one),
  );
  const isChosen = field(body, 'of') === 'chosen';
  return { ids: isChosen ? [...new Set(chosen)].slice(0, chosenMax) : [], query: isChosen ? '' : field(body, 'query') };
}

async function queueOf(site: Site, text: string): Promise<QueueFilter> {
  const given = new URLSearchParams(text);
  return toQueue(
    filterOf((name) => given.get(name) ?? ''),
    await site.directory(),
    site.store.clock(),
  );
}

/** Before anything is done: how many, a sample, and the choice of what, at most how many, and why. */
export async function previewPage(site: Site, visit: Visit, notice?: PageParts['notice'], status = 200): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const directory = await site.directory();
  const { ids, query: text } = wanted(request.body);
  const isChosen = field(request.body, 'of') === 'chosen';
  const filter: QueueFilter = isChosen ? { ids } : await queueOf(site, text);
  const [count, sample] = await Promise.all([
    countQueue(site.store, filter, jobMax + 1),
    listQueue(site.store, filter, sampleSize),
  ]);
  const title = t('Iets doen met veel berichten', 'Do something with many messages');
  const given = new URLSearchParams(text);
  const labels = partsOf(
    filterOf((name) => given.get(name) ?? ''),
    directory,
    viewer,
  ).map((one) => one.label);
  const hidden = html`<input type="hidden" name="query" value="${text}"><input type="hidden" name="of" value="${isChosen ? 'chosen' : 'all'}">${ids.map((id) => html`<input type="hidden" name="d" value="${id}">`)}`;
  const main = html`<p><a href="/admin${text && `?${text}`}">${t('Terug naar de lijst', 'Back to the list')}</a></p><h1>${title}</h1>
<p>${count > jobMax ? t(`Dit zijn er meer dan ${jobMax}.`, `These are more than ${jobMax}.`) : t(`Dit zijn er nu ${count}.`, `These are ${count} now.`)} ${labels.length > 0 && `${t('Filter', 'Filter')}: ${labels.join(', ')}.`} ${t('Er is nog niets gedaan.', 'Nothing was done yet.')}</p>
${sample.length > 0 && html`<h2>${t('De oudste', 'The oldest')}</h2><ul class="plain">${sample.map((one) => html`<li><a href="/admin/deliveries/${one.id}">${one.number || one.id}</a> ${kindSaid[one.kind]?.[viewer.language] ?? one.kind} → ${destinationName(one.destination, directory, viewer)} <span class="code">${one.failureCode}</span></li>`)}</ul>`}
${
  count > 0 &&
  smallForm(
    visit,
    '/admin/bulk',
    html`${hidden}<fieldset><legend>${t('Wat moet er gebeuren?', 'What must be done?')}</legend>${actions.map(
      (one, nth) =>
        html`<div class="choice"><input type="radio" id="action-${one}" name="action" value="${one}"${nth === 0 && html` checked`}><label for="action-${one}">${actionSaid[one][viewer.language]}</label></div>`,
    )}</fieldset>
<div class="field short"><label for="limit">${t('Hoogstens hoeveel, de oudste eerst', 'At most how many, the oldest first')}</label><input type="text" inputmode="numeric" id="limit" name="limit" value="${Math.min(count, usualLimit)}" maxlength="6" autocomplete="off"></div>
${reasonField(visit)}<p class="buttons"><button>${t('Begin', 'Begin')}</button></p>`,
  )
}`;
  send(visit, { title, main, ...(notice && { notice }) }, status);
}

/** Begins a bulk job; undefined when somebody else undid the same one a moment earlier. */
async function putJob(
  store: Store,
  actor: Actor,
  job: { action: BulkAction; reason: string; deliveries: readonly string[]; undoes?: string },
): Promise<string | undefined> {
  const { action, reason, deliveries, undoes } = job;
  const id = store.newId();
  const at = store.clock().toISOString();
  const by = { id: actor.id, role: actor.role };
  const line = adminLine(actor, at, undoes ? 'bulk-undone' : 'bulk-started', {
    object: `BulkJob/${undoes ?? id}`,
    code: `${action} ${deliveries.length}`,
    reason,
  });
  const begun = await store.commit({
    scope: { practice: '' },
    queue: [{ to: 'job-started', id, action, reason, by, at, deliveries, ...(undoes && { undoes }) }],
    audit: [line],
  });
  return begun.ok ? id : undefined;
}

/** Begins a bulk job of these deliveries and gives its id; it is worked from then on, whoever began it. */
export async function startJob(
  store: Store,
  actor: Actor,
  job: { action: BulkAction; reason: string; deliveries: readonly string[] },
): Promise<string> {
  const id = await putJob(store, actor, job);
  if (!id) throw new Error('a bulk job could not begin');
  return id;
}

const undoableMs = 86_400_000;

/** Whether a job can be undone: it stands still, did something, a day ago at most, and was not undone and undoes nothing itself. */
const mayUndoJob = (job: BulkJob, now: Date): boolean =>
  jobState(job) !== 'running' &&
  job.done > 0 &&
  job.undoes === null &&
  job.undoneBy === null &&
  now.getTime() - job.startedAt.getTime() < undoableMs;

/** Begins the job that undoes another and gives its id, or why there is none. */
export async function undoJob(store: Store, actor: Actor, id: string, reason: string): Promise<string | Refusal> {
  const job = uuid.test(id) ? await readJob(store, id) : undefined;
  if (!job || !mayUndoJob(job, store.clock())) return tooLate;
  const deliveries = await doneBy(store, id);
  return (await putJob(store, actor, { action: job.action, reason, deliveries, undoes: id })) ?? tooLate;
}

/** Fixes which deliveries, and begins; the clock does the work, so that a restart goes on where it was. */
export async function beginJob(site: Site, visit: Visit): Promise<void> {
  const { viewer, request, response } = visit;
  const { body } = request;
  const reason = reasonIn(body);
  if (isRefusal(reason)) {
    return previewPage(site, visit, { kind: 'refused', text: sentences(reason, viewer) }, 422);
  }
  const action = actions.find((one) => one === field(body, 'action'));
  const limit = /^\d{1,6}$/.test(field(body, 'limit')) ? Math.min(Number(field(body, 'limit')), jobMax) : 0;
  const { ids, query: text } = wanted(body);
  const filter = field(body, 'of') === 'chosen' ? { ids } : await queueOf(site, text);
  const deliveries = action && limit > 0 ? await queueIds(site.store, filter, limit) : [];
  if (!action || deliveries.length === 0) {
    const said = sayIn(viewer.language)(
      'Kies wat er moet gebeuren en met hoeveel. Er is niets veranderd.',
      'Choose what must be done and with how many. Nothing was changed.',
    );
    return previewPage(site, visit, { kind: 'refused', text: said }, 422);
  }
  const id = await startJob(site.store, viewer.actor, { action, reason, deliveries });
  response.redirect(303, path(id));
}

export const jobState = (job: BulkJob): 'done' | 'running' | 'stopped' =>
  job.done + job.skipped >= job.total ? 'done' : job.state;

function jobLine(job: BulkJob, visit: Visit): Markup {
  const { language } = visit.viewer;
  const t = sayIn(language);
  const handled = job.done + job.skipped;
  const said = { done: t('klaar', 'done'), running: t('bezig', 'running'), stopped: t('gestopt', 'stopped') };
  const undoes = job.undoes && html`<a href="${path(job.undoes)}">${t('Ongedaan maken', 'Undo')}</a>: `;
  const undone =
    job.undoneBy &&
    html`<p class="hint"><a href="${path(job.undoneBy)}">${t('Deze opdracht is ongedaan gemaakt.', 'This work was undone.')}</a></p>`;
  return html`<p>${undoes}<strong>${actionSaid[job.action][language]}</strong>: ${said[jobState(job)]}. ${t(`${handled} van ${job.total} gehad`, `${handled} of ${job.total} handled`)}${job.skipped > 0 && t(`, ${job.skipped} overgeslagen: die waren al verder of stonden opzij`, `, ${job.skipped} skipped: these had moved or were set aside`)}.</p>
<progress max="${job.total}" value="${handled}" aria-label="${t('Voortgang', 'Progress')}"></progress>
<p class="hint">${momentText(job.startedAt, language)}, ${job.by}: ${job.reason}</p>${undone}`;
}

/** Every job, newest first. */
export async function jobsPage(site: Site, visit: Visit): Promise<void> {
  const t = sayIn(visit.viewer.language);
  const title = t('Grote opdrachten', 'Bulk work');
  const jobs = await listJobs(site.store, 20);
  const main = html`<h1>${title}</h1>${queueMenu(visit, site.store.clock(), 'bulk')}
${jobs.length === 0 ? html`<p class="empty">${t('Nog geen. Begin er een vanaf een lijst met berichten.', 'None yet. Begin one from a list of messages.')}</p>` : html`<ul class="deliveries">${jobs.map((job) => html`<li class="delivery">${jobLine(job, visit)}<p><a href="${path(job.id)}">${t('Bekijk', 'Look')}<span class="vh"> ${momentText(job.startedAt, visit.viewer.language)}</span></a></p></li>`)}</ul>`}`;
  send(visit, { title, main, ...listRefresh(visit, site.store.clock()) });
}

const idIn = (visit: Visit) =>
  uuid.test(String(visit.request.params.id)) ? String(visit.request.params.id) : undefined;

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
    html`<form method="post" action="${path(job.id)}/${to}">${csrfField(viewer)}<button>${label}</button></form>`;
  const main = html`<p><a href="/admin/bulk">${t('Alle opdrachten', 'All work')}</a></p><h1>${title}</h1>${jobLine(job, visit)}
<p>${jobRefreshLink(visit, refresh)}</p>
${state === 'running' && button('stop', t('Stop', 'Stop'))}${state === 'stopped' && !job.undoneBy && button('resume', t('Ga verder', 'Go on'))}
${mayUndoJob(job, site.store.clock()) && undoJobPart(job, visit)}`;
  send(visit, { title, main, ...(refresh && { refresh }), ...(notice && { notice }) }, status);
}

function undoJobPart({ id }: BulkJob, visit: Visit): Markup {
  const { language } = visit.viewer;
  const t = sayIn(language);
  const { again, until } = undoing.job;
  const inside = html`${reasonField(visit)}<p class="buttons"><button class="quiet">${t('Maak deze opdracht ongedaan', 'Undo this work')}</button></p>`;
  return html`<section class="move" aria-labelledby="undo"><h2 id="undo">${t('Ongedaan maken', 'Undo')}</h2><p>${again[language]} ${until[language]}</p>
${smallForm(visit, `${path(id)}/undo`, inside)}</section>`;
}

/** Undoes a job as far as it can be, by a job of its own. */
export async function undoJobBy(site: Site, visit: Visit): Promise<void> {
  const { viewer, request, response } = visit;
  const id = idIn(visit);
  if (!id || !(await readJob(site.store, id))) return sendNotFound(visit);
  const reason = reasonIn(request.body);
  const begun = isRefusal(reason) ? reason : await undoJob(site.store, viewer.actor, id, reason);
  if (!isRefusal(begun)) return response.redirect(303, path(begun));
  await jobPage(site, visit, { kind: 'refused', text: sentences(begun, viewer) }, httpStatus(begun));
}

/** Stops a job or lets it go on; asked twice, it is so already. */
export async function turn(store: Store, actor: Actor, id: string, to: 'job-stopped' | 'job-resumed'): Promise<void> {
  const at = store.clock().toISOString();
  const event = to === 'job-stopped' ? 'bulk-stopped' : 'bulk-resumed';
  const audit = [adminLine(actor, at, event, { object: `BulkJob/${id}` })];
  await store.commit({ scope: { practice: '' }, queue: [{ to, id }], audit });
}

/** Stops a job after what is under way, or lets it go on with what it had not done. */
export async function turnJob(site: Site, visit: Visit, to: 'job-stopped' | 'job-resumed'): Promise<void> {
  const id = idIn(visit);
  if (!id || !(await readJob(site.store, id))) return sendNotFound(visit);
  await turn(site.store, visit.viewer.actor, id, to);
  visit.response.redirect(303, path(id));
}
