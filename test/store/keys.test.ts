import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { writeHandle, writeRefused } from '../../src/store/access/sessions.ts';
import { openPool } from '../../src/store/database.ts';
import { fieldHmac, masterKeyFrom, open, readMasterKey, seal } from '../../src/store/keys.ts';
import { listReferrals } from '../../src/store/lists/lists.ts';
import { openStore } from '../../src/store/open-store.ts';
import { readFirstAnswer, readJourney } from '../../src/store/referrals.ts';
import { ContentErased } from '../../src/store/store.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { canaries, referralOf, reportBack, takeIn } from '../doubles/made.ts';

const key = Buffer.alloc(32, 3);

describe('sealing', () => {
  test('opens to what was sealed, only with the same key and context, and never the same bytes twice', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.string(), (bytes, context) => {
        const plain = Buffer.from(bytes);
        const sealed = seal(key, plain, context);
        expect(open(key, sealed, context).equals(plain)).toBe(true);
        expect(seal(key, plain, context).equals(sealed)).toBe(false);
        expect(() => open(key, sealed, `${context}.`)).toThrow();
        expect(() => open(Buffer.alloc(32, 4), sealed, context)).toThrow();
      }),
    );
  });

  test('one changed bit, anywhere, does not open', () => {
    const sealed = seal(key, Buffer.from('de reden van de verwijzing'), 'plaats');
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => open(key, changed, 'plaats')).toThrow();
    }
  });

  test('an index value is found whatever its accents, case and spaces, and differs per field', () => {
    const at = fieldHmac(key, 'family', 'van den Berg');
    for (const same of ['Van den  Berg', 'VAN DEN BERG', 'vandenberg', 'van-den-berg']) {
      expect(fieldHmac(key, 'family', same).equals(at)).toBe(true);
    }
    expect(fieldHmac(key, 'family', 'Coenraad').equals(fieldHmac(key, 'family', 'Coënraad'))).toBe(true);
    expect(fieldHmac(key, 'family', 'van den Burg').equals(at)).toBe(false);
    expect(fieldHmac(key, 'bsn', 'van den Berg').equals(at)).toBe(false);
  });
});

describe('the master key', () => {
  const folder = async () => {
    const made = await mkdtemp(join(tmpdir(), 'key-'));
    onTestFinished(() => rm(made, { recursive: true, force: true }));
    return made;
  };

  test('is made once, for its owner only, also when several start at one moment', async () => {
    const file = join(await folder(), 'deeper', 'master.key');
    const keys = await Promise.all(Array.from({ length: 8 }, () => readMasterKey(file, true)));
    expect(new Set(keys.map((one) => one.id)).size).toBe(1);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readMasterKey(file, false)).id).toBe(keys[0]?.id);
  });

  test('that is half written, too short or absent is an error that does not say what is in it', async () => {
    const at = await folder();
    await expect(readMasterKey(join(at, 'absent'), false)).rejects.toThrow(/ENOENT/);
    const file = join(at, 'short');
    await writeFile(file, 'Z2VoZWlt\n');
    await chmod(file, 0o600);
    const failed = await readMasterKey(file, true).catch((error: Error) => error.message);
    expect(failed).toMatch(/32 bytes/);
    expect(failed).not.toContain('Z2VoZWlt');
    expect(await readFile(file, 'utf8')).toBe('Z2VoZWlt\n');
  });

  test('wraps for one journey only', async () => {
    const master = masterKeyFrom(Buffer.alloc(32, 9));
    const wrapped = await master.wrap(key, 'this-journey');
    expect((await master.unwrap(wrapped, 'this-journey')).equals(key)).toBe(true);
    await expect(master.unwrap(wrapped, 'another-journey')).rejects.toThrow();
    await expect(masterKeyFrom(Buffer.alloc(32, 8)).unwrap(wrapped, 'this-journey')).rejects.toThrow();
    expect(master.derive('index').equals(master.derive('wrap'))).toBe(false);
  });
});

describe('content at rest', () => {
  let at: TestStore;
  beforeAll(async () => {
    at = await openTestStore();
    await loadTestRegion(at.store);
  });
  afterAll(() => at.close());

  test('no table holds a word of a referral or its feedback in the clear', async () => {
    const id = await takeIn(at.store, {
      number: 'at-rest',
      referral: {
        consent: { by: 'resident', how: 'spoken', on: '2026-11-23', medicalCodes: false, feedback: 'content' },
      },
    });
    await reportBack(at.store, id);
    const body = Buffer.from(JSON.stringify(referralOf('refused')));
    await writeRefused(
      at.store,
      { practice: 'de-brink' },
      { application: 'a', door: 'fhir', hash: Buffer.alloc(32), codes: ['value'], paths: ['Bundle'], body },
    );
    await writeHandle(at.store, 'de-brink', referralOf('handle'), 60_000);
    const { rows: tables } = await at.owner.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('kortelijn', 'bullmq', 'public')`,
    );
    expect(tables.length).toBeGreaterThan(20);
    const found: string[] = [];
    let documents = 0;
    for (const { name } of tables) {
      // The row as text writes bytes in hexadecimal: each canary is looked for in that form too.
      const { rows } = await at.owner.query<{ row: string }>(`select t::text as row from ${name} t`);
      if (name === 'kortelijn.document') documents = rows.length;
      for (const { row } of rows) {
        for (const [what, word] of Object.entries(canaries)) {
          const forms = [
            word,
            word.toLowerCase(),
            Buffer.from(word).toString('hex'),
            Buffer.from(word).toString('base64').replace(/=+$/, ''),
          ];
          if (forms.some((form) => row.includes(form))) found.push(`${what} in ${name}`);
        }
      }
    }
    expect(found).toEqual([]);
    expect(documents).toBeGreaterThan(6);
    // The test can fail: the same words are there for who has the key.
    const journey = await readJourney(at.store, { kind: 'line' }, id);
    const text = JSON.stringify(journey);
    for (const word of Object.values(canaries)) expect(text).toContain(word);
  });

  test('destroying the key of a journey ends its content everywhere at once; the rest and the trail stay', async () => {
    const erased = await takeIn(at.store, { number: 'erase-me', practice: 'zuidrand' });
    const kept = await takeIn(at.store, { number: 'keep-me', practice: 'zuidrand' });
    const pool = openPool(at.connection, 'kortelijn_app', 2);
    onTestFinished(() => pool.end());
    const elsewhere = openStore(pool, masterKeyFrom(Buffer.alloc(32, 7)), () => at.now, v7);
    const stores = [at.store, elsewhere];
    // Both have read it, and may have kept its key.
    for (const store of stores) expect(await readJourney(store, { kind: 'line' }, erased)).toBeDefined();
    const before = await at.owner.query(
      `select (select count(*) from audit where journey_id = $1) as lines, (select count(*) from journey_event where journey_id = $1) as events`,
      [erased],
    );

    await at.owner.query('update journey_key set wrapped = null, destroyed_at = now() where journey_id = $1', [erased]);

    for (const store of stores) {
      await expect(readJourney(store, { kind: 'line' }, erased)).rejects.toThrow(ContentErased);
      const again = {
        application: 'his-zuidrand',
        controlId: 'control-erase-me',
        messageType: 'Bundle',
        practiceReferralId: 'erase-me',
        hash: new Uint8Array(),
      };
      await expect(readFirstAnswer(store, { practice: 'zuidrand' }, again)).rejects.toThrow(ContentErased);
      await expect(
        store.commit({
          scope: { practice: 'zuidrand' },
          journey: erased,
          resources: [{ resource: { resourceType: 'Binary', id: v7(), contentType: 'text/plain' }, version: 1 }],
          audit: [],
        }),
      ).rejects.toThrow(ContentErased);
      expect((await readJourney(store, { kind: 'line' }, kept))?.id).toBe(kept);
      // One erased referral must not take the practice's whole list with it.
      const listed = await listReferrals(store, { kind: 'practice', practice: 'zuidrand' }, 'all', 10);
      expect(listed.map((one) => one.journey)).toContain(kept);
    }
    const after = await at.owner.query(
      `select (select count(*) from audit where journey_id = $1) as lines, (select count(*) from journey_event where journey_id = $1) as events`,
      [erased],
    );
    expect(after.rows).toEqual(before.rows);
    expect(after.rows[0].lines).toBeGreaterThan(0);
    await expect(
      at.owner.query(`update journey_key set destroyed_at = null where journey_id = $1`, [erased]),
    ).rejects.toThrow(/check constraint/);
  });

  test('a document put in the place of another does not open', async () => {
    const one = await takeIn(at.store, { number: 'swap', practice: 'aan-de-kade' });
    const journey = await readJourney(at.store, { kind: 'line' }, one);
    await at.owner.query(
      `update document set sealed = (select sealed from document where journey_id = $1 and type = 'Consent') where journey_id = $1 and type = 'Patient'`,
      [one],
    );
    expect(journey?.patient).toBeDefined();
    await expect(readJourney(at.store, { kind: 'line' }, one)).rejects.toThrow();
  });
});
