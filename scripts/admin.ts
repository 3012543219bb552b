// What an administrator does on /admin, without a browser. `npm run admin -- --help` says how.
import { text } from 'node:stream/consumers';
import { runAdmin, Wrongly } from './admin/run.ts';
import { command, openRecordFor, readSettings } from './open-record.ts';

await command(async () => {
  try {
    process.exitCode = await runAdmin(process.argv.slice(2), {
      settings: readSettings,
      open: async () => openRecordFor(readSettings()),
      input: () => text(process.stdin),
      say: (said) => void process.stdout.write(said),
      isTerminal: process.stdout.isTTY === true,
    });
  } catch (error) {
    if (!(error instanceof Wrongly)) throw error;
    process.exitCode = 2;
    throw new Error(`${error.message}\nnpm run admin -- --help says how.`);
  }
});
