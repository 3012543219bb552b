import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { practiceByCredential, takeHandle, writeCredential, writeHandle } from '../../src/store/access/sessions.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { countFolders } from '../../src/store/lists/folders.ts';
import { listReferrals } from '../../src/store/lists/lists.ts';
import { readFirstAnswer, readJourney, readResource } from '../../src/store/referrals.ts';
import type { Scope } from '../../src/store/scope.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { canaries, committed, journeyOf, received, takeIn } from '../doubles/made.ts';

const practices = ['de-brink', 'zuidrand', 'aan-de-kade'];
let at: TestStore;
/** One journey per practice: de-brink and aan-de-kade are with wally-sanne, zuidrand with wally-joost. */
let journeys: Map<string, string>;
beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  journeys = new Map();
  for (const practice of practices)
    journeys.set(practice, await takeIn(at.store, { practice, number: 'same-number', controlId: 'same-control' }));
});
afterAll(() => at.close());

const of = (practice: string) => journeys.get(practice) ?? '';
const scopes = (own: string): [Scope, string[]][] => [
  [{ kind: 'practice', practice: own }, [own]],
  [{ kind: 'owner', owner: 'wally-sanne' }, ['de-brink', 'aan-de-kade']],
  [{ kind: 'owner', owner: 'wally-joost' }, ['zuidrand']],
  [{ kind: 'owner', owner: 'wally-karim' }, []],
  [{ kind: 'wally', owner: 'wally-sanne' }, ['de-brink', 'aan-de-kade']],
  [{ kind: 'wally', owner: 'wally-karim' }, []],
  [{ kind: 'team', team: 'voorbeeldstreek' }, practices],
  [{ kind: 'team', team: 'another-team' }, []],
  [{ kind: 'practice', practice: '' }, []],
  [{ kind: 'practice', practice: `${own}' or true --` }, []],
  [{ kind: 'line' }, practices],
];

describe('whose rows', () => {
  test('a journey is read by id only within the scope', async () => {
    for (const own of practices) {
      for (const [scope, allowed] of scopes(own)) {
        const seen: string[] = [];
        for (const practice of practices) if (await readJourney(at.store, scope, of(practice))) seen.push(practice);
        expect([scope, seen.sort()]).toEqual([scope, [...allowed].sort()]);
      }
    }
  });

  test('H11: who is offered it or acted for may look, who is barred may not, whatever else she is', async () => {
    const seenBy = async (kind: 'owner' | 'wally', owner: string) =>
      (await readJourney(at.store, { kind, owner }, of('zuidrand'))) !== undefined;
    const be = (column: string, value: string | string[] | null) =>
      at.owner.query(`update journey set ${column} = $1 where id = $2`, [value, of('zuidrand')]);
    for (const column of ['proposed_id', 'acting_for_id']) {
      await be(column, 'wally-sanne');
      expect([await seenBy('owner', 'wally-sanne'), await seenBy('wally', 'wally-sanne')]).toEqual([false, true]);
      await be('barred_ids', ['wally-sanne']);
      expect(await seenBy('wally', 'wally-sanne')).toBe(false);
      await be('barred_ids', []);
      await be(column, null);
    }
    await be('barred_ids', ['wally-karim', 'wally-joost']);
    expect([await seenBy('owner', 'wally-joost'), await seenBy('wally', 'wally-joost')]).toEqual([false, false]);
    await be('barred_ids', []);
    expect(await seenBy('owner', 'wally-joost')).toBe(true);
  });

  test('a resource is read by id only by its own practice, in every version', async () => {
    for (const owner of practices) {
      const journey = await journeyOf(at.store, of(owner));
      const task = { ...journey.task.resource, description: owner };
      await committed(at.store, {
        scope: { practice: owner },
        journey: journey.id,
        resources: [{ resource: task, version: 2 }],
        audit: [],
      });
      const ids = [
        ['Patient', journey.patient.resource.id],
        ['Task', journey.task.resource.id],
        ['Consent', journey.consent.resource.id],
        ['ServiceRequest', journey.serviceRequest.resource.id],
      ] as const;
      for (const practice of practices) {
        for (const [type, id] of ids) {
          for (const version of [undefined, 1]) {
            const found = await readResource(at.store, { practice }, type, id, version);
            expect([owner, practice, type, found?.resource.id]).toEqual([
              owner,
              practice,
              type,
              practice === owner ? id : undefined,
            ]);
          }
        }
      }
      const old = await readResource(at.store, { practice: owner }, 'Task', journey.task.resource.id, 1);
      const now = await readResource(at.store, { practice: owner }, 'Task', journey.task.resource.id);
      expect([old?.version, now?.version, old?.resource, now?.resource]).toMatchObject([
        1,
        2,
        {},
        { description: owner },
      ]);
      expect(await readResource(at.store, { practice: owner }, 'Task', journey.task.resource.id, 3)).toBeUndefined();
      expect(await readResource(at.store, { practice: owner }, 'Patient', journey.task.resource.id)).toBeUndefined();
    }
  });

  test('a change of another practice cannot write over a resource', async () => {
    const journey = await journeyOf(at.store, of('de-brink'));
    const stolen = { ...journey.task.resource, status: 'cancelled' as const };
    const done = await at.store.commit({
      scope: { practice: 'zuidrand' },
      journey: journey.id,
      resources: [{ resource: stolen, version: journey.task.version + 1 }],
      audit: [],
    });
    expect(done.ok).toBe(false);
    expect((await journeyOf(at.store, journey.id)).task.resource.status).toBe('requested');
  });

  test('the same number and message key of two practices are two referrals, each with its own answer', async () => {
    const key = (practice: string) => ({
      application: `his-${practice}`,
      controlId: 'same-control',
      messageType: 'Bundle',
      practiceReferralId: 'same-number',
      hash: new Uint8Array(),
    });
    for (const practice of practices) {
      const first = await readFirstAnswer(at.store, { practice }, key(practice));
      expect(first && 'answer' in first && first.answer.journey).toBe(of(practice));
    }
    expect(await readFirstAnswer(at.store, { practice: 'elsewhere' }, key('de-brink'))).toBeUndefined();
  });

  test('lists and counts show a practice its own, and a Wally what was delivered to the worklist', async () => {
    for (const practice of practices) {
      const listed = await listReferrals(at.store, { kind: 'practice', practice }, 'all', 50);
      expect(listed.map((one) => [one.practice, one.journey])).toEqual([[practice, of(practice)]]);
      expect(listed[0]?.patientName).toContain(canaries.family);
      expect((await countFolders(at.store, { kind: 'practice', practice })).all).toBe(1);
    }
    expect(await listReferrals(at.store, { kind: 'owner', owner: 'wally-sanne' }, 'new', 50)).toEqual([]);
    const journey = await journeyOf(at.store, of('de-brink'));
    const visible = {
      taskId: journey.index.taskId,
      assignment: journey.index.assignment,
      owner: journey.index.owner,
      at: at.now.toISOString(),
    };
    await committed(at.store, { scope: { practice: 'de-brink' }, journey: journey.id, visible: [visible], audit: [] });
    const seen = await listReferrals(at.store, { kind: 'owner', owner: 'wally-sanne' }, 'new', 50);
    expect(seen.map((one) => one.journey)).toEqual([journey.id]);
    expect(await listReferrals(at.store, { kind: 'owner', owner: 'wally-joost' }, 'new', 50)).toEqual([]);
  });

  test('a delivery is moved only in the name of its own practice', async () => {
    const { rows } = await at.owner.query<{ id: string }>('select id::text from delivery where journey_id = $1', [
      of('de-brink'),
    ]);
    const id = rows[0]?.id ?? '';
    for (const move of [
      { to: 'retry' as const, id },
      { to: 'abandoned' as const, id, reason: 'other' },
    ]) {
      expect(
        await at.store.commit({
          scope: { practice: 'zuidrand' },
          journey: of('zuidrand'),
          deliveries: [move],
          audit: [],
        }),
      ).toEqual({ ok: false, why: 'stale' });
    }
  });

  test('a one-time link opens once, and only for the practice it was made for', async () => {
    const token = await writeHandle(at.store, 'de-brink', { who: 'someone' }, 60_000);
    expect(await takeHandle(at.store, 'zuidrand', token)).toBeUndefined();
    const taken = await Promise.all(Array.from({ length: 5 }, () => takeHandle(at.store, 'de-brink', token)));
    expect(taken.filter(Boolean)).toEqual([{ who: 'someone' }]);
    const late = await writeHandle(at.store, 'de-brink', {}, 60_000);
    at.now = new Date(at.now.getTime() + 60_001);
    expect(await takeHandle(at.store, 'de-brink', late)).toBeUndefined();
  });

  test('a credential names one practice, until it is revoked', async () => {
    await writeCredential(at.store, 'de-brink', 'his-1', 'a-token-of-de-brink');
    expect(await practiceByCredential(at.store, 'a-token-of-de-brink')).toEqual({
      practice: 'de-brink',
      application: 'his-1',
    });
    expect(await practiceByCredential(at.store, 'a-token-of-de-brinK')).toBeUndefined();
    await at.owner.query('update credential set revoked_at = now()');
    expect(await practiceByCredential(at.store, 'a-token-of-de-brink')).toBeUndefined();
  });

  test('what was decided for a practice that the directory does not know is never taken in', async () => {
    const directory = await directoryReader(at.store)();
    expect(() => received(at.store, directory, { practice: 'unknown', number: '1' })).toThrow(/no-wally-service/);
  });
});
