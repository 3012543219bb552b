import type { Actor } from '../../referral/actor.ts';
import type { BulkAction } from '../../referral/queue-move.ts';
import { isRefusal, type Refusal } from '../../referral/refusal.ts';
import { type BulkJob, readJob } from '../../store/queue/bulk.ts';
import { countQueue, listQueue, type QueueFilter, queueIds } from '../../store/queue/list.ts';
import { doneBy } from '../../store/queue/undo.ts';
import type { Store } from '../../store/store.ts';
import { field, send, sentences, type Visit } from '../acting.ts';
import { html, sayIn } from '../html.ts';
import type { PageParts } from '../page.ts';
import type { Site } from '../site.ts';
import { filterOf, partsOf, toQueue } from './filter.ts';
import { adminLine, reasonField, reasonIn, smallForm } from './reason.ts';
import { tooLate } from './undo.ts';
import { actionSaid, destinationName, kindSaid } from './words.ts';

/** One job takes no more: whoever wants more begins another, and sees in between what the first one did. */
export const jobMax = 100_000;
const usualLimit = 500;
const sampleSize = 10;
const chosenMax = 200;

const actions = Object.keys(actionSaid) as BulkAction[];
/** The page of a job. */
export const jobPath = (id: string) => `/admin/bulk/${id}`;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Whether this can be the id of a job. */
export const isJobId = (text: string): boolean => uuid.test(text);

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
  const hidden = html`
    <input type="hidden" name="query" value="${text}">
    <input type="hidden" name="of" value="${isChosen ? 'chosen' : 'all'}">
    ${ids.map((id) => html`<input type="hidden" name="d" value="${id}">`)}`;
  const main = html`
    <p><a href="/admin${text && `?${text}`}">${t('Terug naar de lijst', 'Back to the list')}</a></p>
    <h1>${title}</h1>
    <p>
      ${
        count > jobMax
          ? t(`Dit zijn er meer dan ${jobMax}.`, `These are more than ${jobMax}.`)
          : t(`Dit zijn er nu ${count}.`, `These are ${count} now.`)
      } ${labels.length > 0 && `${t('Filter', 'Filter')}: ${labels.join(', ')}.`}
      ${t('Er is nog niets gedaan.', 'Nothing was done yet.')}
    </p>
    ${
      sample.length > 0 &&
      html`
        <h2>${t('De oudste', 'The oldest')}</h2>
        <ul class="plain">
          ${sample.map(
            (one) => html`
              <li>
                <a href="/admin/deliveries/${one.id}">${one.number || one.id}</a>
                ${kindSaid[one.kind]?.[viewer.language] ?? one.kind} →
                ${destinationName(one.destination, directory, viewer)} <span class="code">${one.failureCode}</span>
              </li>`,
          )}
        </ul>`
    }
    ${
      count > 0 &&
      smallForm(
        visit,
        '/admin/bulk',
        html`
          ${hidden}
          <fieldset>
            <legend>${t('Wat moet er gebeuren?', 'What must be done?')}</legend>
            ${actions.map(
              (one, nth) => html`
                <div class="choice">
                  <input type="radio" id="action-${one}" name="action" value="${one}"${nth === 0 && html` checked`}>
                  <label for="action-${one}">${actionSaid[one][viewer.language]}</label>
                </div>`,
            )}
          </fieldset>
          <div class="field short">
            <label for="limit">${t('Hoogstens hoeveel, de oudste eerst', 'At most how many, the oldest first')}</label>
            <input type="text" inputmode="numeric" id="limit" name="limit" value="${Math.min(count, usualLimit)}"
              maxlength="6" autocomplete="off">
          </div>
          ${reasonField(visit)}
          <p class="buttons"><button>${t('Begin', 'Begin')}</button></p>`,
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
export const mayUndoJob = (job: BulkJob, now: Date): boolean =>
  jobState(job) !== 'running' &&
  job.done > 0 &&
  job.undoes === null &&
  job.undoneBy === null &&
  now.getTime() - job.startedAt.getTime() < undoableMs;

/** Begins the job that undoes another and gives its id, or why there is none. */
export async function undoJob(store: Store, actor: Actor, id: string, reason: string): Promise<string | Refusal> {
  const job = isJobId(id) ? await readJob(store, id) : undefined;
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
  response.redirect(303, jobPath(id));
}

export const jobState = (job: BulkJob): 'done' | 'running' | 'stopped' =>
  job.done + job.skipped >= job.total ? 'done' : job.state;

/** Stops a job or lets it go on; asked twice, it is so already. */
export async function turn(store: Store, actor: Actor, id: string, to: 'job-stopped' | 'job-resumed'): Promise<void> {
  const at = store.clock().toISOString();
  const event = to === 'job-stopped' ? 'bulk-stopped' : 'bulk-resumed';
  const audit = [adminLine(actor, at, event, { object: `BulkJob/${id}` })];
  await store.commit({ scope: { practice: '' }, queue: [{ to, id }], audit });
}
