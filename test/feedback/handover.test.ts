import { describe, expect, test } from 'vitest';
import { contactMade } from '../../src/feedback/contact.ts';
import { offer, refuseOffer, resumeOwn, takeOver } from '../../src/feedback/handover.ts';
import { reassignByPresence } from '../../src/feedback/reassign.ts';
import { tooClose } from '../../src/feedback/too-close.ts';
import type { Absence } from '../../src/referral/directory/directory.ts';
import { auditsIn, clocksIn, errorsIn, monday, notNow, notYours, refusedWith, sentIn, written } from './changes.ts';
import { accepted, gp, karim, marijke, type Played, received, sanne, theLine } from './journeys.ts';

const away: Readonly<Record<string, readonly Absence[]>> = {
  'wally-sanne': [{ from: '2026-11-20', to: '2026-11-27' }],
};
const tuesday = '2026-11-24T13:00:00.000Z';
const muchLater = '2026-12-10T09:00:00.000Z';
const superseded = [{ to: 'abandon-all', kinds: ['worklist', 'notify'], reason: 'superseded' }];
const notPresent = ['not-present at Task.owner'];
const offered = (played: Played = accepted()) => {
  const change = played.move(sanne, (journey, acting) => offer(journey, 'wally-karim', acting));
  return { played, change };
};
const actedFor = () => {
  const played = accepted();
  const acts = (journey: Parameters<typeof reassignByPresence>[0], acting: Parameters<typeof reassignByPresence>[1]) =>
    reassignByPresence(journey, acting) ?? { refused: [] };
  const change = played.move(theLine, acts, monday, away);
  return { played, change };
};

describe('an offer to a colleague', () => {
  test('the owner stays the owner; the colleague is told without content', () => {
    const { change } = offered();
    expect(change.index).toMatchObject({ owner: 'wally-sanne', proposed: 'wally-karim', taskStatus: 'accepted' });
    expect(sentIn(change)).toEqual(['notify wally-karim']);
    expect(change.outbox?.[0]).toMatchObject({ destination: 'mail', document: { type: 'Task' } });
    expect(clocksIn(change)).toEqual(['attempt 2026-11-25', 'contact 2026-11-30']);
    expect(change.events).toEqual([{ kind: 'offered', at: monday, owner: 'wally-karim' }]);
    expect(auditsIn(change)).toEqual(['task-offered U wally-sanne ok']);
    expect(errorsIn(change)).toEqual([]);
  });

  test.each([
    ['herself', 'wally-sanne'],
    ['nobody', 'wally-nobody'],
    ['a team lead', 'lead-marijke'],
    ['a GP', 'gp-vanleeuwen'],
  ])('not to %s', (_, to) => {
    const played = accepted();
    expect(refusedWith(offer(played.journey(), to, played.acting(sanne)))).toEqual(notPresent);
  });

  test('not to who is absent', () => {
    const played = accepted();
    const acting = played.acting(sanne, monday, { 'wally-karim': [{ from: '2026-11-23' }] });
    expect(refusedWith(offer(played.journey(), 'wally-karim', acting))).toEqual(notPresent);
  });

  test('H11: not to who knows the resident', () => {
    const { played } = offered();
    played.move(karim, tooClose);
    expect(refusedWith(offer(played.journey(), 'wally-karim', played.acting(sanne)))).toEqual(notPresent);
  });

  test('is the owner’s to make', () => {
    const played = accepted();
    for (const who of [karim, gp, marijke, theLine])
      expect(refusedWith(offer(played.journey(), 'wally-joost', played.acting(who)))).toEqual(notYours);
  });
});

describe('the colleague', () => {
  test('says no: everything is as it was, and the owner is told', () => {
    const { played } = offered();
    const change = played.move(karim, refuseOffer, tuesday);
    expect(change.index).toMatchObject({ owner: 'wally-sanne', proposed: null });
    expect(sentIn(change)).toEqual(['notify wally-sanne']);
    expect(change.events).toEqual([{ kind: 'offered', at: tuesday, owner: 'wally-karim', outcome: 'refused' }]);
    expect(auditsIn(change)).toEqual(['task-offer-refused U wally-karim ok']);
    expect(errorsIn(change)).toEqual([]);
    expect(refusedWith(refuseOffer(played.journey(), played.acting(karim)))).toEqual(notYours);
  });

  test('takes over: owner at once, on the worklist at once, the former owner told', () => {
    const { played } = offered();
    played.move(sanne, (journey, acting) => contactMade(journey, monday, acting));
    const change = played.move(karim, takeOver, tuesday);
    expect(change.index).toMatchObject({
      owner: 'wally-karim',
      proposed: null,
      assignment: 2,
      route: 'handed-over',
      taskStatus: 'in-progress',
      businessStatus: 'reassigned',
    });
    expect(change.visible).toMatchObject([{ assignment: 2, owner: 'wally-karim' }]);
    expect(sentIn(change)).toEqual(['feedback de-brink', 'notify wally-sanne']);
    expect(change.deliveries).toEqual(superseded);
    expect(change.events).toEqual([{ kind: 'assigned', at: tuesday, route: 'handed-over', owner: 'wally-karim' }]);
    expect(auditsIn(change)).toEqual(['task-taken-over U wally-karim ok']);
    expect(errorsIn(change)).toEqual([]);
  });

  test('takes over what nobody had accepted: accepted with it, and its promises count anew', () => {
    const { played } = offered(received());
    const change = played.move(karim, takeOver, muchLater);
    expect(change.index).toMatchObject({ taskStatus: 'accepted', owner: 'wally-karim' });
    expect(clocksIn(change)).toEqual(['attempt 2026-12-14', 'contact 2026-12-17']);
    expect(written(change, 'Task')[0]?.restriction?.period).toEqual({ start: '2026-12-10', end: '2026-12-10' });
    expect(errorsIn(change)).toEqual([]);
  });

  test('takes over only what was offered to them', () => {
    const { played } = offered();
    for (const who of [sanne, gp, marijke, theLine])
      expect(refusedWith(takeOver(played.journey(), played.acting(who)))).toEqual(notYours);
    played.move(karim, refuseOffer);
    expect(refusedWith(takeOver(played.journey(), played.acting(karim)))).toEqual(notYours);
  });
});

describe('an absence began (promise 2)', () => {
  test('the substitute acts for whoever accepted it; the work is where it was', () => {
    const { change } = actedFor();
    expect(change.index).toMatchObject({
      owner: 'wally-karim',
      actingFor: 'wally-sanne',
      assignment: 2,
      taskStatus: 'accepted',
      businessStatus: 'accepted',
    });
    expect(sentIn(change)).toEqual(['worklist wally-karim', 'notify wally-karim']);
    expect(change.deliveries).toEqual(superseded);
    expect(change.events).toEqual([{ kind: 'acting', at: monday, owner: 'wally-karim' }]);
    expect(clocksIn(change)).toEqual(['attempt 2026-11-25', 'contact 2026-11-30']);
    expect(auditsIn(change)).toEqual(['task-acting U kortelijn ok']);
    expect(errorsIn(change)).toEqual([]);
  });

  test('back again she takes up what is hers, and the substitute is told', () => {
    const { played } = actedFor();
    expect(refusedWith(resumeOwn(played.journey(), played.acting(karim)))).toEqual(notYours);
    const change = played.move(sanne, resumeOwn, muchLater);
    expect(change.index).toMatchObject({ owner: 'wally-sanne', actingFor: null, assignment: 3, route: 'fixed-wally' });
    expect(sentIn(change)).toEqual(['notify wally-karim']);
    expect(change.visible).toMatchObject([{ owner: 'wally-sanne', assignment: 3 }]);
    expect(change.events).toEqual([{ kind: 'assigned', at: muchLater, route: 'fixed-wally', owner: 'wally-sanne' }]);
    expect(auditsIn(change)).toEqual(['task-resumed-own U wally-sanne ok']);
    expect(errorsIn(change)).toEqual([]);
    expect(refusedWith(resumeOwn(played.journey(), played.acting(sanne)))).toEqual(notYours);
  });

  test('nothing is taken up that nobody accepted', () => {
    expect(refusedWith(resumeOwn(received().journey(), received().acting(sanne)))).toEqual(notNow);
  });

  test('an offer survives an absence: who was asked may still say yes', () => {
    const { played } = offered();
    const bothAway = { ...away, 'wally-karim': [{ from: '2026-11-20' }] };
    const acts = (
      journey: Parameters<typeof reassignByPresence>[0],
      acting: Parameters<typeof reassignByPresence>[1],
    ) => reassignByPresence(journey, acting) ?? { refused: [] };
    const change = played.move(theLine, acts, monday, bothAway);
    expect(change.index).toMatchObject({ owner: null, proposed: 'wally-karim', actingFor: 'wally-sanne' });
    expect(sentIn(change)).toEqual(['worklist voorbeeldstreek', 'notify lead-marijke']);
    expect(errorsIn(change)).toEqual([]);
  });
});

test('work that moves after its promise is past is still valid FHIR', () => {
  const played = received({}, { absences: {} });
  const acts = (journey: Parameters<typeof reassignByPresence>[0], acting: Parameters<typeof reassignByPresence>[1]) =>
    reassignByPresence(journey, acting) ?? { refused: [] };
  const change = played.move(theLine, acts, muchLater, { 'wally-sanne': [{ from: '2026-12-01' }] });
  expect(change.index).toMatchObject({ owner: 'wally-karim' });
  expect(errorsIn(change)).toEqual([]);
});
