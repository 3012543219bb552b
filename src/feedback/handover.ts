import type { Extension, Task } from '@medplum/fhirtypes';
import { extensions } from '../fhir/systems.ts';
import type { Change } from '../referral/change.ts';
import { localDay } from '../referral/deadlines.ts';
import { isPresent, type Role } from '../referral/directory/directory.ts';
import type { Journey } from '../referral/journey.ts';
import { transition } from '../referral/lifecycle/lifecycle.ts';
import { namedRole } from '../referral/named-role.ts';
import { assignmentRows } from '../referral/receive.ts';
import { isRefusal, issue, type Refusal, refuse } from '../referral/refusal.ts';
import { type Acting, countedFrom, step } from './moves.ts';
import { tellOwner, tellWhoHasIt } from './tell.ts';

const mine: readonly string[] = [extensions.proposedOwner, extensions.actingFor];

/** The Task's extensions with other roles named in them; who is not named stands there no more. None: undefined. */
export function rolesNamed(
  task: Task,
  named: { readonly proposedOwner?: string; readonly actingFor?: string },
): Extension[] | undefined {
  const role = (url: string, id: string | undefined): Extension[] =>
    id ? [{ url, valueReference: { reference: `PractitionerRole/${id}` } }] : [];
  const all = [
    ...(task.extension ?? []).filter((one) => !mine.includes(one.url)),
    ...role(extensions.proposedOwner, named.proposedOwner),
    ...role(extensions.actingFor, named.actingFor),
  ];
  return all.length > 0 ? all : undefined;
}

const ownerOf = (role: Role) => ({ reference: `PractitionerRole/${role.id}`, display: role.name });

const notThere = refuse(
  issue('business-rule', 'not-present', 'Task.owner', {
    nl: 'Deze collega is geen Wally van uw team of is vandaag afwezig, of kan deze inwoner niet helpen. Kies iemand anders.',
    en: 'This colleague is not a Wally of your team, is absent today, or cannot help this resident. Choose someone else.',
  }),
);

const youAreAway = refuse(
  issue('business-rule', 'not-present', 'Task.owner', {
    nl: 'U staat vandaag als afwezig in de agenda. Meld u eerst aanwezig, dan kunt u dit overnemen.',
    en: 'The calendar says that you are absent today. First report that you are back; then you can take this over.',
  }),
);

/** The owner offers it to a colleague; until that one accepts, nothing changes for anybody else. */
export function offer(journey: Journey, wallyId: string, acting: Acting): Change | Refusal {
  const row = transition(journey, 'offer', acting.actor);
  if (isRefusal(row)) return row;
  const role = acting.directory.roles.get(wallyId);
  const isThere = role?.kind === 'wally' && isPresent(role, localDay(acting.now));
  if (
    !isThere ||
    journey.index.barred.includes(wallyId) ||
    role.organization !== journey.index.team ||
    role.id === acting.actor.id
  )
    return notThere;
  const { resource: task } = journey.task;
  const actingFor = namedRole(task, extensions.actingFor);
  return step(journey, row, 'task-offered', acting, {
    task: { extension: rolesNamed(task, { proposedOwner: wallyId, ...(actingFor && { actingFor }) }) },
    events: [{ kind: 'offered', at: acting.now.toISOString(), owner: wallyId }],
    rest: { outbox: tellOwner(journey, acting, wallyId) },
  });
}

export function refuseOffer(journey: Journey, acting: Acting): Change | Refusal {
  const row = transition(journey, 'refuse-offer', acting.actor);
  if (isRefusal(row)) return row;
  const { resource: task } = journey.task;
  const actingFor = namedRole(task, extensions.actingFor);
  return step(journey, row, 'task-offer-refused', acting, {
    task: { extension: rolesNamed(task, { ...(actingFor && { actingFor }) }) },
    events: [{ kind: 'offered', at: acting.now.toISOString(), owner: acting.actor.id, outcome: 'refused' }],
    rest: { outbox: tellOwner(journey, acting) },
  });
}

/** Takes hold of the Task at once: whoever presses the button stands before it, no delivery has to show it first. */
function hold(journey: Journey, move: 'take-over' | 'resume-own', route: string, acting: Acting): Change | Refusal {
  const row = transition(journey, move, acting.actor);
  if (isRefusal(row)) return row;
  const me = acting.directory.roles.get(acting.actor.id);
  // Promise 2 holds at once, and not only after the line has looked again.
  if (!me || !isPresent(me, localDay(acting.now))) return youAreAway;
  const now = acting.now.toISOString();
  const { resource: task } = journey.task;
  const assignment = journey.index.assignment + 1;
  const former = journey.index.owner;
  const told = row.tells.includes('practice') ? tellWhoHasIt(journey, me, acting) : undefined;
  return step(journey, row, move === 'take-over' ? 'task-taken-over' : 'task-resumed-own', acting, {
    task: {
      owner: ownerOf(me),
      extension: rolesNamed(task, {}),
      ...(told && { output: [...(task.output ?? []), told.output] }),
      ...(task.status === 'requested' || task.status === 'received'
        ? { restriction: countedFrom(task, acting.now) }
        : {}),
    },
    index: { assignment, route },
    ...(told && { resources: [told.written] }),
    events: [{ kind: 'assigned', at: now, route, owner: me.id }],
    rest: {
      expected: { directoryRevision: acting.directory.revision },
      visible: [{ taskId: journey.index.taskId, assignment, owner: me.id, at: now }],
      outbox: [
        ...(told ? [told.outbox] : []),
        ...(former && former !== me.id ? tellOwner(journey, acting, former) : []),
      ],
      deliveries: [{ to: 'abandon-all', kinds: ['worklist', 'notify'], reason: 'superseded' }],
      alarms: [{ kind: 'nobody-present', team: journey.index.team, raise: false, at: now }],
    },
  });
}

/** The colleague accepts what was offered, and owns it from now on. */
export const takeOver = (journey: Journey, acting: Acting): Change | Refusal =>
  hold(journey, 'take-over', 'handed-over', acting);

/** The fixed Wally is back and takes up what a substitute did meanwhile. */
export const resumeOwn = (journey: Journey, acting: Acting): Change | Refusal =>
  hold(journey, 'resume-own', 'fixed-wally', acting);

/**
 * An accepted referral whose owner is absent: who was acted for when back, else the substitute of whom it really is,
 * else nobody, with an alarm (promise 2). Undefined when the owner is there.
 */
export function actForAbsent(journey: Journey, acting: Acting): Change | Refusal | undefined {
  const day = localDay(acting.now);
  const { roles } = acting.directory;
  const { resource: task } = journey.task;
  const present = (id: string | undefined) => {
    const role = roles.get(id ?? '');
    return role && isPresent(role, day) && !journey.index.barred.includes(role.id) ? role : undefined;
  };
  const owner = journey.index.owner ?? undefined;
  if (present(owner)) return undefined;
  const whose = namedRole(task, extensions.actingFor) ?? owner ?? journey.index.fixed ?? undefined;
  const next = present(whose) ?? present(roles.get(whose ?? '')?.substitute);
  if ((next?.id ?? null) === journey.index.owner) return undefined;
  const row = transition(journey, 'act', acting.actor);
  if (isRefusal(row)) return row;
  const now = acting.now.toISOString();
  const assignment = journey.index.assignment + 1;
  const { team, taskId } = journey.index;
  const isBack = next !== undefined && next.id === whose;
  const proposedOwner = namedRole(task, extensions.proposedOwner);
  return step(journey, row, 'task-acting', acting, {
    // `owner: undefined` as a present key takes the owner off the Task: the team queue.
    task: {
      owner: next && ownerOf(next),
      extension: rolesNamed(task, {
        // What was offered to whoever has it now is on offer no more.
        ...(proposedOwner && proposedOwner !== next?.id && { proposedOwner }),
        // Nobody acts for who may see nothing of it (H11): then it is the substitute's own.
        ...(whose && !isBack && !journey.index.barred.includes(whose) && { actingFor: whose }),
      }),
    },
    index: { assignment, route: next ? (isBack ? 'fixed-wally' : 'substitute') : 'team-queue' },
    events: [{ kind: 'acting', at: now, owner: next?.id ?? null }],
    rest: {
      expected: { directoryRevision: acting.directory.revision },
      outbox: assignmentRows(acting.directory, { owner: next, team, taskId, assignment }, acting.newId),
      deliveries: [{ to: 'abandon-all', kinds: ['worklist', 'notify'], reason: 'superseded' }],
      alarms: [{ kind: 'nobody-present', team, raise: !next, at: now }],
    },
  });
}
