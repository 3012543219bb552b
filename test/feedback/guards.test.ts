import { expect, test } from 'vitest';
import { attempt, contactMade } from '../../src/feedback/contact.ts';
import { giveUp } from '../../src/feedback/ending.ts';
import { offer, resumeOwn, takeOver } from '../../src/feedback/handover.ts';
import { askToStop } from '../../src/feedback/later.ts';
import type { Acting } from '../../src/feedback/moves.ts';
import { referOn } from '../../src/feedback/onward.ts';
import { ask } from '../../src/feedback/question.ts';
import { reassignByPresence } from '../../src/feedback/reassign.ts';
import { hold } from '../../src/feedback/rest.ts';
import { agreeToStop } from '../../src/feedback/stop.ts';
import { tooClose } from '../../src/feedback/too-close.ts';
import { clocksOf } from '../../src/referral/clocks.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { notRefused } from '../doubles/made.ts';
import { directoryWith, otherOrganization } from '../referral/model-region.ts';
import { accepted, gp, karim, marijke, sanne, theLine } from './journeys.ts';

// Faults that the model of the life of a referral found, each told once more in its plainest form.

const sanneAway = { 'wally-sanne': [{ from: '2026-11-23' }] };
const bothAway = { ...sanneAway, 'wally-karim': [{ from: '2026-11-23' }] };
const looked = (journey: Journey, acting: Acting) => {
  const change = reassignByPresence(journey, acting);
  if (!change) throw new Error('nothing was to be done');
  return change;
};
const toOthers = (journey: Journey, acting: Acting) =>
  referOn(
    journey,
    {
      organization: otherOrganization.id,
      question: 'Helpt u?',
      lifeAreas: [],
      consent: { by: 'resident', how: 'spoken', on: '2026-11-23' },
    },
    { ...acting, directory: directoryWith(new Map(), 1) },
  );

test('who is absent takes nothing over and takes nothing up again', () => {
  const played = accepted();
  played.move(sanne, (journey, acting) => offer(journey, karim.id, acting));
  const away = { 'wally-karim': [{ from: '2026-11-23' }] };
  const reason = (made: ReturnType<typeof takeOver>) => (isRefusal(made) ? made.refused[0]?.reason : 'done');
  expect(reason(takeOver(played.journey(), played.acting(karim, undefined, away)))).toBe('not-present');
  expect(reason(takeOver(played.journey(), played.acting(karim)))).toBe('done');
  played.move(theLine, looked, undefined, sanneAway);
  expect(reason(resumeOwn(played.journey(), played.acting(sanne, undefined, sanneAway)))).toBe('not-present');
});

test('what was offered to whoever acts now is on offer no more', () => {
  const played = accepted();
  played.move(sanne, (journey, acting) => offer(journey, karim.id, acting));
  played.move(theLine, looked, undefined, sanneAway);
  expect(played.journey().index).toMatchObject({ owner: karim.id, actingFor: sanne.id, proposed: null });
});

test('H11: nobody acts for who is too close', () => {
  const played = accepted();
  played.move(sanne, tooClose, undefined, bothAway);
  expect(played.journey().index).toMatchObject({ owner: null, barred: [sanne.id] });
  played.move(theLine, looked, undefined, sanneAway);
  expect(played.journey().index).toMatchObject({ owner: karim.id, actingFor: null });
});

test('H14: "niet bereikt" calls back what another organisation was asked', () => {
  const played = accepted();
  played.move(sanne, toOthers);
  const later = '2026-11-26T10:00:00.000Z';
  for (const at of ['23T08', '24T15', '25T10'])
    played.move(sanne, (one, acting) => attempt(one, { way: 'phone', at: `2026-11-${at}:00:00Z` }, acting), later);
  played.move(sanne, giveUp, later);
  const { children, childRequests } = played.journey();
  expect(children.map((one) => one.resource.status)).toEqual(['cancelled']);
  expect(childRequests.map((one) => one.resource.status)).toEqual(['revoked']);
});

test('stopping on request ends every alarm about the work', () => {
  const played = accepted();
  played.move(sanne, (journey, acting) => contactMade(journey, acting.now.toISOString(), acting));
  played.move(gp, (journey, acting) => askToStop(journey, undefined, acting));
  const { alarms } = played.move(marijke, (journey, acting) =>
    agreeToStop(journey, 'Zo is het', acting, 'Sanne is weg'),
  );
  const over = (alarms ?? []).filter((one) => !one.raise).map((one) => one.kind);
  expect(over).toEqual(expect.arrayContaining(['acute', 'nobody-present', 'overdue']));
});

test('in rest too there is one clock of a kind: the first that is due', () => {
  const played = accepted();
  played.move(sanne, toOthers);
  played.move(sanne, toOthers, '2026-11-25T10:00:00Z');
  const rest = (journey: Journey, acting: Acting) => hold(journey, { why: 'time', until: '2026-12-24' }, acting);
  const { clocks } = played.move(sanne, rest, '2026-11-25T11:00:00Z');
  expect(clocks).toEqual([
    { kind: 'onward', dueOn: '2026-12-21' },
    { kind: 'rest', dueOn: '2026-12-24' },
  ]);
});

test('the clock of a question is that of the first one open, in whatever order they are read', () => {
  const played = accepted();
  for (const at of ['2026-11-23T10:00:00Z', '2026-11-25T10:00:00Z'])
    played.move(sanne, (journey, acting) => ask(journey, { text: 'Klopt het nummer?' }, acting), at);
  const journey = played.journey();
  const turned = { ...journey, communications: journey.communications.toReversed() };
  const answerOf = (one: Journey) => clocksOf(one).find(({ kind }) => kind === 'answer');
  expect(answerOf(journey)).toEqual({ kind: 'answer', dueOn: '2026-11-30' });
  expect(answerOf(turned)).toEqual(answerOf(journey));
});

test('H3: a mail that something ended or moved is bound to no assignment, so that it goes', () => {
  const played = accepted();
  played.move(sanne, (journey, acting) => offer(journey, karim.id, acting));
  const { outbox } = notRefused(takeOver(played.journey(), played.acting(karim)));
  expect(
    outbox
      ?.filter((one) => one.kind === 'notify')
      .map(({ kind, recipient, assignment }) => ({ kind, recipient, assignment })),
  ).toEqual([{ kind: 'notify', recipient: sanne.id, assignment: undefined }]);
});
