import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { v7 } from 'uuid';
import { expect } from 'vitest';
import { takeBack } from '../../src/feedback/take-back.ts';
import { fhirRouter } from '../../src/intake/fhir/rest.ts';
import { listenMllp } from '../../src/intake/mllp/listen.ts';
import { openLog } from '../../src/log.ts';
import { loadMappings, mappingOf } from '../../src/mapping/load.ts';
import { theLine } from '../../src/referral/actor.ts';
import { writeCredential } from '../../src/store/access/sessions.ts';
import { openPool } from '../../src/store/database.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { masterKeyFrom, open } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { committed, journeyOf, notRefused, reportBack } from '../doubles/made.ts';
import { giveMllp, type MllpClient, openMllpClient } from '../doubles/mllp.ts';
import { bodyBytesMax, type FhirRow, type Kept } from './refusals-table.ts';

type Behind = NonNullable<FhirRow['behind']> | 'nothing';

/** Where one pair of doors listens. */
interface Doors {
  readonly url: string;
  /** A connection of its own to the MLLP door; closed with the doors. */
  connect(): Promise<MllpClient>;
}

/** What is counted before and after each row. */
interface Counted {
  readonly journeys: number;
  readonly deliveries: number;
  readonly refused: number;
  readonly audited: number;
}

/** Both doors on sockets, three times: with all behind them, with the database away, with a bug. */
export interface Table {
  /** Everything that the doors logged. */
  readonly lines: readonly string[];
  doorsOf(row: { readonly behind?: FhirRow['behind'] }): Doors;
  counted(): Promise<Counted>;
  /** The practice withdraws what it sent under this number, or the Wally reports for good. */
  end(number: string, how: 'taken back' | 'closed'): Promise<void>;
  /** Decision 15, on what was kept since `before`. */
  expectKept(kept: Kept, before: Counted, sent: Sent): Promise<void>;
  close(): Promise<void>;
}

export interface Sent {
  readonly bytes: Buffer;
  readonly practice: string;
  readonly application: string;
  readonly door: string;
  readonly codes: readonly string[];
  readonly paths: readonly string[];
}

/** The invented region, and a practice that no Wally works for. */
async function loadPractices(store: Store): Promise<void> {
  await loadTestRegion(store);
  const at = store.clock().toISOString();
  const type = [{ coding: [{ system: 'http://nictiz.nl/fhir/NamingSystem/organization-type', code: 'Z3' }] }];
  const practice = { resourceType: 'Organization' as const, id: 'no-wally', active: true, name: 'Praktijk', type };
  const actor = { id: theLine.id, role: theLine.role };
  await committed(store, {
    scope: { practice: '' },
    directory: [{ resource: practice, validFrom: at }],
    audit: [{ event: 'directory-changed', at, actor, action: 'C', outcome: 'ok', purpose: 'HOPERAT' }],
  });
  for (const id of ['de-brink', 'zuidrand', 'no-wally']) await writeCredential(store, id, `his-${id}`, `key-of-${id}`);
  for (const [id, facility] of [
    ['de-brink', '01990101'],
    ['no-wally', '01990199'],
  ] as const)
    await giveMllp(store, id, { peer: { facility, addressRange: '127.0.0.0/8' } }, 'beside');
}

async function countIn(at: TestStore): Promise<Counted> {
  const { rows } = await at.owner.query<Counted>(
    `select (select count(*) from journey)::int as journeys, (select count(*) from delivery)::int as deliveries,
            (select count(*) from refused)::int as refused,
            (select count(*) from audit where line like '%"referral-refused"%')::int as audited`,
  );
  return rows[0] as Counted;
}

async function expectKept(at: TestStore, kept: Kept, before: Counted, sent: Sent): Promise<void> {
  const more = kept === 'nothing' ? 0 : 1;
  expect(await countIn(at)).toEqual({ ...before, refused: before.refused + more, audited: before.audited + more });
  if (kept === 'nothing') return;
  const { rows } = await at.owner.query('select * from refused order by received_at desc, id desc limit 1');
  const [row] = rows;
  const { bytes, practice, ...said } = sent;
  expect(row).toMatchObject({ ...said, practice_id: practice });
  expect(row.hash).toEqual(createHash('sha256').update(bytes).digest());
  expect(row.expires_at.getTime() - row.received_at.getTime()).toBe(30 * 86_400_000);
  if (kept === 'ids and hash') {
    expect([row.wrapped, row.sealed]).toEqual([null, null]);
    return;
  }
  const context = `${practice}|refused|${row.id}`;
  expect(open(await at.store.master.unwrap(row.wrapped, context), row.sealed, context)).toEqual(bytes);
  if (bytes.length > 20) expect(row.sealed.includes(bytes.subarray(0, 20))).toBe(false);
}

async function end(at: TestStore, number: string, how: 'taken back' | 'closed'): Promise<void> {
  const { rows } = await at.owner.query('select id from journey where practice_referral_id = $1', [number]);
  const { id } = rows[0];
  if (how === 'closed') {
    await reportBack(at.store, id);
    return;
  }
  const actor = { id: 'gp-vanleeuwen', name: 'M. van Leeuwen', role: 'practice', organization: 'de-brink' } as const;
  const directory = await directoryReader(at.store)();
  const acting = { actor, now: at.store.clock(), newId: at.store.newId, directory };
  await committed(at.store, notRefused(takeBack(await journeyOf(at.store, id), 'withdraw', acting)));
}

export async function openTable(): Promise<Table> {
  const at = await openTestStore();
  await loadPractices(at.store);
  const lines: string[] = [];
  const log = openLog('debug', { write: (line: string) => void lines.push(line) });
  const mappings = await loadMappings();
  const closing: (() => Promise<unknown> | unknown)[] = [() => at.close()];
  const doors = new Map<Behind, Doors>();

  const openDoors = async (behind: Behind, store: Store, directory: ReturnType<typeof directoryReader>) => {
    const app = express();
    const server: Server = await new Promise((resolve) => {
      const made = createServer(app).listen(0, '127.0.0.1', () => resolve(made));
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const mapping = mappingOf(mappings, 'fhir-r4');
    app.use('/fhir/R4', fhirRouter({ store, directory, mapping, log, publicUrl: url, bodyBytesMax }));
    const listener = await listenMllp(
      { store, directory, log, mappings, answered: async () => false },
      {
        host: '127.0.0.1',
        port: 0,
        usualPort: 0,
        messageBytesMax: bodyBytesMax,
        messageMs: 30_000,
        idleMs: 30_000,
        connectionsMax: 100,
        connectionsPerAddressMax: 100,
      },
    );
    closing.push(async () => {
      server.closeAllConnections();
      await Promise.all([listener.close(), new Promise((resolve) => server.close(resolve))]);
    });
    const connect = async () => {
      const client = await openMllpClient(listener.port);
      closing.push(client.end);
      return client;
    };
    doors.set(behind, { url, connect });
  };

  const pool = openPool({ host: '/nowhere', port: 1, user: 'kortelijn_app', database: 'x' }, undefined, 1);
  closing.push(() => pool.end());
  const dead = openStore(pool, masterKeyFrom(Buffer.alloc(32, 7)), () => at.now, v7);
  const fault = async () => {
    throw new TypeError('a fault of our own');
  };
  await openDoors('nothing', at.store, directoryReader(at.store));
  await openDoors('database away', dead, directoryReader(dead));
  await openDoors('bug', at.store, fault);
  return {
    lines,
    doorsOf: (row) => {
      const found = doors.get(row.behind ?? 'nothing');
      if (!found) throw new Error('no such doors');
      return found;
    },
    counted: () => countIn(at),
    end: (number, how) => end(at, number, how),
    expectKept: (kept, before, sent) => expectKept(at, kept, before, sent),
    close: async () => {
      for (const close of closing.reverse()) await close();
    },
  };
}
