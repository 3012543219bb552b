import { deepEquals } from '@medplum/core';
import type { Task } from '@medplum/fhirtypes';
import { codeSystems, extensions } from '../../fhir/systems.ts';
import { TRANSITIONS } from '../../referral/lifecycle/transitions.ts';
import { namedRole } from '../../referral/named-role.ts';
import { isRefusal, issue, type Refusal, refuse } from '../../referral/refusal.ts';
import { endReasons } from '../ending.ts';
import { askedByOutputs, type TaskSent } from './from-outputs.ts';
import { type Asked, isMoveName, type MoveName, namedMoves } from './named-move.ts';
import { codesOf, given, idIn, mayNotChange, noSuchMove, notCarried, severalMoves } from './words.ts';

/** What the server keeps by itself. */
const managed = new Set(['resourceType', 'id', 'meta', 'lastModified', 'relevantHistory', 'executionPeriod']);

/** Which elements belong to a move, beside status and businessStatus. */
const uses: Partial<Record<MoveName, readonly string[]>> = {
  decline: ['statusReason', 'note'],
  attempt: ['output'],
  contact: ['output'],
  hold: ['statusReason', 'restriction'],
  resume: ['statusReason', 'restriction'],
  offer: ['extension'],
  'refuse-offer': ['extension'],
  'take-over': ['owner', 'extension'],
  'resume-own': ['owner', 'extension'],
  report: ['output', 'contained'],
  close: ['output', 'contained'],
  'give-up': ['statusReason'],
  end: ['statusReason'],
  'enter-in-error': ['statusReason'],
  withdraw: ['statusReason'],
  'ask-to-stop': ['statusReason'],
  'agree-to-stop': ['statusReason'],
  'refuse-to-stop': ['statusReason'],
  'hear-onward': ['statusReason'],
};

/** Why it is in its state: our code, else what was written. */
export const reasonOf = ({ statusReason }: Task) =>
  codesOf(statusReason, codeSystems.statusReason)[0] ?? statusReason?.text;
const inReason = { reason: 'Task.statusReason', why: 'Task.statusReason', text: 'Task.statusReason' };

/** What a reference names, without the words beside it and wherever it is: only that counts. */
function nameOf(value: unknown): string | undefined {
  const { reference } = (value ?? {}) as { reference?: unknown };
  return typeof reference === 'string' ? reference.split('/').slice(-2).join('/') : undefined;
}

const isSame = (one: unknown, other: unknown) =>
  deepEquals(one, other) || (nameOf(one) !== undefined && nameOf(one) === nameOf(other));

/** The elements in which the two differ, as far as the sender may have said something by it. */
export function changedIn({ sent, base, isPatch }: Pick<TaskSent, 'sent' | 'base' | 'isPatch'>): string[] {
  const [now, before] = [sent, base] as unknown as Record<string, unknown>[];
  const keys = isPatch ? new Set([...Object.keys(now ?? {}), ...Object.keys(before ?? {})]) : Object.keys(now ?? {});
  const skipped = (key: string) => !isPatch && managed.has(key);
  return [...keys].filter((key) => !skipped(key) && !isSame(now?.[key], before?.[key]));
}

/** Another owner: who was offered it takes over, or who was acted for takes it up again. By that one. */
function askedByOwner({ sent, base }: TaskSent): Asked | Refusal {
  const by = idIn(sent.owner, 'PractitionerRole');
  if (by && by === namedRole(base, extensions.proposedOwner)) return { move: 'take-over', parts: {}, places: {}, by };
  if (by && by === namedRole(base, extensions.actingFor)) return { move: 'resume-own', parts: {}, places: {}, by };
  return refuse(
    issue('business-rule', 'not-offered', 'Task.owner', {
      nl: 'Deze verwijzing is niet aan deze persoon aangeboden. Bied haar eerst aan (extensie proposed-owner); een teamleider wijst toe met $move.',
      en: 'This referral was not offered to this person. Offer it first (extension proposed-owner); a team lead assigns with $move.',
    }),
  );
}

/** The owner offers it to a colleague, or that colleague does not take it. Of the extensions nothing else may change. */
function askedByOffer({ sent, base }: TaskSent): Asked | Refusal {
  const others = (task: Task) => (task.extension ?? []).filter((one) => one.url !== extensions.proposedOwner);
  if (!deepEquals(others(sent), others(base))) return refuse(mayNotChange('Task.extension'));
  const [to, before] = [namedRole(sent, extensions.proposedOwner), namedRole(base, extensions.proposedOwner)];
  if (to) return { move: 'offer', parts: { to }, places: { to: 'Task.extension' } };
  return { move: 'refuse-offer', parts: {}, places: {}, ...given('by', before) };
}

const sayWhat = (path: string): Refusal =>
  refuse(
    issue('business-rule', 'say-what-was-done', path, {
      nl: 'Zeg wat er gedaan is: noteer het contact of de poging als output, of maak een afspraak. De status volgt daaruit.',
      en: 'Say what was done: note the contact or the attempt as an output, or make an appointment. The status follows from it.',
    }),
  );

const feedbackMissing = refuse(
  issue('business-rule', 'feedback-missing', 'Task.output', {
    nl: 'Afsluiten kan alleen met een terugkoppeling aan de huisarts. Stuur die mee als output, of als Communication (feedback-final).',
    en: 'Closing needs feedback to the GP. Send it along as an output, or as a Communication (feedback-final).',
  }),
);

/** What a status alone asks for, of the Task that carries the work. */
function askedByStatus(task: TaskSent, side: 'practice' | 'team'): Asked | Refusal {
  const { sent, base } = task;
  const reason = reasonOf(sent);
  const asked = (move: MoveName, parts: Asked['parts'] = {}, places: Asked['places'] = inReason): Asked => ({
    move,
    parts,
    places,
  });
  switch (sent.status) {
    case 'received':
      return asked('open');
    case 'accepted':
      return asked('accept');
    case 'rejected': {
      const fresh = (sent.note ?? []).slice(base.note?.length ?? 0);
      const text = fresh.map((one) => one.text).join('\n');
      return asked(
        'decline',
        { ...given('reason', reason), ...(text && { proposal: text }) },
        {
          ...inReason,
          proposal: 'Task.note',
        },
      );
    }
    case 'on-hold':
      return asked(
        'hold',
        { ...given('why', reason), ...given('until', sent.restriction?.period?.end?.slice(0, 10)) },
        {
          ...inReason,
          until: 'Task.restriction.period.end',
        },
      );
    case 'in-progress':
      return base.status === 'on-hold' ? asked('resume') : sayWhat('Task.status');
    case 'completed':
      return feedbackMissing;
    case 'failed':
      return asked('give-up');
    case 'entered-in-error':
      return asked('enter-in-error', given('reason', reason));
    case 'cancelled':
      if (reason && Object.hasOwn(endReasons, reason)) return asked('end', { reason });
      if (side === 'team') return asked('agree-to-stop', given('reason', reason));
      return base.status === 'in-progress' || base.status === 'on-hold'
        ? asked('ask-to-stop', { reason: reason ?? 'De praktijk vraagt om te stoppen' })
        : asked('withdraw', given('reason', reason));
    default:
      return noSuchMove('Task.status');
  }
}

/** A word of ours for how far it is that says exactly one move, where that move needs nothing else. */
function askedByBusinessStatus({ sent }: TaskSent): Asked | Refusal {
  const said = codesOf(sent.businessStatus, codeSystems.businessStatus)[0];
  const row = TRANSITIONS.find((one) => one.businessStatus === said && !['reassigned', undefined].includes(said));
  return row && isMoveName(row.move) && namedMoves[row.move].parts.safeParse({}).success
    ? { move: row.move, parts: {}, places: {} }
    : refuse(mayNotChange('Task.businessStatus'));
}

/** Whether a row of the table leads from what was read to the status that was sent. */
function agrees(move: MoveName, { sent, base }: TaskSent): boolean {
  if (sent.status === base.status) return true;
  return TRANSITIONS.some(
    (row) => row.move === move && row.from.includes(base.status ?? 'requested') && row.to === sent.status,
  );
}

const onlyEndMoves = ({ sent, base }: TaskSent) =>
  deepEquals(
    { ...sent.restriction, period: { ...sent.restriction?.period, end: '' } },
    { ...base.restriction, period: { ...base.restriction?.period, end: '' } },
  );

/** What a request to stop (code abort) or a Task of another organisation (partOf) asks for by its status. */
function askedBeside({ sent, base }: TaskSent): Asked | Refusal {
  const reason = reasonOf(sent);
  const stops = codesOf(base.code, codeSystems.taskCode).includes('abort');
  if (stops && (sent.status === 'accepted' || sent.status === 'completed'))
    return { move: 'agree-to-stop', parts: given('reason', reason), places: inReason };
  if (stops && sent.status === 'rejected')
    return { move: 'refuse-to-stop', parts: given('reason', reason), places: inReason };
  const heard = {
    accepted: 'accepted',
    'in-progress': 'interim',
    completed: 'helped',
    rejected: 'declined',
    failed: 'not-reached',
  } as const;
  const outcome = heard[sent.status as keyof typeof heard];
  if (stops || !outcome) return noSuchMove('Task.status');
  return { move: 'hear-onward', parts: { task: base.id, outcome, ...given('text', reason) }, places: inReason };
}

/**
 * The one move that a Task as it was sent asks for; `nothing` when it says what is so already. A difference that is no
 * move, or more than one, is refused with the places that may not change. Pure.
 */
export function moveFromTask(task: TaskSent, side: 'practice' | 'team'): Asked | 'nothing' | Refusal {
  const { sent, base, journey } = task;
  const changed = changedIn(task);
  if (changed.length === 0) return 'nothing';
  const has = (key: string) => changed.includes(key);
  const isWork = base.id === journey.task.resource.id;
  const first = [
    ...(isWork && has('owner') ? [askedByOwner(task)] : []),
    ...(isWork && has('extension') && !has('owner') ? [askedByOffer(task)] : []),
    ...(isWork && has('output') ? [askedByOutputs(task)] : []),
  ].filter((one) => one !== undefined);
  const refused = first.filter(isRefusal).flatMap((one) => one.refused);
  if (refused.length > 0) return refuse(...refused);
  if (first.length > 1) return severalMoves(changed.map((key) => `Task.${key}`));
  const [one] = first;
  const asked =
    one ??
    (!has('status') && has('businessStatus') && isWork
      ? askedByBusinessStatus(task)
      : !has('status')
        ? refuse(...changed.map((key) => mayNotChange(`Task.${key}`)))
        : isWork
          ? askedByStatus(task, side)
          : askedBeside(task));
  if (isRefusal(asked)) return asked;
  const belongs = new Set(['status', 'businessStatus', ...(uses[asked.move] ?? [])]);
  const wrong = changed.filter((key) => !belongs.has(key) || (key === 'restriction' && !onlyEndMoves(task)));
  if (isWork && has('status') && !agrees(asked.move, task)) {
    // From a state that the move does not start in, the table says so itself.
    if (one) wrong.push('status');
  }
  const word = codesOf(sent.businessStatus, codeSystems.businessStatus)[0];
  const follows = TRANSITIONS.some((row) => row.move === asked.move && row.businessStatus === word);
  if (has('businessStatus') && !follows) wrong.push('businessStatus');
  if (wrong.length > 0) return refuse(...wrong.map((key) => mayNotChange(`Task.${key}`)));
  const owner = idIn(journey.task.resource.owner, 'PractitionerRole');
  const by = asked.by ?? owner;
  const period = sent.executionPeriod && !deepEquals(sent.executionPeriod, base.executionPeriod);
  const losses = [...(asked.losses ?? []), ...(period ? [notCarried('Task.executionPeriod')] : [])];
  return { ...asked, ...(by && { by }), losses };
}
