import type { Syntax } from '../../src/referral/format.ts';
import type { Random } from './random.ts';
import { edgeValue, otherValue } from './values.ts';

type Mutator = (random: Random, bytes: Buffer) => Buffer;

const flip: Mutator = (random, bytes) => {
  const copy = Buffer.from(bytes);
  for (let n = random.int(4); n >= 0; n -= 1) if (copy.length > 0) copy[random.int(copy.length)] = random.int(256);
  return copy;
};
const truncate: Mutator = (random, bytes) => bytes.subarray(0, random.int(bytes.length + 1));
const wrongCharset: Mutator = (random, bytes) =>
  random.chance(2) ? Buffer.from(bytes.toString('utf8'), 'latin1') : Buffer.from(bytes.toString('latin1'), 'utf8');
/** A stretch again, gone, or somewhere else. */
const stretch: Mutator = (random, bytes) => {
  const [from, length] = [random.int(bytes.length), random.int(400)];
  const part = bytes.subarray(from, from + length);
  const rest = Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)]);
  const to = random.int(rest.length + 1);
  if (random.chance(3)) return rest;
  return Buffer.concat(
    random.chance(2)
      ? [rest.subarray(0, to), part, rest.subarray(to)]
      : [bytes.subarray(0, to), part, bytes.subarray(to)],
  );
};
const onBytes: readonly Mutator[] = [flip, truncate, wrongCharset, stretch];

/** Lines or segments again, gone, or in another order; values of them changed. */
function onSegments(random: Random, bytes: Buffer, end: string, separators: string): Buffer {
  const segments = bytes.toString('latin1').split(end);
  const at = random.int(segments.length);
  const one = segments[at] ?? '';
  const separator = random.pick([...separators]);
  const kinds: readonly (() => void)[] = [
    () => segments.splice(at, 1),
    () => segments.splice(random.int(segments.length), 0, one),
    () => segments.splice(random.int(segments.length), 0, ...segments.splice(at, 1)),
    () => {
      const parts = one.split(separator);
      const n = random.int(parts.length);
      parts[n] = Buffer.from(otherValue(random, parts[n] ?? ''), 'utf8').toString('latin1');
      segments[at] = parts.join(separator);
    },
    () => {
      const parts = one.split(separator);
      const n = random.int(parts.length);
      if (random.chance(2)) parts.splice(n, 1);
      else parts.splice(n, 0, parts[n] ?? '');
      segments[at] = parts.join(separator);
    },
    // Another delimiter, in one segment or in all.
    () => {
      const other = random.pick([..."|^~\\&+:?'#$!"]);
      for (const n of random.chance(2) ? [at] : segments.keys())
        segments[n] = (segments[n] ?? '').replaceAll(separator, other);
    },
    () => segments.splice(at, 0, ...Array.from({ length: random.int(2_000) }, () => one)),
  ];
  // Many of one segment are rare: they cost much and say little.
  random.pick(random.chance(60) ? kinds : kinds.slice(0, -1))();
  return Buffer.from(segments.join(end), 'latin1');
}

type Holder = Record<string, unknown>;

/** Every object and list of a value; the first few hundred are enough to choose from. */
function holdersIn(root: unknown): Holder[] {
  const found: Holder[] = [];
  const open = [root];
  while (open.length > 0 && found.length < 500) {
    const one = open.pop();
    if (typeof one !== 'object' || one === null) continue;
    found.push(one as Holder);
    open.push(...Object.values(one));
  }
  return found;
}

const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

/** Another value of any kind for one of JSON. */
function otherJson(random: Random, value: unknown): unknown {
  if (typeof value === 'string' && !random.chance(6)) return otherValue(random, value);
  return random.pick<() => unknown>([
    () => null,
    () => random.int(1_000_000) - 500_000,
    () => 1e308 * 10 ** random.int(2),
    () => random.chance(2),
    () => edgeValue(random),
    () => [value],
    () => ({ value }),
    () => [],
    () => ({}),
    () => nested(1 + random.int(random.chance(20) ? 800 : 70)),
  ])();
}

function onJson(random: Random, bytes: Buffer): Buffer {
  const root: unknown = JSON.parse(bytes.toString('utf8'));
  for (let n = random.int(3); n >= 0; n -= 1) {
    const holders = holdersIn(root).filter((one) => Object.keys(one).length > 0);
    const holder = holders.length > 0 ? random.pick(holders) : undefined;
    if (!holder) break;
    const key = random.pick(Object.keys(holder));
    const kinds: readonly (() => void)[] = [
      () => {
        holder[key] = otherJson(random, holder[key]);
      },
      () => {
        if (Array.isArray(holder)) holder.splice(Number(key), 1);
        else delete holder[key];
      },
      () => {
        if (Array.isArray(holder)) holder.splice(Number(key), 0, structuredClone(holder[Number(key)]));
        else holder[random.pick([`${key}x`, '__proto__', 'id', 'extension', 'value'])] = holder[key];
      },
      // What stands elsewhere in the message: the right shape at the wrong place.
      () => {
        const from = random.pick(holders);
        holder[key] = structuredClone(from[random.pick(Object.keys(from))]);
      },
    ];
    random.pick(kinds)();
  }
  return Buffer.from(JSON.stringify(root));
}

const structured: Readonly<Record<Syntax, Mutator>> = {
  fhir: onJson,
  json: onJson,
  hl7v2: (random, bytes) => onSegments(random, bytes, '\r', '|^~&'),
  edifact: (random, bytes) => onSegments(random, bytes, "'", '+:'),
};

/** One mutant of a message: mostly its structure, now and then its bare bytes, sometimes both. */
export function mutate(syntax: Syntax, random: Random, original: Uint8Array): Uint8Array {
  const bytes = Buffer.from(original);
  if (random.chance(4)) return random.pick(onBytes)(random, bytes);
  const once = structured[syntax](random, bytes);
  return random.chance(20) ? random.pick(onBytes)(random, once) : once;
}
