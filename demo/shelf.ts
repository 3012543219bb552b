import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder of JSON records that survives kill -9: what `put` has answered is on disk, whole. */
export interface Shelf<T extends { readonly id: string }> {
  all(): readonly T[];
  get(id: string): T | undefined;
  /** Writes one record; readers see it after it is on disk. Throws when the disk refuses. */
  put(record: T): Promise<void>;
  /** Writes many new records as one file, all or nothing; known ids are written one by one. */
  putAll(records: readonly T[]): Promise<void>;
}

/** Writes whole or not at all: temporary file, fsync, rename. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = await open(temporary, 'wx');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** Opens (or makes) the folder and reads what is there; half-written files of a crash are removed. */
export async function openShelf<T extends { readonly id: string }>(folder: string): Promise<Shelf<T>> {
  await mkdir(folder, { recursive: true });
  const records = new Map<string, T>();
  const names = (await readdir(folder)).sort();
  for (const name of names.filter((one) => one.endsWith('.tmp'))) await rm(join(folder, name));
  const read = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(folder, name), 'utf8'));
  // Batches first: a record written alone later is the newer one.
  for (const name of names.filter((one) => one.endsWith('.batch'))) {
    for (const record of (await read(name)) as T[]) records.set(record.id, record);
  }
  for (const name of names.filter((one) => one.endsWith('.json'))) {
    const record = (await read(name)) as T;
    records.set(record.id, record);
  }

  const writing = new Map<string, Promise<void>>();
  const pathOf = (id: string) => {
    if (!/^[A-Za-z0-9][A-Za-z0-9-]*$/.test(id)) throw new Error('a record id must be usable as a file name');
    return join(folder, `${id}.json`);
  };
  const put = (record: T): Promise<void> => {
    const path = pathOf(record.id);
    // Two writes of one record must reach the disk in the order they were asked for.
    const before = writing.get(record.id) ?? Promise.resolve();
    const now = before
      .catch(() => undefined)
      .then(() => writeAtomically(path, JSON.stringify(record, null, 1)))
      .then(() => {
        records.set(record.id, record);
        if (writing.get(record.id) === now) writing.delete(record.id);
      });
    writing.set(record.id, now);
    return now;
  };

  return {
    all: () => [...records.values()],
    get: (id) => records.get(id),
    put,
    async putAll(many) {
      const known = new Set(many.filter((one) => records.has(one.id)));
      const fresh = many.filter((one) => !known.has(one));
      if (fresh.length > 0) {
        for (const one of fresh) pathOf(one.id);
        const name = createHash('sha256')
          .update(fresh.map((one) => one.id).join('\n'))
          .digest('hex')
          .slice(0, 32);
        await writeAtomically(join(folder, `${name}.batch`), JSON.stringify(fresh));
        for (const one of fresh) records.set(one.id, one);
      }
      for (const one of known) await put(one);
    },
  };
}
