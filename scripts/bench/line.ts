import { v7 } from 'uuid';
import { openPool } from '../../src/store/database.ts';
import { readMasterKey } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import { commitNotifier } from '../../src/store/outbox/wake-up.ts';
import { measureFeedback, reportsOn } from './feedback.ts';
import { type Footprint, footprint, limitOf, newRows, rowsPerJourney } from './limit.ts';
import { drained, measureReferrals } from './referrals.ts';
import type { Bench, Figures } from './scale.ts';
import { startService } from './service.ts';

/** The whole line in one process, its queue in the database or in Redis; GP systems and mail server are ours, in this one. */
export async function measureLine(bench: Bench, name: string, redisUrl: string | undefined): Promise<Figures> {
  const { place, scale } = bench;
  const database = await place.fresh();
  const pool = openPool(database.login, undefined, 6);
  let measured: Figures;
  let atWorklist: Footprint;
  let reported: Footprint;
  try {
    const service = await startService(
      place,
      database,
      {
        ROLES: 'http,relay,deliver,clock',
        OUTBOUND_HOSTS: bench.his.host,
        SMTP_HOST: '127.0.0.1',
        SMTP_PORT: String(bench.mail.port),
        ...(redisUrl && { REDIS_URL: redisUrl }),
      },
      bench.profileDir,
    );
    try {
      const master = await readMasterKey(place.masterKeyFile, false);
      const store = openStore(pool, master, () => new Date(), v7, commitNotifier(pool, 5));
      const referrals = await measureReferrals(bench, name, pool, service);
      const { rows } = await pool.query<{ id: string }>(
        'select id from journey order by received_at desc, id limit $1',
        [scale.steady + scale.feedback],
      );
      const journeys = rows.map((row) => row.id);
      const fifty = journeys.slice(-50);
      atWorklist = await footprint(database, fifty);
      const changes = await reportsOn(store, journeys);
      const accepted = await footprint(database, fifty);
      const feedback = await measureFeedback(bench, name, store, changes, service);
      await drained(pool);
      reported = newRows(accepted, await footprint(database, fifty));
      measured = {
        ...referrals,
        ...feedback,
        [`${name} referral rows`]: rowsPerJourney(atWorklist),
        [`${name} feedback rows`]: rowsPerJourney(reported),
      };
    } finally {
      await service.stop();
    }
  } finally {
    await pool.end();
    await database.drop();
  }
  const limit = { journeys: scale.limit, connections: scale.limitConnections };
  return {
    ...measured,
    ...(await limitOf(place, `${name} referral limit`, atWorklist, limit)),
    ...(await limitOf(place, `${name} feedback limit`, reported, limit)),
  };
}
