import { readdir, readFile } from 'node:fs/promises';
import { loadMapping } from '../../src/mapping/load.ts';
import { type Mapping, runMapping } from '../../src/mapping/run.ts';
import { silentOf } from '../../src/mapping/silent.ts';
import type { ConsentAgreement } from '../../src/referral/directory/mllp.ts';
import type { Mapped } from '../../src/referral/format.ts';
import { isRefusal, type Refusal } from '../../src/referral/refusal.ts';
import { readBytes, readSyntax, received } from '../fixture-read.ts';
import { type Case, casesOf } from './cases.ts';
import { isEnvelope } from './envelope.ts';
import { covers, leavesOf } from './leaves.ts';

/** One thing that is held of every mapping folder, and what is wrong with it; nothing when it holds. */
export interface Finding {
  readonly holds: string;
  readonly wrong: readonly string[];
}

/** Where mappings/ and fixtures/ are. */
export interface Place {
  readonly mappings: URL;
  readonly fixtures: URL;
}

const parts = ['contract.ts', 'to-referral.ts', 'codes', 'README.md'];

async function folderFinding(name: string, { mappings }: Place): Promise<Finding> {
  const files: string[] = await readdir(new URL(`${name}/`, mappings)).catch(() => []);
  return {
    holds: 'it has its parts',
    wrong: parts.filter((part) => !files.includes(part)).map((part) => `mappings/${name}/${part} is missing`),
  };
}

const sections: Readonly<Record<string, RegExp>> = {
  'which fields are carried': /\bcarried\b|\bbecomes\b|\| from \|/i,
  'what is lost': /\b(lost|loss|losses)\b/i,
  'the source of the format': /\bSource\b|\bshape\b|\bspecifications?\b|\bimplementation guide\b/i,
};

function readmeFinding(text: string): Finding {
  const missing = Object.entries(sections).filter(([, sign]) => !sign.test(text));
  return { holds: 'its README says what it must', wrong: missing.map(([what]) => `README.md does not say ${what}`) };
}

/** The same mapping, and the names of the tables that it looked in. */
function watched(mapping: Mapping): { mapping: Mapping; asked: Set<string> } {
  const asked = new Set<string>();
  const tables = new Map(mapping.tables);
  const get = tables.get.bind(tables);
  tables.get = (name) => {
    asked.add(name);
    return get(name);
  };
  return { mapping: { ...mapping, tables }, asked };
}

const said = (read: Mapped | Refusal): string => JSON.stringify(read);

/** Whether a message with another value in it says something else, to us or to its sender. */
function isHeard(
  mapping: Mapping,
  before: Heard,
  changed: Uint8Array,
  agreement: ConsentAgreement | undefined,
): boolean {
  // The mapping alone first: what the door checks before it costs more.
  return (
    before.mapped !== mappedAlone(mapping, changed, agreement) ||
    before.said !== said(readBytes(mapping, changed, agreement))
  );
}

interface Heard {
  readonly said: string;
  readonly mapped: string;
}

function mappedAlone(mapping: Mapping, bytes: Uint8Array, agreement: ConsentAgreement | undefined): string {
  const { syntax } = mapping.format;
  const read = readSyntax(syntax, bytes);
  try {
    return said(isRefusal(read) ? read : runMapping(mapping, received(syntax, read, agreement), new Map(), agreement));
  } catch {
    // What the door would have refused before.
    return 'unreadable';
  }
}

/** Values that may be changed without anybody being told: neither carried, nor declared lost, nor said to be silent. */
function silentIn(mapping: Mapping, { name, agreement, messages }: Case, isKnown: (kind: string) => boolean): string[] {
  const { syntax } = mapping.format;
  return messages.flatMap(({ file, bytes }) => {
    const read = readBytes(mapping, bytes, agreement);
    if (isRefusal(read)) return [];
    const before = { said: said(read), mapped: mappedAlone(mapping, bytes, agreement) };
    const silent: string[] = [];
    for (const leaf of leavesOf(syntax, bytes)) {
      if (isEnvelope(syntax, leaf.path)) continue;
      if (read.losses.some((loss) => covers(syntax, loss.path, leaf.path))) continue;
      if (leaf.changed().some((one) => isHeard(mapping, before, one, agreement)) || isKnown(leaf.kind)) continue;
      silent.push(`${name}/${file}: ${leaf.kind === leaf.path ? leaf.path : `${leaf.path} (${leaf.kind})`}`);
    }
    return silent;
  });
}

function fixtureFinding(cases: readonly Case[]): Finding {
  return {
    holds: 'a case is taken and a case is refused',
    wrong: [
      ...(cases.some((one) => one.isTaken) ? [] : ['no case of it is taken']),
      ...(cases.some((one) => one.isRefused) ? [] : ['no case of it is refused']),
    ],
  };
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));

/** Everything that is held of a mapping folder, as data. The tests ask the same. */
export async function checkMapping(name: string, place: Place): Promise<Finding[]> {
  const loaded = await loadMapping(name, place.mappings).catch((error: unknown) => asError(error));
  const folder = await folderFinding(name, place);
  if (loaded instanceof Error) return [folder, { holds: 'it loads', wrong: [loaded.message] }];
  const cases = await casesOf(name, place.fixtures);
  const { mapping, asked } = watched(loaded);
  const readme = await readFile(new URL(`${name}/README.md`, place.mappings), 'utf8').catch(() => '');
  const known = silentOf(readme);
  const met = new Set<string>();
  const isKnown = (kind: string) => {
    const found = known.find((one) => one.matches(kind));
    if (found) met.add(found.pattern);
    return found !== undefined;
  };
  const silent = cases.flatMap((one) => silentIn(mapping, one, isKnown));
  return [
    folder,
    { holds: 'it loads', wrong: [] },
    readmeFinding(readme),
    fixtureFinding(cases),
    {
      holds: 'every table it looks in is there',
      wrong: [...asked].filter((one) => !loaded.tables.has(one)).map((one) => `codes/${one}.json is missing`),
    },
    {
      holds: 'every table is looked in by a case',
      wrong: [...loaded.tables.keys()].filter((one) => !asked.has(one)).map((one) => `codes/${one}.json is never used`),
    },
    { holds: 'every value of a message is carried, told as lost, or said to be silent in the README', wrong: silent },
    {
      holds: 'what the README says is silent has a reason, and a case in which it is',
      wrong: known.flatMap(({ pattern, why }) => [
        ...(why === '' ? [`${pattern} has no reason`] : []),
        ...(met.has(pattern) ? [] : [`${pattern} is in no case`]),
      ]),
    },
  ];
}
