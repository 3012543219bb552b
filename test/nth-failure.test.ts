import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hisPatient, practiceNumber } from '../scripts/fixture-world.ts';
import { migrateQueue, openPostgresQueue, openRedisQueue } from '../src/delivery/queue.ts';
import type { TestStore } from './doubles/database.ts';
import type { Manner, Plan } from './doubles/faults.ts';
import { type FaultyLine, openFaultyLine, type QueuePlace } from './doubles/faulty-line.ts';
import { openTestRedis, redisMissing } from './doubles/redis.ts';
import { fixture, type Run, tell, violations, way } from './nth-way.ts';

/**
 * For n = 1, 2, … the n-th outside call of one referral's whole way there and back fails; then everything of ours is
 * closed, opened again and drained, and every promise must hold. Until an n comes that the way no longer has. Here some rows
 * take every other call, so that each call still fails in three manners; NTH=all takes all of them in every row, and one
 * alone: NTH=57 npx vitest run test/nth-failure.test.ts -t after
 */
const onlyN = Number(process.env.NTH ?? 0) || 0;
const takesAll = Boolean(process.env.NTH);
const callsMax = 500;
const lanes = 2;
const stepMsMax = 20_000;

let numbers = 0;

/** One run from an empty database to everything checked; a fault that is hit is followed by one restart. */
async function play(line: FaultyLine, plan: Plan | undefined) {
  const { faults, mail } = line;
  await line.wipe();
  numbers += 1;
  const number = `nth-${numbers}`;
  const { system } = practiceNumber(fixture.received);
  await tell(line, 'referrals', { system, value: number, patientId: hisPatient(fixture).id });
  const mailsBefore = mail.mails().length;
  faults.arm(plan);
  const run: Run = { line, number, life: await line.openLife(), acknowledged: '', seen: [] };
  try {
    for (const [name, step] of Object.entries(way)) {
      const end = performance.now() + stepMsMax;
      for (let done = false; !done; ) {
        let why: unknown;
        done = await step(run).catch((error: unknown) => {
          why = error;
          return false;
        });
        if (faults.struck) {
          done = false;
          // A process that dies can take the queue's memory with it.
          run.life = await line.restart(run.life, plan?.manner === 'dies');
        } else if (!done && (faults.hit === undefined || performance.now() > end)) {
          throw new Error(`stuck before "${name}"`, { cause: why });
        }
      }
    }
    const { hit, calls } = faults;
    faults.arm(undefined);
    const mails = mail.mails().length - mailsBefore;
    return { hit, calls, mails, wrong: await violations(run) };
  } finally {
    await run.life.close();
  }
}

interface Row {
  readonly manner: Manner;
  /** Whether the HIS honours If-None-Exist; where it does not, only our look-up stands between a repeat and a second letter. */
  readonly deduplicates: boolean;
  readonly title: string;
  /** Which calls fail in `npm test`; every one when absent. */
  readonly calls?: 'odd' | 'even';
}

const neverArrives: Row = {
  manner: 'before',
  calls: 'odd',
  deduplicates: true,
  title: 'before: the n-th call never arrives',
};
/** Where the HIS does de-duplicate, less can go wrong: the harder case stands for both. */
const alone: readonly Row[] = [
  {
    manner: 'after',
    deduplicates: false,
    title: 'after: the n-th call has its effect, its answer is lost, at a HIS that does not de-duplicate',
  },
  {
    manner: 'dies',
    deduplicates: false,
    title:
      'dies: the n-th call is the last of its process and the queue forgets everything, at a HIS that does not de-duplicate',
  },
];
const unattended: Row = {
  manner: 'refused',
  calls: 'even',
  deduplicates: false,
  title: 'refused: the other side says no and nobody starts anything again, at a HIS that does not de-duplicate',
};

function everyCall(matrix: readonly Row[], placeOf: (at: TestStore) => Promise<QueuePlace>): void {
  let open: FaultyLine[] = [];
  beforeAll(async () => {
    open = await Promise.all(Array.from({ length: lanes }, () => openFaultyLine(placeOf)));
    for (const line of open) {
      line.at.now = new Date(fixture.now);
      await tell(line, 'patients', hisPatient(fixture));
    }
  });
  afterAll(async () => {
    for (const line of open) await line.close();
  });

  test('nothing fails: the way has every kind of outside call', async () => {
    const { wrong, calls, mails } = await play(open[0] as FaultyLine, undefined);
    expect({ wrong, mails }).toEqual({ wrong: [], mails: 1 });
    const postgres = ['connect', 'begin', 'claim', 'mark-queued', 'commit', 'listen kortelijn_outbox'];
    const others = ['door POST', 'queue add', 'queue known', 'queue epoch', 'mail', 'HIS POST', 'HIS GET'];
    expect(calls).toEqual(expect.arrayContaining([...postgres.map((one) => `pg ${one}`), ...others]));
  });

  test.for(matrix.map((row) => [row.title, row] as const))(
    '%s',
    { timeout: 300_000 },
    async ([, { manner, deduplicates, calls }], { annotate }) => {
      const wrong: string[] = [];
      const step = calls && !takesAll ? 2 : 1;
      let next = onlyN || (calls === 'even' ? step : 1);
      let beyond = onlyN ? onlyN + 1 : callsMax;
      let twice = 0;
      const lane = async (line: FaultyLine) => {
        line.his.switches.set({ deduplicates }, fixture.practice);
        while (next < beyond) {
          const n = next;
          next += step;
          try {
            const run = await play(line, { n, manner });
            if (!run.hit) beyond = Math.min(beyond, n);
            // SMTP knows no repeat: a second mail without content, when the 250 or its receipt was lost, cannot be helped.
            if (run.mails === 2) twice += 1;
            if (run.mails < 1 || run.mails > 2) run.wrong.push(`${run.mails} mails`);
            wrong.push(...run.wrong.map((one) => `NTH=${n} ${manner} "${run.hit}": ${one}`));
          } catch (error) {
            const { message, cause } = error as Error;
            wrong.push(`NTH=${n} ${manner} "${line.faults.hit}": ${message}, ${String(cause)}`);
          }
        }
      };
      await Promise.all(open.map(lane));
      await annotate(`${beyond - 1} calls; after ${twice} of the faults the mail without content came twice`);
      expect(wrong).toEqual([]);
      expect(beyond).toBeLessThan(callsMax);
    },
  );
}

describe('on BullMQ in PostgreSQL', () => {
  everyCall([neverArrives, ...alone, unattended], async ({ connection, owner: database, store }) => {
    const client = new pg.Client(connection);
    await client.connect();
    await migrateQueue(client, 'kortelijn_app');
    await client.end();
    return {
      open: async () => openPostgresQueue(connection, 'kortelijn_app', store.pool),
      forget: async () => {
        await database.query(
          'delete from bullmq.job; delete from bullmq.event; update bullmq.kortelijn_epoch set epoch = gen_random_uuid()::text',
        );
      },
      close: async () => undefined,
    };
  });
});

// What another queue can change shows where it forgets everything.
describe.skipIf(redisMissing)(`on BullMQ in Redis${redisMissing ? ` (not run: ${redisMissing})` : ''}`, () => {
  everyCall(
    alone.slice(1).map((row) => ({ ...row, calls: 'odd' })),
    async () => {
      const redis = await openTestRedis(false);
      await redis.start();
      const admin = new Redis(redis.url);
      return {
        open: () => openRedisQueue({ url: redis.url, prefix: 'kortelijn-nth' }),
        forget: async () => void (await admin.flushall()),
        close: async () => {
          admin.disconnect();
          await redis.close();
        },
      };
    },
  );
});
