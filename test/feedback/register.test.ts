import { describe, expect, test } from 'vitest';
import { journeyAfter } from '../../scripts/fixture-work.ts';
import { confirm } from '../../src/feedback/confirm.ts';
import { accept } from '../../src/feedback/moves.ts';
import { register } from '../../src/feedback/register.ts';
import { report } from '../../src/feedback/report.ts';
import { extensions } from '../../src/fhir/systems.ts';
import type { Change } from '../../src/referral/change.ts';
import { type Referral, referralHash } from '../../src/referral/referral.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { canaries, notRefused, referralOf } from '../doubles/made.ts';
import { answerOf, auditsIn, clocksIn, errorsIn, monday, notYours, refusedWith, sentIn, written } from './changes.ts';
import { accepted, gp, karim, marijke, received, sanne, theLine } from './journeys.ts';

const places = { consentBy: 'consentBy', consentOn: '', practice: '', birthDate: 'birthDate', number: '' };

function registering(change: Partial<Referral> = {}, { acting } = received()) {
  const referral = referralOf('F-20261123-ABCDEFGH', change);
  const arrival = {
    application: 'register-form',
    controlId: 'form',
    messageType: 'register-form',
    intent: 'refer' as const,
    door: 'register-form',
    hash: referralHash(referral),
  };
  const source = { contentType: 'application/json', base64: 'e30=' };
  const from = { practice: 'de-brink', actor: karim, referral, losses: [], places, arrival, source, undoMs: 0 };
  return register(from, acting(karim));
}

/** The journey that a registration made, moved on by the real deciders. */
function registered() {
  const played = received();
  const { change } = notRefused(registering({}, played));
  let journey = journeyAfter(undefined, change);
  const { acting } = played;
  return {
    change,
    acting,
    journey: () => journey,
    move: (made: Change) => {
      journey = journeyAfter(journey, made);
      return made;
    },
  };
}

describe('a Wally writes down what a practice refers by phone', () => {
  test('a referral like any other, with its promise and owner, marked until the practice confirms', () => {
    const { change } = registered();
    expect(change.index).toMatchObject({ owner: 'wally-sanne', route: 'fixed-wally', taskStatus: 'requested' });
    expect(written(change, 'ServiceRequest')[0]?.extension).toContainEqual({
      url: extensions.unconfirmed,
      valueBoolean: true,
    });
    expect(change.events).toEqual([
      { kind: 'received', at: monday, route: 'register-form' },
      { kind: 'assigned', at: monday, route: 'fixed-wally', owner: 'wally-sanne' },
      { kind: 'registered', at: monday, owner: 'wally-karim' },
    ]);
    expect(clocksIn(change)).toEqual([
      'attempt 2026-11-25',
      'confirm 2026-11-30',
      'contact 2026-11-30',
      'open 2026-11-24',
    ]);
    expect(auditsIn(change)).toEqual(['referral-registered C wally-karim ok']);
    expect(change.audit[0]?.actor.organization).toBe('voorbeeldstreek');
    expect(written(change, 'Provenance')[0]?.agent[0]).toMatchObject({
      who: { reference: 'PractitionerRole/wally-karim' },
      onBehalfOf: { reference: 'Organization/de-brink' },
    });
    expect(errorsIn(change)).toEqual([]);
  });

  test('the owner and the practice are told at once', () => {
    const { change } = registered();
    expect(sentIn(change)).toEqual(['worklist wally-sanne', 'notify wally-sanne', 'feedback de-brink']);
    const [notice] = written(change, 'Communication');
    expect(notice?.category?.[0]?.coding?.[0]?.code).toBe('system-notice');
    expect(notice?.payload?.[1]?.contentString).toContain('Karim Bouzid schreef haar op');
    for (const content of [canaries.reason, canaries.bsn]) expect(JSON.stringify(notice)).not.toContain(content);
  });

  test('without a consent that counts nothing is written down (H6 with it)', () => {
    const child = { patient: { ...referralOf('1').patient, birthDate: '2015-02-03' } };
    const found = registering(child);
    expect(isRefusal(found) && found.refused[0]?.path).toBe('consentBy');
  });
});

describe('the practice confirms', () => {
  test('the mark is gone, the clock with it, and the owner is told', () => {
    const played = registered();
    const change = played.move(notRefused(confirm(played.journey(), played.acting(gp))));
    expect(JSON.stringify(written(change, 'ServiceRequest'))).not.toContain(extensions.unconfirmed);
    expect(clocksIn(change)).toEqual(['attempt 2026-11-25', 'contact 2026-11-30', 'open 2026-11-24']);
    expect(change.index).toMatchObject({ taskStatus: 'requested', businessStatus: 'new' });
    expect(sentIn(change)).toEqual(['notify wally-sanne']);
    expect(change.events).toEqual([{ kind: 'confirmed', at: monday }]);
    expect(auditsIn(change)).toEqual(['referral-confirmed U gp-vanleeuwen ok']);
    expect(errorsIn(change)).toEqual([]);
    expect(refusedWith(confirm(played.journey(), played.acting(gp)))).toEqual(['nothing-to-confirm at Task']);
  });

  test('nothing waits for it meanwhile, and it may come after the end', () => {
    const played = registered();
    played.move(notRefused(accept(played.journey(), played.acting(sanne))));
    const closed = played.move(notRefused(report(played.journey(), answerOf(), played.acting(sanne))));
    expect(clocksIn(closed)).toEqual(['confirm 2026-11-30']);
    expect(clocksIn(played.move(notRefused(confirm(played.journey(), played.acting(gp)))))).toEqual([]);
  });

  test('is the practice’s own word', () => {
    const played = registered();
    for (const who of [sanne, karim, marijke, theLine])
      expect(refusedWith(confirm(played.journey(), played.acting(who)))).toEqual(notYours);
    expect(refusedWith(confirm(accepted().journey(), accepted().acting(gp)))).toEqual(['nothing-to-confirm at Task']);
  });
});
