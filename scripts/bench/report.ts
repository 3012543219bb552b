import { cpus, totalmem } from 'node:os';
import { median, short } from './figures.ts';
import type { Figures, Scale } from './scale.ts';

/** Everything that was measured, as it goes into the JSON. */
export interface Measured {
  readonly repetitions: readonly Figures[];
  readonly redis: boolean;
}

/** One line of the table. */
export interface Line {
  readonly what: string;
  /** Median of the repetitions, with what it counts. */
  readonly figure: string;
  /** What the database did with the same rows, likewise. */
  readonly limit: string;
  /** Median of each repetition's own ratio. */
  readonly ratio: string;
  readonly aim: string;
}

/** Cores and memory in general words: figures compare only within one machine. */
export function machineWords(): string {
  return `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB of memory`;
}

const notRun = 'not run';

/** Two lines per format; only what the door does besides can be compared with the rows that come of it. */
function mappingLines(
  repetitions: readonly Figures[],
  rate: (what: string, name: string, limit: string) => Line,
): Line[] {
  const names = new Set(repetitions.flatMap((one) => Object.keys(one)));
  const formats = [...names].flatMap((one) => /^mapping ([\w-]+)$/.exec(one)?.[1] ?? []);
  const limits: Readonly<Record<string, string>> = { 'fhir-r4': 'intake limit', 'hl7v2-ref': 'mllp limit' };
  return formats.flatMap((format) => [
    rate(`Mapping ${format}, one thread`, `mapping ${format}`, limits[format] ?? ''),
    rate('… with reading and checking', `mapping ${format} read and checked`, limits[format] ?? ''),
  ]);
}

/** The administrator's pages, each with its slowest of twenty; how many deliveries there were stands with the scale. */
function adminLines(repetitions: readonly Figures[], middle: (name: string) => string): Line[] {
  const names = Object.keys(repetitions[0] ?? {}).flatMap((one) => /^admin ([\w-]+) p95Ms$/.exec(one)?.[1] ?? []);
  return names.map((name) => ({
    what: `Administrator's pages: ${name}`,
    figure: `p95 ${middle(`admin ${name} p95Ms`)} ms`,
    limit: '-',
    ratio: '-',
    aim: '',
  }));
}

/** The lines of the table: medians over the repetitions, each with the database's limit in the same repetition. */
export function summarise({ repetitions, redis }: Measured): Line[] {
  const all = (name: string) => repetitions.flatMap((one) => one[name] ?? []);
  const middle = (name: string) => short(median(all(name)));
  const has = (name: string) => all(name).length > 0;
  const ratio = (name: string, limit: string) => {
    const each = repetitions.flatMap((one) => {
      const [value, most] = [one[name], one[limit]];
      return value === undefined || most === undefined ? [] : [value / most];
    });
    return each.length > 0 ? median(each).toFixed(2) : '-';
  };
  const rate = (what: string, name: string, limit: string, aim = ''): Line => ({
    what,
    figure: has(name) ? `${middle(name)}/s` : notRun,
    limit: has(limit) ? `${middle(limit)}/s` : '-',
    ratio: has(name) ? ratio(name, limit) : '-',
    aim,
  });
  const times = (what: string, name: string, aim = ''): Line => ({
    what,
    figure: has(`${name} p99Ms`)
      ? `median ${middle(`${name} medianMs`)} ms, p99 ${middle(`${name} p99Ms`)} ms`
      : notRun,
    limit: '-',
    ratio: '-',
    aim,
  });
  const line = (queue: string, name: string, aim: string): Line[] => [
    rate(`${queue}: referral posted → on the worklist`, `${name} referrals perSecond`, `${name} referral limit`, aim),
    times(`${queue}: the same, at 50/s`, `${name} at50 referral`),
    times(`${queue}: acknowledged, at 50/s`, `${name} at50 ack`, 'p99 ≤ 100 ms'),
    rate(`${queue}: feedback committed → landed`, `${name} feedback perSecond`, `${name} feedback limit`, aim),
    times(`${queue}: the same, at 50/s`, `${name} at50 feedback`),
  ];
  return [
    rate('FHIR door: acknowledged, 32 connections', 'intake perSecond', 'intake limit', 'ratio ≥ 0.25'),
    times('FHIR door: the same', 'intake'),
    times('FHIR door: acknowledged, at 50/s', 'intake at50', 'p99 ≤ 100 ms'),
    ...line('Queue in PostgreSQL', 'postgresql', ''),
    ...(redis || has('redis referrals perSecond')
      ? line('Queue in Redis', 'redis', '≥ 500/s')
      : [
          {
            what: 'Queue in Redis',
            figure: `${notRun} (no redis-server here)`,
            limit: '-',
            ratio: '-',
            aim: '≥ 500/s',
          },
        ]),
    rate('MLLP door: acknowledged, 16 connections', 'mllp perSecond', 'mllp limit'),
    {
      what: 'MLLP door: one message of 30 MB',
      figure: has('mllp largeMs') ? `${middle('mllp largeMs')} ms` : notRun,
      limit: has('mllp largeLimitMs') ? `${middle('mllp largeLimitMs')} ms` : '-',
      ratio: has('mllp largeMs') ? ratio('mllp largeLimitMs', 'mllp largeMs') : '-',
      aim: '',
    },
    times('CDS Hooks: the cards at the opening of a record', 'cds', 'p99 ≤ 100 ms'),
    rate('Bulk replay of one class, stopped halfway and resumed', 'bulk perSecond', ''),
    ...adminLines(repetitions, middle),
    ...mappingLines(repetitions, rate),
    ...['worklist', 'journey', 'polling of a practice', 'polling of a team'].map((name) => ({
      what: `Search among many resources: ${name}`,
      figure: has(`search ${name} p95Ms`) ? `p95 ${middle(`search ${name} p95Ms`)} ms` : notRun,
      limit: '-',
      ratio: '-',
      aim: '',
    })),
    ...['first byte', 'last byte', 'full paint'].map((name) => ({
      what: `A Wally's worklist of thousands, its page: ${name}`,
      figure: has(`page ${name} p95Ms`) ? `p95 ${middle(`page ${name} p95Ms`)} ms` : notRun,
      limit: '-',
      ratio: '-',
      aim: '',
    })),
  ];
}

/** The table as text, also Markdown. */
export function asTable(lines: readonly Line[]): string {
  const head: Line = { what: 'what', figure: 'figure', limit: "database's limit", ratio: 'ratio', aim: 'aim' };
  const names = ['what', 'figure', 'limit', 'ratio', 'aim'] as const;
  const widths = names.map((name) => Math.max(...[head, ...lines].map((one) => one[name].length)));
  const row = (one: Line) => `| ${names.map((name, n) => one[name].padEnd(widths[n] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [row(head), rule, ...lines.map(row)].join('\n');
}

const phases = [
  ['FHIR door, 32 connections', 'intake'],
  ['PostgreSQL as queue: referral → worklist and notice', 'postgresql referrals'],
  ['PostgreSQL as queue: feedback', 'postgresql feedback'],
  ['Redis as queue: referral → worklist and notice', 'redis referrals'],
  ['Redis as queue: feedback', 'redis feedback'],
  ['MLLP door, 16 connections', 'mllp'],
  ["database's limit: FHIR door", 'intake limit'],
  ["database's limit: referral", 'postgresql referral limit'],
  ["database's limit: feedback", 'postgresql feedback limit'],
] as const;

/** Processor time per item: how the work is divided, whoever else was busy on the machine. */
export function cpuTable({ repetitions }: Measured): string {
  const middle = (name: string) => short(median(repetitions.flatMap((one) => one[name] ?? [])));
  const parts = ['serviceMs', 'databaseMs', 'generatorMs', 'busyCores'];
  const rows = phases
    .filter(([, name]) => repetitions.some((one) => `${name} cpu databaseMs` in one))
    .map(([what, name]) => `| ${what} | ${parts.map((part) => middle(`${name} cpu ${part}`)).join(' | ')} |`);
  return ['| flood | service | database | generator | cores busy |', '|---|---|---|---|---|', ...rows].join('\n');
}

const many = (count: number) => count.toLocaleString('en');

/** docs/bench.md: the last table, when and on what it was made, and what it means. */
export function asPage(measured: Measured, lines: readonly Line[], scale: Scale, at: Date): string {
  const rows = (name: string) => short(median(measured.repetitions.flatMap((one) => one[name] ?? [])));
  return `# What it costs

Written by \`npm run bench -- --write\` on ${at.toISOString().slice(0, 10)}: ${machineWords()}, shared by the service, its database, Redis, the other
systems and the load generator. Medians of ${scale.repetitions} interleaved repetitions. Compare within this page only: other machines, and this
one on another day, give other figures.

${asTable(lines)}

**Database's limit**: the very rows that these journeys leave behind (a referral at the door: ${rows('intake rows')} rows; landed on the
worklist, with its notice by mail: ${rows('postgresql referral rows')}; feedback until it landed: ${rows('postgresql feedback rows')}), written once more under other keys straight through pg, in
multi-row inserts, 50 journeys per commit, over ${scale.limitConnections} connections, by a client that does nothing else. It decides, seals, reads
and looks up nothing, and moves no delivery from state to state. The ratio is the median of the ratios within each
repetition; for the 30 MB message it is limit / time.

**How**: the service is \`node src/main.ts\` in a process of its own on a fresh copy of the database; every repetition starts
anew. A message of the FHIR door is a transaction of ${rows('intake bytes')} bytes. "At 50/s" counts from the moment a message had to go
out, whether or not the service kept up. "On the worklist" and "landed" are seen in the database, after the commit.
Feedback goes to GP systems that answer at once, in three practices, each with its usual window. Searched among are ${many(scale.searched)}
stored resources, the administrator's pages are over ${many(scale.deliveries)} deliveries, the bulk job tries ${many(scale.bulk)} again, and the worklist
has ${many(scale.listed)} new; these and the cards are measured once, whatever the repetitions.

Processor time per referral or feedback during the floods, in ms: the service, the database, and the generator with the
other systems; and how many cores were busy, also with what is not ours.

${cpuTable(measured)}

## What binds
Seen with \`--profile\` on 22 November 2026, on 2 cores that everything shares; the aims of 0.25 and of 500/s are not reached there.

- *FHIR door*: between a third and a half of the service's time per transaction is the check against base R4 (@medplum/core's
  validator: the row "with reading and checking" against the one above it). The service works on one core; with the database
  beside it the machine is full. For 0.25 of the limit a referral would have to cost 1.9 ms in all. A second process (\`ROLES=http\`) helps where there are more cores.
- *The whole line*: service and database together spend some 14 ms per referral over all hops (intake, relay, two deliveries,
  receipts, audit), so that two cores end near 150/s. Group commit, shared claims and shared receipts are in; what is left is
  many small statements, each its own decision. The Netherlands need less than one referral per second.
`;
}
