import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { purgeContent, retentionDuties } from '../../src/delivery/retention.ts';
import { end, recall } from '../../src/feedback/ending.ts';
import type { Acting } from '../../src/feedback/moves.ts';
import { readAloud } from '../../src/feedback/read-aloud.ts';
import { confirmTransfer, undoTransfer } from '../../src/feedback/transfer.ts';
import { acceptMessage } from '../../src/intake/accept.ts';
import { openLog } from '../../src/log.ts';
import type { Actor } from '../../src/referral/actor.ts';
import type { KeepingMove } from '../../src/referral/keeping-move.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { awaitedWords, readKeeping } from '../../src/store/keeping.ts';
import { readJourney } from '../../src/store/referrals.ts';
import { ContentErased } from '../../src/store/store.ts';
import { openTestLine, type TestLine } from '../doubles/line.ts';
import { committed, journeyOf, notRefused, ownerOf, referralOf, reportBack, takeIn } from '../doubles/made.ts';

let line: TestLine;
const log = openLog('silent');
const start = new Date('2026-11-23T09:00:00Z');
beforeAll(async () => {
  line = await openTestLine();
});
afterEach(() => {
  line.at.now = start;
});
afterAll(() => line.close());

let nth = 0;
const days = (count: number) => new Date(start.getTime() + count * 86_400_000);
const purge = () => purgeContent({ store: line.at.store, log }, 90);

async function acting(actor: Actor): Promise<Acting> {
  return { actor, now: line.at.store.clock(), newId: line.at.store.newId, directory: await line.directory() };
}

async function open(): Promise<string> {
  nth += 1;
  const journey = await takeIn(line.at.store, { number: `keep-${nth}` });
  await line.drain();
  return journey;
}

/** A journey whose final feedback stands in the practice's record. */
async function landed(): Promise<string> {
  const journey = await open();
  await reportBack(line.at.store, journey);
  await line.drain();
  // The practice's system took it; its staff filed it, which is what was read back.
  await line.at.owner.query(
    `update delivery set state = 'landed', proof = 'record', landed_at = $2 where journey_id = $1 and state = 'sent'`,
    [journey, line.at.now],
  );
  const { rows } = await line.at.owner.query(
    `select state, landed_at from delivery where journey_id = $1 and kind = 'feedback'`,
    [journey],
  );
  expect(rows).toMatchObject([{ state: 'landed' }]);
  return journey;
}

async function transfer(journey: string): Promise<void> {
  const found = await journeyOf(line.at.store, journey);
  await committed(line.at.store, notRefused(confirmTransfer(found, await acting(ownerOf(found)))));
}

async function keep(journey: string, keeping: KeepingMove): Promise<boolean> {
  const done = await line.at.store.commit({ scope: { practice: 'de-brink' }, journey, keeping, audit: [] });
  return done.ok;
}

const erasedAt = async (journey: string) => (await readKeeping(line.at.store, [journey]))[0]?.erasedAt ?? undefined;

describe('H16: content is purged', () => {
  test('H16: 90 days after the feedback landed, once the Wally said that it stands in their own record; the trail and the events stay', async () => {
    const journey = await landed();
    await transfer(journey);
    const counts = async () =>
      (
        await line.at.owner.query(
          `select (select count(*) from audit where journey_id = $1) as lines, (select count(*) from journey_event where journey_id = $1) as events`,
          [journey],
        )
      ).rows[0];
    const before = await counts();
    line.at.now = days(89);
    expect(await purge()).toBe(0);
    expect(await erasedAt(journey)).toBeUndefined();
    line.at.now = days(91);
    expect(await purge()).toBe(1);
    expect(await erasedAt(journey)).toEqual(line.at.now);
    await expect(readJourney(line.at.store, { kind: 'line' }, journey)).rejects.toThrow(ContentErased);
    expect(await counts()).toEqual({ ...before, lines: before.lines + 1 });
    const { rows } = await line.at.owner.query<{ line: string }>(
      `select line from audit where journey_id = $1 order by recorded_at desc limit 1`,
      [journey],
    );
    expect(JSON.parse(rows[0]?.line ?? '')).toMatchObject({ event: 'content-purged', action: 'D', outcome: 'ok' });
    expect(await purge()).toBe(0);
  });

  test('H16: never before someone at the receiver said so, however long it waits; who must be asked is known', async () => {
    const journey = await landed();
    line.at.now = days(400);
    expect(await purge()).toBe(0);
    expect(await erasedAt(journey)).toBeUndefined();
    const awaited = () => awaitedWords(line.at.store, { kind: 'team', team: 'voorbeeldstreek' }, days(310));
    expect(await awaited()).toEqual([{ team: 'voorbeeldstreek', owner: 'wally-sanne', count: 1, since: start }]);
    expect(await awaitedWords(line.at.store, { kind: 'team', team: 'elders' }, days(310))).toEqual([]);
    expect(await awaitedWords(line.at.store, { kind: 'team', team: 'voorbeeldstreek' }, days(-1))).toEqual([]);
    await transfer(journey);
    expect(await awaited()).toEqual([]);
    // Said too early: it stays until it is said again.
    const found = await journeyOf(line.at.store, journey);
    await committed(line.at.store, notRefused(undoTransfer(found, await acting(ownerOf(found)))));
    expect(await purge()).toBe(0);
    await transfer(journey);
    expect(await purge()).toBe(1);
  });

  test('H16: the days count from the last landing, however long the work was over by then', async () => {
    const journey = await landed();
    await transfer(journey);
    await line.at.owner.query(`update delivery set landed_at = $2 where journey_id = $1 and kind = 'feedback'`, [
      journey,
      days(50),
    ]);
    line.at.now = days(91);
    expect(await purge()).toBe(0);
    line.at.now = days(141);
    expect(await purge()).toBe(1);
  });

  test('H16: feedback that was read aloud has landed, on the day that it was; someone must still say that they have it', async () => {
    const journey = await open();
    const letter = await reportBack(line.at.store, journey);
    const { rows } = await line.at.owner.query<{ id: string }>(
      `update delivery set state = 'held', reason = 'rejected', lease = null, lease_until = null, landed_at = null
        where journey_id = $1 and kind = 'feedback' returning id::text`,
      [journey],
    );
    line.at.now = days(50);
    const found = await journeyOf(line.at.store, journey);
    const delivery = { id: rows[0]?.id ?? '', communication: letter };
    const heard = readAloud(found, delivery, { heardBy: 'assistente Nadia' }, await acting(ownerOf(found)));
    if (!heard) throw new Error('it had landed');
    await committed(line.at.store, notRefused(heard));
    const awaited = (before: number) =>
      awaitedWords(line.at.store, { kind: 'team', team: 'voorbeeldstreek' }, days(before));
    expect(await awaited(49)).toEqual([]);
    expect(await awaited(51)).toMatchObject([{ owner: 'wally-sanne', count: 1 }]);
    await transfer(journey);
    line.at.now = days(139);
    expect(await purge()).toBe(0);
    line.at.now = days(141);
    expect(await purge()).toBe(1);
  });

  test('H16: never from an open journey, not even when it is asked for', async () => {
    const journey = await open();
    line.at.now = days(400);
    expect(await purge()).toBe(0);
    const at = line.at.now.toISOString();
    expect(await keep(journey, { to: 'transferred', at, by: 'wally-sanne' })).toBe(true);
    expect(await purge()).toBe(0);
    expect(await keep(journey, { to: 'erased', at, forget: false })).toBe(false);
    expect(await keep(journey, { to: 'erased', at, forget: true })).toBe(false);
    expect(await erasedAt(journey)).toBeUndefined();
    expect((await journeyOf(line.at.store, journey)).id).toBe(journey);
  });

  test('H16: never while its feedback is held, or was given up and landed nowhere', async () => {
    const journey = await landed();
    await transfer(journey);
    line.at.now = days(91);
    const state = (sql: string) =>
      line.at.owner.query(`update delivery set ${sql} where journey_id = $1 and kind = 'feedback'`, [journey]);
    await state(`state = 'held', landed_at = null`);
    expect(await purge()).toBe(0);
    expect(await keep(journey, { to: 'erased', at: line.at.now.toISOString(), forget: false })).toBe(false);
    await state(`state = 'abandoned', reason = 'by-hand'`);
    expect(await purge()).toBe(0);
    await state(`state = 'abandoned', reason = 'consent-withdrawn'`);
    await line.at.owner.query(`update journey set task_status = 'cancelled' where id = $1`, [journey]);
    expect(await purge()).toBe(1);
  });

  test('H16: never while it is held for a court or an inspectorate, also when both come at one moment', async () => {
    const journey = await landed();
    await transfer(journey);
    line.at.now = days(91);
    const at = line.at.now.toISOString();
    expect(await keep(journey, { to: 'held', at, reference: 'Z-2027-14' })).toBe(true);
    expect(await purge()).toBe(0);
    expect(await keep(journey, { to: 'erased', at, forget: true })).toBe(false);
    expect(await keep(journey, { to: 'released' })).toBe(true);
    expect(await keep(journey, { to: 'released' })).toBe(false);
    const both = await Promise.all([
      keep(journey, { to: 'held', at, reference: 'Z-2027-15' }),
      keep(journey, { to: 'erased', at, forget: false }),
    ]);
    expect(both.filter(Boolean)).toHaveLength(1);
    expect((await erasedAt(journey)) === undefined).toBe(both[0]);
    if (both[0]) await keep(journey, { to: 'released' });
    await purge();
  });

  test('what was taken back before anyone saw it needs no word of a receiver', async () => {
    nth += 1;
    const journey = await takeIn(line.at.store, { number: `keep-${nth}`, undoMs: 120_000 });
    const practice: Actor = { id: 'gp-vanleeuwen', name: 'M.', role: 'practice', organization: 'de-brink' };
    const found = await journeyOf(line.at.store, journey);
    await committed(line.at.store, notRefused(recall(found, 'verkeerde persoon', await acting(practice))));
    await line.at.owner.query(`update delivery set state = 'abandoned', reason = 'recalled' where journey_id = $1`, [
      journey,
    ]);
    line.at.now = days(91);
    expect(await purge()).toBe(1);
    expect(await erasedAt(journey)).toBeDefined();
  });

  test('with 0 days nothing is ever purged', () => {
    expect(retentionDuties({ store: line.at.store, log }, 0)).toEqual([]);
    expect(retentionDuties({ store: line.at.store, log }, 90).map((one) => one.name)).toEqual(['content-purged']);
  });
});

describe('"staat in ons eigen dossier"', () => {
  const reasonOf = (said: unknown) => (isRefusal(said) ? said.refused[0]?.reason : 'taken');

  test('is said by the Wally who had it or the team lead, and by nobody else', async () => {
    const journey = await journeyOf(line.at.store, await landed());
    const by = async (actor: Actor) => reasonOf(confirmTransfer(journey, await acting(actor)));
    const lead: Actor = { id: 'lead-marijke', name: 'M', role: 'team-lead', organization: 'voorbeeldstreek' };
    expect(await by(ownerOf(journey))).toBe('taken');
    expect(await by(lead)).toBe('taken');
    expect(await by({ ...lead, organization: 'elders' })).toBe('not-the-owner');
    expect(await by({ ...ownerOf(journey), id: 'wally-joost' })).toBe('not-the-owner');
    expect(await by({ id: 'gp-vanleeuwen', name: '', role: 'practice', organization: 'de-brink' })).toBe(
      'not-the-owner',
    );
    const barred = { ...journey, index: { ...journey.index, barred: [journey.index.owner ?? ''] } };
    expect(reasonOf(confirmTransfer(barred, await acting(ownerOf(journey))))).toBe('not-the-owner');
  });

  test('is not said of an open journey (H16): what comes later would not be in it', async () => {
    const id = await open();
    const journey = await journeyOf(line.at.store, id);
    expect(reasonOf(confirmTransfer(journey, await acting(ownerOf(journey))))).toBe('still-open');
    await committed(line.at.store, notRefused(end(journey, 'moved', await acting(ownerOf(journey)))));
    await line.drain();
    await transfer(id);
    expect(await readKeeping(line.at.store, [id])).toMatchObject([{ transferredBy: ownerOf(journey).id }]);
  });
});

describe('a message about what was erased', () => {
  const credential = 'demo-de-brink-to-kortelijn';
  const erase = async () => {
    const journey = await landed();
    const { rows } = await line.at.owner.query<{ task_id: string; practice_referral_id: string }>(
      'select task_id, practice_referral_id from journey where id = $1',
      [journey],
    );
    const found = await journeyOf(line.at.store, journey);
    expect(await keep(journey, { to: 'erased', at: line.at.now.toISOString(), forget: true })).toBe(true);
    return {
      journey,
      task: rows[0]?.task_id,
      request: found.serviceRequest.resource.id,
      number: rows[0]?.practice_referral_id ?? '',
    };
  };
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${line.url}/fhir/R4${path}`, {
      ...init,
      headers: {
        authorization: `Bearer ${credential}`,
        'content-type': 'application/fhir+json',
        'accept-language': 'en',
      },
    });

  test('is refused with 410 and `erased` in plain words, never taken in anew; reading it says the same', async () => {
    const erased = await erase();
    const referral = referralOf(erased.number);
    const said = await acceptMessage(
      { store: line.at.store, directory: line.directory },
      {
        practice: 'de-brink',
        application: 'his-de-brink',
        actor: { id: 'his-de-brink', name: 'HIS', role: 'practice-system', organization: 'de-brink' },
        door: 'fhir',
        controlId: `control-${erased.number}`,
        messageType: 'Bundle',
        mapped: {
          intent: 'refer',
          referral,
          losses: [],
          places: { consentBy: '', consentOn: '', practice: '', birthDate: '', number: 'Bundle.entry[0]' },
        } as never,
        source: { contentType: 'application/json', base64: '' },
        undoMs: 0,
      },
    );
    expect(said).toMatchObject({ refused: [{ code: 'deleted', reason: 'erased', path: 'Bundle.entry[0]' }] });
    for (const path of [
      `/ServiceRequest/${erased.request}`,
      `/Task/${erased.task}`,
      `/Task/${erased.task}/_history/1`,
    ]) {
      const answer = await ask(path);
      expect(answer.status).toBe(410);
      const text = await answer.text();
      expect(text).toContain('"code":"erased"');
      expect(text).toContain('its content was erased here');
    }
    const { rows } = await line.at.owner.query('select count(*) from journey where practice_referral_id = $1', [
      erased.number,
    ]);
    expect(rows[0].count).toBe(1);
  });

  test('the row that stays leads to nobody: its HMACs are gone', async () => {
    const { journey } = await erase();
    const { rows } = await line.at.owner.query(
      'select bsn_hmac, length(family_hmac) as family, length(birth_date_hmac) as born, postcode_hmac from journey where id = $1',
      [journey],
    );
    expect(rows).toEqual([{ bsn_hmac: null, family: 0, born: 0, postcode_hmac: null }]);
  });
});
