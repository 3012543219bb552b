import { describe, expect, test } from 'vitest';
import { hearOnward, referOn } from '../../src/feedback/onward.ts';
import { report } from '../../src/feedback/report.ts';
import { extensions } from '../../src/fhir/systems.ts';
import { canaries, notRefused, young } from '../doubles/made.ts';
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
import { accepted, gp, karim, marijke, type Played, received, sanne, theLine } from './journeys.ts';
import { elsewhere, onward, regionToo } from './onward-region.ts';

const tuesday = '2026-11-24T13:00:00.000Z';
const other = 'welzijn';
const ledOn = (change: Parameters<typeof accepted>[0] = {}) => {
  const played = accepted(change);
  const made = played.move(sanne, (journey, acting) => referOn(journey, onward, regionToo(acting)));
  return { played, change: made };
};
const childOf = (played: Played) => played.journey().children[0]?.resource.id ?? '';
const heard = (played: Played, outcome: Parameters<typeof hearOnward>[1]['outcome'], at = tuesday) =>
  played.move(
    sanne,
    (journey, acting) => hearOnward(journey, { task: childOf(played), outcome, text: 'Ze zijn begonnen' }, acting),
    at,
  );

describe('the Wally leads on', () => {
  test('a request of her own on the same requisition, a Task that is part of this one, and this one stays open', () => {
    const { change, played } = ledOn();
    const [child] = written(change, 'ServiceRequest');
    const { resource: request } = played.journey().serviceRequest;
    expect(child).toMatchObject({
      intent: 'filler-order',
      status: 'active',
      basedOn: [{ reference: `ServiceRequest/${request.id}` }],
      requisition: request.requisition,
      performer: [{ reference: `Organization/${elsewhere}` }],
      reasonCode: [{ text: onward.question }],
    });
    expect(written(change, 'Task').at(-1)).toMatchObject({
      status: 'requested',
      partOf: [{ reference: `Task/${played.journey().task.resource.id}` }],
      focus: { reference: `ServiceRequest/${child?.id}` },
      restriction: { period: { end: '2026-12-21' } },
    });
    expect(change.index).toMatchObject({
      taskStatus: 'in-progress',
      businessStatus: 'forwarded',
      owner: 'wally-sanne',
    });
    expect(clocksIn(change)).toEqual(['attempt 2026-11-25', 'contact 2026-11-30', 'onward 2026-12-21']);
    expect(change.events).toEqual([{ kind: 'forwarded', at: monday, owner: elsewhere }]);
    expect(auditsIn(change)).toEqual(['referred-on U wally-sanne ok']);
    // Nobody is sent anything by itself: the Wally herself brings the resident there.
    expect(sentIn(change)).toEqual([]);
    expect(errorsIn(change)).toEqual([]);
  });

  test('H9: a consent of its own, for that organisation alone, taken by the Wally', () => {
    const { change, played } = ledOn();
    const [consent] = written(change, 'Consent');
    const { resource: first } = played.journey().consent;
    expect(consent?.id).not.toBe(first.id);
    expect(consent).toMatchObject({
      status: 'active',
      dateTime: '2026-11-23',
      organization: [{ reference: 'Organization/voorbeeldstreek' }],
      provision: { type: 'permit', actor: [{ reference: { reference: `Organization/${elsewhere}` } }] },
    });
    expect(written(change, 'ServiceRequest')[0]?.supportingInfo).toEqual([{ reference: `Consent/${consent?.id}` }]);
  });

  test('H9: a second organisation has a second consent; the referral’s own stays the referral’s own', () => {
    const { played } = ledOn();
    const { resource: before } = played.journey().consent;
    const change = played.move(sanne, (journey, acting) => {
      const at = regionToo(acting);
      const teams = new Map(at.directory.teams).set(other, { id: other, name: 'Welzijn' });
      const again = { ...onward, organization: other };
      return referOn(journey, again, { ...at, directory: { ...at.directory, teams } });
    });
    expect(written(change, 'Consent')).toMatchObject([
      { provision: { actor: [{ reference: { reference: `Organization/${other}` } }] } },
    ]);
    expect(played.journey().consent.resource.id).toBe(before.id);
    expect(played.journey().childConsents).toHaveLength(2);
    expect(clocksIn(change).filter((one) => one.startsWith('onward'))).toHaveLength(1);
  });

  test('H2: how to reach the resident safely and their own question go along; the practice’s words and codes do not', () => {
    const icpc = { system: 'http://hl7.org/fhir/sid/icpc-1-nl', code: 'P76' };
    const { change } = ledOn({
      safeContact: { unsafe: true, phone: '06-00777555', noVoicemail: true, noLetters: true },
      reasonCodes: [icpc],
      notes: ['Notitie van de praktijk'],
    });
    const [child] = written(change, 'ServiceRequest');
    expect(child?.extension?.map((one) => one.url).toSorted()).toEqual(
      [extensions.residentQuestion, extensions.safeContact].toSorted(),
    );
    const text = JSON.stringify([child, written(change, 'Task').at(-1)]);
    expect(text).toContain('06-00777555');
    for (const one of [canaries.reason, 'P76', 'Notitie van de praktijk']) expect(text).not.toContain(one);
  });

  test('H9: not with a consent of a day to come, and not to whom nobody knows', () => {
    const played = accepted();
    const acting = regionToo(played.acting(sanne));
    const future = { ...onward, consent: { ...onward.consent, on: '2026-11-24' } };
    expect(refusedWith(referOn(played.journey(), future, acting))).toEqual(['consent-in-future at consent.on']);
    for (const organization of ['nobody', 'voorbeeldstreek', 'de-brink'])
      expect(refusedWith(referOn(played.journey(), { ...onward, organization }, acting))).toEqual([
        'unknown-organization at organization',
      ]);
    const both = { ...future, organization: 'nobody' };
    expect(refusedWith(referOn(played.journey(), both, acting))).toHaveLength(2);
  });

  test.each([
    ['2015-11-24', 'resident', 'parents'],
    ['2012-05-01', 'parents', 'resident-and-parents'],
    ['2012-05-01', 'resident', 'representative'],
    ['2009-05-01', 'parents', 'resident'],
  ] as const)('H6, H9: of one born %s, consent of %s does not lead on, that of %s does', (birthDate, wrong, right) => {
    const played = accepted(young(birthDate, 'representative'));
    const consentOf = (by: typeof wrong | typeof right) =>
      referOn(played.journey(), { ...onward, consent: { ...onward.consent, by } }, regionToo(played.acting(sanne)));
    expect(refusedWith(consentOf(wrong))).toEqual(['consent-by-wrong-person at consent.by']);
    expect(refusedWith(consentOf(right))).toBeUndefined();
  });

  test('nothing to carry is nothing carried', () => {
    const played = accepted();
    const { resource, version } = played.journey().serviceRequest;
    const { extension: _extension, ...bare } = resource;
    const journey = { ...played.journey(), serviceRequest: { resource: bare, version } };
    const change = notRefused(referOn(journey, { ...onward, lifeAreas: [] }, regionToo(played.acting(sanne))));
    expect(errorsIn(change)).toEqual([]);
  });

  test('is the owner’s, for what was accepted', () => {
    const played = accepted();
    for (const who of [karim, gp, marijke, theLine])
      expect(refusedWith(referOn(played.journey(), onward, regionToo(played.acting(who))))).toEqual(notYours);
    const fresh = received();
    expect(refusedWith(referOn(fresh.journey(), onward, regionToo(fresh.acting(sanne))))).toEqual(notNow);
  });
});

describe('the other organisation answers', () => {
  test('takes it on: it is theirs now, and still waited for', () => {
    const { played } = ledOn();
    const change = heard(played, 'accepted');
    expect(written(change, 'Task').at(-1)).toMatchObject({
      status: 'accepted',
      output: [{ valueAnnotation: { time: tuesday, text: 'Ze zijn begonnen' } }],
    });
    expect(written(change, 'ServiceRequest')).toEqual([]);
    expect(clocksIn(change)).toContain('onward 2026-12-21');
    expect(change.events).toEqual([{ kind: 'onward-heard', at: tuesday, outcome: 'accepted', owner: elsewhere }]);
    expect(change.index).toMatchObject({ taskStatus: 'in-progress', businessStatus: 'onward-feedback' });
    expect(auditsIn(change)).toEqual(['onward-heard U wally-sanne ok']);
    expect(errorsIn(change)).toEqual([]);
  });

  test.each([
    ['helped', 'completed', 'completed'],
    ['declined', 'rejected', 'revoked'],
    ['not-reached', 'failed', 'revoked'],
  ] as const)('%s: their part is over', (outcome, task, request) => {
    const { played } = ledOn();
    heard(played, 'accepted');
    const change = heard(played, outcome);
    expect(written(change, 'Task').at(-1)).toMatchObject({ status: task, statusReason: { text: outcome } });
    expect(written(change, 'ServiceRequest')).toMatchObject([{ status: request }]);
    expect(clocksIn(change).some((one) => one.startsWith('onward'))).toBe(false);
    expect(errorsIn(change)).toEqual([]);
    const again = { task: childOf(played), outcome };
    expect(refusedWith(hearOnward(played.journey(), again, played.acting(sanne)))).toEqual([
      'not-in-this-state at task',
    ]);
  });

  test('what they said stays with the Wally: nothing goes to the practice by itself', () => {
    const { played } = ledOn();
    const change = heard(played, 'helped');
    expect(sentIn(change)).toEqual([]);
    expect(written(change, 'Communication')).toEqual([]);
  });

  test('is noted by the owner, about a Task that was asked', () => {
    const { played } = ledOn();
    const note = { task: childOf(played), outcome: 'helped' } as const;
    for (const who of [karim, gp, marijke])
      expect(refusedWith(hearOnward(played.journey(), note, played.acting(who)))).toEqual(notYours);
    const unknown = { ...note, task: 'somebody-else' };
    expect(refusedWith(hearOnward(played.journey(), unknown, played.acting(sanne)))).toEqual([
      'not-in-this-state at task',
    ]);
    expect(refusedWith(hearOnward(received().journey(), note, received().acting(sanne)))).toEqual(notNow);
  });
});

test('no silent end: it closes only once they answered', () => {
  const { played } = ledOn();
  const close = () => report(played.journey(), answerOf(), played.acting(sanne, tuesday));
  expect(refusedWith(close())).toEqual(['onward-referral-open at Task']);
  heard(played, 'accepted');
  expect(refusedWith(close())).toEqual(['onward-referral-open at Task']);
  heard(played, 'helped');
  expect(refusedWith(close())).toBeUndefined();
});

test('H17: a question with a BSN in it goes to no other organisation', () => {
  const played = accepted();
  const asked = { ...onward, question: `Wilt u samen de post ordenen? BSN ${canaries.bsn}` };
  expect(refusedWith(referOn(played.journey(), asked, regionToo(played.acting(sanne))))).toEqual([
    'bsn-in-text at question',
  ]);
});
