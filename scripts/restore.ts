// npm run restore -- --from <folder> [--by <who>]   a backup into an empty database; stop every process of the service first
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { verifyAudit } from '../src/store/audit.ts';
import { restoreBackup } from '../src/store/backup.ts';
import { migrate } from '../src/store/database.ts';
import { applicationRole } from '../src/store/place.ts';
import { checkMasterKey } from '../src/store/rotation.ts';
import { noteCommand } from './note-command.ts';
import { command, openRecordFor, readSettings } from './open-record.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { from: { type: 'string' }, by: { type: 'string' } } });
  if (!values.from) throw new Error('npm run restore -- --from <folder>');
  const record = await openRecordFor(readSettings());
  const { store, owner } = record;
  try {
    const { madeAt } = await restoreBackup(owner, values.from, (table, rows) =>
      process.stdout.write(`${table}: ${rows}\n`),
    );
    await migrate(owner, applicationRole);
    await checkMasterKey(store);
    const { broken, lines } = await verifyAudit(store);
    if (broken) throw new Error(`the trail of the backup is broken at ${broken.seq}: ${broken.why}`);
    await noteCommand(store, 'backup-restored', values.by ?? userInfo().username, `backup/${madeAt}`);
    process.stdout.write(
      `Restored as it was at ${madeAt}; ${lines} lines of the trail are whole. Next: start the service, ask senders to send ` +
        'again what they sent since then, and erase again what was erased since then.\n',
    );
  } finally {
    await record.close();
  }
}

if (import.meta.main) await command(main);
