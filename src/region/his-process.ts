import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The simulated GP system with its mail catcher: another process, spoken to over sockets only. */
export interface HisProcess {
  readonly url: string;
  readonly mailPort: number;
  /** Where its HL7 v2 side listens, on this machine. */
  readonly mllpPort: number;
  stop(): Promise<void>;
}

const startMsMax = 15_000;

/**
 * Starts the simulated GP system in a process group of its own, so that Ctrl-C reaches us and not it: it must stay
 * until the line has drained. It ends by itself when our end of its standard input closes, however that happens.
 */
export async function startHisProcess(options: {
  readonly port: number;
  readonly mailPort: number;
  readonly fallback: { readonly his: boolean; readonly mail: boolean };
  readonly dataDir: string;
  readonly kortelijn: string;
  readonly practices: string;
}): Promise<HisProcess> {
  const main = fileURLToPath(new URL('../../demo/main.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    [
      main,
      '--port',
      String(options.port),
      '--mail-port',
      String(options.mailPort),
      '--data',
      options.dataDir,
      '--kortelijn',
      options.kortelijn,
      '--practices',
      options.practices,
      ...(options.fallback.his ? ['--fallback-his'] : []),
      ...(options.fallback.mail ? ['--fallback-mail'] : []),
    ],
    { detached: true, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = new Promise<{ his: string; mail: number; mllp: number }>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the simulated GP system did not start in time')), startMsMax);
    createInterface({ input: child.stdout }).once('line', (line) => {
      clearTimeout(timer);
      resolve(JSON.parse(line) as { his: string; mail: number; mllp: number });
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error('the simulated GP system could not start: is its port free?')));
  });
  const stop = async () => {
    child.stdin.end();
    child.kill('SIGTERM');
    await exited;
  };
  try {
    const { his, mail, mllp } = await ready;
    return { url: his, mailPort: mail, mllpPort: mllp, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
