import { Router } from 'express';
import { handOverOneOfMany, type Receiver, receiverFor } from '../../feedback/bulk.ts';
import { derivedId } from '../../fhir/derived-id.ts';
import type { Said } from '../../fhir/outcome.ts';
import type { Change } from '../../referral/change.ts';
import { localDay } from '../../referral/deadlines.ts';
import { type Directory, isPresent, wallysOf } from '../../referral/directory/directory.ts';
import { isRefusal } from '../../referral/refusal.ts';
import { type HeldReferral, heldReferrals } from '../../store/lists/handover.ts';
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
import { addressFrom, isBeyond, type ListPage, noneText, pageOf, pagesPart, placeIn } from '../list-pages.ts';
import type { Site } from '../site.ts';
import { stateWords } from '../words.ts';

/** So many per press of the button at most, and so many at once: a request ends, and hundreds are one act. */
const perPress = 400;
const atOnce = 20;

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
  [...Map.groupBy(names, (one) => one)].map(([name, all]) => [name, all.length] as const);

/** A page of what was planned, from after a place on; all of it is counted, and 50 are shown. */
function pageIn(visit: Visit, name: 'going' | 'staying', all: Plan['all']): ListPage<Plan['all'][number]> {
  const after = placeIn(visit, name);
  return pageOf(after ? all.filter((one) => isBeyond(one.place, after)) : all, after);
}

function planPart(visit: Visit, plan: Plan, asked: Asked, run: Run, pages: Pages, limit: number): Markup {
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
  const practices = perName(going.map((one) => directory.practices.get(one.practice)?.name ?? one.practice));
  const stays = { ...asked, going: pages.going.after, staying: pages.staying.after };
  const list = (key: keyof Pages, what: string, total: number) =>
    html`${pages[key].rows.length > 0 ? html`<ul class="referrals">${pages[key].rows.map(row)}</ul>` : total > 0 && noneText(pages[key], visit, '')}${pagesPart(pages[key], { total, what, to: (place) => addressFrom('/team/handover', stays, key, place) }, visit)}`;
  const [over, own] = [
    t('Dit gaat over', 'This goes over'),
    t('Hier moet u zelf iemand voor kiezen', 'For these you choose someone yourself'),
  ];
  const button =
    going.length > 0 &&
    html`<form method="post" action="/team/handover" class="buttons">${csrfField(visit.viewer)}<input type="hidden" name="from" value="${asked.from}"><input type="hidden" name="to" value="${asked.to}"><input type="hidden" name="run" value="${run.id}"><input type="hidden" name="done" value="${run.done}"><input type="hidden" name="receivers" value="${run.receivers.join(' ')}"><button>${run.done > 0 ? t(`Ga verder met de volgende ${Math.min(limit, going.length)}`, `Go on with the next ${Math.min(limit, going.length)}`) : t(`Draag ${going.length} verwijzingen over`, `Hand over ${going.length} referrals`)}</button></form>`;
  return html`<h2 id="going">${over} <span class="count">${going.length}</span></h2>
${counts.length > 0 && html`<ul>${counts.map(([who, count]) => html`<li><strong>${who}</strong>: ${count}</li>`)}</ul>`}
${practices.length > 0 && html`<details><summary>${t(`Van ${practices.length} praktijken`, `Of ${practices.length} practices`)}</summary><ul>${practices.map(([who, count]) => html`<li>${who}: ${count}</li>`)}</ul></details>`}
${going.length > limit && html`<p>${t(`Per keer gaan er hooguit ${limit} over. Daarna gaat u verder met de rest.`, `At most ${limit} go over at a time. After that you go on with the rest.`)}</p>`}${button}${list('going', over, going.length)}
${staying.length > 0 && html`<h2 id="staying">${own} <span class="count">${staying.length}</span></h2>${list('staying', own, staying.length)}`}`;
}

type Pages = Readonly<Record<'going' | 'staying', ListPage<Plan['all'][number]>>>;

/** One hand-over in several steps: what was done so far, and who got something. */
interface Run {
  readonly id: string;
  readonly done: number;
  readonly receivers: readonly string[];
}

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
  const pages: Pages = {
    going: pageIn(
      visit,
      'going',
      plan.all.filter((one) => one.receiver !== undefined),
    ),
    staying: pageIn(
      visit,
      'staying',
      plan.all.filter((one) => one.receiver === undefined),
    ),
  };
  await noteList(site, visit.viewer.actor, 'handover', pages.going.rows.length + pages.staying.rows.length);
  const title = t('Werk overdragen', 'Hand work over');
  const main = html`<p><a href="/team">${t('Terug naar mijn team', 'Back to my team')}</a></p><h1>${title}</h1>
<p>${t('Voor een Wally die weggaat of lang weg is. U ziet eerst wat er gebeurt.', 'For a Wally who leaves or is away for long. You first see what happens.')}</p>
${chooseForm(visit, team, plan, asked)}${asked.from && asked.to && planPart(visit, plan, asked, run, pages, limit)}`;
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
