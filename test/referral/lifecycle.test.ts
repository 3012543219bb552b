import type { Appointment, Communication, Task } from '@medplum/fhirtypes';
import { describe, expect, test } from 'vitest';
import { codeSystems, extensions } from '../../src/fhir/systems.ts';
import type { Actor } from '../../src/referral/actor.ts';
import type { Journey, Versioned } from '../../src/referral/journey.ts';
import { isOpen, stateSaid, transition } from '../../src/referral/lifecycle/lifecycle.ts';
import type { Condition, Move, Status, Transition, Who } from '../../src/referral/lifecycle/row.ts';
import { TRANSITIONS } from '../../src/referral/lifecycle/transitions.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { noted } from '../../src/referral/task-output.ts';
import { received } from '../feedback/journeys.ts';

const statuses: readonly Status[] = [
  'draft',
  'requested',
  'received',
  'accepted',
  'rejected',
  'ready',
  'cancelled',
  'in-progress',
  'on-hold',
  'failed',
  'completed',
  'entered-in-error',
];
const roles: readonly Actor['role'][] = [
  'practice',
  'wally',
  'team-lead',
  'administrator',
  'practice-system',
  'organisation',
  'line',
];
const moves = [...new Set(TRANSITIONS.map((row) => row.move))];
const base = received().journey();
const role = (id: string) => ({ reference: `PractitionerRole/${id}` });
const versioned = <T>(resource: T): Versioned<T> => ({ resource: { ...resource, id: 'x' }, version: 1 });

/** A journey in a state, with what conditions ask about set as wished; `me` stands in no role unless told. */
function journeyIn(
  status: Status,
  as: Partial<Record<'owner' | 'proposed' | 'acted-for', string>> = {},
  met = false,
): Journey {
  const tries = ['2026-11-23T10:00', '2026-11-24T14:00', '2026-11-25T10:00'];
  const task: Task & { id: string } = {
    ...base.task.resource,
    status,
    owner: role(as.owner ?? 'someone'),
    output: met ? tries.map((at) => noted('contact-attempt', `${at}:00Z`, 'phone')) : [],
    extension: [
      { url: extensions.proposedOwner, valueReference: role(as.proposed ?? 'someone') },
      { url: extensions.actingFor, valueReference: role(as['acted-for'] ?? 'someone') },
    ],
  };
  const question: Communication = {
    resourceType: 'Communication',
    status: 'completed',
    category: [{ coding: [{ system: codeSystems.communicationCategory, code: 'question' }] }],
  };
  const child: Task = {
    resourceType: 'Task',
    intent: 'order',
    status: 'accepted',
    partOf: [{ reference: `Task/${task.id}` }],
  };
  const abort: Task = { resourceType: 'Task', intent: 'order', status: 'requested' };
  const appointment: Appointment = {
    resourceType: 'Appointment',
    status: 'booked',
    participant: [{ status: 'accepted' }],
  };
  const request = base.serviceRequest.resource;
  return {
    ...base,
    task: { resource: task, version: 1 },
    requests: met ? [versioned(abort)] : [],
    children: met ? [] : [versioned(child)],
    communications: met ? [versioned(question)] : [],
    appointments: met ? [versioned(appointment)] : [],
    serviceRequest: {
      resource: {
        ...request,
        extension: [...(request.extension ?? []), { url: extensions.unconfirmed, valueBoolean: met }],
      },
      version: 1,
    },
  };
}

const actorOf = (who: Who): Actor => {
  const named = who === 'owner' || who === 'proposed' || who === 'acted-for';
  return { id: 'me', name: 'me', role: named ? 'wally' : who };
};
const asWho = (who: Who) => (who === 'owner' || who === 'proposed' || who === 'acted-for' ? { [who]: 'me' } : {});
const reasonOf = (found: ReturnType<typeof transition>) => (isRefusal(found) ? found.refused[0]?.reason : undefined);
const nameOf = (row: Transition) => `${row.move} from ${row.from.join('/')}`;
const allRows = TRANSITIONS.map((row) => [nameOf(row), row] as const);

describe('every row makes its move', () => {
  const each = TRANSITIONS.flatMap((row) =>
    row.from.flatMap((from) => row.by.map((by) => [nameOf(row), from, by, row] as const)),
  );
  test.each(each)('%s: from %s by %s', (_, from, by, row) => {
    const moving = transition(journeyIn(from, asWho(by), true), row.move, actorOf(by));
    expect(moving).toEqual({ ...row, status: row.to === 'same' ? from : row.to });
  });
});

describe('and is refused', () => {
  test.each(allRows)('%s: for whom it is not', (_, row) => {
    const [from = 'requested'] = row.from;
    const allowed = TRANSITIONS.filter((one) => one.move === row.move && one.from.includes(from)).flatMap(
      (one) => one.by,
    );
    const others = roles.filter((one) => !allowed.includes(one));
    expect(others.length).toBeGreaterThan(0);
    // A Wally who is neither owner nor named is as much a stranger as the administrator.
    for (const one of others)
      expect(reasonOf(transition(journeyIn(from, {}, true), row.move, actorOf(one)))).toBe('not-yours');
  });

  test.each(allRows.filter(([, row]) => row.only))('%s: without its condition', (_, row) => {
    const reasons: Record<Condition, string> = {
      'nothing-open-elsewhere': 'onward-referral-open',
      'three-attempts': 'too-few-attempts',
      'stop-asked': 'no-stop-asked',
      'question-open': 'no-question-open',
      'appointment-planned': 'no-appointment',
      unconfirmed: 'nothing-to-confirm',
    };
    for (const from of row.from)
      for (const by of row.by)
        expect(reasonOf(transition(journeyIn(from, asWho(by)), row.move, actorOf(by)))).toBe(
          reasons[row.only as Condition],
        );
  });

  test.each(moves.map((move) => [move] as const))('%s: in every state that is not named', (move) => {
    const named = TRANSITIONS.filter((row) => row.move === move).flatMap((row) => row.from);
    const everyone = { owner: 'me', proposed: 'me', 'acted-for': 'me' };
    for (const status of statuses.filter((one) => !named.includes(one)))
      for (const one of roles)
        expect(reasonOf(transition(journeyIn(status, everyone, true), move, actorOf(one)))).toBe('not-in-this-state');
  });

  test('nothing about the work leaves an end: completed, cancelled, failed, rejected, entered-in-error', () => {
    for (const end of ['completed', 'cancelled', 'failed', 'rejected', 'entered-in-error'] as const)
      for (const row of TRANSITIONS.filter((one) => one.from.includes(end))) expect(row.to).toBe('same');
  });
});

describe('what the table must never say', () => {
  const by = (move: Move) => TRANSITIONS.filter((row) => row.move === move).flatMap((row) => row.by);
  test('an administrator does nothing at all; the line never accepts, declines, reports, closes or gives up (H14)', () => {
    for (const row of TRANSITIONS) expect(row.by).not.toContain('administrator');
    for (const move of ['open', 'accept', 'decline', 'report', 'close', 'give-up', 'refer-on'] satisfies Move[])
      expect(by(move)).toEqual(['owner']);
  });

  test('started work is not cancelled by command', () => {
    for (const from of ['in-progress', 'on-hold'] as const)
      expect(reasonOf(transition(journeyIn(from, {}, true), 'withdraw', actorOf('practice')))).toBe(
        'not-in-this-state',
      );
  });

  test('H18: a team lead deviates with a reason, but never where consent or safety is at stake', () => {
    const lead = actorOf('team-lead');
    const early = journeyIn('accepted', {}, false);
    expect(reasonOf(transition(early, 'give-up', lead))).toBe('not-yours');
    expect(reasonOf(transition(early, 'give-up', lead, ''))).toBe('not-yours');
    expect(transition(early, 'give-up', lead, 'De inwoner belde zelf af')).toMatchObject({ status: 'failed' });
    for (const move of ['decline', 'refer-on', 'report', 'close', 'refuse-to-stop', 'ask'] satisfies Move[])
      expect(
        reasonOf(transition(journeyIn('in-progress', {}, true), move, lead, 'Omdat het moet')),
      ).not.toBeUndefined();
    // A reason gives nobody else a right.
    expect(reasonOf(transition(early, 'give-up', actorOf('wally'), 'Ik wil het'))).toBe('not-yours');
  });

  test('no open state is a dead end: from each, every open referral can still be closed by somebody', () => {
    for (const status of statuses.filter((one) => isOpen(one))) {
      const ends = TRANSITIONS.filter((row) => row.from.includes(status) && row.to !== 'same' && !isOpen(row.to));
      expect(ends.map((row) => row.move)).not.toEqual([]);
    }
  });
});

test('every state has words for people, in both languages', () => {
  expect(stateSaid('requested', 'new')).toEqual({ nl: 'nieuw', en: 'new' });
  expect(stateSaid('requested', 'reassigned')).toEqual({ nl: 'overgedragen', en: 'handed over' });
  for (const { to, from, businessStatus } of TRANSITIONS.filter((row) => row.businessStatus)) {
    const said = stateSaid(to === 'same' ? (from[0] ?? '') : to, businessStatus ?? '');
    expect(said.nl).toMatch(/^\p{Ll}[\p{Ll}:, -]+$/u);
    expect(said.en).not.toBe(said.nl);
  }
});
