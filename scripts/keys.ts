// npm run keys -- new --out <file>    a new master key that carries the root of MASTER_KEY_FILE
// npm run keys -- rotate              wraps every data key anew with MASTER_KEY_FILE; MASTER_KEY_OLD_FILES open what was
// npm run keys -- turn-signing        a new key for the tokens and log-ins we sign; the one before is published an hour more
// npm run keys -- status              how many data keys each master key wraps
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { turnSigningKeys } from '../src/identity/signing-keys.ts';
import { makeNextMasterKey, readMasterKey } from '../src/store/keys.ts';
import { checkMasterKey, countByMasterKey, rotateKeys } from '../src/store/rotation.ts';
import { noteCommand } from './note-command.ts';
import { command, openRecordFor, readSettings } from './open-record.ts';

const usage = 'npm run keys -- new --out <file> | rotate | turn-signing | status';

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { out: { type: 'string' } } });
  const [what] = positionals;
  const config = readSettings();
  if (what === 'new') {
    if (!values.out) throw new Error(usage);
    await makeNextMasterKey(values.out, config.masterKeyFile);
    process.stdout.write(
      'Made. Next: start every process with it as MASTER_KEY_FILE and the present one in MASTER_KEY_OLD_FILES, then rotate.\n',
    );
    return;
  }
  if (what !== 'rotate' && what !== 'status' && what !== 'turn-signing') throw new Error(usage);
  const record = await openRecordFor(config);
  const { store } = record;
  try {
    await checkMasterKey(store);
    if (what === 'turn-signing') {
      await turnSigningKeys(store, true);
      process.stdout.write('Turned. Every process signs with the new key within seconds.\n');
      return;
    }
    if (what === 'rotate') {
      const ring = await readMasterKey(config.masterKeyFile, false, config.MASTER_KEY_OLD_FILES);
      await rotateKeys(store, ring, (table, count) => process.stdout.write(`${table}: ${count}\n`));
      await noteCommand(store, 'keys-rotated', userInfo().username, `key/${ring.id}`);
    }
    for (const [id, count] of await countByMasterKey(store))
      process.stdout.write(`${id}${id === store.master.id ? ' (newest)' : ''}: ${count} journeys\n`);
  } finally {
    await record.close();
  }
}

if (import.meta.main) await command(main);
