import { readFile } from 'node:fs/promises';
import type { Absence, Directory, DirectoryResource } from '../../src/referral/directory/directory.ts';
import { readDirectory } from '../../src/referral/directory/directory.ts';

const text = await readFile(new URL('../../fixtures/region/directory.json', import.meta.url), 'utf8');
const region = readDirectory(
  (JSON.parse(text) as { entry: { resource: DirectoryResource }[] }).entry.map((one) => one.resource),
  1,
);

/** The invented region with these absences, by role id. */
export function regionWith(absences: Readonly<Record<string, readonly Absence[]>> = {}): Directory {
  const roles = [...region.roles.values()].map((role) => ({ ...role, absences: absences[role.id] ?? [] }));
  return { ...region, roles: new Map(roles.map((role) => [role.id, role])) };
}
