// Systems that get tokens (SMART Backend Services), as the page /admin/clients has them.
//   npm run clients -- list
//   npm run clients -- register --name <name> --kind practice|team|wally|coordinator|administrator [--party <id>]
//                      --scopes "system/Task.rs …" [--keys <file or https address>] [--id <client id>]
//   npm run clients -- revoke --id <client id>
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { readRegistration, registrationChange, revocationChange } from '../src/identity/registration.ts';
import { type Actor, theLine } from '../src/referral/actor.ts';
import type { Change } from '../src/referral/change.ts';
import { listClients } from '../src/store/access/clients.ts';
import { directoryReader } from '../src/store/directory.ts';
import { command, openRecordFor, readSettings } from './open-record.ts';

const usage = 'npm run clients -- list | register --name --kind --party --scopes --keys | revoke --id';
/** The command runs as the service itself; the trail says so. */
const actor: Actor = theLine;

const text = { type: 'string', default: '' } as const;
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { id: text, name: text, kind: text, party: text, scopes: text, keys: text },
});

await command(async () => {
  const [what = ''] = positionals;
  if (!['list', 'register', 'revoke'].includes(what)) throw new Error(usage);
  const record = await openRecordFor(readSettings());
  const { store } = record;
  const commit = async (change: Change) => {
    const done = await store.commit(change);
    if (!done.ok) throw new Error(`client ${values.id}: there already, not there, or revoked before`);
  };
  try {
    const at = store.clock().toISOString();
    if (what === 'register') {
      const isAddress = /^https?:/.test(values.keys);
      const keys = values.keys && !isAddress ? await readFile(values.keys, 'utf8') : values.keys;
      const entry = readRegistration({ ...values, keys }, await directoryReader(store)(), store.newId);
      if ('faults' in entry) throw new Error(entry.faults.map(({ field, said }) => `${field}: ${said.en}`).join('\n'));
      await commit(registrationChange('registered', entry, actor, at));
      process.stdout.write(`${entry.id}\n`);
    } else if (what === 'revoke') await commit(revocationChange(values.id, actor, at));
    else
      for (const one of await listClients(store))
        process.stdout.write(
          `${[one.id, one.name, one.kind, one.party ?? '-', one.scopes.join(' '), one.usedAt?.toISOString() ?? 'never used', one.revokedAt ? 'revoked' : ''].join('\t')}\n`,
        );
  } finally {
    await record.close();
  }
});
