import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { interchangeBytesMax } from '../../edifact/interchange.ts';

/** A file that is being read, under a name that no other file can get. */
export interface Taken {
  readonly name: string;
  /** At most one byte more than an interchange may have: then it is too large. */
  readonly bytes: Uint8Array;
}

const places = ['working', 'done', 'refused', 'unknown', 'out'] as const;

/** Names that a mail gateway gives to what it is still writing. */
const isUnfinished = (name: string): boolean => /^\.|~$|\.(?:tmp|part|filepart|partial|lock)$/i.test(name);
const isGone = (error: unknown): boolean => (error as { code?: string }).code === 'ENOENT';

/** Makes a rename outlive a power cut, where the file system can do that; a network share often cannot. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY).catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/**
 * The maildrop folder. Every step is one rename or one removal: after a crash a file stands where the step before left
 * it, and is taken up again from there. Nothing is ever put over another file.
 */
export class MaildropFolder {
  readonly #folder: string;
  readonly #newId: () => string;
  /** Size and time of each file at the last look. */
  #seen = new Map<string, string>();

  constructor(folder: string, newId: () => string) {
    this.#folder = folder;
    this.#newId = newId;
  }

  /**
   * Makes the folders in it that are not there yet. Not itself: where a share is not mounted, ENOENT says so, and nothing
   * is written beside it.
   */
  async prepare(): Promise<void> {
    for (const place of places)
      await mkdir(join(this.#folder, place), { mode: 0o770 }).catch((error: unknown) => {
        if ((error as { code?: string }).code !== 'EEXIST') throw error;
      });
  }

  /**
   * Moves what nobody writes in any more to working/: ordinary files whose size and time are those of the last look.
   * Older ones first. A name that comes twice does no harm: in working/ each file gets one of its own.
   */
  async collect(): Promise<void> {
    const seen = new Map<string, string>();
    const stable: { name: string; mtimeMs: number }[] = [];
    for (const name of await readdir(this.#folder)) {
      const stat = isUnfinished(name) ? undefined : await lstat(join(this.#folder, name)).catch(() => undefined);
      // A link could lead anywhere; an empty file has not been begun.
      if (!stat?.isFile() || stat.size === 0) continue;
      const look = `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
      if (this.#seen.get(name) === look) stable.push({ name, mtimeMs: stat.mtimeMs });
      else seen.set(name, look);
    }
    this.#seen = seen;
    for (const { name } of stable.sort((a, b) => a.mtimeMs - b.mtimeMs || a.name.localeCompare(b.name)))
      await this.#move(name, `working/${this.#newId()}.${name.slice(-100)}`);
  }

  /** What stands in working/, in the order in which it came there: also what a crash left. */
  async working(): Promise<string[]> {
    return (await readdir(join(this.#folder, 'working'))).sort();
  }

  /** The bytes of a file in working/; undefined when another process has taken it away. */
  async read(name: string): Promise<Taken | undefined> {
    const handle = await open(join(this.#folder, 'working', name), constants.O_RDONLY).catch((error: unknown) => {
      if (isGone(error)) return undefined;
      throw error;
    });
    if (!handle) return undefined;
    try {
      const bytes = Buffer.alloc(interchangeBytesMax + 1);
      let length = 0;
      for (let got = -1; got !== 0 && length < bytes.length; length += got)
        got = (await handle.read(bytes, length, bytes.length - length)).bytesRead;
      return { name, bytes: bytes.subarray(0, length) };
    } finally {
      await handle.close();
    }
  }

  /** Puts a file that was read where it belongs, or takes it away for good. */
  async finish({ name }: Taken, to: 'done' | 'refused' | 'unknown' | 'away'): Promise<void> {
    if (to !== 'away') return this.#move(`working/${name}`, `${to}/${name}`);
    await rm(join(this.#folder, 'working', name), { force: true });
    await syncFolder(join(this.#folder, 'working'));
  }

  /** Writes an answer for the mail gateway: it stands in out/ whole, or not at all. Again is the same file. */
  async answer(reference: string, bytes: Uint8Array): Promise<void> {
    const unfinished = join(this.#folder, 'out', `.${reference}.tmp`);
    const handle = await open(unfinished, 'w', 0o660);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, join(this.#folder, 'out', `${reference}.edi`));
    await syncFolder(join(this.#folder, 'out'));
  }

  async #move(from: string, to: string): Promise<void> {
    try {
      await rename(join(this.#folder, from), join(this.#folder, to));
    } catch (error) {
      // Another process, or the gateway itself, was earlier.
      if (!isGone(error)) throw error;
    }
    await syncFolder(join(this.#folder, to.split('/')[0] ?? ''));
  }
}
