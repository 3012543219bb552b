import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../../scripts/child-environment.ts';
import type { TestStore } from './database.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** A folder with what a command of an administrator needs to work on a test's database: a key file and the settings. */
export interface Commands {
  readonly folder: string;
  readonly keyFile: string;
  readonly environment: Readonly<Record<string, string>>;
  run(script: string, args: readonly string[], input?: string, more?: Record<string, string>): Promise<Said>;
  close(): void;
}

/** Runs `node scripts/<script>.ts` as a process of its own on the database of a test, as an administrator would. */
export function openCommands(at: TestStore): Commands {
  const folder = mkdtempSync(join(tmpdir(), 'kortelijn-command-'));
  const keyFile = join(folder, 'master.key');
  writeFileSync(keyFile, Buffer.alloc(32, 7).toString('base64'), { mode: 0o600 });
  const { host, port, user, database } = at.connection;
  const url = `postgresql://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
  const environment = { DATABASE_URL: url, MASTER_KEY_FILE: keyFile, DATA_DIR: folder, DEMO: 'off' };
  return {
    folder,
    keyFile,
    environment,
    run: async (script, args, input = '', more = {}) => {
      const child = spawn(process.execPath, [`scripts/${script}.ts`, ...args], {
        cwd: root,
        env: { ...childEnvironment, ...environment, ...more },
      });
      const said = { out: '', error: '' };
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said.out += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said.error += text;
      });
      child.stdin.end(input);
      const [code] = (await once(child, 'close')) as [number | null];
      return { code, ...said };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
