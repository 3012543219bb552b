import { type About, type Assignment, assign } from '../referral/assignment.ts';
import type { Change } from '../referral/change.ts';
import { localDay } from '../referral/deadlines.ts';
import { isPresent, type Role } from '../referral/directory/directory.ts';
import type { Journey } from '../referral/journey.ts';
import { isOpen, type Moving, transition } from '../referral/lifecycle/lifecycle.ts';
import { assignmentRows } from '../referral/receive.ts';
import { isRefusal, issue, type Refusal, refuse } from '../referral/refusal.ts';
import { actForAbsent, rolesNamed } from './handover.ts';
import { type Acting, countedFrom, step } from './moves.ts';
import { tellOwner, tellWhoHasIt } from './tell.ts';

interface NewOwner {
  readonly owner: Role | undefined;
  readonly route: string;
  readonly why: string;
  /** Who may see nothing of it from now on, where that changes. */
  readonly barred?: readonly string[];
  /** Whom a rule of the practice chose, where that was looked at. */
  readonly rule?: string | null;
  /** One of many at once: who must hear of it hears of the whole. */
  readonly isOfMany?: true;
}

/** Another owner, or the team queue with an alarm; the former one's deliveries stop. `move`: the row that allows it. */
export function handOver(
  journey: Journey,
  move: 'reassign' | 'too-close',
  to: NewOwner,
  acting: Acting,
): Change | Refusal {
  const row = transition(journey, move, acting.actor);
  if (isRefusal(row)) return row;
  const now = acting.now.toISOString();
  const assignment = journey.index.assignment + 1;
  const { team } = journey.index;
  // `owner: undefined` as a present key takes the owner off the Task: the team queue.
  const task = {
    owner: to.owner ? { reference: `PractitionerRole/${to.owner.id}`, display: to.owner.name } : undefined,
    reasonCode: { text: to.why },
    // A new owner is nobody's substitute, and nothing is on offer any more.
    extension: rolesNamed(journey.task.resource, {}),
    restriction: countedFrom(journey.task.resource, acting.now),
  };
  const { undoUntil, owner: former } = journey.index;
  const hears = (who: Moving['tells'][number]) => row.tells.includes(who) && !to.isOfMany;
  const told = hears('practice') && to.owner ? tellWhoHasIt(journey, to.owner, acting) : undefined;
  const isFormer = former !== null && former !== to.owner?.id && hears('former-owner');
  const { output = [] } = journey.task.resource;
  return step(journey, row, 'task-reassigned', acting, {
    task: { ...task, ...(told && { output: [...output, told.output] }) },
    ...(told && { resources: [told.written] }),
    index: {
      assignment,
      route: to.route,
      ...(to.barred && { barred: to.barred }),
      ...(to.rule !== undefined && { rule: to.rule }),
    },
    events: [{ kind: 'assigned', at: now, route: to.route, owner: to.owner?.id ?? null }],
    rest: {
      expected: { directoryRevision: acting.directory.revision },
      outbox: [
        ...assignmentRows(
          acting.directory,
          {
            owner: to.owner,
            team,
            taskId: journey.index.taskId,
            assignment,
            ...(undoUntil && undoUntil > now && { delayMs: Date.parse(undoUntil) - acting.now.getTime() }),
          },
          acting.newId,
        ),
        ...(told ? [told.outbox] : []),
        ...(isFormer ? tellOwner(journey, acting, former) : []),
      ],
      deliveries: [{ to: 'abandon-all', kinds: ['worklist', 'notify'], reason: 'superseded' }],
      alarms: [{ kind: 'nobody-present', team, raise: !to.owner, at: now }],
    },
  });
}

/** Whether it is with someone only because another was away: then it goes back to that one, as long as nobody took it on. */
export function goesBack(route: string): boolean {
  return route === 'substitute' || route === 'team-queue';
}

/**
 * The line looks again who is present: undefined when the owner is still right. Unaccepted work moves; for what someone
 * accepted the substitute acts, until that one is back (promise 2).
 */
export function reassignByPresence(journey: Journey, acting: Acting): Change | Refusal | undefined {
  const day = localDay(acting.now);
  const status = journey.task.resource.status;
  if (status !== 'requested' && status !== 'received')
    return isOpen(status ?? '') ? actForAbsent(journey, acting) : undefined;
  const owner = acting.directory.roles.get(journey.index.owner ?? '');
  if (owner && isPresent(owner, day) && !goesBack(journey.index.route)) return undefined;
  const right = rightOwner(journey, acting, journey.index.barred);
  if (!right || (right.owner?.id ?? null) === journey.index.owner) return undefined;
  const { owner: next, route, why, rule = null } = right;
  return handOver(journey, 'reassign', { owner: next, route, why: why.nl, rule }, acting);
}

/**
 * Who should have it by what is so today: a birthday may end a rule (H6). Never someone of another organisation than the
 * consent names (H9): then it is for the team lead.
 */
export function rightOwner(journey: Journey, acting: Acting, barred: readonly string[]): Assignment | undefined {
  const { index, patient } = journey;
  const agb = index.requesterAgb ?? undefined;
  const by = (about: About) => assign(acting.directory, journey.practice, agb, localDay(acting.now), barred, about);
  const today = by({ birthDate: patient.resource.birthDate, lifeAreas: index.lifeAreas });
  const right = today?.team === index.team ? today : by({ rule: index.rule });
  if (!right || right.team === index.team) return right;
  const { owner: _elsewhere, fixed: _fixed, rule: _rule, ...rest } = right;
  return { ...rest, team: index.team, route: 'team-queue' };
}

/** A team lead gives it to a Wally of the own team who is present; `isOfMany`: as one of a bulk. */
export function assignTo(journey: Journey, wallyId: string, acting: Acting, isOfMany?: true): Change | Refusal {
  const role = acting.directory.roles.get(wallyId);
  const said = {
    nl: 'Deze persoon is geen Wally van uw team of is vandaag afwezig, of kan deze inwoner niet helpen. Kies iemand anders.',
    en: 'This person is not a Wally of your team, is absent today, or cannot help this resident. Choose someone else.',
  };
  if (
    role?.kind !== 'wally' ||
    role.organization !== journey.index.team ||
    !isPresent(role, localDay(acting.now)) ||
    journey.index.barred.includes(role.id)
  ) {
    return refuse(issue('business-rule', 'not-present', 'Task.owner', said));
  }
  return handOver(
    journey,
    'reassign',
    { owner: role, route: 'team-lead', why: `Toegewezen door ${acting.actor.name}`, ...(isOfMany && { isOfMany }) },
    acting,
  );
}
