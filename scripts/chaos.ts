// Everything at once: every process, PostgreSQL and Redis killed again and again, receivers that fail and hang, a practice
// that is down for three days. At the end nothing may be lost, nothing may be there twice. See docs/chaos.md.
//   npm run chaos                              10,000 referrals
//   npm run chaos -- --referrals 150           the short form that `npm test` runs
//   --seed <n>                                 the same chances again
//   --queue postgresql                         BullMQ on PostgreSQL instead of Redis
//   --json                                     figures and violations as JSON on stdout
import { parseArgs } from 'node:util';
import { redisMissing } from '../test/doubles/redis.ts';
import { runChaos } from './chaos/run.ts';

const { values: options } = parseArgs({
  options: {
    referrals: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Math.trunc(Math.random() * 1_000_000)) },
    queue: { type: 'string', default: redisMissing ? 'postgresql' : 'redis' },
    json: { type: 'boolean', default: false },
  },
});
const referrals = Number(options.referrals);
const seed = Number(options.seed);
const { queue } = options;
if (
  !Number.isInteger(referrals) ||
  referrals < 1 ||
  !Number.isInteger(seed) ||
  (queue !== 'redis' && queue !== 'postgresql')
) {
  process.stderr.write('needed: --referrals <n>, --seed <n>, --queue redis or postgresql\n');
  process.exit(2);
}
if (queue === 'redis' && redisMissing) {
  process.stderr.write(`not run: ${redisMissing}\n`);
  process.exit(2);
}

const isLong = referrals > 500;
const say = (text: string) => void process.stderr.write(`${text}\n`);
say(`--seed ${seed} --referrals ${referrals} --queue ${queue}`);
const { figures, violations } = await runChaos({
  referrals,
  seed,
  queue,
  hoursPerStep: isLong ? 1 : 8,
  rounds: isLong ? 4 : 2,
  killsOn: isLong,
  say,
});
if (options.json) process.stdout.write(`${JSON.stringify({ seed, referrals, queue, figures, violations }, null, 2)}\n`);
else
  for (const [name, value] of Object.entries(figures)) process.stdout.write(`${String(value).padStart(10)}  ${name}\n`);
for (const one of violations) say(`VIOLATION ${one}`);
say(violations.length === 0 ? 'every promise was kept' : `${violations.length} violations`);
process.exitCode = violations.length === 0 ? 0 : 1;
