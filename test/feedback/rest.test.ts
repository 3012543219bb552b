import { describe, expect, test } from 'vitest';
import { contactMade } from '../../src/feedback/contact.ts';
import { ask } from '../../src/feedback/question.ts';
import { hold, restDaysMax, resume } from '../../src/feedback/rest.ts';
import { addDays } from '../../src/referral/deadlines.ts';
import { auditsIn, clocksIn, errorsIn, monday, notNow, notYours, refusedWith, sentIn, written } from './changes.ts';
import { accepted, gp, karim, marijke, received, sanne, theLine } from './journeys.ts';

const rest = { why: 'time', until: '2026-12-14' } as const;
const theDay = '2026-12-14T08:00:00.000Z';
const resting = () => {
  const played = accepted();
  const change = played.move(sanne, (journey, acting) => hold(journey, rest, acting));
  return { played, change };
};

describe('"ik wil tijd"', () => {
  test('stops the clocks until an agreed day, and only that day counts', () => {
    const { change } = resting();
    expect(change.index).toMatchObject({ taskStatus: 'on-hold', businessStatus: 'on-hold' });
    expect(clocksIn(change)).toEqual(['rest 2026-12-14']);
    expect(change.events).toEqual([{ kind: 'rest', at: monday, on: '2026-12-14', outcome: 'time' }]);
    expect(auditsIn(change)).toEqual(['task-on-hold U wally-sanne ok']);
    expect(sentIn(change)).toEqual([]);
    expect(written(change, 'Task')[0]).toMatchObject({ statusReason: { text: 'time' } });
    expect(errorsIn(change)).toEqual([]);
  });

  test('what the practice was asked goes on waiting for its answer', () => {
    const played = accepted();
    played.move(sanne, (journey, acting) => ask(journey, { text: 'Welk nummer klopt?' }, acting));
    const change = played.move(sanne, (journey, acting) => hold(journey, rest, acting));
    expect(clocksIn(change)).toEqual(['answer 2026-11-30', 'rest 2026-12-14']);
  });

  test.each([
    ['today', '2026-11-23'],
    ['yesterday', '2026-11-22'],
    ['too long', addDays('2026-11-23', restDaysMax + 1)],
  ])('has an end: not %s', (_, until) => {
    const played = accepted();
    expect(refusedWith(hold(played.journey(), { ...rest, until }, played.acting(sanne)))).toEqual([
      'rest-too-long at until',
    ]);
  });

  test('the longest one and tomorrow are fine', () => {
    const played = accepted();
    for (const until of ['2026-11-24', addDays('2026-11-23', restDaysMax)])
      expect(refusedWith(hold(played.journey(), { ...rest, until }, played.acting(sanne)))).toBeUndefined();
  });

  test('is the owner’s to give, for what was accepted', () => {
    const played = accepted();
    for (const who of [karim, gp, theLine, marijke])
      expect(refusedWith(hold(played.journey(), rest, played.acting(who)))).toEqual(notYours);
    expect(refusedWith(hold(received().journey(), rest, received().acting(sanne)))).toEqual(notNow);
  });
});

describe('taken up again', () => {
  test.each([
    ['by the Wally', sanne],
    ['by the line on the day', theLine],
  ])('%s: the promises count from then, and why it rested stands there no more', (_, who) => {
    const { played } = resting();
    const change = played.move(who, (journey, acting) => resume(journey, acting), theDay);
    expect(change.index).toMatchObject({
      taskStatus: 'in-progress',
      businessStatus: 'resumed',
      callBefore: '2026-12-17',
    });
    expect(clocksIn(change)).toEqual(['attempt 2026-12-16', 'contact 2026-12-21']);
    expect(written(change, 'Task')[0]).not.toHaveProperty('statusReason');
    expect(written(change, 'Task')[0]?.restriction?.period).toEqual({ start: theDay, end: '2026-12-17' });
    expect(change.events).toEqual([{ kind: 'resumed', at: theDay, owner: 'wally-sanne' }]);
    expect(auditsIn(change)).toEqual([`task-resumed U ${who.id} ok`]);
    expect(errorsIn(change)).toEqual([]);
  });

  test('who was spoken with before it rested is owed news, not a first call', () => {
    const played = accepted();
    played.move(sanne, (journey, acting) => contactMade(journey, monday, acting));
    played.move(sanne, (journey, acting) => hold(journey, rest, acting));
    const change = played.move(sanne, (journey, acting) => resume(journey, acting), theDay);
    expect(clocksIn(change)).toEqual(['news 2027-01-27']);
  });

  test('H18: a team lead does it with a reason; nobody else, and only what rests', () => {
    const { played } = resting();
    for (const who of [karim, gp, marijke])
      expect(refusedWith(resume(played.journey(), played.acting(who, theDay)))).toEqual(notYours);
    expect(refusedWith(resume(played.journey(), played.acting(marijke, theDay), 'Sanne is ziek'))).toBeUndefined();
    expect(refusedWith(resume(accepted().journey(), accepted().acting(sanne)))).toEqual(notNow);
  });
});
