import { describe, expect, test } from 'vitest';
import { appoint, contactMade } from '../../src/feedback/contact.ts';
import { askToStop } from '../../src/feedback/later.ts';
import { referOn } from '../../src/feedback/onward.ts';
import { agreeToStop, refuseToStop } from '../../src/feedback/stop.ts';
import type { Referral } from '../../src/referral/referral.ts';
import { referralOf } from '../doubles/made.ts';
import { auditsIn, clocksIn, errorsIn, monday, notNow, notYours, refusedWith, sentIn, written } from './changes.ts';
import { accepted, gp, karim, marijke, sanne } from './journeys.ts';
import { elsewhere, onward, regionToo } from './onward-region.ts';

const tuesday = '2026-11-24T13:00:00.000Z';
const why = 'De schuldhulp is net begonnen.';
const asked = (change: Partial<Referral> = {}) => {
  const played = accepted(change);
  played.move(sanne, (journey, acting) => contactMade(journey, monday, acting));
  const made = played.move(gp, (journey, acting) => askToStop(journey, 'Niet meer nodig', acting));
  return { played, made };
};
const closure = { consent: { ...referralOf('1').consent, feedback: 'closure-only' as const } };

test('the practice asks to stop: work goes on until the Wally answers, within two working days', () => {
  const { made } = asked();
  expect(made.index).toMatchObject({ taskStatus: 'in-progress', businessStatus: 'cancellation-requested' });
  expect(clocksIn(made)).toEqual(['news 2027-01-06', 'stop 2026-11-25']);
  expect(sentIn(made)).toEqual(['notify wally-sanne']);
  expect(errorsIn(made)).toEqual([]);
});

describe('the Wally agrees to stop', () => {
  test('the work ends, the request is revoked, and the practice has its answer as final feedback', () => {
    const { played } = asked();
    const change = played.move(sanne, (journey, acting) => agreeToStop(journey, why, acting), tuesday);
    expect(change.index).toMatchObject({ taskStatus: 'cancelled', businessStatus: 'stopped-on-request' });
    expect(written(change, 'Task').map((one) => `${one.code?.coding?.[0]?.code} ${one.status}`)).toEqual([
      'fulfill cancelled',
      'abort completed',
    ]);
    expect(written(change, 'ServiceRequest')).toMatchObject([{ status: 'revoked' }]);
    expect(written(change, 'Communication')[0]?.payload?.[0]?.contentString).toBe('Gestopt, zoals u vroeg.');
    expect(sentIn(change)).toEqual(['feedback de-brink']);
    expect(change.clocks).toEqual([]);
    expect(change.events).toEqual([
      { kind: 'stop-answered', at: tuesday, outcome: 'agreed' },
      { kind: 'cancelled', at: tuesday },
    ]);
    expect(auditsIn(change)).toEqual(['stop-agreed U wally-sanne ok']);
    expect(errorsIn(change)).toEqual([]);
  });

  test('what was planned or asked elsewhere does not go on', () => {
    const { played } = asked();
    const planned = { at: '2026-12-02T10:30:00.000Z' };
    played.move(sanne, (journey, acting) => appoint(journey, planned, acting));
    played.move(sanne, (journey, acting) => referOn(journey, onward, regionToo(acting)));
    const change = played.move(sanne, (journey, acting) => agreeToStop(journey, '', acting));
    expect(written(change, 'Appointment')).toMatchObject([{ status: 'cancelled' }]);
    expect(written(change, 'Task').filter((one) => one.partOf)).toMatchObject([
      { status: 'cancelled', restriction: { recipient: [{ reference: `Organization/${elsewhere}` }] } },
    ]);
    expect(written(change, 'ServiceRequest').map((one) => one.status)).toEqual(['revoked', 'revoked']);
    expect(errorsIn(change)).toEqual([]);
  });
});

describe('the Wally goes on', () => {
  test('and says why; nothing else changes', () => {
    const { played } = asked();
    const change = played.move(sanne, (journey, acting) => refuseToStop(journey, why, acting), tuesday);
    expect(change.index).toMatchObject({ taskStatus: 'in-progress', businessStatus: 'stop-refused' });
    expect(written(change, 'Task').map((one) => one.status)).toEqual(['in-progress', 'rejected']);
    expect(written(change, 'ServiceRequest')).toEqual([]);
    expect(JSON.stringify(written(change, 'Communication'))).toContain(why);
    expect(sentIn(change)).toEqual(['feedback de-brink']);
    expect(clocksIn(change)).toEqual(['news 2027-01-07']);
    expect(change.events).toEqual([{ kind: 'stop-answered', at: tuesday, outcome: 'refused' }]);
    expect(errorsIn(change)).toEqual([]);
  });
});

test('H9: without consent to content the practice reads that it stopped or goes on, and no reason', () => {
  for (const decide of [agreeToStop, refuseToStop]) {
    const { played } = asked(closure);
    const change = played.move(sanne, (journey, acting) => decide(journey, why, acting));
    expect(JSON.stringify(written(change, 'Communication'))).not.toContain('schuldhulp');
    expect(written(change, 'Communication')).toHaveLength(1);
  }
});

describe('refused', () => {
  test.each([
    ['agree', agreeToStop],
    ['refuse', refuseToStop],
  ])('%s: nobody asked, not the owner’s, not begun', (_, decide) => {
    const begun = accepted();
    begun.move(sanne, (journey, acting) => contactMade(journey, monday, acting));
    expect(refusedWith(decide(begun.journey(), why, begun.acting(sanne)))).toEqual(['no-stop-asked at Task']);
    const { played } = asked();
    for (const who of [karim, gp, marijke])
      expect(refusedWith(decide(played.journey(), why, played.acting(who)))).toEqual(notYours);
    expect(refusedWith(decide(accepted().journey(), why, accepted().acting(sanne)))).toEqual(notNow);
  });

  test('H18: a team lead agrees with a reason; never refuses in the Wally’s place', () => {
    const { played } = asked();
    expect(refusedWith(agreeToStop(played.journey(), why, played.acting(marijke), 'Sanne is ziek'))).toBeUndefined();
  });
});
