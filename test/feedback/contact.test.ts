import { describe, expect, test } from 'vitest';
import { appoint, attempt, attemptWays, contactMade, endAppointment } from '../../src/feedback/contact.ts';
import { report } from '../../src/feedback/report.ts';
import { reportIssues } from '../../src/feedback/report-rules.ts';
import {
  answerOf,
  auditsIn,
  clocksIn,
  errorsIn,
  monday,
  notNow,
  notYours,
  refusedWith,
  sentIn,
  written,
} from './changes.ts';
import { accepted, gp, karim, marijke, received, sanne, theLine } from './journeys.ts';

const tuesday = '2026-11-24T13:00:00.000Z';
const unsafe = { safeContact: { unsafe: true, noVoicemail: true, noLetters: true } };
const phone = { way: 'phone' } as const;
const planned = { at: '2026-12-02T10:30:00.000Z', place: 'Buurthuis' };

describe('an attempt to reach the resident', () => {
  test('is noted with its day and way, and the promise to try is kept', () => {
    const played = accepted();
    const change = played.move(sanne, (journey, acting) => attempt(journey, phone, acting), tuesday);
    expect(change.index).toMatchObject({ taskStatus: 'in-progress', businessStatus: 'contact-attempted' });
    expect(change.events).toEqual([
      { kind: 'attempt', at: tuesday, on: '2026-11-24', owner: 'wally-sanne', outcome: 'phone' },
    ]);
    expect(clocksIn(change)).toEqual(['contact 2026-11-30']);
    expect(auditsIn(change)).toEqual(['contact-attempted U wally-sanne ok']);
    expect(sentIn(change)).toEqual([]);
    expect(written(change, 'Task')[0]?.output).toMatchObject([{ valueAnnotation: { time: tuesday, text: 'phone' } }]);
    expect(errorsIn(change)).toEqual([]);
  });

  test('noted later, it counts on its own day', () => {
    const at = '2026-11-23T23:30:00.000Z';
    const change = accepted().move(sanne, (journey, acting) => attempt(journey, { ...phone, at }, acting), tuesday);
    // Half past midnight in the Netherlands: Tuesday.
    expect(change.events).toMatchObject([{ at: tuesday, on: '2026-11-24' }]);
  });

  test.each(attemptWays)('H2: by %s, where it is not safe at home', (way) => {
    const played = accepted(unsafe);
    const found = attempt(played.journey(), { way }, played.acting(sanne, tuesday));
    expect(refusedWith(found)).toEqual(['phone', 'visit'].includes(way) ? undefined : ['unsafe-contact at way']);
    // Safety is nothing to deviate from (H18).
    expect(refusedWith(attempt(played.journey(), { way }, played.acting(marijke, tuesday), 'haast'))).toEqual(
      ['phone', 'visit'].includes(way) ? undefined : ['unsafe-contact at way'],
    );
  });

  test('H2: any way is fine where nobody said that it is not', () => {
    const played = accepted();
    for (const way of attemptWays)
      expect(refusedWith(attempt(played.journey(), { way }, played.acting(sanne, tuesday)))).toBeUndefined();
  });

  test('is refused before it was, to anyone else, and before it is accepted', () => {
    const played = accepted();
    const later = { ...phone, at: '2026-11-24T13:00:00.001Z' };
    expect(refusedWith(attempt(played.journey(), later, played.acting(sanne, tuesday)))).toEqual(['in-future at at']);
    for (const who of [karim, gp, theLine, marijke])
      expect(refusedWith(attempt(played.journey(), phone, played.acting(who)))).toEqual(notYours);
    expect(refusedWith(attempt(received().journey(), phone, received().acting(sanne)))).toEqual(notNow);
  });

  test('H18: a team lead does it in the owner’s place with a reason, and that is seen', () => {
    const change = accepted().move(marijke, (journey, acting) => attempt(journey, phone, acting, 'Sanne is ziek'));
    expect(change.events?.map((one) => one.kind)).toEqual(['attempt', 'deviated']);
    expect(written(change, 'Provenance')[0]?.reason).toEqual([{ text: 'Sanne is ziek' }]);
    expect(auditsIn(change)).toEqual(['contact-attempted U lead-marijke ok']);
    expect(errorsIn(change)).toEqual([]);
  });
});

describe('contact', () => {
  test('H13: it is a named moment of its own; opening, accepting and trying are none', () => {
    const played = accepted();
    const tried = played.move(sanne, (journey, acting) => attempt(journey, phone, acting));
    const change = played.move(sanne, (journey, acting) => contactMade(journey, monday, acting), tuesday);
    expect(tried.events?.some((one) => one.kind === 'contact')).toBe(false);
    expect(change.events).toEqual([
      { kind: 'contact', at: tuesday, on: '2026-11-23', owner: 'wally-sanne', outcome: 'made' },
    ]);
    expect(change.index).toMatchObject({ businessStatus: 'contact-made' });
    expect(clocksIn(change)).toEqual(['news 2027-01-06']);
    expect(written(change, 'Task')[0]?.output).toHaveLength(2);
    expect(errorsIn(change)).toEqual([]);
  });

  test('is refused before it was, and to anyone else', () => {
    const played = accepted();
    const acting = played.acting(sanne, monday);
    expect(refusedWith(contactMade(played.journey(), tuesday, acting))).toEqual(['in-future at at']);
    expect(refusedWith(contactMade(played.journey(), monday, played.acting(karim)))).toEqual(notYours);
    expect(refusedWith(contactMade(received().journey(), monday, received().acting(sanne)))).toEqual(notNow);
  });
});

describe('an appointment', () => {
  test('that has been is not cancelled by the next one: it took place', () => {
    const played = accepted();
    played.move(sanne, (journey, acting) => appoint(journey, planned, acting), tuesday);
    const next = { at: '2026-12-09T10:30:00.000Z' };
    played.move(sanne, (journey, acting) => appoint(journey, next, acting), '2026-12-03T09:00:00.000Z');
    expect(played.journey().appointments.map(({ resource }) => resource.status)).toEqual(['fulfilled', 'booked']);
    played.move(
      sanne,
      (journey, acting) => appoint(journey, { at: '2026-12-16T10:30:00.000Z' }, acting),
      '2026-12-04T09:00:00.000Z',
    );
    expect(played.journey().appointments.map(({ resource }) => resource.status)).toEqual(['fulfilled', 'booked']);
  });

  test('H2: is planned, and says nothing to whoever sees a calendar', () => {
    const change = accepted().move(sanne, (journey, acting) => appoint(journey, planned, acting), tuesday);
    const [appointment] = written(change, 'Appointment');
    expect(appointment).toMatchObject({ status: 'booked', description: 'afspraak', start: planned.at });
    expect(change.index).toMatchObject({ taskStatus: 'in-progress', businessStatus: 'appointment-booked' });
    expect(change.events).toEqual([{ kind: 'appointment', at: tuesday, on: '2026-12-02', outcome: 'booked' }]);
    expect(written(change, 'Task')[0]?.output).toMatchObject([
      { valueReference: { reference: `Appointment/${appointment?.id}` } },
    ]);
    expect(auditsIn(change)).toEqual(['appointment-booked U wally-sanne ok']);
    expect(errorsIn(change)).toEqual([]);
  });

  test('moves: it is the same one at another time, so that a calendar moves it too, and one is left', () => {
    const played = accepted();
    played.move(sanne, (journey, acting) => appoint(journey, planned, acting));
    const other = { at: '2026-12-03T10:30:00.000Z' };
    const change = played.move(sanne, (journey, acting) => appoint(journey, other, acting));
    expect(change.resources?.filter((one) => one.resource.resourceType === 'Appointment')).toMatchObject([
      { version: 2, resource: { status: 'booked', start: other.at } },
    ]);
    expect(played.journey().appointments).toHaveLength(1);
    expect(written(change, 'Task')[0]?.output).toHaveLength(1);
    expect(errorsIn(change)).toEqual([]);
  });

  test('lies in the future, and is the owner’s', () => {
    const played = accepted();
    expect(refusedWith(appoint(played.journey(), { at: monday }, played.acting(sanne)))).toEqual(['in-past at at']);
    expect(refusedWith(appoint(played.journey(), planned, played.acting(gp)))).toEqual(notYours);
    expect(refusedWith(appoint(received().journey(), planned, received().acting(sanne)))).toEqual(notNow);
  });

  test('is cancelled beforehand', () => {
    const played = accepted();
    played.move(sanne, (journey, acting) => appoint(journey, planned, acting));
    const change = played.move(sanne, (journey, acting) => endAppointment(journey, 'cancel-appointment', acting));
    expect(change.events).toEqual([{ kind: 'appointment', at: monday, on: '2026-12-02', outcome: 'cancelled' }]);
    expect(written(change, 'Appointment')).toMatchObject([{ status: 'cancelled' }]);
    expect(change.index).toMatchObject({ businessStatus: 'appointment-cancelled' });
    expect(errorsIn(change)).toEqual([]);
  });

  test('nobody came: noted once it was, not before', () => {
    const played = accepted();
    played.move(sanne, (journey, acting) => appoint(journey, planned, acting));
    expect(refusedWith(endAppointment(played.journey(), 'no-show', played.acting(sanne)))).toEqual(['in-future at at']);
    const after = '2026-12-02T11:00:00.000Z';
    const change = played.move(sanne, (journey, acting) => endAppointment(journey, 'no-show', acting), after);
    expect(written(change, 'Appointment')).toMatchObject([{ status: 'noshow' }]);
    expect(change.events).toEqual([{ kind: 'no-show', at: after, on: '2026-12-02' }]);
    expect(auditsIn(change)).toEqual(['no-show U wally-sanne ok']);
    expect(errorsIn(change)).toEqual([]);
  });

  test.each(['cancel-appointment', 'no-show'] as const)('%s needs one, and its owner', (how) => {
    const played = accepted();
    const interim = answerOf({ final: false, outcomes: [] });
    played.move(sanne, (journey, acting) => report(journey, interim, acting));
    expect(refusedWith(endAppointment(played.journey(), how, played.acting(sanne)))).toEqual([
      'no-appointment at Task',
    ]);
    expect(refusedWith(endAppointment(played.journey(), how, played.acting(karim)))).toEqual(notYours);
    expect(refusedWith(endAppointment(accepted().journey(), how, accepted().acting(sanne)))).toEqual(notNow);
  });
});

test('H13, H14: what was before the referral is no contact and no attempt, on the page, by a system and in a report', () => {
  const at = '2026-11-20T09:00:00.000Z';
  const played = accepted();
  const acting = played.acting(sanne);
  expect(refusedWith(attempt(played.journey(), { way: 'phone', at }, acting))).toEqual(['before-referral at at']);
  expect(refusedWith(contactMade(played.journey(), at, acting))).toEqual(['before-referral at at']);
  const early = answerOf({ contactOn: '2026-11-22' });
  expect(reportIssues(played.journey(), early, acting).map((one) => one.reason)).toContain('before-referral');
  // The same day is as exact as a person notes it.
  expect(refusedWith(contactMade(played.journey(), '2026-11-23T06:00:00.000Z', acting))).toBeUndefined();
});
