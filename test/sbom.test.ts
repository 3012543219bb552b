import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { weaknessesIn } from '../scripts/packages.ts';
import { bom, readBom } from '../scripts/sbom.ts';

const read = (name: string) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));

describe('the SBOM', () => {
  test('is CycloneDX with every production dependency in the version that is installed, and no tool of development', async () => {
    const made = await readBom();
    const { dependencies, devDependencies } = read('package.json');
    const versions = new Map(made.components.map((one) => [one.name, one.version]));
    for (const [name, version] of Object.entries(dependencies))
      expect([name, versions.get(name)]).toEqual([name, version]);
    const tools = Object.keys(devDependencies).filter((name) => versions.has(name));
    expect(tools).toEqual([]);
    // Whatever the lock file installs in production is in it, however deep.
    const { packages } = read('package-lock.json') as {
      packages: Record<string, { dev?: boolean; devOptional?: boolean; optional?: boolean }>;
    };
    const locked = Object.entries(packages).filter(
      ([path, one]) => path !== '' && !one.dev && !one.devOptional && !one.optional,
    );
    const missing = locked
      .map(([path]) => path.split('node_modules/').at(-1) ?? '')
      .filter((name) => !versions.has(name) && !/linux|darwin|win32/.test(name));
    expect(missing).toEqual([]);
    const addresses = made.components.flatMap((one) => (one.externalReferences ?? []).map(({ url }) => url));
    expect(addresses.length).toBeGreaterThan(100);
    expect(addresses.filter((url) => !URL.canParse(url))).toEqual([]);
    const refs = new Set(made.components.map((one) => one['bom-ref']));
    expect(made.dependencies.flatMap((one) => one.dependsOn).filter((ref) => !refs.has(ref))).toEqual([]);
    expect(JSON.stringify(made)).not.toContain(new URL('..', import.meta.url).pathname.replace(/\/$/, ''));
  });

  test('what is none is not taken for one', () => {
    expect(bom.safeParse({ bomFormat: 'SPDX', specVersion: '1', components: [], dependencies: [] }).success).toBe(
      false,
    );
  });
});

test('weaknesses that are known are told worst first, each with its term; no answer is never "none"', () => {
  const weak = (name: string, severity: string, via: unknown[]) => ({
    [name]: { name, severity, range: '<2.0.0', via },
  });
  const reported = (vulnerabilities: object) => JSON.stringify({ auditReportVersion: 2, vulnerabilities });
  const advisory = { title: 'It opens', url: 'https://example.org/advisory', source: 1 };
  const found = weaknessesIn(
    reported({ ...weak('brings-it', 'low', ['bad']), ...weak('bad', 'critical', [advisory]) }),
  );
  expect(found?.map((one) => [one.package, one.severity, one.mendWithinDays, one.advisories])).toEqual([
    ['bad', 'critical', 2, ['It opens https://example.org/advisory']],
    ['brings-it', 'low', 90, []],
  ]);
  expect(weaknessesIn(reported({}))).toEqual([]);
  const offline = JSON.stringify({ message: '405 Method Not Allowed', error: { summary: '', detail: '' } });
  for (const none of [offline, '', 'found 0 vulnerabilities', '[]']) expect(weaknessesIn(none)).toBeUndefined();
});
