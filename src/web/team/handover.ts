import { Router } from 'express';
import { handOverOneOfMany } from '../../feedback/bulk.ts';
import { derivedId } from '../../fhir/derived-id.ts';
import type { Said } from '../../fhir/outcome.ts';
import type { Change } from '../../referral/change.ts';
import { wallysOf } from '../../referral/directory/directory.ts';
import { isRefusal } from '../../referral/refusal.ts';
import { readJourney } from '../../store/referrals.ts';
import {
  actingFor,
  decide,
  field,
  noteList,
  query,
  send,
  sendNotFound,
  type ViewerOf,
  type Visit,
  visiting,
} from '../acting.ts';
import { html, sayIn } from '../html.ts';
import type { Site } from '../site.ts';
import { type Asked, chooseForm, type Pages, pageIn, planOf, planPart, type Run } from './handover-plan.ts';

/** So many per press of the button at most, and so many at once: a request ends, and hundreds are one act. */
const perPress = 400;
const atOnce = 20;

async function page(
  site: Site,
  visit: Visit,
  team: string,
  asked: Asked,
  run: Run,
  limit: number,
  said?: string,
): Promise<void> {
  const t = sayIn(visit.viewer.language);
  const plan = await planOf(site, team, asked);
  const isKnown = wallysOf(plan.directory, team).some((one) => one.id === asked.from);
  if (asked.from && !isKnown) return sendNotFound(visit);
  const [going, staying] = [plan.all.filter(({ receiver }) => receiver), plan.all.filter(({ receiver }) => !receiver)];
  const pages: Pages = { going: pageIn(visit, 'going', going), staying: pageIn(visit, 'staying', staying) };
  await noteList(site, visit.viewer.actor, 'handover', pages.going.rows.length + pages.staying.rows.length);
  const title = t('Werk overdragen', 'Hand work over');
  const main = html`
    <p><a href="/team">${t('Terug naar mijn team', 'Back to my team')}</a></p>
    <h1>${title}</h1>
    <p>${t(
      'Voor een Wally die weggaat of lang weg is. U ziet eerst wat er gebeurt.',
      'For a Wally who leaves or is away for long. You first see what happens.',
    )}</p>
    ${chooseForm(visit, team, plan, asked)}
    ${asked.from && asked.to && planPart(visit, plan, asked, run, pages, limit)}`;
  send(visit, { title, main, ...(said && { notice: { kind: 'done', text: said } }) });
}

/** Each person once, at the end: an own id per run and person makes a second mail impossible. */
async function tellOnce(site: Site, visit: Visit, team: string, from: string, run: Run): Promise<void> {
  const { actor } = visit.viewer;
  const { roles } = await site.directory();
  const change: Change = {
    scope: { practice: '' },
    journey: run.id,
    outbox: [...new Set([from, ...run.receivers])]
      .filter((id) => roles.get(id)?.email)
      .map((id) => ({ messageId: derivedId(run.id, id), kind: 'notify', destination: 'mail', recipient: id })),
    audit: [
      {
        event: 'work-handed-over',
        at: site.store.clock().toISOString(),
        actor: { id: actor.id, role: actor.role, organization: team },
        action: 'U',
        outcome: 'ok',
        object: `PractitionerRole/${from}`,
        code: String(run.done),
        purpose: 'HOPERAT',
      },
    ],
  };
  // Taken: they were told already.
  await site.store.commit(change);
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

async function handOver(site: Site, visit: Visit, team: string, limit: number): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const asked = { from: field(request.body, 'from'), to: field(request.body, 'to') };
  const given = field(request.body, 'run');
  const plan = await planOf(site, team, asked);
  const ours = wallysOf(plan.directory, team).map((one) => one.id);
  if (!ours.includes(asked.from) || !uuid.test(given)) return sendNotFound(visit);
  const going = plan.all.filter((one) => one.receiver !== undefined);
  const receivers = new Set(
    field(request.body, 'receivers')
      .split(' ')
      .filter((one) => ours.includes(one)),
  );
  let done = Number(field(request.body, 'done')) || 0;
  let missed = 0;
  const moveOne = async ({ journey: id, receiver = '' }: (typeof going)[number]) => {
    const outcome = await decide(
      site,
      viewer.actor,
      () => readJourney(site.store, { kind: 'team', team }, id),
      (journey, acting) => {
        const { owner, actingFor: whose } = journey.index;
        // Moved meanwhile: it is not theirs any more.
        return owner === asked.from || whose === asked.from ? handOverOneOfMany(journey, receiver, acting) : undefined;
      },
    );
    if (outcome === 'done') {
      done += 1;
      receivers.add(receiver);
    } else missed += 1;
    if (isRefusal(outcome)) site.log.warn('handover-missed', { journey: id, code: outcome.refused[0]?.reason ?? '' });
  };
  // Side by side they share commits.
  const now = going.slice(0, limit);
  for (let n = 0; n < now.length; n += atOnce) await Promise.all(now.slice(n, n + atOnce).map(moveOne));
  const run: Run = { id: given, done, receivers: [...receivers] };
  const left = going.length - now.length + missed;
  const isOver = left === 0 || missed === now.length;
  if (isOver && done > 0) await tellOnce(site, visit, team, asked.from, run);
  const words: Said =
    left > 0
      ? { nl: `${done} overgedragen, nog ${left} te gaan.`, en: `${done} handed over, ${left} to go.` }
      : { nl: `Klaar: ${done} overgedragen.`, en: `Done: ${done} handed over.` };
  const told = isOver
    ? t(
        ' De collega’s krijgen één mail zonder inhoud. De praktijken zien op hun pagina wie het nu heeft.',
        ' The colleagues get one mail without content. The practices see on their page who has it now.',
      )
    : '';
  await page(site, visit, team, asked, run, limit, `${words[viewer.language]}${told}`);
}

/** A Wally who leaves: all open work of one to another, or to each practice's fixed Wally, seen first and then done in steps. */
export function handoverPages(site: Site, viewerOf: ViewerOf, limit = perPress): Router {
  const router = Router();
  const teamOf = (visit: Visit) => visit.viewer.actor.organization ?? '';
  router.get(
    '/team/handover',
    visiting('team-lead', viewerOf, async (visit) => {
      const asked = { from: query(visit.request, 'from'), to: query(visit.request, 'to') };
      const { newId } = await actingFor(site, visit.viewer.actor);
      await page(site, visit, teamOf(visit), asked, { id: newId(), done: 0, receivers: [] }, limit);
    }),
  );
  router.post(
    '/team/handover',
    visiting('team-lead', viewerOf, (visit) => handOver(site, visit, teamOf(visit), limit)),
  );
  return router;
}
