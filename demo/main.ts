import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startHis } from './his.ts';
import { startMailCatcher } from './mail.ts';
import { practicesFileSchema } from './model.ts';

const usualMllpPort = 2576;

/**
 * The simulated HIS and the mail catcher as one process. One JSON line on stdout says that both listen; it ends when
 * stdin closes (its parent is gone) or on SIGTERM. SIGINT is the parent's to handle.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8090' },
      /** Not named: the usual one, or a free one when somebody has it. */
      'mllp-port': { type: 'string' },
      'mail-port': { type: 'string', default: '2525' },
      data: { type: 'string' },
      kortelijn: { type: 'string', default: 'http://127.0.0.1:8080' },
      /** Where browsers reach Kortelijn, when that is another address. */
      'kortelijn-public': { type: 'string' },
      practices: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      url: { type: 'string' },
      'fallback-his': { type: 'boolean', default: false },
      'fallback-mail': { type: 'boolean', default: false },
    },
  });
  const { data, practices: file, kortelijn } = values;
  if (data === undefined || file === undefined || !URL.canParse(kortelijn)) {
    throw new Error('needed: --data <dir> --practices <file.json>, and --kortelijn must be an address');
  }
  const { practices } = practicesFileSchema.parse(JSON.parse(await readFile(file, 'utf8')));

  /** Tries the port asked for; a free one when it is taken and that may be. */
  async function on<T>(asked: string, mayMove: boolean, start: (port: number) => Promise<T>): Promise<T> {
    try {
      return await start(Number(asked));
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (taken && mayMove) return start(0);
      throw error;
    }
  }
  const mail = await on(values['mail-port'], values['fallback-mail'], (port) =>
    startMailCatcher({ port, host: values.host, dataDir: data }),
  );
  const named = values['mllp-port'];
  const start = (port: number) =>
    startHis({
      port,
      mllp: { port: Number(named ?? usualMllpPort), mayMove: named === undefined },
      host: values.host,
      ...(values.url && { url: values.url }),
      dataDir: data,
      kortelijn,
      ...(values['kortelijn-public'] && { kortelijnPublic: values['kortelijn-public'] }),
      practices,
      mails: () => mail.mails(),
    });
  const his = await on(values.port, values['fallback-his'], start);

  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    void Promise.allSettled([his.close(), mail.close()]).then(() => process.exit(0));
  };
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', end);
  process.stdin.on('end', end).on('close', end).on('error', end).resume();
  process.stdout.write(`${JSON.stringify({ his: his.url, mail: mail.port, mllp: his.mllpPort })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`demo HIS: ${error instanceof Error ? error.message : 'failed'}\n`);
  process.exit(1);
});
