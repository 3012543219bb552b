import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The import law: what each place may import of ours. `type:` allows types only. The table of ARCHITECTURE.md.
 * Anything not named is forbidden; importing within one's own folder is always allowed.
 */
const law: Record<string, readonly string[]> = {
  'src/fhir': [],
  'src/referral': ['src/fhir'],
  'src/feedback': ['src/fhir', 'src/referral'],
  'src/hl7v2': ['src/fhir', 'src/referral'],
  'src/edifact': ['src/fhir', 'src/referral'],
  'src/mapping': ['src/fhir', 'src/referral'],
  'src/report': ['src/fhir', 'src/referral'],
  'src/profiles': ['src/fhir', 'src/referral', 'src/feedback'],
  'src/store': ['src/fhir', 'src/referral', 'src/trace'],
  'src/identity': ['src/fhir', 'src/referral', 'src/store', 'src/log'],
  'src/rights': ['src/fhir', 'src/referral', 'src/feedback', 'src/store'],
  'src/region': ['src/fhir', 'src/referral', 'src/store', 'src/identity', 'src/log'],
  'src/intake': [
    'src/fhir',
    'src/referral',
    'src/feedback',
    'src/hl7v2',
    'src/edifact',
    'src/mapping',
    'src/profiles',
    'src/store',
    'src/identity',
    'src/log',
    'src/meter',
    'src/trace',
  ],
  'src/delivery': ['src/fhir', 'src/referral', 'src/feedback', 'src/store', 'src/log', 'src/meter', 'src/trace'],
  // A connector gets a parcel and gives a receipt: it cannot reach the store, so it cannot lie to it.
  'src/connectors': [
    'src/fhir',
    'src/referral',
    'src/hl7v2',
    'src/edifact',
    'src/log',
    'src/trace',
    'type:src/delivery',
    'src/delivery/failure',
  ],
  'src/web': [
    'src/fhir',
    'src/referral',
    'src/feedback',
    'src/profiles',
    'src/rights',
    'src/report',
    'src/store',
    'src/identity',
    'src/intake',
    'src/log',
    'src/meter',
    'src/trace',
  ],
  'src/log': [],
  'src/meter': [],
  'src/trace': [],
  'src/closers': ['src/log'],
  'src/record': ['src/closers', 'src/config', 'src/delivery/queue', 'src/log', 'src/store'],
  'src/outside': ['src/config', 'src/connectors', 'src/mapping', 'type:src/referral'],
  'src/config': ['src/settings'],
  'src/settings': ['src/alarm-settings'],
  'src/alarm-settings': [],
  'src/main': ['src/'],
  'src/line': ['src/'],
  'src/doors': ['src/'],
  mappings: ['src/referral', 'src/feedback', 'src/fhir', 'src/hl7v2', 'src/edifact'],
  // The simulated GP system knows us by our sockets and by the names of the vocabulary.
  demo: ['src/fhir/systems'],
  'demo/play': ['src/config', 'src/settings', 'src/fhir', 'demo/'],
};

/** From outside: packages that only one place may know. */
const packages: Record<string, readonly string[]> = {
  bullmq: ['src/delivery/queue.ts'],
  ioredis: ['src/delivery/queue.ts'],
  kysely: ['src/store'],
  pg: ['src/store', 'src/record.ts', 'src/delivery/queue.ts', 'src/delivery/relay.ts'],
  express: ['src/web', 'src/intake', 'src/identity'],
  nodemailer: ['src/connectors/notify-mail.ts', 'src/connectors/medvri-mail.ts'],
  'oidc-provider': ['src/identity/issuer.ts', 'src/identity/token-grants.ts'],
  'openid-client': ['src/identity/relying.ts'],
  pino: ['src/log.ts'],
  'prom-client': ['src/meter.ts'],
  '@opentelemetry/api': ['src/trace.ts'],
  'bullmq-otel': ['src/delivery/queue.ts'],
  '@bull-board/api': ['src/web/admin/bull-board.ts'],
  '@bull-board/api/bullMQAdapter': ['src/web/admin/bull-board.ts'],
  'date-holidays': ['src/referral/deadlines.ts'],
  uuid: ['src/main.ts'],
};

const pure = [
  'src/fhir',
  'src/referral',
  'src/feedback',
  'src/profiles',
  'src/report',
  'src/hl7v2',
  'src/mapping/run.ts',
  'mappings',
];

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : entry.name.endsWith('.ts') ? [path] : [];
  });
}

const sources = [...filesIn('src'), ...filesIn('mappings'), ...filesIn('demo')];
const text = (file: string) => readFileSync(join(root, file), 'utf8');

interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const found = text(file).matchAll(/^(?:import|export)\s+(type\s+)?[^;]*?from\s+'([^']+)'|^import\s+'([^']+)'/gms);
  return [...found].map((match) => ({ typeOnly: match[1] !== undefined, target: match[2] ?? match[3] ?? '' }));
}

/** The place a file belongs to: the longest key of the law that begins its path. */
function placeOf(file: string): string {
  const bare = file.replace(/\.ts$/, '');
  const place = Object.keys(law)
    .filter((key) => bare === key || bare.startsWith(`${key}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (!place) throw new Error(`${file} stands outside the house`);
  return place;
}

function allowed(file: string, one: Import): boolean {
  const target = relative(root, resolve(root, dirname(file), one.target)).replace(/\.(ts|json)$/, '');
  const place = placeOf(file);
  if (target === place || target.startsWith(`${place === 'mappings' ? dirname(file) : place}/`)) return true;
  return (law[place] ?? []).some((row) => {
    const path = row.replace(/^type:/, '');
    return (
      (target === path || target.startsWith(path.endsWith('/') ? path : `${path}/`)) &&
      (!row.startsWith('type:') || one.typeOnly)
    );
  });
}

/** Files that import each other in a ring, each ring from its first file back to it; what imports types only loads nothing. */
function ringsIn(imported: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const rings: string[] = [];
  const walk = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file);
    if (at >= 0) rings.push([...way.slice(at), file].join(' → '));
    if (at >= 0 || done.has(file)) return;
    for (const next of imported.get(file) ?? []) walk(next, [...way, file]);
    done.add(file);
  };
  for (const file of imported.keys()) walk(file, []);
  return rings;
}

describe('the house', () => {
  test('every import is in the allow-table', () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .filter((one) => one.target.startsWith('.') && !allowed(file, one))
        .map((one) => `${file} imports ${one.target}`),
    );
    expect(wrong).toEqual([]);
  });

  // In a ring one file runs before what it imports: a constant of the other is not there yet. Of types, neither is read first.
  test('no file imports itself by a ring', () => {
    const loaded = [...sources, ...filesIn('scripts'), ...filesIn('test')].map((file) => {
      const own = importsOf(file).filter((one) => one.target.startsWith('.'));
      return [file, own.map((one) => join(dirname(file), one.target))] as const;
    });
    expect(ringsIn(new Map(loaded))).toEqual([]);
  });

  test('packages stay where they belong', () => {
    const wrong = sources
      .filter((file) => file.startsWith('src/'))
      .flatMap((file) =>
        importsOf(file)
          .filter(
            (one) =>
              !one.typeOnly &&
              packages[one.target] &&
              !packages[one.target]?.some((place) => file === place || file.startsWith(`${place}/`)),
          )
          .map((one) => `${file} imports ${one.target}`),
      );
    expect(wrong).toEqual([]);
  });

  test('pure places have no I/O, clock, chance or environment', () => {
    const banned =
      /\bDate\.now\(|new Date\(\)|Math\.random|randomUUID|randomBytes|process\.(env|stdout)|\bfetch\(|setTimeout|from 'node:(fs|net|http|child_process)/;
    // The definitions of FHIR, and ours, are read from beside the code: data of the program, not of the world.
    const beside = ['src/fhir/validate.ts', 'src/profiles/stored.ts'];
    const wrong = sources.filter(
      (file) =>
        pure.some((place) => file === place || file.startsWith(`${place}/`)) &&
        !beside.includes(file) &&
        banned.test(text(file)),
    );
    expect(wrong).toEqual([]);
  });

  test('the environment is read in config.ts, SQL stands in store/', () => {
    const sql =
      /[`'"]\s*(select\s[\s\S]{1,200}\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|create\s+table\s)/i;
    expect(sources.filter((file) => /process\.env/.test(text(file)) && file !== 'src/config.ts')).toEqual([]);
    expect(
      sources.filter((file) => file.startsWith('src/') && !file.startsWith('src/store/') && sql.test(text(file))),
    ).toEqual([]);
  });

  test('no default exports, barrels, buckets or manager names; no file over 300 lines, no line over 200 characters', () => {
    const names = /(^|\/)(index|utils?|helpers?|common|misc|shared|types|constants)\.ts$/;
    const suffix = /\b(class|function|const)\s+\w+(Service|Manager|Helper|UseCase|Orchestrator|Factory|Impl)\b/;
    expect(sources.filter((file) => names.test(file))).toEqual([]);
    expect(sources.filter((file) => /^export default/m.test(text(file)))).toEqual([]);
    expect(sources.filter((file) => suffix.test(text(file)))).toEqual([]);
    expect(sources.filter((file) => text(file).split('\n').length > 301)).toEqual([]);
    const isLong = (line: string) => line.length > 200;
    expect(sources.filter((file) => text(file).split('\n').some(isLong))).toEqual([]);
  });

  test('tests are not narrowed, and mock none of our own code', () => {
    const tests = filesIn('test').filter((file) => file !== 'test/house.test.ts');
    expect(tests.filter((file) => /\b(test|it|describe)\.(only|todo|skip)\(/.test(text(file)))).toEqual([]);
    expect(tests.filter((file) => /vi\.mock\(/.test(text(file)))).toEqual([]);
  });

  test('every mapping folder has what the loader and the engineer need', () => {
    const folders = readdirSync(join(root, 'mappings')).filter((name) =>
      statSync(join(root, 'mappings', name)).isDirectory(),
    );
    for (const folder of folders) {
      expect(readdirSync(join(root, 'mappings', folder))).toEqual(
        expect.arrayContaining(['contract.ts', 'to-referral.ts', 'codes', 'README.md']),
      );
    }
  });
});
