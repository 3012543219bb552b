import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { startMailCatcher } from '../../demo/mail.ts';
import { practicesFileSchema } from '../../demo/model.ts';
import { openPool } from '../../src/store/database.ts';
import { readMasterKey } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import { commitNotifier } from '../../src/store/outbox/wake-up.ts';
import { freePort } from '../../test/doubles/made.ts';
import { openPlace } from '../bench/place.ts';
import { allReady, openEmptyRedis, overPostgres, Supervised, type Target } from './processes.ts';
import { openReceivers } from './receivers.ts';

/** The practice whose system makes a new letter of each request. */
const doublingPractice = 'zuidrand';

/** Ends what was opened, last first, whatever fails. */
export class Closing {
  readonly #all: (() => Promise<unknown>)[] = [];
  push(close: () => Promise<unknown>): void {
    this.#all.push(close);
  }
  async closeAll(): Promise<void> {
    for (let close = this.#all.pop(); close; close = this.#all.pop()) await close().catch(() => undefined);
  }
}

export type World = Awaited<ReturnType<typeof openWorld>>;

/** Everything of one run, started and ready; it ends with `closing`. `random` in [0, 1) decides what goes wrong at the receivers. */
export async function openWorld(queue: 'redis' | 'postgresql', random: () => number, closing: Closing) {
  const region = new URL('../../fixtures/region/demo-his.json', import.meta.url);
  const { practices } = practicesFileSchema.parse(JSON.parse(readFileSync(region, 'utf8')));
  const mail = await startMailCatcher({ port: 0 });
  closing.push(mail.close);
  // Of every twenty mails one is kept while its sender hears that it was not.
  mail.onMail = () => {
    if (random() < 0.05) throw new Error('not kept');
  };
  const receivers = await openReceivers(practices, random);
  closing.push(receivers.close);
  receivers.his.switches.set({ deduplicates: false }, doublingPractice);
  const place = await openPlace(receivers.url);
  closing.push(place.close);
  const postgres = await overPostgres(join(place.folder, 'data'));
  closing.push(postgres.close);
  const redis = queue === 'redis' ? await openEmptyRedis() : undefined;
  if (redis) closing.push(redis.close);
  const database = await place.fresh();
  const pool = openPool(database.login, undefined, 10);
  closing.push(() => pool.end());
  const master = await readMasterKey(place.masterKeyFile, false);
  const store = openStore(pool, master, () => new Date(), v7, commitNotifier(pool, 20));

  // At the same moment: one that was let go could be given out again.
  const ports = await Promise.all(Array.from({ length: 7 }, freePort));
  const [httpPort = 0, mllpPort = 0] = ports.splice(0, 2);
  const settings = {
    DATABASE_URL: database.url,
    MASTER_KEY_FILE: place.masterKeyFile,
    DELIVERY_TIMEOUT_MS: '1500',
    DELIVERY_CONCURRENCY: '10',
    OUTBOUND_HOSTS: receivers.host,
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(mail.port),
    ...(redis && { REDIS_URL: redis.url }),
  };
  const run = (name: string, ROLES: string, port: number, more: Record<string, string> = {}) =>
    new Supervised(name, port, place.folder, { ...settings, ...more, ROLES });
  const processes = [
    run('http', 'http', httpPort),
    run('mllp', 'mllp', ports[0] ?? 0, { MLLP_PORT: String(mllpPort) }),
    run('relay', 'relay,clock', ports[1] ?? 0),
    run('relay-2', 'relay,clock', ports[2] ?? 0),
    run('deliver', 'deliver', ports[3] ?? 0),
    run('deliver-2', 'deliver', ports[4] ?? 0),
  ];
  closing.push(() => Promise.all(processes.map((one) => one.stop())));
  for (const one of processes) one.start();
  await allReady(processes);
  return {
    practices: place.practices,
    mail,
    receivers,
    store,
    processes,
    targets: [...processes, postgres, ...(redis ? [redis] : [])] satisfies Target[],
    doors: { fhirUrl: `http://127.0.0.1:${httpPort}`, mllpPort },
  };
}
