// npm run rights -- <what> …   the rights of a person (AVG 15-21, Wabvpz): each leaves its lines in the trail
//   find     (--practice <id> | --everywhere <why>) < person.json    {"bsn"} or {"family","birthDate","postcode","houseNumber"}
//   access   --journey KL-…,… --out <folder>        everything about one person, and the list of texts to read first (H8)
//   give     --request <id> --folder <folder>       with every decision made: the copy that may be given out
//   erase    --journey KL-…  [--even-the-only-copy] hold | release | object | correct --journey KL-…
//   withdraw --journey KL-… --as <lead or Wally>    consent withdrawn (H10): stops, tells everyone, lists what cannot be recalled
// Each with --reference <where the request is filed> and --by <who>. What a person is known by comes over standard input
// only: command lines are kept by shells and seen by neighbours.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { referencePattern } from '../src/rights/rights.ts';
import { command, openRecordFor, readSettings } from './open-record.ts';
import { correct, erase, give, note, putTogether, type Rights, search, setHold, stop } from './rights/acts.ts';

const usage = `npm run rights -- find | access | give | erase | hold | release | object | correct | withdraw; see scripts/rights.ts`;

/** No spaces, no sentences: the reason itself stands where the reference leads to. */
const reference = z.string().regex(referencePattern, '--reference is where the request is filed, without spaces');
const by = z.string().regex(/^[\w.@-]{2,64}$/, '--by is who does this');
const person = z.union([
  z.strictObject({ bsn: z.string().regex(/^\d{9}$/) }),
  z.strictObject({
    family: z.string().min(1),
    birthDate: z.iso.date(),
    postcode: z.string().min(6),
    houseNumber: z.string().min(1),
  }),
]);

const options = {
  practice: { type: 'string' },
  everywhere: { type: 'string' },
  journey: { type: 'string' },
  reference: { type: 'string' },
  by: { type: 'string' },
  as: { type: 'string' },
  out: { type: 'string' },
  request: { type: 'string' },
  folder: { type: 'string' },
  'even-the-only-copy': { type: 'boolean', default: false },
} as const;
type Values = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>['values'];

function wanted(values: Values, name: keyof Values): string {
  const value = values[name];
  if (typeof value !== 'string') throw new Error(`--${name} is missing\n${usage}`);
  return value;
}

const numbers = (values: Values) =>
  wanted(values, 'journey')
    .split(',')
    .map((one) => one.trim());

const works: Record<string, (rights: Rights, values: Values) => Promise<string[]>> = {
  find: async (rights, values) => {
    const read = person.safeParse(JSON.parse(await textOf(process.stdin)));
    if (!read.success) throw new Error('the person on standard input is not complete');
    const where = values.practice ? { practice: values.practice } : { everywhere: wanted(values, 'everywhere') };
    return search(rights, read.data, where);
  },
  access: async (rights, values) => {
    const folder = wanted(values, 'out');
    const { files, said } = await putTogether(rights, numbers(values));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const [name, content] of files) await writeFile(join(folder, name), content, { mode: 0o600, flag: 'wx' });
    return said;
  },
  give: async (rights, values) => {
    const folder = wanted(values, 'folder');
    const read = (name: string) => readFile(join(folder, name), 'utf8');
    const back = { bundle: await read('bundle.json'), redaction: await read('redaction.json') };
    const { files, said } = await give(rights, wanted(values, 'request'), back);
    const out = join(folder, 'given');
    await mkdir(out, { recursive: true, mode: 0o700 });
    for (const [name, content] of files) await writeFile(join(out, name), content, { mode: 0o600 });
    return said;
  },
  erase: (rights, values) => erase(rights, numbers(values), values['even-the-only-copy'] === true),
  hold: (rights, values) => setHold(rights, numbers(values), true),
  release: (rights, values) => setHold(rights, numbers(values), false),
  object: (rights, values) => note(rights, numbers(values)),
  correct: (rights, values) => correct(rights, numbers(values)),
  withdraw: (rights, values) => stop(rights, numbers(values), wanted(values, 'as')),
};

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options });
  const work = works[positionals[0] ?? ''];
  if (!work) throw new Error(usage);
  const checked = z.object({ reference, by }).safeParse({ reference: values.reference ?? '', by: values.by ?? '' });
  if (!checked.success) throw new Error(checked.error.issues.map((one) => one.message).join('\n'));
  const record = await openRecordFor(readSettings());
  try {
    const said = await work({ store: record.store, ...checked.data }, values);
    process.stdout.write(`${said.join('\n')}\n`);
  } finally {
    await record.close();
  }
}

if (import.meta.main) await command(main);
