import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Config } from '../../src/config.ts';
import { openLog } from '../../src/log.ts';
import type { Actor } from '../../src/referral/actor.ts';
import type { DestinationMove } from '../../src/referral/delivery-move.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { noteList } from '../../src/web/acting.ts';
import { jobMax } from '../../src/web/queue/bulk.ts';
import { type Filter, type FilterName, filterNames, filterOf, toQueue } from '../../src/web/queue/filter.ts';
import { reasonIn } from '../../src/web/queue/reason.ts';
import type { OpenRecord } from '../open-record.ts';
import { accessActs } from './access.ts';
import { type Acting, actOnMany, askDestination, bulkActs, destinationActs, turnJob } from './acts.ts';
import { lists } from './lists.ts';
import { actOnDelivery, oneActs } from './one.ts';
import { shown } from './print.ts';
import { undo } from './undo.ts';

const help = `npm run admin -- <what> [filters] [options]

Look (nothing changes):
  journeys      referrals and how far each is         deliveries    what is on its way, oldest first
  classes       kinds of errors, and what waits       destinations  receivers, and what holds them up
  alarms        what a person must look at            jobs          work on many
  refused       messages that were refused            credentials   with what systems of practices knock here
  mappings      what messages were read with          losses        what those did not carry, by place; 30 days
  stopped       systems that are told no more of what changes
  sessions      who is signed in, or locked out      practices     wallys     absences
  health        is everything up? exit code 3 when not

Do (each needs --reason, which stands in the audit trail):
  retry | hold | release | call  [delivery ids]   of these deliveries, or of everything a filter holds
  give-up <delivery>                              a mail that says only that there is work
  reassign <delivery> --way <endpoint>            feedback, by another way of its practice
  correct-address <delivery> --address <address>  of its connection; and it is tried again
  stop | go-on <job id>                           work on many
  undo <delivery | job | destination | kind of error>     the last thing that was done with it, while that is possible
  pause | drain | down | resume <destination>     a receiver; down: hold while their system is down
  window <destination> --from <moment> --until <moment>   maintenance, as 2027-01-31T22:00+01:00; window-off ends it
  retries-off | retries-on <destination>          whether what failed there is tried again by itself
  give-credential <practice> [--application <name>]       a bearer credential for its system, shown once
  revoke-credential <id>                                  at once
  end-subscription <id>                                   of a system that has stopped listening for good
  end-sessions | lock-out | let-in <person>               sign somebody out, now or until they are let in again
  keep-secret <destination> [--file <path>]               with what we knock there; from the file or standard input

Filters, as on the page:
  --state held|pending|queued|sent|landed|abandoned|open|all   --destination <id>   --direction wally|practice
  --class <kind of error>   --code <code>   --practice <AGB or id>   --wally <id>   --number KL-…
  --control <control id>    --journey <id>    --age hour|day|week
  --mapping <name, or name@version+hash>, of journeys and losses

Options:
  --json         for a program            --limit <n>    at most so many, oldest first (usual: 50 shown, 500 done)
  --dry-run      say what would be done   --as <name>    who does it, for the trail (usual: who is logged in here)
  --reason <why> a few words, nothing about a person

Exit codes: 0 done, 1 could not, 2 asked wrongly, 3 not healthy.
`;

/** The command was not understood: nothing was done. */
export class Wrongly extends Error {}

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...(Object.fromEntries(filterNames.map((name) => [name, text])) as Record<FilterName, typeof text>),
        ...{ json: flag, 'dry-run': flag, help: flag, limit: text, reason: text, as: text },
        ...{ from: text, until: text, application: text, file: text, mapping: text },
        ...{ way: text, address: text },
      },
    });
  } catch (error) {
    throw new Wrongly(error instanceof Error ? error.message : 'not understood');
  }
}
type Values = ReturnType<typeof readArguments>['values'];

/** The filter of the options; one that cannot be is said, where a page would leave it out. */
function filterIn(values: Values): Filter {
  const filter = filterOf((name) => values[name as FilterName] ?? '');
  const wrong = filterNames.find((name) => values[name] !== undefined && filter[name] === undefined);
  if (wrong) throw new Wrongly(`--${wrong} cannot be that`);
  if (values.mapping !== undefined && !/^[\w-]{1,60}(@[\w.]{1,20}\+[0-9a-f]{12})?$/.test(values.mapping))
    throw new Wrongly('--mapping is a name, or name@version+hash');
  return filter;
}

function limitIn(given: string | undefined, usual: number): number {
  if (given === undefined) return usual;
  if (!/^[1-9]\d{0,5}$/.test(given) || Number(given) > jobMax) throw new Wrongly(`--limit is 1 to ${jobMax}`);
  return Number(given);
}

/** A move of one destination; a window needs both moments, with their distance from UTC, in order. */
function moveOf(
  id: string,
  to: (typeof destinationActs)[keyof typeof destinationActs],
  values: Values,
): DestinationMove {
  if (to !== 'window') return { id, to };
  const [from, until] = [values.from, values.until].map((given = '') =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(given) ? new Date(given) : new Date(Number.NaN),
  );
  if (!from || !until || !(from < until))
    throw new Wrongly('--from and --until are moments as 2027-01-31T22:00+01:00, the second later');
  return { id, to, from: from.toISOString(), until: until.toISOString() };
}

/** Asks the running service itself, by the address that it left in its data folder. */
async function health({ dataDir, PUBLIC_URL }: ReturnType<Around['settings']>, say: Around['say']): Promise<number> {
  const running = await readFile(join(dataDir, 'running.json'), 'utf8').then(
    (found) => (JSON.parse(found) as { url: string }).url,
    () => PUBLIC_URL,
  );
  if (!running) throw new Error('no service runs on this DATA_DIR: set PUBLIC_URL to ask another one');
  const answer = await fetch(new URL('/readyz', running)).catch(() => undefined);
  say(`${answer ? await answer.text() : 'no answer'}\n`);
  return answer?.ok ? 0 : 3;
}

/** What the command works with, besides what was typed. */
export interface Around {
  settings(): Pick<Config, 'dataDir' | 'PUBLIC_URL'>;
  /** Opens the record of the settings; the command closes it. */
  open(): Promise<Pick<OpenRecord, 'store' | 'close'>>;
  /** All of standard input: what may not stand in an argument. */
  input(): Promise<string>;
  readonly say: (text: string) => void;
  readonly isTerminal: boolean;
}

/** Does what was typed behind `npm run admin --`; gives the exit code. Errors: Wrongly, and what the work says itself. */
export async function runAdmin(args: readonly string[], around: Around): Promise<number> {
  const { settings, open, say, isTerminal } = around;
  const { positionals, values } = readArguments(args);
  const [what = '', ...names] = positionals;
  if (values.help || what === 'help') {
    say(help);
    return 0;
  }
  const list = Object.hasOwn(lists, what) ? lists[what] : undefined;
  const bulk = bulkActs[what];
  const asked = Object.hasOwn(destinationActs, what) && destinationActs[what as keyof typeof destinationActs];
  const turned = { stop: 'job-stopped', 'go-on': 'job-resumed' }[what] as 'job-stopped' | 'job-resumed' | undefined;
  const access = Object.hasOwn(accessActs, what) ? accessActs[what] : undefined;
  const isUndo = what === 'undo';
  const isOne = Object.hasOwn(oneActs, what);
  if (!list && !bulk && !asked && !turned && !access && !isUndo && !isOne && what !== 'health')
    throw new Wrongly(`${what || 'nothing'}: not known`);
  const filter = filterIn(values);
  const limit = limitIn(values.limit, list ? 50 : 500);
  const as = values.as ?? userInfo().username;
  if (!/^[\w.@-]{2,64}$/.test(as)) throw new Wrongly('--as is a name of letters, digits and . _ @ -');
  const isDry = values['dry-run'];
  const given = isDry && values.reason === undefined ? 'dry run' : values.reason;
  const reason = list || what === 'health' ? '' : reasonIn({ reason: given });
  if (isRefusal(reason)) throw new Wrongly(`--reason: ${reason.refused.map(({ said }) => said.en).join(' ')}`);
  if ((asked || turned || access || isUndo || isOne) && names.length !== 1)
    throw new Wrongly(`${what} is about one: say which`);
  if ((what === 'reassign' && !values.way) || (what === 'correct-address' && !values.address))
    throw new Wrongly(`${what}: say --${what === 'reassign' ? 'way' : 'address'}`);
  if (bulk && names.some((name) => !/^\d{1,18}$/.test(name))) throw new Wrongly('deliveries are said by their number');
  // Everything that there is must be asked for in so many words.
  if (bulk && names.length === 0 && Object.keys(filter).length === 0)
    throw new Wrongly('say which deliveries, by number or by a filter');
  const move = asked && moveOf(names[0] ?? '', asked, values);
  if (what === 'health') return health(settings(), say);
  const record = await open();
  const { store } = record;
  const actor: Actor = { id: as, name: as, role: 'administrator' };
  const site = { store, directory: directoryReader(store), publicUrl: '', log: openLog('silent') };
  try {
    if (list) {
      const rows = await list(site, { filter, limit, mapping: values.mapping });
      await noteList(site, actor, what, rows.length);
      say(shown(rows, values.json));
      return 0;
    }
    const acting: Acting = { store, actor, reason, isDry, say, isTerminal };
    const { application, file } = values;
    const secret = () => (file ? readFile(file, 'utf8') : around.input());
    if (move) await askDestination(acting, move);
    else if (access) await access(acting, names[0] ?? '', { application, secret });
    else if (turned) await turnJob(acting, names[0] ?? '', turned);
    else if (isOne) await actOnDelivery(acting, what, names[0] ?? '', values);
    else if (isUndo) await undo(acting, names[0] ?? '');
    else if (bulk) {
      const queue = toQueue(filter, await site.directory(), store.clock());
      await actOnMany(acting, bulk, names.length > 0 ? { ...queue, ids: names } : queue, limit);
    }
    return 0;
  } finally {
    await record.close();
  }
}
