import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('the simulated GP system reaches Kortelijn over sockets only: of src it imports nothing but the names of systems', async () => {
  // play.ts is the demo command, which finds the service by the same settings.
  const folder = join(import.meta.dirname, '../../demo');
  const files = (await readdir(folder)).filter((name) => name.endsWith('.ts') && name !== 'play.ts');
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) {
    const text = await readFile(join(folder, file), 'utf8');
    const outside = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.\.\/[^']+)'/g)].map((found) => found[1]);
    expect([file, outside.filter((path) => path !== '../src/fhir/systems.ts')]).toEqual([file, []]);
    expect(text).not.toContain('process.env');
  }
});
