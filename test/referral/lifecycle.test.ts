import type { Task } from '@medplum/fhirtypes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Actor } from '../../src/referral/actor.ts';
import {
  isOpen,
  type Move,
  stateSaid,
  TRANSITIONS,
  type Transition,
  transition,
} from '../../src/referral/lifecycle.ts';
import { isRefusal } from '../../src/referral/refusal.ts';

type Status = NonNullable<Task['status']>;
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
const roles: readonly Actor['role'][] = ['practice', 'wally', 'team-lead', 'administrator', 'practice-system', 'line'];
const moves = [...new Set(TRANSITIONS.map((row) => row.move))];

const taskOf = (status: Status, owner?: string): Task => ({
  resourceType: 'Task',
  intent: 'order',
  status,
  ...(owner && { owner: { reference: `PractitionerRole/${owner}` } }),
});
const actorOf = (role: Actor['role'], id = 'me'): Actor => ({ id, name: id, role });
const reasonOf = (found: ReturnType<typeof transition>) => (isRefusal(found) ? found.refused[0]?.reason : undefined);
const nameOf = (row: Transition) => `${row.move} from ${row.from.join('/')}`;

describe('every row makes its move', () => {
  const rows = TRANSITIONS.flatMap((row) =>
    row.from.flatMap((from) => row.by.map((by) => [nameOf(row), from, by, row] as const)),
  );
  test.each(rows)('%s: from %s by %s', (_, from, by, row) => {
    const [actor, owner] = by === 'owner' ? [actorOf('wally'), 'me'] : [actorOf(by), 'someone'];
    expect(transition(taskOf(from, owner), row.move, actor)).toBe(row);
  });
});

describe('and no other', () => {
  test.each(TRANSITIONS.map((row) => [nameOf(row), row] as const))('%s: refused for whom it is not', (_, row) => {
    const [from = 'requested'] = row.from;
    const allowed = TRANSITIONS.filter((one) => one.move === row.move && one.from.includes(from)).flatMap(
      (one) => one.by,
    );
    const others = roles.filter((role) => !allowed.includes(role));
    expect(others.length).toBeGreaterThan(0);
    // The Wally who is no longer the owner is as much a stranger as the administrator.
    for (const role of others)
      expect(reasonOf(transition(taskOf(from, 'someone'), row.move, actorOf(role)))).toBe('not-yours');
  });

  test.each(moves.map((move) => [move] as const))('%s: refused in every state that is not named', (move) => {
    const named = TRANSITIONS.filter((row) => row.move === move).flatMap((row) => row.from);
    for (const status of statuses.filter((one) => !named.includes(one))) {
      for (const role of roles)
        expect(reasonOf(transition(taskOf(status, 'me'), move, actorOf(role)))).toBe('not-in-this-state');
    }
  });

  test('nothing leaves an end: completed, cancelled, failed, rejected', () => {
    for (const end of ['completed', 'cancelled', 'failed', 'rejected', 'entered-in-error'] as const) {
      for (const move of moves)
        for (const role of roles) expect(isRefusal(transition(taskOf(end, 'me'), move, actorOf(role)))).toBe(true);
    }
  });

  test('the line never accepts, reports or closes, and an administrator does nothing at all', () => {
    for (const row of TRANSITIONS) expect(row.by).not.toContain('administrator');
    for (const move of ['open', 'accept', 'report', 'close'] satisfies Move[]) {
      expect(TRANSITIONS.filter((row) => row.move === move).flatMap((row) => row.by)).toEqual(['owner']);
    }
  });

  test('started work is not cancelled by command', () => {
    expect(reasonOf(transition(taskOf('in-progress', 'w'), 'withdraw', actorOf('practice')))).toBe('not-in-this-state');
  });
});

test('whatever is tried in whatever order, a Task only ever stands where the table can bring it', () => {
  const reachable = new Set<Status>(['requested', ...TRANSITIONS.map((row) => row.to)]);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...moves), fc.constantFrom(...roles), fc.boolean()), { maxLength: 20 }),
      (tries) => {
        let status: Status = 'requested';
        let ended = false;
        for (const [move, role, own] of tries) {
          const row = transition(taskOf(status, own ? 'me' : 'other'), move, actorOf(role));
          if (isRefusal(row)) continue;
          expect(ended).toBe(false);
          status = row.to;
          ended = !isOpen(status);
          expect(reachable.has(status)).toBe(true);
        }
      },
    ),
  );
});

test('every state has words for people, in both languages', () => {
  expect(stateSaid('requested', 'new')).toEqual({ nl: 'nieuw', en: 'new' });
  expect(stateSaid('requested', 'reassigned')).toEqual({ nl: 'overgedragen', en: 'handed over' });
  for (const row of TRANSITIONS) {
    const said = stateSaid(row.to, row.businessStatus);
    expect(said.nl).toMatch(/^\p{Ll}[\p{Ll} ]+$/u);
    expect(said.en).not.toBe(said.nl);
  }
});
