import type { Stored } from '../../referral/directory/directory.ts';
import type { DirectoryVersion } from '../../store/directory.ts';

/** What stands in a form, by the names of its fields. */
export type Fields = Readonly<Record<string, string>>;

/** The whole directory as it was recorded last, for a form that chooses from it. */
export interface Book {
  readonly versions: readonly DirectoryVersion[];
}

/** Its resources of one type. */
export function of<T extends Stored['resourceType']>({ versions }: Book, type: T) {
  return versions.flatMap(({ resource }) =>
    resource.resourceType === type ? [resource as Extract<Stored, { resourceType: T }>] : [],
  );
}
