import type { Communication, Task } from '@medplum/fhirtypes';
import { describe, expect, test } from 'vitest';
import { journeyAfter } from '../../scripts/fixture-work.ts';
import type { FeedbackAnswer } from '../../src/feedback/answer.ts';
import { contactMade } from '../../src/feedback/contact.ts';
import { askToStop } from '../../src/feedback/later.ts';
import { accept, seen } from '../../src/feedback/moves.ts';
import { noteLanded, report } from '../../src/feedback/report.ts';
import { asksNoMore, interimIssues } from '../../src/feedback/report-rules.ts';
import { refuseToStop } from '../../src/feedback/stop.ts';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import type { Change } from '../../src/referral/change.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { canaries, referralOf } from '../doubles/made.ts';
import { accepted, answerOf, gp, karim, monday, type Played, received, sanne, theLine } from './journeys.ts';

const tuesday = '2026-11-24T13:00:00.000Z';
const of = <T>(change: Change, type: string) =>
  (change.resources ?? [])
    .filter(({ resource }) => resource.resourceType === type)
    .map(({ resource }) => resource as unknown as T);
const communicationIn = (change: Change): Communication & { id: string } => {
  const [found] = of<Communication & { id: string }>(change, 'Communication');
  if (!found) throw new Error('no Communication');
  return found;
};
const versions = (change: Change) =>
  Object.fromEntries((change.resources ?? []).map(({ resource, version }) => [resource.resourceType, version]));

describe('opening and accepting', () => {
  test('the first look is noted once, and only the owner’s', () => {
    const played = received();
    expect(seen(played.journey(), played.acting(karim))).toBeUndefined();
    expect(seen(played.journey(), played.acting(gp))).toBeUndefined();
    const first = seen(played.journey(), played.acting(sanne));
    if (!first) throw new Error('not noted');
    expect(first.index).toMatchObject({ taskStatus: 'received', businessStatus: 'seen' });
    expect(seen(journeyAfter(played.journey(), first), played.acting(sanne))).toBeUndefined();
  });

  test('accepting says since when, who and why in one change', () => {
    const played = received();
    const change = played.move(sanne, accept, tuesday);
    expect(of<Task>(change, 'Task')).toMatchObject([
      {
        status: 'accepted',
        executionPeriod: { start: tuesday },
        lastModified: tuesday,
        owner: { reference: 'PractitionerRole/wally-sanne' },
      },
    ]);
    expect(versions(change)).toEqual({ Task: 2, Provenance: 1 });
    expect(change.events).toEqual([{ kind: 'accepted', at: tuesday, owner: 'wally-sanne' }]);
    expect(change.audit).toMatchObject([
      { event: 'task-accepted', action: 'U', actor: { id: 'wally-sanne' }, outcome: 'ok' },
    ]);
    expect(change.outbox ?? []).toEqual([]);
  });
});

describe('reporting back', () => {
  test('final: Communication, Task, outbox row, events and audit in one change', () => {
    const played = accepted();
    const change = played.move(sanne, (journey, acting) => report(journey, answerOf(), acting), tuesday);
    const communication = communicationIn(change);
    expect(validateBaseR4(communication).filter((one) => one.severity === 'error')).toEqual([]);
    expect(communication).toMatchObject({
      status: 'in-progress',
      sent: tuesday,
      category: [{ coding: [{ code: 'feedback-final' }] }],
      sender: { reference: '#sender', display: 'Sanne Verhoeven' },
      basedOn: [{ identifier: { system: 'http://de-brink.his.example/referral', value: '2026-000001' } }, {}],
    });
    expect(communication).not.toHaveProperty('received');
    expect(communication.payload?.[0]?.contentString).toBe('Mevrouw gaat naar de eettafel.');
    expect(change.outbox).toEqual([
      {
        messageId: communication.identifier?.[0]?.value?.replace('urn:uuid:', ''),
        kind: 'feedback',
        destination: 'practice:de-brink',
        recipient: 'de-brink',
        document: { type: 'Communication', id: communication.id },
      },
    ]);
    expect(of<Task>(change, 'Task')).toMatchObject([
      {
        status: 'completed',
        executionPeriod: { start: monday, end: tuesday },
        output: [
          // H13: the contact is a named moment of its own, on the day it was.
          { type: { coding: [{ code: 'contact' }] }, valueAnnotation: { time: '2026-11-24T12:00:00Z' } },
          { valueReference: { reference: `Communication/${communication.id}` } },
        ],
      },
    ]);
    expect(change.events?.map((one) => one.kind)).toEqual(['contact', 'feedback', 'closed']);
    expect(played.journey().serviceRequest.resource.status).toBe('active');
  });

  test('interim keeps the work open; outputs add up', () => {
    const played = accepted();
    const interim = answerOf({ final: false, outcomes: [], contact: 'none' });
    const change = played.move(sanne, (journey, acting) => report(journey, interim, acting), tuesday);
    expect(change.index).toMatchObject({ taskStatus: 'in-progress', businessStatus: 'interim-feedback-sent' });
    expect(change.events?.map((one) => one.kind)).toEqual(['feedback']);
    played.move(sanne, (journey, acting) => report(journey, answerOf(), acting), tuesday);
    expect(played.journey().task.resource.output).toHaveLength(3);
    expect(played.journey().communications).toHaveLength(2);
  });

  test('a letter more only where the practice agreed to it, or the GP must act; what is not yet contact-and-plan is none', () => {
    const more = (played: Played, change: Partial<FeedbackAnswer> = {}, directory = played.acting(sanne).directory) =>
      interimIssues(played.journey(), answerOf({ final: false, outcomes: [], ...change }), {
        ...played.acting(sanne, '2026-11-26T09:00:00Z'),
        directory,
      }).map(({ reason, path }) => `${reason} ${path}`);
    const refused = ['interim-not-wanted gpMustAct'];
    const tell = (played: Played, change: Partial<FeedbackAnswer>, at: string) =>
      played.move(sanne, (journey, acting) => report(journey, answerOf({ final: false, ...change }), acting), at);
    const played = accepted();
    expect(more(played)).toEqual([]);
    tell(played, { contact: 'attempted' }, '2026-11-24T09:00:00Z');
    expect([more(played), more(played, { contact: 'attempted' })]).toEqual([[], refused]);
    tell(played, { contactOn: '2026-11-25' }, '2026-11-25T09:00:00Z');
    expect([more(played), more(played, { final: true })]).toEqual([refused, []]);
    expect([more(played, { gpMustAct: true }), more(played, { gpMustAct: true, residentAgreed: false })]).toEqual([
      [],
      refused,
    ]);
    const { practices, ...directory } = played.acting(sanne).directory;
    const service = { id: 's', name: 'Wally', team: 'voorbeeldstreek', interimLetters: true as const };
    const asking = [...practices].map(([id, one]) => [id, { ...one, service }] as const);
    expect(more(played, {}, { ...directory, practices: new Map(asking) })).toEqual([]);
  });

  test('an answer to a request to stop is no letter of this kind', () => {
    const played = accepted();
    played.move(sanne, (journey, acting) => contactMade(journey, monday, acting));
    played.move(gp, (journey, acting) => askToStop(journey, 'Verhuisd.', acting));
    played.move(sanne, (journey, acting) => refuseToStop(journey, 'Zij wil door.', acting));
    expect(asksNoMore(played.journey(), played.acting(sanne).directory)).toBe(false);
  });

  test('what goes back is no more than filing needs: no BSN, no address, no number, no reason (promise 4)', () => {
    const text = JSON.stringify(
      communicationIn(accepted().move(sanne, (journey, acting) => report(journey, answerOf(), acting))),
    );
    for (const secret of [
      canaries.bsn,
      canaries.street,
      canaries.phone,
      canaries.email,
      canaries.reason,
      canaries.question,
      canaries.contactPerson,
    ]) {
      expect(text).not.toContain(secret);
    }
    for (const needed of [canaries.family, canaries.birthDate]) expect(text).toContain(needed);
  });

  test('an appointment is kept, says only "afspraak" (H2), and is an output', () => {
    const answer = answerOf({ appointment: { at: '2026-12-02T11:30:00+01:00', place: 'Buurthuis' } });
    const change = accepted().move(sanne, (journey, acting) => report(journey, answer, acting));
    const [appointment] = of<object>(change, 'Appointment');
    expect(validateBaseR4(appointment).filter((one) => one.severity === 'error')).toEqual([]);
    expect(appointment).toMatchObject({
      description: 'afspraak',
      start: '2026-12-02T10:30:00.000Z',
      end: '2026-12-02T11:15:00.000Z',
    });
    expect(of<Task>(change, 'Task')[0]?.output).toHaveLength(3);
  });

  test.each([
    ['the resident does not agree', { residentAgreed: false }, 'content'],
    ['the consent was for closure only, whatever is ticked now', { residentAgreed: true }, 'closure-only'],
  ] as const)('H9: closure without content when %s', (_, change, feedback) => {
    const played = accepted({ consent: { ...referralOf('1').consent, feedback } });
    const answer = answerOf({ ...change, plan: 'geheim plan' });
    const made = communicationIn(played.move(sanne, (journey, acting) => report(journey, answer, acting)));
    expect(made.payload?.[0]?.contentString).toBe(
      'De Wally heeft de verwijzing afgesloten. De inwoner deelt verder niets met de huisarts.',
    );
    expect(made).not.toHaveProperty('extension');
    expect(JSON.stringify(made)).not.toMatch(/eettafel|geheim|led-on/);
  });

  test('outcomes are coded per life area, for those who may see them', () => {
    const made = communicationIn(accepted().move(sanne, (journey, acting) => report(journey, answerOf(), acting)));
    expect(made.extension?.[0]?.extension?.map((one) => one.valueCoding?.code)).toEqual(['loneliness', 'led-on']);
  });

  test('it files under the practice’s own episode when the referral named one', () => {
    const played = accepted({ episode: { system: 'http://de-brink.his.example/episode', value: 'e3' } });
    const made = communicationIn(played.move(sanne, (journey, acting) => report(journey, answerOf(), acting)));
    expect(made.about).toMatchObject([{ type: 'EpisodeOfCare', identifier: { value: 'e3' } }]);
  });

  test('H1: a report lowers the alarm of an acute referral', () => {
    const played = accepted({ priority: 'asap' });
    const change = played.move(sanne, (journey, acting) => report(journey, answerOf(), acting));
    expect(change.alarms).toMatchObject([
      { kind: 'acute', raise: false },
      { kind: 'overdue', raise: false },
    ]);
  });

  test.each([
    ['someone else’s', () => report(accepted().journey(), answerOf(), accepted().acting(karim)), 'not-yours'],
    ['not accepted yet', () => report(received().journey(), answerOf(), received().acting(sanne)), 'not-in-this-state'],
  ])('refused: %s', (_, decide, reason) => {
    const found = decide();
    expect(isRefusal(found) && found.refused.map((one) => one.reason)).toEqual([reason]);
  });

  test('refused after the final one: what was closed stays closed', () => {
    const played = accepted();
    played.move(sanne, (journey, acting) => report(journey, answerOf(), acting));
    const again = report(played.journey(), answerOf(), played.acting(sanne));
    expect(isRefusal(again) && again.refused[0]?.reason).toBe('not-in-this-state');
  });
});

describe('landing', () => {
  const landed = (final: boolean) => {
    const played = accepted();
    const answer = final ? answerOf() : answerOf({ final: false, outcomes: [] });
    const communication = communicationIn(played.move(sanne, (journey, acting) => report(journey, answer, acting)));
    const noted = noteLanded(played.journey(), communication.id, played.acting(theLine, tuesday));
    if (!noted) throw new Error('not noted');
    return {
      played,
      communication,
      noted,
      change: { scope: { practice: 'de-brink' }, journey: played.journey().id, ...noted } satisfies Change,
    };
  };

  test('the Communication is completed with the moment, and only now', () => {
    const { noted, communication } = landed(false);
    expect(noted.resources).toMatchObject([
      { version: 2, resource: { id: communication.id, status: 'completed', received: tuesday } },
    ]);
    expect(noted.events).toEqual([{ kind: 'landed', at: tuesday, outcome: 'interim' }]);
    expect(noted.audit).toMatchObject([
      { event: 'feedback-landed', object: `Communication/${communication.id}`, actor: { id: 'kortelijn' } },
    ]);
  });

  test('after the final one the request of the practice is completed too', () => {
    const { noted, change, played } = landed(true);
    expect(noted.events).toMatchObject([{ outcome: 'final' }]);
    const after = journeyAfter(played.journey(), change);
    expect(after.serviceRequest).toMatchObject({ version: 2, resource: { status: 'completed' } });
  });

  test('noted once: a second proof changes nothing', () => {
    const { change, played, communication } = landed(true);
    const after = journeyAfter(played.journey(), change);
    expect(noteLanded(after, communication.id, played.acting(theLine))).toBeUndefined();
    expect(noteLanded(after, 'somebody-else', played.acting(theLine))).toBeUndefined();
  });
});
