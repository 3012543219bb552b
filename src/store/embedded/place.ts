import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const NOBODY = 65534;
/** sun_path minus its closing zero byte: 108 on Linux, 104 on macOS. */
const socketPathBytesMax = process.platform === 'darwin' ? 103 : 107;
const SOCKET_FILE = '/.s.PGSQL.5432';

/** The user PostgreSQL runs as; `drop` holds spawn's uid and gid when we are root, and is empty otherwise. */
export interface Runner {
  readonly uid: number;
  readonly gid: number;
  readonly drop: { readonly uid?: number; readonly gid?: number };
}

/** Where one embedded database lives. `folder` is `dataDir`, unless the runner cannot reach that. */
export interface Place {
  readonly dataDir: string;
  readonly folder: string;
  readonly data: string;
  readonly log: string;
  readonly runner: Runner;
}

const memorySchema = z.object({
  dataDir: z.string().optional(),
  place: z.string().optional(),
  socketDir: z.string().optional(),
});
type Memory = z.infer<typeof memorySchema>;

/**
 * Makes the data folder when it is not there yet and gives its real path. As root it is made passable (0711), because the
 * unprivileged user must reach the database inside it; otherwise private (0700).
 */
export function openDataDir(dataDir: string): string {
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
  if (!existsSync(dataDir)) {
    mkdirSync(dataDir, { recursive: true });
    chmodSync(dataDir, mode);
  }
  return realpathSync(dataDir);
}

/**
 * Decides where the database lives and as whom it runs; call it under the start lock. An existing database is never
 * silently replaced by an empty one: when it cannot be reached this throws a sentence that says why.
 * @param dataDir real path from openDataDir
 * @param uid the user to run as when we are root; the default is the owner of an existing database, else 65534
 */
export function choosePlace(dataDir: string, uid: number | undefined): Place {
  const memory = recall(dataDir);
  const remembered = memory.place;
  if (remembered !== undefined && !isFolderOf(remembered, process.getuid?.() ?? -1))
    throw new Error(
      `The database that ${memoryFile(dataDir)} remembers in ${remembered} is gone or is not ours: put it back, or delete ${memoryFile(dataDir)} to begin with an empty database.`,
    );
  const present = statOf(join(remembered ?? dataDir, 'pg'));
  const runner = chooseRunner(uid, present);
  if (present !== undefined && present.uid !== runner.uid)
    throw new Error(
      `The database in ${join(remembered ?? dataDir, 'pg')} belongs to user ${present.uid} and cannot be run by user ${runner.uid}: start as that user or as root.`,
    );
  const blocked = blockedAt(remembered ?? dataDir, runner);
  if (blocked === undefined) return placeIn(dataDir, remembered ?? dataDir, runner);
  if (remembered !== undefined || present !== undefined)
    throw new Error(
      `The database in ${join(remembered ?? dataDir, 'pg')} cannot be reached by user ${runner.uid}, because ${blocked} does not let it pass: run chmod o+x ${blocked}.`,
    );
  const folder = makeFolderOutside(dataDir, runner);
  remember(dataDir, { ...memory, place: folder });
  return placeIn(dataDir, folder, runner);
}

/** The private folder (0700, of the runner) for the socket: `<folder>/socket`, or a short remembered one when that is too long. */
export function socketFolder(place: Place): string {
  const { runner } = place;
  const usual = join(place.folder, 'socket');
  if (fitsSocket(usual)) return own(usual, runner);
  const memory = recall(place.dataDir);
  // One that is not ours may be a trap in a shared folder, and a copied data folder must not use its original's.
  if (memory.dataDir === place.dataDir && memory.socketDir !== undefined && isPrivateOf(memory.socketDir, runner))
    return memory.socketDir;
  const parent = [tmpdir(), '/tmp', '/var/tmp'].find(
    (folder) =>
      existsSync(folder) &&
      fitsSocket(join(realpathSync(folder), 'kl-123456')) &&
      blockedAt(folder, runner) === undefined,
  );
  if (parent === undefined) throw new Error('There is no temporary folder with a short path for the database socket.');
  const made = own(mkdtempSync(join(realpathSync(parent), 'kl-')), runner);
  remember(place.dataDir, { ...memory, socketDir: made });
  return made;
}

/** True when the path is a real folder that only the runner may enter: what stands there cannot be someone else's server. */
export function isPrivateOf(path: string, runner: Runner): boolean {
  return isFolderOf(path, runner.uid) && (lstatSync(path).mode & 0o077) === 0;
}

/** Makes a rename or a new entry in this folder survive a power cut. */
export function syncFolder(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function chooseRunner(uid: number | undefined, present: Stats | undefined): Runner {
  const ownUid = process.getuid?.() ?? -1;
  const ownGid = process.getgid?.() ?? -1;
  if (ownUid !== 0) return { uid: ownUid, gid: ownGid, drop: {} };
  const chosen = uid ?? (present?.uid || NOBODY);
  const gid = uid ?? (present?.uid ? present.gid : NOBODY);
  if (chosen === 0) throw new Error('PostgreSQL refuses to run as root: choose another user for it.');
  return { uid: chosen, gid, drop: { uid: chosen, gid } };
}

/** The first folder on the way to `path` (itself included) that the runner may not pass, by its permission bits. */
export function blockedAt(path: string, runner: Runner): string | undefined {
  if (runner.drop.uid === undefined) return undefined;
  const way: string[] = [];
  for (let at = realpathSync(path); way[0] !== at; at = dirname(at)) way.unshift(at);
  return way.find((folder) => {
    const { uid, gid, mode } = statSync(folder);
    const bit = uid === runner.uid ? 0o100 : gid === runner.gid ? 0o010 : 0o001;
    return (mode & bit) === 0;
  });
}

function makeFolderOutside(dataDir: string, runner: Runner): string {
  for (const [parent, prefix] of [
    ['/var/lib/kortelijn', ''],
    ['/var/tmp', 'kortelijn-'],
  ] as const) {
    try {
      if (mkdirSync(parent, { recursive: true }) !== undefined) chmodSync(parent, 0o755);
      if (blockedAt(parent, runner) !== undefined) continue;
      const folder = join(parent, prefix + randomName());
      mkdirSync(folder, { mode: 0o700 });
      chmodSync(folder, 0o711);
      // Deleting the data folder leaves this one behind: whoever cleans up must be able to see whose it was.
      writeFileSync(join(folder, 'belongs-to'), `${dataDir}\n`, { mode: 0o600 });
      syncFolder(parent);
      return folder;
    } catch {
      // Read-only or full: the next one, or the sentence below.
    }
  }
  throw new Error(`No folder that user ${runner.uid} can reach could be made for the database: set DATABASE_URL.`);
}

function recall(dataDir: string): Memory {
  const file = memoryFile(dataDir);
  if (!existsSync(file)) return {};
  try {
    return memorySchema.parse(readJson(file));
  } catch {
    throw new Error(`${file}, which remembers where the database is, cannot be read: mend it before starting.`);
  }
}

function remember(dataDir: string, memory: Memory): void {
  const half = `${memoryFile(dataDir)}.half`;
  writeFileSync(half, `${JSON.stringify({ ...memory, dataDir }, null, 2)}\n`, { flush: true });
  renameSync(half, memoryFile(dataDir));
  syncFolder(dataDir);
}

function placeIn(dataDir: string, folder: string, runner: Runner): Place {
  return { dataDir, folder, data: join(folder, 'pg'), log: join(folder, 'postgres.log'), runner };
}

/** Makes the folder when it is missing, and private (0700) to the runner. */
export function own(path: string, runner: Runner): string {
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
  if (runner.drop.uid !== undefined) chownSync(path, runner.uid, runner.gid);
  chmodSync(path, 0o700);
  return path;
}

function isFolderOf(path: string, uid: number): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && stats.uid === uid;
}

const memoryFile = (dataDir: string): string => join(dataDir, 'postgres.json');
const statOf = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false });
/** A JSON file, not yet checked. */
export const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
/** Twelve hexadecimal digits. */
export const randomName = (): string => randomBytes(6).toString('hex');
const fitsSocket = (folder: string): boolean =>
  Buffer.byteLength(folder + SOCKET_FILE) <= socketPathBytesMax && !/[",]/.test(folder);
