// What the line costs on this machine, each figure beside what its database could do at most in the same minutes.
//   npm run bench                      five interleaved repetitions, their medians
//   npm run bench -- --quick           one short repetition
//   --json <file>, or - for stdout     every figure of every repetition
//   --only intake,redis                some of: intake, postgresql, redis, mllp, mapping, search, worklist, cds, admin, bulk
//   --write                            the table into docs/bench.md
//   --profile <folder>                 CPU profiles of the service, by node --cpu-prof
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureAdmin } from './bench/admin.ts';
import { measureBulk } from './bench/bulk.ts';
import { measureCds } from './bench/cds.ts';
import { measureIntake } from './bench/intake.ts';
import { measureLine } from './bench/line.ts';
import { measureMapping } from './bench/mapping.ts';
import { measureMllp } from './bench/mllp.ts';
import { openHis, openMailServer, openRedis } from './bench/others.ts';
import { openPlace } from './bench/place.ts';
import { asPage, asTable, cpuTable, type Measured, machineWords, summarise } from './bench/report.ts';
import { type Bench, type Figures, fullScale, quickScale } from './bench/scale.ts';
import { measureSearch } from './bench/search.ts';
import { stopServices } from './bench/service.ts';
import { measureWorklist } from './bench/worklist.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
    profile: { type: 'string' },
    repetitions: { type: 'string' },
  },
});
const wanted = options.only?.split(',');
const scale = {
  ...(options.quick ? quickScale : fullScale),
  ...(options.repetitions && { repetitions: Number(options.repetitions) }),
};

const partMsMax = 1_200_000;
/** They fill a database first, and ask it often: once is enough, whatever the repetitions. */
const once: ReadonlySet<string> = new Set(['search', 'worklist', 'cds', 'admin', 'bulk']);

const closers: (() => Promise<void>)[] = [];
async function closeAll(): Promise<void> {
  for (let close = closers.pop(); close; close = closers.pop()) await close();
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => void closeAll().finally(() => process.exit(130)));

/** No measurement may hang, whatever it waits for. */
async function within<T>(ms: number, name: string, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${name} took more than ${ms / 1_000} s`)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

const say = (text: string) => void process.stderr.write(`${text}\n`);

async function measure(): Promise<Measured> {
  const repetitions: Figures[] = [];
  const his = await openHis();
  closers.push(his.close);
  const mail = await openMailServer();
  closers.push(mail.close);
  const redis = await openRedis();
  if (redis) closers.push(redis.close);
  const place = await openPlace(his.url);
  closers.push(place.close);
  closers.push(stopServices);
  if (options.profile) mkdirSync(options.profile, { recursive: true });
  const bench: Bench = {
    place,
    his,
    mail,
    scale,
    phaseMsMax: 30_000,
    profileDir: options.profile,
  };
  const parts: Record<string, (() => Promise<Figures>) | undefined> = {
    intake: () => measureIntake(bench),
    postgresql: () => measureLine(bench, 'postgresql', undefined),
    redis: redis && (() => measureLine(bench, 'redis', redis.url)),
    mllp: () => measureMllp(bench),
    admin: () => measureAdmin(place, scale.deliveries),
    bulk: () => measureBulk(place, scale.bulk),
    mapping: () => measureMapping(place, { count: 200, ms: scale.mappingMs }),
    search: () => measureSearch(place, scale.searched),
    worklist: () => measureWorklist(bench),
    cds: () => measureCds(place),
  };
  const unknown = wanted?.filter((one) => !(one in parts)) ?? [];
  if (unknown.length > 0) throw new Error(`there is no ${unknown.join(', ')} to measure`);
  for (let nth = 1; nth <= scale.repetitions; nth += 1) {
    let figures: Figures = {};
    for (const [name, part] of Object.entries(parts)) {
      if (!part || (wanted && !wanted.includes(name)) || (once.has(name) && nth > 1)) continue;
      const began = performance.now();
      figures = { ...figures, ...(await within(partMsMax, name, part())) };
      say(`${nth}/${scale.repetitions} ${name} ${((performance.now() - began) / 1_000).toFixed(1)} s`);
    }
    repetitions.push(figures);
  }
  return { repetitions, redis: redis !== undefined };
}

try {
  const measured = await measure();
  const summary = summarise(measured);
  const table = asTable(summary);
  const json = JSON.stringify({ machine: machineWords(), scale, summary, ...measured }, null, 2);
  if (options.json && options.json !== '-') writeFileSync(options.json, `${json}\n`);
  if (options.json === '-') process.stdout.write(`${json}\n`);
  else process.stdout.write(`${table}\n\n${cpuTable(measured)}\n`);
  if (options.write) {
    const page = new URL('../docs/bench.md', import.meta.url);
    mkdirSync(new URL('.', page), { recursive: true });
    writeFileSync(page, asPage(measured, summary, scale, new Date()));
  }
} finally {
  await closeAll();
}
