import { describe, expect, test } from 'vitest';
import { overdueStep } from '../../src/delivery/overdue.ts';
import { appoint, attempt } from '../../src/feedback/contact.ts';
import { decline, declineReasons, type EndReason, end, endReasons, giveUp, recall } from '../../src/feedback/ending.ts';
import { seen } from '../../src/feedback/moves.ts';
import { referOn } from '../../src/feedback/onward.ts';
import { report } from '../../src/feedback/report.ts';
import type { Actor } from '../../src/referral/actor.ts';
import { canaries } from '../doubles/made.ts';
import { answerOf, auditsIn, errorsIn, monday, notNow, notYours, refusedWith, sentIn, written } from './changes.ts';
import { accepted, gp, karim, marijke, type Played, received, sanne, theLine } from './journeys.ts';
import { onward, regionToo } from './onward-region.ts';

const friday = '2026-11-27T13:00:00.000Z';
const reasonsToDecline = Object.keys(declineReasons) as (keyof typeof declineReasons)[];
const reasonsToEnd = Object.keys(endReasons) as EndReason[];
const phone = { way: 'phone' } as const;

describe('a no', () => {
  test.each(reasonsToDecline)('%s: the GP is told at once, and the request stays the GP’s', (reason) => {
    const played = received();
    const change = played.move(sanne, (journey, acting) => decline(journey, { reason, proposal: 'Bel POH' }, acting));
    expect(change.index).toMatchObject({ taskStatus: 'rejected', businessStatus: 'declined' });
    expect(written(change, 'Task')[0]).toMatchObject({ statusReason: { text: reason }, output: [{}] });
    const text = written(change, 'Communication')[0]?.payload?.[1]?.contentString;
    expect(text).toContain(declineReasons[reason]);
    expect(text).toContain('Voorstel: Bel POH');
    expect(played.journey().serviceRequest.resource.status).toBe('active');
    expect(sentIn(change)).toEqual(['feedback de-brink']);
    expect(change.clocks).toEqual([]);
    expect(change.events).toEqual([{ kind: 'declined', at: monday, owner: 'wally-sanne', outcome: reason }]);
    expect(auditsIn(change)).toEqual(['task-declined U wally-sanne ok']);
    expect(errorsIn(change)).toEqual([]);
  });

  test('also for what was only seen; not for what was accepted, and not by another', () => {
    const no = { reason: 'duplicate' } as const;
    const opened = received();
    opened.move(sanne, (journey, acting) => seen(journey, acting) ?? { refused: [] });
    expect(refusedWith(decline(opened.journey(), no, opened.acting(sanne)))).toBeUndefined();
    for (const who of [karim, gp, marijke, theLine])
      expect(refusedWith(decline(opened.journey(), no, opened.acting(who)))).toEqual(notYours);
    expect(refusedWith(decline(accepted().journey(), no, accepted().acting(sanne)))).toEqual(notNow);
  });
});

/** Tried on so many different days, twice on the first. */
function tried(days: number): Played {
  const played = accepted();
  for (const at of ['09:30', '16:00'])
    played.move(sanne, (journey, acting) => attempt(journey, phone, acting), `2026-11-23T${at}:00.000Z`);
  for (let day = 1; day < days; day += 1)
    played.move(sanne, (journey, acting) => attempt(journey, phone, acting), `2026-11-2${3 + day}T10:00:00.000Z`);
  return played;
}

describe('"niet bereikt"', () => {
  test('H14: after attempts on three days a person closes it, and the GP reads on which days was tried', () => {
    const played = tried(3);
    const change = played.move(sanne, giveUp, friday);
    expect(change.index).toMatchObject({ taskStatus: 'failed', businessStatus: 'not-reached' });
    const text = written(change, 'Communication')[0]?.payload?.[1]?.contentString;
    expect(text).toContain('Geprobeerd op 23 november 2026, 24 november 2026, 25 november 2026.');
    expect(sentIn(change)).toEqual(['feedback de-brink']);
    expect(change.clocks).toEqual([]);
    expect(change.events).toEqual([{ kind: 'closed', at: friday, owner: 'wally-sanne', outcome: 'not-reached' }]);
    expect(auditsIn(change)).toEqual(['task-given-up U wally-sanne ok']);
    expect(written(change, 'Task')[0]?.executionPeriod).toEqual({ start: monday, end: friday });
    expect(errorsIn(change)).toEqual([]);
  });

  test('H14: three attempts on two days are too few', () => {
    const played = tried(2);
    expect(refusedWith(giveUp(played.journey(), played.acting(sanne, friday)))).toEqual(['too-few-attempts at Task']);
  });

  test('H14: three mornings are too few; one of them in the evening is enough', () => {
    const morning = ['2026-11-23T09:30', '2026-11-24T08:00', '2026-11-25T10:59'];
    const refusedAfter = (moments: readonly string[]) => {
      const played = accepted();
      for (const at of moments)
        played.move(sanne, (journey, acting) => attempt(journey, phone, acting), `${at}:00.000Z`);
      return refusedWith(giveUp(played.journey(), played.acting(sanne, friday)));
    };
    expect(refusedAfter(morning)).toEqual(['too-few-attempts at Task']);
    expect(refusedAfter([...morning.slice(0, 2), '2026-11-25T17:00'])).toBeUndefined();
  });

  test('H14: never by itself: the line closes nothing, however late it is', () => {
    const played = tried(3);
    expect(refusedWith(giveUp(played.journey(), played.acting(theLine, friday)))).toEqual(notYours);
    for (const level of [0, 1, 2, 3]) {
      const due = {
        practice: 'de-brink',
        journey: played.journey().id,
        kind: 'contact' as const,
        dueOn: '2026-11-30',
        level,
      };
      const late = overdueStep(played.journey(), due, played.acting(theLine, '2027-03-01T09:00:00.000Z'));
      expect(late?.events).toMatchObject([{ kind: 'overdue' }]);
      expect(late?.index).toBeUndefined();
    }
  });

  test('H18: a team lead may with a reason, which the GP reads in place of the missing days', () => {
    const played = tried(1);
    const why = 'Het nummer bestaat niet meer.';
    expect(refusedWith(giveUp(played.journey(), played.acting(marijke)))).toEqual(notYours);
    const change = played.move(marijke, (journey, acting) => giveUp(journey, acting, why), friday);
    expect(written(change, 'Communication')[0]?.payload?.[1]?.contentString).toContain(why);
    expect(change.events?.map((one) => one.kind)).toEqual(['closed', 'deviated']);
  });
});

/** In work, with an appointment and another organisation. */
function inWork(): Played {
  const played = accepted();
  const planned = { at: '2026-12-02T10:30:00.000Z' };
  played.move(sanne, (journey, acting) => appoint(journey, planned, acting));
  played.move(sanne, (journey, acting) => referOn(journey, onward, regionToo(acting)));
  return played;
}

describe('something in the resident’s life ends it', () => {
  const told: readonly (readonly [string, Actor, readonly string[]])[] = [
    ['the Wally: the practice', sanne, ['feedback de-brink']],
    ['the practice: the Wally', gp, ['notify wally-sanne']],
    ['the team lead: both', marijke, ['feedback de-brink', 'notify wally-sanne']],
  ];
  for (const reason of reasonsToEnd) {
    test.each(told)(`${reason} is told by %s`, (_, who, to) => {
      const played = inWork();
      const change = played.move(who, (journey, acting) => end(journey, reason, acting), friday);
      expect(change.index).toMatchObject({ taskStatus: 'cancelled', businessStatus: 'ended' });
      expect(sentIn(change)).toEqual(to);
      expect(change.clocks).toEqual([]);
      expect(change.events).toEqual([{ kind: 'ended', at: friday, outcome: reason }]);
      expect(auditsIn(change)).toEqual([`referral-ended U ${who.id} ok`]);
      expect(written(change, 'ServiceRequest').map((one) => one.status)).toEqual(['revoked', 'revoked']);
      expect(written(change, 'Appointment')).toMatchObject([{ status: 'cancelled' }]);
      expect(written(change, 'Task').map((one) => one.status)).toEqual(['cancelled', 'cancelled']);
      expect(errorsIn(change)).toEqual([]);
    });
  }

  test('H10: consent withdrawn: nothing with content goes any more, and every consent is inactive', () => {
    const played = inWork();
    const interim = answerOf({ final: false, outcomes: [], firstLine: canaries.letter });
    played.move(sanne, (journey, acting) => report(journey, interim, acting));
    const change = played.move(sanne, (journey, acting) => end(journey, 'consent-withdrawn', acting), friday);
    expect(change.deliveries).toEqual([
      { to: 'abandon-all', kinds: ['worklist', 'notify', 'feedback'], reason: 'consent-withdrawn' },
    ]);
    expect(written(change, 'Consent')).toMatchObject([
      { status: 'inactive', provision: { type: 'deny', period: { start: friday } } },
      { status: 'inactive', provision: { type: 'deny', period: { start: friday } } },
    ]);
    // What the practice gets is the fact alone.
    const text = JSON.stringify(written(change, 'Communication'));
    for (const content of [canaries.letter, canaries.reason, canaries.question, onward.question])
      expect(text).not.toContain(content);
    expect(errorsIn(change)).toEqual([]);
  });

  test('H10: other organisations are called back, whoever ends it and why', () => {
    const played = inWork();
    const change = played.move(gp, (journey, acting) => end(journey, 'consent-withdrawn', acting));
    expect(written(change, 'Task').filter((one) => one.partOf)).toMatchObject([
      { status: 'cancelled', statusReason: { text: endReasons['consent-withdrawn'] } },
    ]);
  });

  test('H10: for the other reasons the consent stays what it was, and letters under way arrive', () => {
    const change = inWork().move(sanne, (journey, acting) => end(journey, 'moved', acting));
    expect(written(change, 'Consent')).toEqual([]);
    expect(change.deliveries).toEqual([{ to: 'abandon-all', kinds: ['worklist', 'notify'], reason: 'ended' }]);
  });

  test('is refused to others, and for what has ended', () => {
    const played = inWork();
    for (const who of [karim, theLine])
      expect(refusedWith(end(played.journey(), 'moved', played.acting(who)))).toEqual(notYours);
    played.move(sanne, (journey, acting) => end(journey, 'moved', acting));
    expect(refusedWith(end(played.journey(), 'moved', played.acting(sanne)))).toEqual(notNow);
  });
});

describe('recall', () => {
  test('H3: the practice calls it back: from the Wally and from everyone who was asked', () => {
    const change = inWork().move(gp, (journey, acting) => recall(journey, 'Andere patiënt bedoeld', acting), friday);
    expect(change.index).toMatchObject({ taskStatus: 'entered-in-error', businessStatus: 'recalled' });
    expect(written(change, 'ServiceRequest').map((one) => one.status)).toEqual([
      'entered-in-error',
      'entered-in-error',
    ]);
    expect(written(change, 'Task').filter((one) => one.partOf)).toMatchObject([{ status: 'cancelled' }]);
    expect(written(change, 'Appointment')).toMatchObject([{ status: 'cancelled' }]);
    expect(sentIn(change)).toEqual(['notify wally-sanne']);
    expect(change.deliveries).toEqual([{ to: 'abandon-all', kinds: ['worklist', 'feedback'], reason: 'recalled' }]);
    expect(change.clocks).toEqual([]);
    expect(change.events).toEqual([{ kind: 'recalled', at: friday }]);
    expect(auditsIn(change)).toEqual(['referral-recalled U gp-vanleeuwen ok']);
    expect(errorsIn(change)).toEqual([]);
  });

  test('H3: a team lead calls it back: the practice is told too, by a message of its own kind', () => {
    const change = inWork().move(marijke, (journey, acting) => recall(journey, 'Verkeerde persoon', acting));
    expect(written(change, 'Communication')[0]?.category?.[0]?.coding?.[0]?.code).toBe('recall');
    expect(sentIn(change)).toEqual(['feedback de-brink', 'notify wally-sanne']);
    expect(errorsIn(change)).toEqual([]);
  });

  test('H3: is not the Wally’s, and not for what has ended', () => {
    const played = inWork();
    for (const who of [sanne, karim, theLine])
      expect(refusedWith(recall(played.journey(), 'x', played.acting(who)))).toEqual(notYours);
    played.move(gp, (journey, acting) => recall(journey, 'x', acting));
    expect(refusedWith(recall(played.journey(), 'x', played.acting(gp)))).toEqual(notNow);
  });
});
