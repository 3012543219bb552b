// npm run fuzz -- [--format <name>] [--count 200000] [--seed 1] [--first 0]: mutants of every case of every format, over the
// pure path of its door. A mutant that failed is made again with its seed: --format <name> --seed <s> --first <n> --count 1.
// npm run fuzz -- --routes [--count 100] [--seed 1]: so many requests at each route of the running app, over HTTP.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadMappings } from '../src/mapping/load.ts';
import { regionWith } from './fixture-case.ts';
import { type Fuzzing, mutantOf, tryMutant } from './fuzz/run.ts';
import { casesOf } from './mapping/cases.ts';

/** One message may take so long; longer only when it did so twice, else the machine was busy. */
const messageMsMax = 100;
const heapMiBMax = 300;
const failuresShown = 20;

setFlagsFromString('--expose-gc');
/** What is in use after a collection: what waits to be collected is no growth. */
const collect = runInNewContext('gc') as () => void;
function growsBeyond(bytes: number): boolean {
  if (process.memoryUsage().heapUsed <= bytes) return false;
  collect();
  return process.memoryUsage().heapUsed > bytes;
}

const { values } = parseArgs({
  options: {
    format: { type: 'string' },
    count: { type: 'string' },
    seed: { type: 'string', default: '1' },
    first: { type: 'string', default: '0' },
    routes: { type: 'boolean', default: false },
  },
});
const [count, seed, first] = [Number(values.count ?? 200_000), Number(values.seed), Number(values.first)];

if (values.routes) {
  const settings = { FUZZ_ROUTES_COUNT: values.count ?? '100', FUZZ_ROUTES_SEED: values.seed };
  const env = { ...process.env, ...settings };
  process.exit(spawnSync('vitest', ['run', 'test/routes-fuzz.test.ts'], { stdio: 'inherit', env }).status ?? 1);
}

function timed(fuzzing: Fuzzing, nth: number): { wrong: string[]; isTaken: boolean; ms: number } {
  const mutant = mutantOf(fuzzing, nth);
  const run = () => {
    // What this thread worked: a busy machine makes nothing slower.
    const began = process.threadCpuUsage();
    const tried = tryMutant(fuzzing, mutant);
    const { user, system } = process.threadCpuUsage(began);
    return { ...tried, ms: (user + system) / 1_000 };
  };
  const once = run();
  if (once.ms <= messageMsMax) return once;
  const twice = run();
  const slow = twice.ms > messageMsMax ? [`it takes ${Math.round(twice.ms)} ms (${mutant.bytes.length} bytes)`] : [];
  return { ...twice, wrong: [...twice.wrong, ...slow] };
}

const mappings = await loadMappings();
const region = await regionWith({});
let failed = 0;
for (const [name, mapping] of mappings) {
  if (values.format && values.format !== name) continue;
  const cases = await casesOf(name, new URL('../fixtures/', import.meta.url));
  if (cases.length === 0) {
    process.stdout.write(`${name}: not run, there is no case of it\n`);
    continue;
  }
  const fuzzing: Fuzzing = { mappings, mapping, cases, region, seed };
  let [taken, wrong, slowest] = [0, 0, 0];
  const began = performance.now();
  for (let nth = first; nth < first + count; nth += 1) {
    const one = timed(fuzzing, nth);
    if (one.isTaken) taken += 1;
    slowest = Math.max(slowest, one.ms);
    if (one.wrong.length > 0) {
      wrong += 1;
      if (wrong <= failuresShown)
        process.stdout.write(`${name} --seed ${seed} --first ${nth}: ${one.wrong.join('; ')}\n`);
    }
    if (nth % 1_000 === 0 && growsBeyond(heapMiBMax * 1024 * 1024)) {
      wrong += 1;
      process.stdout.write(`${name}: memory grows beyond ${heapMiBMax} MiB\n`);
      break;
    }
  }
  failed += wrong;
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  process.stdout.write(
    `${name}: ${count} mutants in ${seconds} s, ${taken} taken, slowest ${Math.round(slowest)} ms, ${wrong} wrong\n`,
  );
}
process.exitCode = failed > 0 ? 1 : 0;
