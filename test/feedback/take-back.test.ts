import type { Task } from '@medplum/fhirtypes';
import { describe, expect, test } from 'vitest';
import { accept, seen } from '../../src/feedback/moves.ts';
import { report } from '../../src/feedback/report.ts';
import { takeBack } from '../../src/feedback/take-back.ts';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { accepted, answerOf, gp, marijke, monday, type Played, received, sanne, theLine } from './journeys.ts';

const undo = (played: Played, at: string, who = gp) => takeBack(played.journey(), 'undo', played.acting(who, at));
const withdraw = (played: Played, who = gp) => takeBack(played.journey(), 'withdraw', played.acting(who));
const reason = (found: ReturnType<typeof undo>) => (isRefusal(found) ? found.refused[0]?.reason : 'done');

const inProgress = () => {
  const played = accepted();
  played.move(sanne, (journey, acting) => report(journey, answerOf({ final: false, outcomes: [] }), acting));
  return played;
};
const opened = () => {
  const played = received();
  played.move(sanne, (journey, acting) => seen(journey, acting) ?? { refused: [] });
  return played;
};

describe('taking back', () => {
  test.each([
    ['at once', '2026-11-23T09:00:00.000Z', 'done'],
    ['in the last moment', '2026-11-23T09:01:59.999Z', 'done'],
    ['when the two minutes are over', '2026-11-23T09:02:00.000Z', 'undo-too-late'],
    ['an hour later', '2026-11-23T10:00:00.000Z', 'undo-too-late'],
  ])('H3: undo %s', (_, at, said) => {
    expect(reason(undo(received({}, { undoMs: 120_000 }), at))).toBe(said);
  });

  test('H3: a system has no undo, it withdraws', () => {
    expect(reason(undo(received(), monday))).toBe('undo-too-late');
    expect(reason(withdraw(received()))).toBe('done');
  });

  test.each([
    ['new', received, 'done'],
    ['seen', opened, 'done'],
    ['accepted', () => accepted(), 'done'],
    ['started', inProgress, 'not-in-this-state'],
  ] as const)('withdrawing what is %s', (_, make, said) => {
    expect(reason(withdraw(make()))).toBe(said);
  });

  test('only the practice may', () => {
    for (const who of [sanne, marijke, theLine]) expect(reason(withdraw(received(), who))).toBe('not-yours');
  });

  test('twice is once', () => {
    const played = received();
    played.move(gp, (journey, acting) => takeBack(journey, 'withdraw', acting));
    expect(reason(withdraw(played))).toBe('not-in-this-state');
    expect(isRefusal(accept(played.journey(), played.acting(sanne)))).toBe(true);
  });

  test('what is not delivered yet is given up, alarms go, both resources say why', () => {
    const played = received({ priority: 'stat' });
    const change = played.move(gp, (journey, acting) => takeBack(journey, 'withdraw', acting));
    expect(change.deliveries).toEqual([{ to: 'abandon-all', kinds: ['worklist', 'notify'], reason: 'withdrawn' }]);
    expect(change.alarms?.map(({ kind, raise }) => ({ kind, raise }))).toEqual([
      { kind: 'nobody-present', raise: false },
      { kind: 'acute', raise: false },
      { kind: 'overdue', raise: false },
    ]);
    const { task, serviceRequest, index } = played.journey();
    expect(task.resource).toMatchObject({
      status: 'cancelled',
      statusReason: { text: 'Ingetrokken door de praktijk' },
    } satisfies Partial<Task>);
    expect(serviceRequest).toMatchObject({ version: 2, resource: { status: 'revoked' } });
    expect(index).toMatchObject({ taskStatus: 'cancelled', businessStatus: 'withdrawn' });
    for (const one of [task.resource, serviceRequest.resource]) {
      expect(validateBaseR4(one).filter((issue) => issue.severity === 'error')).toEqual([]);
    }
  });

  test('undone reads differently from withdrawn: nobody saw it', () => {
    const played = received({}, { undoMs: 120_000 });
    const change = played.move(gp, (journey, acting) => takeBack(journey, 'undo', acting));
    expect(change.deliveries).toMatchObject([{ reason: 'taken-back' }]);
    expect(played.journey().task.resource.statusReason?.text).toBe('Teruggenomen door de praktijk, vóór bezorging');
    expect(change.audit).toMatchObject([{ event: 'referral-taken-back', actor: { id: 'gp-vanleeuwen' } }]);
  });
});
