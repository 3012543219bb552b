import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accept } from '../../src/feedback/moves.ts';
import { report } from '../../src/feedback/report.ts';
import { acceptMessage } from '../../src/intake/accept.ts';
import type { Accepted } from '../../src/intake/arriving.ts';
import { joinEarly } from '../../src/intake/join.ts';
import { openLog } from '../../src/log.ts';
import type { Actor } from '../../src/referral/actor.ts';
import type { Mapped, MappedReferral } from '../../src/referral/format.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { isRefusal, type Refusal } from '../../src/referral/refusal.ts';
import { removeExpired } from '../../src/store/access/sessions.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { readJourney } from '../../src/store/referrals.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { canaries, referralOf } from '../doubles/made.ts';

const practice = 'de-brink';
const places = { consentBy: 'by', consentOn: 'on', practice: 'practice', birthDate: 'birth', number: 'number' };
const actor: Actor = { id: 'his', name: 'his', role: 'practice-system', organization: practice };
const about = { family: canaries.family, birthDate: canaries.birthDate };
const letter = {
  title: 'Verwijsbrief',
  contentType: 'application/pdf',
  base64: Buffer.from('%PDF-1.7').toString('base64'),
};

let at: TestStore;
let parts: Parameters<typeof joinEarly>[0];
beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  at.now = new Date('2026-11-23T10:00:00+01:00');
  parts = { store: at.store, directory: directoryReader(at.store), log: openLog('silent') };
});
afterAll(() => at.close());

let sent = 0;
let application = 'his';
/** A message with a control id of its own, as another format or another day would send it. */
async function send(mapped: Mapped, controlId?: string): Promise<Accepted | Refusal> {
  sent += 1;
  return acceptMessage(parts, {
    practice,
    application,
    actor,
    door: 'test',
    controlId: controlId ?? `later-${sent}`,
    messageType: 'test',
    mapped,
    source: { contentType: 'text/plain', base64: Buffer.from(JSON.stringify(mapped)).toString('base64') },
    undoMs: 0,
  });
}
const outcome = async (mapped: Mapped, controlId?: string) => {
  const said = await send(mapped, controlId);
  return isRefusal(said) ? said.refused.map((one) => one.reason).join(' ') : said.outcome;
};

const refer = (
  number: string,
  more: Partial<MappedReferral> = {},
  reason: string = canaries.reason,
): MappedReferral => ({
  intent: 'refer',
  referral: referralOf(number, { reason }),
  losses: [],
  places,
  ...more,
});
const cancel = (number: string): Mapped => ({
  intent: 'cancel',
  number: { system: '', value: number },
  about,
  reason: 'De inwoner is verhuisd',
  losses: [],
  places,
});
const supplement = (number: string): Mapped => ({
  intent: 'supplement',
  number: { system: '', value: number },
  about,
  text: 'Nagekomen bericht',
  letters: [letter],
  losses: [],
  places,
});

async function journeysOf(number: string): Promise<Journey[]> {
  const { rows } = await at.owner.query<{ journey_id: string }>(
    'select distinct journey_id from referral_number where value = $1 and journey_id is not null',
    [number],
  );
  const found = await Promise.all(rows.map((row) => readJourney(at.store, { kind: 'line' }, row.journey_id)));
  return found.filter((one) => one !== undefined);
}
async function journeyOf(number: string): Promise<Journey> {
  const [journey, ...more] = await journeysOf(number);
  if (!journey || more.length > 0) throw new Error(`${number} has ${more.length + (journey ? 1 : 0)} journeys`);
  return journey;
}
const wally: Actor = { id: 'wally-sanne', name: 'Sanne', role: 'wally', organization: 'voorbeeldstreek' };
async function press(number: string, decide: (journey: Journey) => ReturnType<typeof accept>): Promise<void> {
  const change = decide(await journeyOf(number));
  if (isRefusal(change)) throw new Error(change.refused[0]?.reason);
  expect(await at.store.commit(change)).toEqual({ ok: true });
}
const acting = async () => ({ actor: wally, now: at.now, newId: at.store.newId, directory: await parts.directory() });
async function begun(number: string, final = false): Promise<void> {
  const now = await acting();
  await press(number, (journey) => accept(journey, now));
  await press(number, (journey) =>
    report(
      journey,
      {
        final,
        contact: 'made',
        contactOn: '2026-11-23',
        firstLine: 'Wij spraken elkaar.',
        outcomes: [{ lifeArea: 'loneliness', outcome: 'helped' }],
        residentAgreed: true,
      },
      now,
    ),
  );
}

describe('a correction', () => {
  test('replaces what was said under the same number; who has it does not change', async () => {
    expect(await outcome(refer('c-1'))).toBe('new');
    const before = await journeyOf('c-1');
    const corrected = refer('c-1', { intent: 'correct' }, 'Toch schulden');
    expect(await outcome(corrected, 'c-1-second')).toBe('corrected');
    const after = await journeyOf('c-1');
    expect(after.serviceRequest.resource.reasonCode?.[0]?.text).toBe('Toch schulden');
    expect(after.serviceRequest.version).toBe(2);
    expect([after.id, after.index.owner, after.task.resource.status]).toEqual([
      before.id,
      before.index.owner,
      'requested',
    ]);
    expect(await outcome(corrected, 'c-1-second')).toBe('replayed');
    // The same content in another message, as another format would send it.
    expect(await outcome(corrected)).toBe('replayed');
    const { rows } = await at.owner.query(
      "select recipient from delivery where journey_id = $1 and kind = 'notify' order by id",
      [after.id],
    );
    expect(rows).toEqual([{ recipient: 'wally-sanne' }, { recipient: 'wally-sanne' }]);
  });

  test('under a new number takes the place of the old one, which is revoked', async () => {
    expect(await outcome(refer('c-2'))).toBe('new');
    const old = await journeyOf('c-2');
    const replaces = { system: '', value: 'c-2' };
    expect(await outcome(refer('c-2b', { intent: 'correct', replaces }))).toBe('corrected');
    const now = await journeyOf('c-2b');
    expect(now.id).toBe(old.id);
    expect(now.serviceRequest.resource.replaces).toEqual([
      { reference: `ServiceRequest/${old.serviceRequest.resource.id}` },
    ]);
    expect(now.task.resource.focus).toEqual({ reference: `ServiceRequest/${now.serviceRequest.resource.id}` });
    expect(now.index.practiceReferral.value).toBe('c-2b');
    const { rows } = await at.owner.query(
      "select count(*)::int as n from resource where journey_id = $1 and type = 'ServiceRequest'",
      [old.id],
    );
    expect(rows).toEqual([{ n: 2 }]);
    expect(await outcome(refer('c-2'))).toBe('replayed');
  });

  test('back to what it said at first is a correction too, not a resend', async () => {
    expect(await outcome(refer('c-7'))).toBe('new');
    expect(await outcome(refer('c-7', { intent: 'correct' }, 'Toch schulden'))).toBe('corrected');
    expect(await outcome(refer('c-7', { intent: 'correct' }), 'c-7-back')).toBe('corrected');
    expect((await journeyOf('c-7')).serviceRequest.resource.reasonCode?.[0]?.text).toBe(canaries.reason);
    expect(await outcome(refer('c-7', { intent: 'correct' }), 'c-7-back')).toBe('replayed');
  });

  test('that comes before what it corrects is the referral; the original then changes nothing', async () => {
    expect(await outcome(refer('c-3', { intent: 'correct' }, 'Verbeterd'))).toBe('new');
    expect(await outcome(refer('c-3'))).toBe('superseded');
    expect((await journeyOf('c-3')).serviceRequest.resource.reasonCode?.[0]?.text).toBe('Verbeterd');
  });

  test('under a new number that comes before what it corrects: the old number is its own too', async () => {
    const replaces = { system: '', value: 'c-6' };
    expect(await outcome(refer('c-6b', { intent: 'correct', replaces }, 'Verbeterd'))).toBe('new');
    expect(await outcome(refer('c-6'))).toBe('superseded');
    expect((await journeyOf('c-6')).id).toBe((await journeyOf('c-6b')).id);
    expect(await outcome(cancel('c-6'))).toBe('cancelled');
  });

  test('about another person, or after closing, changes nothing (H3)', async () => {
    expect(await outcome(refer('c-4'))).toBe('new');
    const other = refer('c-4', { intent: 'correct' });
    const { patient } = other.referral;
    const wrong = { ...other, referral: { ...other.referral, patient: { ...patient, birthDate: '1960-01-01' } } };
    expect(await outcome(wrong)).toBe('other-person');
    await begun('c-4', true);
    expect(await outcome(refer('c-4', { intent: 'correct' }, 'Te laat'))).toBe('already-closed');
    expect((await journeyOf('c-4')).serviceRequest.version).toBe(1);
  });

  test('H15: an older one of the same sender that comes after a newer one changes nothing, and is told so', async () => {
    const said = (edition: MappedReferral['edition'], reason: string, more: Partial<MappedReferral> = {}) =>
      refer(more.replaces ? 'c-8b' : 'c-8', { intent: 'correct', ...(edition && { edition }), ...more }, reason);
    const reason = async () => (await journeyOf('c-8')).serviceRequest.resource.reasonCode?.[0]?.text;
    expect(await outcome(refer('c-8', { edition: { at: '2026-11-23T18:00:00Z' } }))).toBe('new');
    const second = said({ at: '2026-11-23T11:00:00+01:00' }, 'De tweede');
    expect(await outcome(second, 'c-8-second')).toBe('corrected');
    expect(await outcome(said({ at: '2026-11-23T10:59:59+01:00' }, 'De eerste'))).toBe('older-correction');
    const replaces = { system: '', value: 'c-8' };
    expect(await outcome(said({ at: '2026-11-23T09:00:00Z' }, 'De eerste', { replaces }))).toBe('older-correction');
    expect(await reason()).toBe('De tweede');
    expect(await outcome(second, 'c-8-second')).toBe('replayed');
    // Of one moment, or without any, whichever comes last: nothing says that it is older.
    expect(await outcome(said({ at: '2026-11-23T10:00:00Z' }, 'Nog eens'))).toBe('corrected');
    expect(await outcome(said(undefined, 'Zonder tijd'))).toBe('corrected');
    // Versions before moments, where both have them.
    expect(await outcome(said({ at: '2026-11-23T10:00:00Z', version: 4 }, 'De vierde'))).toBe('corrected');
    expect(await outcome(said({ at: '2026-11-23T12:00:00Z', version: 3 }, 'De derde'))).toBe('older-correction');
    expect(await reason()).toBe('De vierde');
    // Another system has another clock.
    application = 'portal';
    expect(await outcome(said({ at: '2026-11-23T07:00:00Z', version: 1 }, 'Uit het portaal'))).toBe('corrected');
    application = 'his';
    expect(await reason()).toBe('Uit het portaal');
  });

  test('a referral that is no correction stays a conflict', async () => {
    expect(await outcome(refer('c-5'))).toBe('new');
    expect(await outcome(refer('c-5', {}, 'Iets anders'))).toBe('same-number-other-content');
  });
});

describe('a cancellation', () => {
  test('before the work begins is a command; an old original does not revive it (H15)', async () => {
    expect(await outcome(refer('x-1'))).toBe('new');
    expect(await outcome(cancel('x-1'), 'x-1-cancel')).toBe('cancelled');
    const { task, serviceRequest } = await journeyOf('x-1');
    expect([task.resource.status, task.resource.statusReason?.text, serviceRequest.resource.status]).toEqual([
      'cancelled',
      'Ingetrokken door de praktijk: De inwoner is verhuisd',
      'revoked',
    ]);
    expect(await outcome(cancel('x-1'), 'x-1-cancel')).toBe('replayed');
    expect(await outcome(refer('x-1'))).toBe('cancelled-earlier');
    expect(await outcome(refer('x-1', { intent: 'correct' }, 'Toch'))).toBe('cancelled-earlier');
  });

  test('after the work has begun is a question to the Wally: a Task with code abort', async () => {
    expect(await outcome(refer('x-2'))).toBe('new');
    await begun('x-2');
    expect(await outcome(cancel('x-2'))).toBe('stop-asked');
    const { task, requests, index } = await journeyOf('x-2');
    expect([task.resource.status, index.businessStatus]).toEqual(['in-progress', 'cancellation-requested']);
    expect(
      requests.map(({ resource }) => [resource.status, resource.code?.coding?.[0]?.code, resource.focus?.reference]),
    ).toEqual([['requested', 'abort', `Task/${task.resource.id}`]]);
  });

  test('of somebody else or of nobody in particular does nothing (H3)', async () => {
    expect(await outcome(refer('x-3'))).toBe('new');
    expect(
      await outcome({ ...cancel('x-3'), about: { family: 'Anders', birthDate: canaries.birthDate } } as Mapped),
    ).toBe('other-person');
    expect(await outcome({ ...cancel('x-3'), about: {} } as Mapped)).toBe('other-person');
    expect((await journeyOf('x-3')).task.resource.status).toBe('requested');
  });

  test('that comes before its referral is remembered for 30 days (H15)', async () => {
    const before = at.now;
    expect(await outcome(cancel('x-4'))).toBe('kept');
    expect(await outcome(cancel('x-4'))).toBe('kept');
    expect(await outcome(refer('x-4'))).toBe('cancelled-earlier');
    at.now = new Date(before.getTime() + 29 * 86_400_000);
    await removeExpired(at.store);
    expect(await outcome(refer('x-4'))).toBe('cancelled-earlier');
    at.now = new Date(before.getTime() + 31 * 86_400_000);
    await removeExpired(at.store);
    expect(await outcome(refer('x-4'))).toBe('new');
    at.now = before;
  });

  test('at the very moment of its referral: whichever was first, nobody is left with it', async () => {
    const said = await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        const pair = [refer(`race-${n}`), cancel(`race-${n}`)].map((one) => outcome(one));
        return (await Promise.all(n % 2 ? pair : pair.reverse())).sort().join(' ');
      }),
    );
    expect(said.filter((one) => one !== 'cancelled new' && one !== 'cancelled-earlier kept')).toEqual([]);
    const { rows } = await at.owner.query(
      "select count(*)::int as n from journey where practice_referral_id like 'race-%' and task_status <> 'cancelled'",
    );
    expect(rows).toEqual([{ n: 0 }]);
  });
});

describe('what comes in parts', () => {
  test('the letter after its announcement fills in what that could not say; the other way round nothing is lost', async () => {
    const announced = { ...refer('p-1', { intent: 'announce' }, 'De brief volgt'), losses: [] };
    expect(await outcome(announced)).toBe('new');
    expect(await outcome(refer('p-1'))).toBe('corrected');
    expect((await journeyOf('p-1')).serviceRequest.resource.reasonCode?.[0]?.text).toBe(canaries.reason);
    expect(await outcome(refer('p-2'))).toBe('new');
    expect(await outcome({ ...announced, referral: referralOf('p-2', { reason: 'De brief volgt' }) })).toBe(
      'superseded',
    );
    expect((await journeyOf('p-2')).serviceRequest.resource.reasonCode?.[0]?.text).toBe(canaries.reason);
  });

  test('a supplement joins its referral, also after closing', async () => {
    expect(await outcome(refer('p-3'))).toBe('new');
    await begun('p-3', true);
    expect(await outcome(supplement('p-3'))).toBe('supplemented');
    const { letters, serviceRequest, task } = await journeyOf('p-3');
    expect(letters.map(({ resource }) => resource.content[0]?.attachment.title)).toEqual(['Verwijsbrief']);
    expect(serviceRequest.resource.note?.at(-1)?.text).toBe('Nagekomen bericht');
    expect(task.resource.status).toBe('completed');
  });

  test('a supplement before its referral waits for it, sealed, and is joined once', async () => {
    expect(await outcome(supplement('p-4'))).toBe('kept');
    expect(await outcome(supplement('p-4'))).toBe('kept');
    const { rows } = await at.owner.query<{ sealed: Buffer }>("select sealed from early_message where number = 'p-4'");
    expect(rows.length).toBe(1);
    expect(rows[0]?.sealed.includes('Nagekomen')).toBe(false);
    expect(await joinEarly(parts)).toBe(0);
    expect(await outcome(refer('p-4'))).toBe('new');
    expect(await Promise.all([joinEarly(parts), joinEarly(parts)]).then(([a, b]) => a + b)).toBe(1);
    expect((await journeyOf('p-4')).letters.length).toBe(1);
    expect(await joinEarly(parts)).toBe(0);
  });

  test('in whatever order they come there is one journey, with the corrected content', async () => {
    const orders = (all: readonly number[]): number[][] =>
      all.length === 0
        ? [[]]
        : all.flatMap((one) => orders(all.filter((other) => other !== one)).map((rest) => [one, ...rest]));
    for (const [n, order] of orders([0, 1, 2, 3]).entries()) {
      const number = `o-${n}`;
      const messages = [
        refer(number, { intent: 'announce' }, 'De brief volgt'),
        refer(number),
        refer(number, { intent: 'correct' }, 'Verbeterd'),
        supplement(number),
      ];
      for (const one of order) await send(messages[one] as Mapped);
      await joinEarly(parts);
      const { serviceRequest, letters } = await journeyOf(number);
      const said = [serviceRequest.resource.reasonCode?.[0]?.text, letters.length];
      expect({ order, said }).toEqual({ order, said: ['Verbeterd', 1] });
    }
  });
});
