// Runs every test and ends with the one line CI reads. Suites that could not run here are named as not run, never as passed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const folder = mkdtempSync(join(tmpdir(), 'kortelijn-report-'));
const file = join(folder, 'report.json');
const run = spawnSync(
  'vitest',
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...process.argv.slice(2)],
  // Services that tests start, and start again, find their code compiled.
  { stdio: 'inherit', env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') } },
);

let report: Report | undefined;
try {
  report = JSON.parse(readFileSync(file, 'utf8')) as Report;
} catch {
  // No report means that the runner itself fell over: that is a failure below.
}
rmSync(folder, { recursive: true, force: true });

const suites = report?.testResults ?? [];
for (const suite of suites) {
  const skipped = suite.assertionResults.filter((one) => one.status === 'pending' || one.status === 'skipped');
  for (const one of skipped) console.log(`not run: ${one.fullName}`);
}
// A file that could not be loaded has failed although no test of it did.
const broken = suites.filter(
  (suite) => suite.status === 'failed' && !suite.assertionResults.some((one) => one.status === 'failed'),
).length;
const failed = (report?.numFailedTests ?? 0) + broken + (report ? 0 : 1);
const passed = report?.numPassedTests ?? 0;
console.log(`${passed} passed, ${failed} failed, ${report?.numPendingTests ?? 0} skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : (run.status ?? 1);
