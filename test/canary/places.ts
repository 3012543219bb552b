import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { words } from './words.ts';
import type { World } from './world.ts';

/** Everything that is in every table of the database, as a dump would hold it; bytes in hexadecimal. */
export async function dump({ owner }: World): Promise<Map<string, string>> {
  const { rows } = await owner.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const tables = new Map<string, string>();
  for (const { name } of rows)
    tables.set(
      name,
      (await owner.query<{ row: string }>(`select t::text as row from ${name} t`)).rows
        .map((one) => one.row)
        .join('\n'),
    );
  return tables;
}

/** What stands in files beside the tables: write-ahead log, temporary files, logs; not the GP system's own. */
export function filesWith(folder: string, own: ReadonlySet<string>): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (own.has(entry.name)) return [];
    if (entry.isDirectory()) return filesWith(path, own);
    if (!entry.isFile() || !existsSync(path)) return [];
    const bytes = readFileSync(path);
    return Object.entries(words).flatMap(([name, word]) => (bytes.includes(word) ? [`${name} in ${path}`] : []));
  });
}
