import { Router } from 'express';
import { handOverOneOfMany, type Receiver, receiverFor } from '../../feedback/bulk.ts';
import { derivedId } from '../../fhir/derived-id.ts';
import type { Said } from '../../fhir/outcome.ts';
import type { Change } from '../../referral/change.ts';
import { localDay } from '../../referral/deadlines.ts';
import { type Directory, isPresent, wallysOf } from '../../referral/directory.ts';
import { isRefusal } from '../../referral/refusal.ts';
import { type HeldReferral, heldReferrals } from '../../store/handover.ts';
import { readJourney } from '../../store/referrals.ts';
import {
  actingFor,
  csrfField,
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
import { html, type Markup, sayIn } from '../html.ts';
import type { Site } from '../site.ts';
import { stateWords } from '../words.ts';

/** So many per press of the button: a request stays short, and what was done shows. */
const perStep = 25;

interface Asked {
  readonly from: string;
  readonly to: string;
}

const receiverOf = (to: string): Receiver => (to === 'fixed' ? 'fixed' : { wally: to });

interface Plan {
  readonly directory: Directory;
  readonly day: string;
  readonly all: readonly (HeldReferral & { readonly receiver: string | undefined })[];
}

async function planOf(site: Site, team: string, { from, to }: Asked): Promise<Plan> {
  const directory = await site.directory();
  const day = localDay(site.store.clock());
  const held = to ? await heldReferrals(site.store, team, from) : [];
  const at = { directory, team, day };
  return { directory, day, all: held.map((one) => ({ ...one, receiver: receiverFor(one, from, receiverOf(to), at) })) };
}

function chooseForm(visit: Visit, team: string, { directory, day }: Plan, asked: Asked): Markup {
  const t = sayIn(visit.viewer.language);
  const all = wallysOf(directory, team);
  const choose = t('Kies iemand', 'Choose someone');
  const option = (value: string, label: string, chosen: string) =>
    html`<option value="${value}"${value === chosen && html` selected`}>${label}</option>`;
  const there = all.filter((one) => isPresent(one, day));
  return html`
    <form method="get" action="/team/handover" class="form">
      <div class="field">
        <label for="from">${t('Van wie?', 'From whom?')}</label>
        <select id="from" name="from">
          <option value="">${choose}</option>
          ${all.map((one) => option(one.id, one.name, asked.from))}
        </select>
      </div>
      <div class="field">
        <label for="to">${t('Naar wie?', 'To whom?')}</label>
        <select id="to" name="to">
          <option value="">${choose}</option>
          ${option('fixed', t('de vaste Wally van elke praktijk', 'the fixed Wally of each practice'), asked.to)}
          ${there.map((one) => option(one.id, one.name, asked.to))}
        </select>
      </div>
      <p class="buttons">
        <button class="quiet">${t('Bekijk eerst wat er gebeurt', 'First see what happens')}</button>
      </p>
    </form>`;
}

const perName = (names: readonly string[]) =>
  [...new Set(names)].map((name) => [name, names.filter((one) => one === name).length] as const);

function planPart(visit: Visit, plan: Plan, asked: Asked, run: Run): Markup {
  const { language } = visit.viewer;
  const t = sayIn(language);
  const { directory, all } = plan;
  const name = (id: string) => directory.roles.get(id)?.name ?? id;
  const going = all.filter((one) => one.receiver !== undefined);
  const staying = all.filter((one) => one.receiver === undefined);
  const row = (one: Plan['all'][number]) => {
    const state = stateWords(one.taskStatus, one.businessStatus, 'wally');
    return html`
      <li class="referral">
        <div class="lead"><a href="/team/${one.journey}">${one.number}</a></div>
        <div class="more">
          <span>${directory.practices.get(one.practice)?.name}</span>
          <span>${t(state.nl, state.en)}</span>
          ${one.receiver && html`<span>${t('naar', 'to')} <strong>${name(one.receiver)}</strong></span>`}
        </div>
      </li>`;
  };
  const counts = perName(going.map((one) => name(one.receiver ?? '')));
  const button =
    going.length > 0 &&
    html`
      <form method="post" action="/team/handover" class="buttons">
        ${csrfField(visit.viewer)}
        <input type="hidden" name="from" value="${asked.from}">
        <input type="hidden" name="to" value="${asked.to}">
        <input type="hidden" name="run" value="${run.id}">
        <input type="hidden" name="done" value="${run.done}">
        <input type="hidden" name="receivers" value="${run.receivers.join(' ')}">
        <button>${
          run.done > 0
            ? t(
                `Ga verder met de volgende ${Math.min(perStep, going.length)}`,
                `Go on with the next ${Math.min(perStep, going.length)}`,
              )
            : t(`Draag ${going.length} verwijzingen over`, `Hand over ${going.length} referrals`)
        }</button>
      </form>`;
  return html`
    <h2>${t('Dit gaat over', 'This goes over')} <span class="count">${going.length}</span></h2>
    ${
      counts.length > 0 &&
      html`<ul>${counts.map(([who, count]) => html`<li><strong>${who}</strong>: ${count}</li>`)}</ul>`
    }
    ${button}
    <ul class="referrals">${going.map(row)}</ul>
    ${
      staying.length > 0 &&
      html`
        <h2>
          ${t('Hier moet u zelf iemand voor kiezen', 'For these you choose someone yourself')}
          <span class="count">${staying.length}</span>
        </h2>
        <ul class="referrals">${staying.map(row)}</ul>`
    }`;
}

/** One hand-over in several steps: what was done so far, and who got something. */
interface Run {
  readonly id: string;
  readonly done: number;
  readonly receivers: readonly string[];
}

async function page(site: Site, visit: Visit, team: string, asked: Asked, run: Run, said?: string): Promise<void> {
  const t = sayIn(visit.viewer.language);
  const plan = await planOf(site, team, asked);
  const isKnown = wallysOf(plan.directory, team).some((one) => one.id === asked.from);
  if (asked.from && !isKnown) return sendNotFound(visit);
  await noteList(site, visit.viewer.actor, 'handover', plan.all.length);
  const title = t('Werk overdragen', 'Hand work over');
  const main = html`
    <p><a href="/team">${t('Terug naar mijn team', 'Back to my team')}</a></p>
    <h1>${title}</h1>
    <p>${t(
      'Voor een Wally die weggaat of lang weg is. U ziet eerst wat er gebeurt.',
      'For a Wally who leaves or is away for long. You first see what happens.',
    )}</p>
    ${chooseForm(visit, team, plan, asked)}
    ${asked.from && asked.to && planPart(visit, plan, asked, run)}`;
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

async function handOver(site: Site, visit: Visit, team: string): Promise<void> {
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
  for (const { journey: id, receiver = '' } of going.slice(0, perStep)) {
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
  }
  const run: Run = { id: given, done, receivers: [...receivers] };
  const left = going.length - Math.min(perStep, going.length) + missed;
  const isOver = left === 0 || missed === Math.min(perStep, going.length);
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
  await page(site, visit, team, asked, run, `${words[viewer.language]}${told}`);
}

/** A Wally who leaves: all open work of one to another, or to each practice's fixed Wally, seen first and then done in steps. */
export function handoverPages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  const teamOf = (visit: Visit) => visit.viewer.actor.organization ?? '';
  router.get(
    '/team/handover',
    visiting('team-lead', viewerOf, async (visit) => {
      const asked = { from: query(visit.request, 'from'), to: query(visit.request, 'to') };
      const { newId } = await actingFor(site, visit.viewer.actor);
      await page(site, visit, teamOf(visit), asked, { id: newId(), done: 0, receivers: [] });
    }),
  );
  router.post(
    '/team/handover',
    visiting('team-lead', viewerOf, (visit) => handOver(site, visit, teamOf(visit))),
  );
  return router;
}
