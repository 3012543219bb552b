import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConceptMap } from '@medplum/fhirtypes';
import type { Format } from '../referral/format.ts';
import type { Mapping } from './run.ts';
import { silentOf } from './silent.ts';

const ours = new URL('../../mappings/', import.meta.url);

async function readTables(folder: URL, name: string): Promise<Map<string, ConceptMap>> {
  const files = await readdir(new URL(`${name}/codes/`, folder)).catch(() => []);
  const tables = new Map<string, ConceptMap>();
  for (const file of files.filter((one) => one.endsWith('.json')).sort()) {
    const table = JSON.parse(await readFile(new URL(`${name}/codes/${file}`, folder), 'utf8')) as ConceptMap;
    if (table.resourceType !== 'ConceptMap') throw new Error(`mappings/${name}/codes/${file} is not a ConceptMap`);
    tables.set(file.slice(0, -'.json'.length), table);
  }
  return tables;
}

/** Twelve hexadecimal digits over the names and bytes of all files of a folder, its README, and what that calls silent. */
async function readFiles(folder: URL): Promise<NonNullable<Mapping['loaded']>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((one) => one.isFile())
    .map((one) => relative(fileURLToPath(folder), join(one.parentPath, one.name)))
    .sort();
  const hash = createHash('sha256');
  for (const name of names) hash.update(`${name}\0`).update(await readFile(new URL(name, folder)));
  const readme = names.includes('README.md') ? await readFile(new URL('README.md', folder), 'utf8') : '';
  return { hash: hash.digest('hex').slice(0, 12), readme, silent: silentOf(readme) };
}

/** The format in one folder, with its code tables. Throws, naming what is wrong, when it cannot be loaded. */
export async function loadMapping(name: string, folder = ours): Promise<Mapping> {
  const module = (await import(new URL(`${name}/to-referral.ts`, folder).href)) as { format?: Format };
  if (module.format?.name !== name)
    throw new Error(`mappings/${name}/to-referral.ts does not export the format ${name}`);
  const [tables, loaded] = await Promise.all([readTables(folder, name), readFiles(new URL(`${name}/`, folder))]);
  return { format: module.format, tables, loaded };
}

/**
 * Every format under mappings/ (or another folder), by name. A folder that does not load stops the start: better than a
 * door that is silently shut.
 */
export async function loadMappings(folder = ours): Promise<ReadonlyMap<string, Mapping>> {
  const entries = await readdir(folder, { withFileTypes: true });
  const mappings = new Map<string, Mapping>();
  for (const entry of entries.filter((one) => one.isDirectory()).sort((a, b) => a.name.localeCompare(b.name))) {
    mappings.set(entry.name, await loadMapping(entry.name, folder));
  }
  return mappings;
}

/** One of the formats that a door or a connector cannot do without; throws when its folder is gone. */
export function mappingOf(mappings: ReadonlyMap<string, Mapping>, name: string): Mapping {
  const found = mappings.get(name);
  if (!found) throw new Error(`mappings/${name} is missing`);
  return found;
}
