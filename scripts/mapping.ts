// npm run mapping -- check <format> | try <format> <file> [--practice <id>] [--agreed spoken|written] | new <name>; --in <folder> for another place.
// Exit code 0: it holds, or was taken. 1: something is wrong, or was refused. 2: this cannot be done.
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { loadMapping } from '../src/mapping/load.ts';
import { checkMapping, type Place } from './mapping/check.ts';
import { newMapping } from './mapping/new.ts';
import { heading } from './mapping/print.ts';
import { type Trying, tryMapping } from './mapping/try.ts';

const usage = `npm run mapping -- check <format>        what is held of a folder under mappings/, and what is wrong with it
npm run mapping -- try <format> <file>   what becomes of one message; --practice <id> as whose it comes,
                                         --agreed spoken (or written) as if that practice has an agreement on consent
npm run mapping -- new <name>            a folder that passes its check, to begin from
`;

const linesMax = 4000000000;

async function check(name: string, place: Place): Promise<number> {
  const findings = await checkMapping(name, place);
  for (const { holds, wrong } of findings) {
    process.stdout.write(`${wrong.length === 0 ? 'ok   ' : 'WRONG'}  ${holds}\n`);
    for (const one of wrong.slice(0, linesMax)) process.stdout.write(`         ${one}\n`);
    if (wrong.length > linesMax) process.stdout.write(`         and ${wrong.length - linesMax} more\n`);
  }
  return findings.every(({ wrong }) => wrong.length === 0) ? 0 : 1;
}

async function attempt(
  name: string,
  file: string,
  as: Pick<Trying, 'practice' | 'agreed'>,
  place: Place,
): Promise<number> {
  const trying = { file: basename(file), bytes: await readFile(file), now: new Date(), ...as };
  const { text, isTaken } = await tryMapping(await loadMapping(name, place.mappings), trying);
  process.stdout.write(text);
  return isTaken ? 0 : 1;
}

async function make(name: string, place: Place): Promise<number> {
  const files = await newMapping(name, place);
  process.stdout.write(heading(`${name} passes its check; change it step by step:`));
  for (const file of files) process.stdout.write(`  ${file}\n`);
  return 0;
}

async function run(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { in: { type: 'string' }, practice: { type: 'string', default: 'de-brink' }, agreed: { type: 'string' } },
  });
  const root = values.in ? pathToFileURL(`${resolve(values.in)}/`) : new URL('../', import.meta.url);
  const place = { mappings: new URL('mappings/', root), fixtures: new URL('fixtures/', root) };
  const [command, name, file] = positionals;
  if (command === 'check' && name) return check(name, place);
  if (command === 'try' && name && file) {
    const { practice, agreed } = values;
    if (agreed !== undefined && agreed !== 'spoken' && agreed !== 'written')
      throw new Error('--agreed is spoken or written');
    return attempt(name, file, { practice, ...(agreed && { agreed }) }, place);
  }
  if (command === 'new' && name) return make(name, place);
  process.stderr.write(usage);
  return 2;
}

try {
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
