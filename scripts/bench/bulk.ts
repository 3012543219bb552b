import { v7 } from 'uuid';
import { workBulk } from '../../src/delivery/bulk.ts';
import { openPool } from '../../src/store/database.ts';
import { readMasterKey } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import { readJob } from '../../src/store/queue/bulk.ts';
import { queueIds } from '../../src/store/queue/list.ts';
import type { Place } from './place.ts';
import type { Figures } from './scale.ts';

const FILL = `
  insert into delivery (practice_id, journey_id, message_id, kind, destination, recipient, state, attempts, next_at, failure_code, created_at)
  select 'p' || n % 300, md5('j' || n)::uuid, gen_random_uuid(), 'feedback', 'practice:p' || n % 300, 'r', 'held', 1, now(), 'unreachable', now()
    from generate_series(1, $1::int) n`;
// Every one has a new generation, once, and one line of the trail: nothing was done twice, nothing left out.
const CHECK = `
  select count(*) filter (where generation = 1 and state = 'pending') as once, count(distinct message_id) as messages,
         (select count(*) from audit where line like '%"delivery-retried"%') as lines from delivery`;

/** Bulk replay of a whole class, stopped halfway and gone on with: how many per second. Throws when any was done twice or not at all. */
export async function measureBulk(place: Place, count: number): Promise<Figures> {
  const database = await place.fresh();
  const pool = openPool(database.login, undefined, 10);
  try {
    await pool.query(FILL, [count]);
    const store = openStore(pool, await readMasterKey(place.masterKeyFile, false), () => new Date(), v7);
    const deliveries = await queueIds(store, { codes: ['unreachable'] }, count);
    const id = store.newId();
    const by = { id: 'admin-region', role: 'administrator' };
    const at = store.clock().toISOString();
    const turn = (to: 'job-stopped' | 'job-resumed') =>
      store.commit({ scope: { practice: '' }, queue: [{ to, id }], audit: [] });
    const job = { to: 'job-started', id, action: 'retry', reason: 'mended', by, at, deliveries } as const;
    await store.commit({ scope: { practice: '' }, queue: [job], audit: [] });
    const began = performance.now();
    const finish = async (most: number) => {
      for (let done = 0; done < most; ) {
        const more = await workBulk({ store });
        if (more === 0) return;
        done += more;
      }
    };
    await finish(count / 2);
    await turn('job-stopped');
    const halfway = await readJob(store, id);
    if ((await workBulk({ store })) !== 0) throw new Error('a stopped job went on');
    await turn('job-resumed');
    await finish(count);
    const perSecond = count / ((performance.now() - began) / 1_000);
    const { rows } = await pool.query<{ once: number; messages: number; lines: number }>(CHECK);
    const [found] = rows;
    if (!halfway || found?.once !== count || found.messages !== count || found.lines !== count)
      throw new Error(`bulk replay: ${JSON.stringify(found)} of ${count}`);
    return { 'bulk perSecond': perSecond };
  } finally {
    await pool.end();
    await database.drop();
  }
}
