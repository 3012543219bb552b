// npm run packages [-- --json]    weaknesses that are known of the packages that the service runs on (npm audit), and by
// when each must be mended. Exit codes: 0 none is known, 1 some are, 3 nobody could be asked (offline): nothing is known then.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { command } from './open-record.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const severities = ['critical', 'high', 'moderate', 'low', 'info'] as const;

/** Within so many days of its being known a weakness is mended, or why it cannot reach us is written down (SECURITY.md). */
export const mendedWithinDays: Readonly<Record<(typeof severities)[number], number>> = {
  critical: 2,
  high: 7,
  moderate: 30,
  low: 90,
  info: 90,
};

/** As much as is read of npm's report (auditReportVersion 2). */
const report = z.object({
  auditReportVersion: z.literal(2),
  vulnerabilities: z.record(
    z.string(),
    z.object({
      name: z.string(),
      severity: z.enum(severities),
      range: z.string(),
      via: z.array(z.union([z.string(), z.looseObject({ title: z.string(), url: z.string() })])),
    }),
  ),
});

export interface Weakness {
  readonly package: string;
  readonly severity: (typeof severities)[number];
  readonly versions: string;
  readonly mendWithinDays: number;
  /** Of the package itself; one that only brings another weak one has none. */
  readonly advisories: readonly string[];
}

/** The weaknesses in npm's report, worst first; undefined when it is none: the registry did not answer, or npm is offline. */
export function weaknessesIn(text: string): readonly Weakness[] | undefined {
  const read = report.safeParse(parsed(text));
  if (!read.success) return undefined;
  return Object.values(read.data.vulnerabilities)
    .map(({ name, severity, range, via }) => ({
      ...{ package: name, severity, versions: range, mendWithinDays: mendedWithinDays[severity] },
      advisories: via.flatMap((one) => (typeof one === 'string' ? [] : [`${one.title} ${one.url}`])),
    }))
    .toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What npm says. It ends with an error when there is a weakness too: what it wrote decides. */
function askNpm(): Promise<string> {
  // Offline npm says "found 0 vulnerabilities" without having asked anybody.
  const args = ['audit', '--omit=dev', '--json', '--offline=false', '--fetch-retries=0', '--fetch-timeout=20000'];
  return new Promise((resolve) => {
    execFile('npm', args, { cwd: root, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout) => resolve(stdout));
  });
}

if (import.meta.main)
  await command(async () => {
    const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
    const found = weaknessesIn(await askNpm());
    if (!found) {
      process.exitCode = 3;
      process.stderr.write(
        'The registry could not be asked: nothing is known of weaknesses. Ask again where it can be.\n',
      );
      return;
    }
    process.exitCode = found.length > 0 ? 1 : 0;
    const lines = found.map(
      (one) =>
        `${one.severity} ${one.package} ${one.versions}: within ${one.mendWithinDays} days. ${one.advisories.join('; ')}\n`,
    );
    process.stdout.write(
      values.json ? `${JSON.stringify(found)}\n` : lines.join('') || 'No weakness is known of any package.\n',
    );
  });
