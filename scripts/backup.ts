// npm run backup -- --to <folder> [--by <who>]     the whole record as it is now, while the service works; no master key in it
// npm run backup -- --check <folder>               whether every file is as it was written
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { checkBackup, makeBackup } from '../src/store/backup.ts';
import { noteCommand } from './note-command.ts';
import { command, openRecordFor, readSettings } from './open-record.ts';

const usage = 'npm run backup -- --to <folder> | --check <folder>';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { to: { type: 'string' }, check: { type: 'string' }, by: { type: 'string' } },
  });
  if (values.check) {
    const { madeAt, tables } = await checkBackup(values.check);
    const rows = tables.reduce((sum, one) => sum + one.rows, 0);
    process.stdout.write(`Whole: ${rows} rows in ${tables.length} tables, as they were at ${madeAt}\n`);
    return;
  }
  if (!values.to) throw new Error(usage);
  const record = await openRecordFor(readSettings());
  try {
    const { madeAt } = await makeBackup(record.owner, values.to, (table, rows) =>
      process.stdout.write(`${table}: ${rows}\n`),
    );
    await noteCommand(record.store, 'backup-made', values.by ?? userInfo().username, `backup/${madeAt}`);
    process.stdout.write(`Made, as it was at ${madeAt}. The master key is not in it: keep that apart.\n`);
  } finally {
    await record.close();
  }
}

if (import.meta.main) await command(main);
