import { describe, expect, test } from 'vitest';
import { resumeOwn } from '../../src/feedback/handover.ts';
import { accept, seen } from '../../src/feedback/moves.ts';
import { assignTo, reassignByPresence } from '../../src/feedback/reassign.ts';
import { report } from '../../src/feedback/report.ts';
import { takeBack } from '../../src/feedback/take-back.ts';
import type { Absence } from '../../src/referral/directory/directory.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { answerOf, gp, karim, marijke, monday, type Played, received, sanne, theLine } from './journeys.ts';

type Absences = Record<string, readonly Absence[]>;
const away: readonly Absence[] = [{ from: '2026-11-01', to: '2026-11-27' }];
const none: Absences = {};
const sanneAway: Absences = { 'wally-sanne': away };
const bothAway: Absences = { 'wally-sanne': away, 'wally-karim': away };
const after = '2026-11-30T08:00:00.000Z';

/** What the line does when it looks again with these people absent; undefined: nothing. */
function look(played: Played, absences: Absences, at = monday) {
  const change = reassignByPresence(played.journey(), played.acting(theLine, at, absences));
  if (change === undefined || isRefusal(change)) return change;
  return {
    owner: change.index?.owner,
    route: change.index?.route,
    assignment: change.index?.assignment,
    to: change.outbox?.map((one) => `${one.kind} ${one.recipient}`),
    alarm: change.alarms?.flatMap((one) => (one.kind === 'nobody-present' ? one.raise : [])),
    gaveUp: change.deliveries,
  };
}
const superseded = [{ to: 'abandon-all', kinds: ['worklist', 'notify'], reason: 'superseded' }];
const toKarim = {
  owner: 'wally-karim',
  route: 'substitute',
  assignment: 2,
  to: ['worklist wally-karim', 'notify wally-karim'],
  alarm: [false],
  gaveUp: superseded,
};
const toSanne = {
  owner: 'wally-sanne',
  route: 'fixed-wally',
  assignment: 2,
  to: ['worklist wally-sanne', 'notify wally-sanne'],
  alarm: [false],
  gaveUp: superseded,
};
const toTeam = {
  owner: null,
  route: 'team-queue',
  assignment: 2,
  to: ['worklist voorbeeldstreek', 'notify lead-marijke'],
  alarm: [true],
  gaveUp: superseded,
};

const looks: readonly (readonly [string, Absences, Absences, object | undefined])[] = [
  ['nobody became absent', none, none, undefined],
  ['the fixed Wally fell ill', none, sanneAway, toKarim],
  ['both fell ill', none, bothAway, toTeam],
  ['the substitute fell ill: nothing to do with her', none, { 'wally-karim': away }, undefined],
  ['the substitute fell ill too', sanneAway, bothAway, toTeam],
  ['still with the substitute', sanneAway, sanneAway, undefined],
  ['the fixed Wally is back', sanneAway, none, toSanne],
  ['someone is back, nobody had it', bothAway, sanneAway, toKarim],
  ['the fixed Wally is back, nobody had it', bothAway, none, toSanne],
  ['still nobody', bothAway, bothAway, undefined],
];

describe('the line looks again who is present (promise 2)', () => {
  test.each(looks)('%s', (_, before, now, expected) => {
    expect(look(received({}, { absences: before }), now)).toEqual(expected);
  });

  test('an absence that ends by itself is seen by the clock', () => {
    expect(look(received({}, { absences: sanneAway }), sanneAway, after)).toMatchObject({ owner: 'wally-sanne' });
  });

  test('what was only seen still moves', () => {
    const played = received();
    played.move(sanne, (journey, acting) => seen(journey, acting) ?? { refused: [] });
    expect(look(played, sanneAway)).toEqual(toKarim);
  });

  test('for what is accepted the substitute acts, until the one who accepted it is back', () => {
    const hers = received();
    hers.move(sanne, accept);
    expect(look(hers, sanneAway)).toEqual(toKarim);
    hers.move(theLine, (journey, acting) => reassignByPresence(journey, acting) ?? { refused: [] }, monday, sanneAway);
    expect(hers.journey().index).toMatchObject({
      owner: 'wally-karim',
      actingFor: 'wally-sanne',
      taskStatus: 'accepted',
    });
    // Back at work she takes it up herself: nothing moves under the hands of whoever is at it.
    expect(look(hers, none)).toBeUndefined();
    hers.move(sanne, resumeOwn);
    expect(hers.journey().index).toMatchObject({ owner: 'wally-sanne', actingFor: null });
    // Both absent: nobody has it, and the team lead is told; whoever comes first has it again.
    expect(look(hers, bothAway)).toEqual({ ...toTeam, assignment: 4 });
  });

  test('what a substitute accepted stays with the substitute when the fixed Wally is back', () => {
    const his = received({}, { absences: sanneAway });
    his.move(karim, accept);
    expect(look(his, none)).toBeUndefined();
  });

  test('nothing moves that has ended; for what has begun somebody acts', () => {
    const closed = received();
    closed.move(gp, (journey, acting) => takeBack(journey, 'withdraw', acting));
    const begun = received();
    begun.move(sanne, accept);
    begun.move(sanne, (journey, acting) => report(journey, answerOf({ final: false, outcomes: [] }), acting));
    expect(look(closed, bothAway)).toBeUndefined();
    expect(look(begun, bothAway)).toMatchObject({ owner: null, alarm: [true] });
  });

  test('the Task loses its owner in the team queue and gets one again', () => {
    const played = received();
    played.move(theLine, (journey, acting) => reassignByPresence(journey, acting) ?? { refused: [] }, monday, bothAway);
    expect(played.journey().task.resource).not.toHaveProperty('owner');
    expect(played.journey().task.resource).toMatchObject({
      status: 'requested',
      businessStatus: { coding: [{ code: 'reassigned' }] },
    });
    played.move(theLine, (journey, acting) => reassignByPresence(journey, acting) ?? { refused: [] }, monday, none);
    expect(played.journey().task.resource.owner).toEqual({
      reference: 'PractitionerRole/wally-sanne',
      display: 'Sanne Verhoeven',
    });
    expect(played.journey().index.assignment).toBe(3);
  });

  test('H3: within the two minutes of undo the new owner is not told yet either', () => {
    const played = received({}, { undoMs: 120_000 });
    const change = played.move(
      theLine,
      (journey, acting) => reassignByPresence(journey, acting) ?? { refused: [] },
      '2026-11-23T09:00:30.000Z',
      sanneAway,
    );
    expect(change.outbox?.map((one) => one.delayMs)).toEqual([90_000, 90_000]);
  });

  test('decided on one state of the directory, and no other', () => {
    const played = received();
    const change = played.move(
      theLine,
      (journey, acting) => reassignByPresence(journey, acting) ?? { refused: [] },
      monday,
      sanneAway,
    );
    expect(change.expected).toEqual({ directoryRevision: 1 });
  });
});

describe('a team lead gives it to someone', () => {
  const give = (played: Played, to: string, who = marijke, absences: Absences = none) =>
    assignTo(played.journey(), to, played.acting(who, monday, absences));
  const reason = (found: ReturnType<typeof give>) => (isRefusal(found) ? found.refused[0]?.reason : 'done');

  test('from the team queue: the alarm goes, the mail goes to the one who has it', () => {
    const played = received({}, { absences: bothAway });
    const change = played.move(marijke, (journey, acting) => assignTo(journey, 'wally-joost', acting));
    expect(change.index).toMatchObject({ owner: 'wally-joost', route: 'team-lead', assignment: 2 });
    expect(change.outbox?.map((one) => `${one.kind} ${one.recipient}`)).toEqual([
      'worklist wally-joost',
      'notify wally-joost',
    ]);
    expect(change.alarms).toMatchObject([
      { kind: 'nobody-present', raise: false },
      { kind: 'overdue', raise: false },
    ]);
    expect(played.journey().task.resource.reasonCode?.text).toBe('Toegewezen door Marijke Hoekzema');
  });

  test('and it stays there when the fixed Wally is back, until that one is absent', () => {
    const played = received({}, { absences: bothAway });
    played.move(marijke, (journey, acting) => assignTo(journey, 'wally-joost', acting));
    expect(look(played, none)).toBeUndefined();
    expect(look(played, { 'wally-joost': away })).toMatchObject({ owner: 'wally-sanne', assignment: 3 });
  });

  test('accepted work too, and it stays accepted: the new one need not accept what runs', () => {
    const played = received();
    played.move(sanne, accept);
    const change = played.move(marijke, (journey, acting) => assignTo(journey, 'wally-karim', acting));
    expect(change.index).toMatchObject({ owner: 'wally-karim', taskStatus: 'accepted' });
    expect(isRefusal(report(played.journey(), answerOf(), played.acting(sanne)))).toBe(true);
    expect(isRefusal(report(played.journey(), answerOf(), played.acting(karim)))).toBe(false);
  });

  test.each([
    ['someone absent', 'wally-joost', { 'wally-joost': away }, 'not-present'],
    ['a team lead', 'lead-marijke', none, 'not-present'],
    ['a GP', 'gp-vanleeuwen', none, 'not-present'],
    ['nobody we know', 'wally-x', none, 'not-present'],
    ['someone present', 'wally-karim', none, 'done'],
  ])('to %s', (_, to, absences, said) => {
    expect(reason(give(received(), to, marijke, absences))).toBe(said);
  });

  test('not by a Wally or a practice', () => {
    for (const who of [sanne, karim, gp]) expect(reason(give(received(), 'wally-karim', who))).toBe('not-yours');
  });
});
