import { describe, expect, test } from 'vitest';
import { accept } from '../../src/feedback/moves.ts';
import { report } from '../../src/feedback/report.ts';
import { clocksOf, overdueOn, promised, stepAt, steps } from '../../src/referral/clocks.ts';
import { addWorkingDays, isWorkingDay, localDay } from '../../src/referral/deadlines.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { answerOf, monday, received, sanne } from '../feedback/journeys.ts';

const kinds = (journey: Journey) =>
  clocksOf(journey)
    .map((one) => `${one.kind} ${one.dueOn}`)
    .sort();
const taskOf = (journey: Journey, change: object): Journey => ({
  ...journey,
  task: { ...journey.task, resource: { ...journey.task.resource, ...change } },
});

describe('the clocks of a journey', () => {
  test('a new referral: opened within 1 working day, tried within 2, contact within 5', () => {
    expect(kinds(received().journey())).toEqual(['attempt 2026-11-25', 'contact 2026-11-30', 'open 2026-11-24']);
  });

  test('accepting stops the first; contact stops the others and starts the long one; closing stops all', () => {
    const played = received();
    played.move(sanne, accept);
    expect(kinds(played.journey())).toEqual(['attempt 2026-11-25', 'contact 2026-11-30']);
    const heard = answerOf({ final: false, outcomes: [] });
    played.move(sanne, (journey, acting) => report(journey, heard, acting), '2026-11-24T10:00:00Z');
    expect(kinds(played.journey())).toEqual([`news ${addWorkingDays('2026-11-24', 30)}`]);
    played.move(sanne, (journey, acting) => report(journey, answerOf(), acting), '2026-11-25T10:00:00Z');
    expect(kinds(played.journey())).toEqual([]);
  });

  test('a rest stops all promises and has its own end', () => {
    const played = received();
    played.move(sanne, accept);
    const { restriction } = played.journey().task.resource;
    const resting = taskOf(played.journey(), {
      status: 'on-hold',
      restriction: { ...restriction, period: { ...restriction?.period, end: '2027-01-15' } },
    });
    expect(kinds(resting)).toEqual(['rest 2027-01-15']);
  });

  test('a practice may have agreed on other days', () => {
    const levels = { open: 2, attempt: 3, contact: 10, news: 20, answer: 5, stop: 2, confirm: 5 };
    const clocks = clocksOf(received().journey(), levels).map((one) => `${one.kind} ${one.dueOn}`);
    expect(clocks.sort()).toEqual(['attempt 2026-11-26', 'contact 2026-12-07', 'open 2026-11-25']);
  });

  test('every change of a journey carries all its clocks, so that none is orphaned', () => {
    const played = received();
    const change = played.move(sanne, accept);
    expect(change.clocks).toEqual(clocksOf(played.journey()));
  });
});

describe('when one runs out (H5)', () => {
  test('reminder, substitute, team lead, and then the GP is told; one step per working day', () => {
    let day = overdueOn('2026-12-23');
    const taken: string[] = [];
    for (let level = 0; ; level += 1) {
      const step = stepAt('contact', level, day);
      if (!step) break;
      taken.push(`${day} ${step.step}`);
      expect(step.nextOn === null).toBe(level + 1 === steps.length);
      if (!step.nextOn) break;
      expect(isWorkingDay(step.nextOn)).toBe(true);
      day = step.nextOn;
    }
    // Christmas and the weekend are in between.
    expect(taken).toEqual([
      '2026-12-24 reminder',
      '2026-12-28 substitute',
      '2026-12-29 team-lead',
      '2026-12-30 practice',
    ]);
  });

  test('what the GP was not promised, the GP is not told', () => {
    for (const kind of ['rest', 'answer', 'onward', 'confirm'] as const) {
      expect(promised.has(kind)).toBe(false);
      expect(stepAt(kind, 2, '2026-11-24')).toEqual({ step: 'team-lead', nextOn: null });
      expect(stepAt(kind, 3, '2026-11-24')).toBeUndefined();
    }
  });
});

test('days are Dutch days, also around the changes of the clock', () => {
  expect(localDay(new Date(monday))).toBe('2026-11-23');
  expect(localDay(new Date('2026-10-25T00:30:00Z'))).toBe('2026-10-25');
  expect(localDay(new Date('2026-03-28T23:30:00Z'))).toBe('2026-03-29');
});
