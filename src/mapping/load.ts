import { readdir, readFile } from 'node:fs/promises';
import type { ConceptMap } from '@medplum/fhirtypes';
import type { Format } from '../referral/format.ts';
import type { Mapping } from './run.ts';

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

/** The format in one folder, with its code tables. Throws, naming what is wrong, when it cannot be loaded. */
export async function loadMapping(name: string, folder = ours): Promise<Mapping> {
  const module = (await import(new URL(`${name}/to-referral.ts`, folder).href)) as { format?: Format };
  if (module.format?.name !== name)
    throw new Error(`mappings/${name}/to-referral.ts does not export the format ${name}`);
  return { format: module.format, tables: await readTables(folder, name) };
}

/** Every format under mappings/ (or another folder), by name. A folder that does not load stops the start: better than a door that is silently shut. */
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
