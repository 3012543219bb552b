import type { PractitionerRole } from '@medplum/fhirtypes';
import { Router } from 'express';
import { assignTo } from '../../feedback/reassign.ts';
import type { Said } from '../../fhir/outcome.ts';
import { localDay } from '../../referral/deadlines.ts';
import { isPresent, type Role, wallysOf } from '../../referral/directory/directory.ts';
import { httpStatus, isRefusal } from '../../referral/refusal.ts';
import { readDirectoryResource } from '../../store/directory.ts';
import { countFolders, countOverdue } from '../../store/lists/folders.ts';
import { listReferrals } from '../../store/lists/lists.ts';
import { openQuestions } from '../../store/questions.ts';
import { countTeamCalls, listTeamCalls } from '../../store/queue/call-list.ts';
import {
  actingFor,
  decide,
  field,
  journeyOf,
  noteList,
  query,
  send,
  sendNotFound,
  sentences,
  type ViewerOf,
  type Visit,
  visiting,
} from '../acting.ts';
import { awaitedWordsPart } from '../awaited-words.ts';
import { html, sayIn } from '../html.ts';
import { addressFrom, askedSize, pageBy, pageOf, placeIn } from '../list-pages.ts';
import type { PageParts } from '../page.ts';
import type { Site } from '../site.ts';
import { calledSaid, noteCalled } from '../worklist/called.ts';
import { unconfirmedLine } from '../worklist/own-record-list.ts';
import { presentFrom, readAbsence, withAbsence, withoutAbsence } from './absence.ts';
import { type CallPlace, callsLink, noteReadAloud, sendCalls } from './calls.ts';
import { folderOf, keepOwnOfTeam, openCase, postCaseMove, readOfTeam } from './case.ts';
import { openPart, overduePart, questionsPart, queuePart } from './lists.ts';
import { talkNotice } from './talks.ts';
import { alarmsPart, type Typed, wallysPart } from './view.ts';

const callPlace = (team: string): CallPlace => ({
  scope: { kind: 'team', team },
  path: '/team/calls',
  back: { nl: 'Terug naar mijn team', en: 'Back to my team' },
});

/** So many lines of the phone list on a page: who leads the team looks past them at the rest. */
const callsShown = 20;
/** Where its page begins; undefined: at the start. */
function callAfter({ request }: Visit): { readonly rank: number; readonly first: string } | undefined {
  const [, rank, first] = /^([012])\.([1-9]\d{0,17})$/.exec(query(request, 'calls')) ?? [];
  return rank && first ? { rank: Number(rank), first } : undefined;
}

export type OnAbsence = () => Promise<number>;

async function sendTeam(
  site: Site,
  visit: Visit,
  team: string,
  notice: PageParts['notice'],
  status: number,
  typed?: Typed,
): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const scope = { kind: 'team', team } as const;
  const acting = await actingFor(site, viewer.actor);
  const today = localDay(acting.now);
  const folder = folderOf(visit);
  const after = placeIn(visit, 'open');
  const afterQueued = placeIn(visit, 'queue');
  const present = [...acting.directory.roles.values()]
    .filter((one) => one.kind === 'wally' && isPresent(one, today))
    .map((one) => one.id);
  const place = callAfter(visit);
  const [toCall, called, counts, late, unassigned, listed, calls, questions, talks, awaited] = await Promise.all([
    listTeamCalls(site.store, team, callsShown + 1, place),
    countTeamCalls(site.store, team),
    countFolders(site.store, scope),
    countOverdue(site.store, scope),
    listReferrals(site.store, scope, 'unassigned', askedSize, { after: afterQueued }),
    listReferrals(site.store, scope, folder ?? 'owned', askedSize, { after, present }),
    callsLink(site, visit, callPlace(team)),
    openQuestions(site.store, team),
    talkNotice(site, viewer),
    awaitedWordsPart(site, viewer),
  ]);
  const queue = pageOf(unassigned, afterQueued);
  const page = pageOf(listed, after);
  await noteList(site, viewer.actor, 'team', queue.rows.length + page.rows.length);
  const parts = { viewer, directory: acting.directory, team, now: acting.now, today };
  const calling = {
    ...pageBy(toCall, place && `${place.rank}.${place.first}`, (one) => one.place, callsShown),
    ...called,
  };
  const stays = { folder, open: page.after, queue: queue.after, calls: calling.after };
  const at = { folder, counts, stays };
  const toCalls = (from?: string) => addressFrom('/team', stays, 'calls', from);
  const name = acting.directory.teams.get(team)?.name;
  const main = html`
    <h1>${t('Mijn team', 'My team')}${name && html` <span class="born">${name}</span>`}</h1>
    ${calls}
    ${talks}
    ${questionsPart(questions, parts)}
    <div class="columns">
      <div>
        ${alarmsPart(calling, toCalls, visit, parts)}
        ${overduePart(late, parts)}
        ${queuePart(queue, at, visit, parts)}
        ${awaited}
      </div>
      <div>${wallysPart(parts, typed)}</div>
    </div>
    ${folder === 'done' && unconfirmedLine(site, viewer, counts.unconfirmed)}
    ${openPart(page, at, visit, parts)}
    <p class="buttons">
      <a class="button quiet" href="/team/sentences">${t('Vaste zinnen van ons team', 'Standard sentences of our team')}</a>
    </p>`;
  send(visit, { title: t('Mijn team', 'My team'), main, ...(notice && { notice }) }, status);
}

const assignedSaid: Said = { nl: 'De verwijzing is toegewezen.', en: 'The referral was assigned.' };
const absenceSaid: Said = { nl: 'De afwezigheid is bijgewerkt.', en: 'The absence was updated.' };

function noticeOf(visit: Visit): PageParts['notice'] {
  const { language } = visit.viewer;
  const done = query(visit.request, 'done');
  if (done === 'assigned') return { kind: 'done', text: assignedSaid[language] };
  if (done === 'called') return { kind: 'done', text: calledSaid[language] };
  if (done !== 'absence') return undefined;
  const moved = Number(query(visit.request, 'moved')) || 0;
  const more: Said =
    moved === 1
      ? { nl: '1 verwijzing ging naar iemand anders.', en: '1 referral went to someone else.' }
      : { nl: `${moved} verwijzingen gingen naar iemand anders.`, en: `${moved} referrals went to someone else.` };
  return { kind: 'done', text: moved > 0 ? `${absenceSaid[language]} ${more[language]}` : absenceSaid[language] };
}

async function assignIt(site: Site, visit: Visit, team: string): Promise<void> {
  const id = journeyOf(visit.request);
  if (!id) return sendNotFound(visit);
  const wally = field(visit.request.body, 'wally');
  const outcome = await decide(
    site,
    visit.viewer.actor,
    () => readOfTeam(site, team, id),
    (journey, acting) =>
      // Tapped twice: what was asked for is so.
      journey.index.owner === wally ? undefined : assignTo(journey, wally, acting),
  );
  if (outcome === 'absent') return sendNotFound(visit);
  if (isRefusal(outcome))
    return sendTeam(
      site,
      visit,
      team,
      { kind: 'refused', text: sentences(outcome, visit.viewer) },
      httpStatus(outcome),
    );
  visit.response.redirect(303, '/team?done=assigned');
}

type StoredRole = PractitionerRole & { id: string };

/** What the posted form makes of the role: changed, the same (nothing to do), or a fault to show. */
function changedRole(
  body: unknown,
  stored: StoredRole,
  role: Role,
  today: string,
): StoredRole | { readonly fault: Said } {
  switch (field(body, 'act')) {
    case 'sick':
      return isPresent(role, today) ? withAbsence(stored, { from: today }) : stored;
    case 'back':
      return isPresent(role, today) ? stored : presentFrom(stored, today);
    case 'remove':
      return withoutAbsence(stored, field(body, 'from'));
    default: {
      const absence = readAbsence(field(body, 'from'), field(body, 'to'), today);
      return 'fault' in absence ? absence : withAbsence(stored, absence);
    }
  }
}

const goneWrong: Said = {
  nl: 'De afwezigheid is opgeslagen. De verwijzingen verdelen lukte nog niet; Kortelijn probeert dat vanzelf opnieuw.',
  en: 'The absence was saved. Dividing the referrals did not work yet; Kortelijn tries that again by itself.',
};

async function changeAbsence(site: Site, visit: Visit, team: string, onAbsence: OnAbsence): Promise<void> {
  const { actor, language } = visit.viewer;
  const { body } = visit.request;
  const id = field(body, 'wally');
  let fault: Said | undefined;
  const read = async () => {
    const directory = await site.directory();
    const role = wallysOf(directory, team).find((one) => one.id === id);
    const stored = role && (await readDirectoryResource<PractitionerRole>(site.store, 'PractitionerRole', id));
    return role && stored && { role, stored };
  };
  const outcome = await decide(site, actor, read, ({ role, stored }, acting) => {
    const changed = changedRole(body, stored, role, localDay(acting.now));
    fault = 'fault' in changed ? changed.fault : undefined;
    if ('fault' in changed || changed === stored) return undefined;
    const at = acting.now.toISOString();
    return {
      scope: { practice: '' },
      expected: { directoryRevision: acting.directory.revision },
      directory: [{ resource: changed, validFrom: at }],
      audit: [
        {
          event: 'absence-changed',
          at,
          actor: { id: actor.id, role: actor.role, organization: team },
          action: 'U',
          outcome: 'ok',
          object: `PractitionerRole/${id}`,
          purpose: 'HOPERAT',
        },
      ],
    };
  });
  if (outcome === 'absent') return sendNotFound(visit);
  if (isRefusal(outcome))
    return sendTeam(
      site,
      visit,
      team,
      { kind: 'refused', text: sentences(outcome, visit.viewer) },
      httpStatus(outcome),
    );
  if (fault)
    return sendTeam(site, visit, team, undefined, 422, {
      wally: id,
      from: field(body, 'from'),
      to: field(body, 'to'),
      fault,
    });
  try {
    const moved = await onAbsence();
    visit.response.redirect(303, `/team?done=absence${moved > 0 ? `&moved=${moved}` : ''}`);
  } catch (error) {
    // The absence is committed, and the clock divides again: an error page would make the team lead report it twice.
    site.log.bug('presence', error, { actor: actor.id });
    await sendTeam(site, visit, team, { kind: 'done', text: goneWrong[language] }, 200);
  }
}

/** The team lead's pages, with their whole addresses, behind sign-in, form parsing and the CSRF check. */
export function teamPages(site: Site, viewerOf: ViewerOf, onAbsence: OnAbsence): Router {
  const router = Router();
  const own = (handle: (site: Site, visit: Visit, team: string) => Promise<void>) =>
    visiting('team-lead', viewerOf, (visit) => handle(site, visit, visit.viewer.actor.organization ?? ''));
  router.get(
    '/team',
    own((here, visit, team) => sendTeam(here, visit, team, noticeOf(visit), 200)),
  );
  router.post(
    '/team/absence',
    own((here, visit, team) => changeAbsence(here, visit, team, onAbsence)),
  );
  router.get(
    '/team/calls',
    own((here, visit, team) => sendCalls(here, visit, callPlace(team))),
  );
  router.post(
    '/team/calls/:delivery',
    own((here, visit, team) => noteReadAloud(here, visit, callPlace(team))),
  );
  router.get('/team/:journey', own(openCase));
  router.post('/team/:journey/move/:move', own(postCaseMove));
  router.post('/team/:journey/own-record', own(keepOwnOfTeam));
  router.post('/team/:journey/assign', own(assignIt));
  router.post('/team/:journey/called', own(noteCalled));
  return router;
}
