/** What one version of a resource says otherwise than another, by path; a value that is not there is undefined. */
export interface Difference {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

type Leaves = Map<string, string>;

/** Extensions and codings are known by what they are, not by where they stand: an order that changed is no difference of all. */
function nameOf(value: unknown, nth: number): string {
  if (typeof value !== 'object' || value === null) return String(nth);
  const { url, system } = value as { url?: unknown; system?: unknown };
  const named = typeof url === 'string' ? url : typeof system === 'string' ? system : undefined;
  return named?.split('/').at(-1) ?? String(nth);
}

function leavesOf(value: unknown, path: string, into: Leaves): Leaves {
  if (Array.isArray(value)) {
    const seen = new Map<string, number>();
    for (const [nth, one] of value.entries()) {
      const name = nameOf(one, nth);
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      leavesOf(one, `${path}[${count === 1 ? name : `${name} ${count}`}]`, into);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value))
      if (!(path.endsWith(']') && (key === 'url' || key === 'system')))
        leavesOf(one, path === '' ? key : `${path}.${key}`, into);
  } else if (value !== undefined) into.set(path, String(value));
  return into;
}

const leftOut: readonly string[] = ['resourceType', 'id'];

/** Every difference between two versions, in the order of their paths. `before` undefined: all of `after` is new. */
export function differences(before: object | undefined, after: object): Difference[] {
  const [old, now] = [leavesOf(before ?? {}, '', new Map()), leavesOf(after, '', new Map())];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((path) => !leftOut.includes(path) && old.get(path) !== now.get(path))
    .toSorted()
    .map((path) => ({ path, before: old.get(path), after: now.get(path) }));
}
