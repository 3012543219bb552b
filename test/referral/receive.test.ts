import { describe, expect, test } from 'vitest';
import { countedIds } from '../../scripts/fixture-case.ts';
import { type Received, receive } from '../../src/referral/receive.ts';
import { type Referral, referralHash } from '../../src/referral/referral.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { notRefused, referralOf } from '../doubles/made.ts';
import { regionWith } from './region.ts';

const now = new Date('2026-11-23T09:00:00Z');
const away = [{ from: '2026-11-01' }];
const places = {
  consentBy: 'consent.by',
  consentOn: 'consent.on',
  practice: 'practice',
  birthDate: 'birth',
  number: 'number',
};

function decide(
  change: Partial<Referral> = {},
  more: Partial<Received> = {},
  absences: Parameters<typeof regionWith>[0] = {},
) {
  const referral = referralOf('2026-000001', change);
  const arrival = {
    application: 'his',
    controlId: 'c1',
    messageType: 'Bundle',
    intent: 'refer' as const,
    door: 'fhir',
    hash: referralHash(referral),
  };
  return receive(
    {
      practice: 'de-brink',
      actor: { id: 'his', name: 'his', role: 'practice-system', organization: 'de-brink' },
      referral,
      losses: [],
      places,
      arrival,
      source: { contentType: 'application/json', base64: '' },
      undoMs: 0,
      ...more,
    },
    { directory: regionWith(absences), now, newId: countedIds() },
  );
}
const reasons = (decided: ReturnType<typeof decide>) =>
  isRefusal(decided) ? decided.refused.map((one) => `${one.reason} ${one.path}`) : [];

describe('what is refused, and nothing is committed for it', () => {
  test('who has died, who is not born yet, a practice without a Wally, all with their place', () => {
    const { patient } = referralOf('1');
    expect(reasons(decide({ patient: { ...patient, deceased: true } }))).toEqual(['deceased birth']);
    expect(reasons(decide({ patient: { ...patient, birthDate: '2026-11-24' } }))).toContain('impossible-date birth');
    expect(reasons(decide({}, { practice: 'nowhere' }))).toEqual(['no-wally-service practice']);
  });

  test('everything at once', () => {
    const { patient, consent } = referralOf('1');
    const decided = decide(
      { patient: { ...patient, deceased: true }, consent: { ...consent, by: 'parents', on: '2026-11-24' } },
      { practice: 'nowhere' },
    );
    expect(reasons(decided)).toEqual([
      'consent-by-wrong-person consent.by',
      'consent-in-future consent.on',
      'deceased birth',
      'no-wally-service practice',
    ]);
  });
});

describe('what is taken', () => {
  test('goes to the worklist of the owner, with a mail to the owner', () => {
    const { change, answer } = notRefused(decide());
    expect(change.outbox?.map(({ kind, destination, recipient }) => ({ kind, destination, recipient }))).toEqual([
      { kind: 'worklist', destination: 'worklist', recipient: 'wally-sanne' },
      { kind: 'notify', destination: 'mail', recipient: 'wally-sanne' },
    ]);
    expect(change.alarms).toEqual([]);
    expect(change.expected).toEqual({ directoryRevision: 1 });
    expect(answer.promise).toEqual({
      name: 'Sanne Verhoeven',
      team: 'Sociaal Werk Voorbeeldstreek',
      phone: '06-00001011',
      callBefore: '2026-11-26',
      route: 'fixed-wally',
    });
  });

  test('with nobody present: the team’s worklist, a mail to the team lead, an alarm, and no name in the promise', () => {
    const { change, answer } = notRefused(decide({}, {}, { 'wally-sanne': away, 'wally-karim': away }));
    expect(change.outbox?.map(({ kind, recipient }) => ({ kind, recipient }))).toEqual([
      { kind: 'worklist', recipient: 'voorbeeldstreek' },
      { kind: 'notify', recipient: 'lead-marijke' },
    ]);
    expect(change.alarms).toMatchObject([{ kind: 'nobody-present', raise: true, team: 'voorbeeldstreek' }]);
    expect(change.index).toMatchObject({ owner: null, fixed: 'wally-sanne', route: 'team-queue' });
    expect(answer.promise).not.toHaveProperty('name');
    expect(answer.promise.phone).toBe('0570-000100');
  });

  test.each([
    ['routine', false],
    ['urgent', false],
    ['asap', true],
    ['stat', true],
  ] as const)('H1: priority %s raises an alarm at once: %s', (priority, acute) => {
    const { change, answer } = notRefused(decide({ priority }));
    expect(answer.acute).toBe(acute);
    expect(change.alarms?.some((one) => one.kind === 'acute' && one.raise)).toBe(acute);
  });

  test('H2: unsafe contact is in the index, so that every list can show it', () => {
    const safeContact = { unsafe: true, noVoicemail: true, noLetters: true };
    expect(notRefused(decide({ safeContact })).change.index?.unsafeContact).toBe(true);
    expect(notRefused(decide()).change.index?.unsafeContact).toBe(false);
  });

  test('H3: within the two minutes of a page nothing is delivered yet', () => {
    const { change } = notRefused(decide({}, { undoMs: 120_000 }));
    expect(change.outbox?.map((one) => one.delayMs)).toEqual([120_000, 120_000]);
    expect(change.index?.undoUntil).toBe('2026-11-23T09:02:00.000Z');
    expect(notRefused(decide()).change.outbox?.every((one) => one.delayMs === undefined)).toBe(true);
  });

  test('nothing of the resident in audit, events, outbox or alarms', () => {
    const { change } = notRefused(decide());
    const { patient, reason } = referralOf('1');
    const open = JSON.stringify([change.audit, change.events, change.outbox, change.alarms]);
    for (const secret of [patient.name.family, patient.birthDate, patient.bsn, reason])
      expect(open).not.toContain(secret);
  });

  test('the GP who refers is named by the directory, not by the message', () => {
    const { resources } = notRefused(decide());
    expect(resources.serviceRequest.requester).toEqual({ reference: 'PractitionerRole/gp-vanleeuwen' });
    const unknown = notRefused(decide({ requester: { name: 'R. Postma' } })).resources;
    expect(unknown.serviceRequest.requester).toEqual({ reference: 'Organization/de-brink', display: 'R. Postma' });
  });
});
