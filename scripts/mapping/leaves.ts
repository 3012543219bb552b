import { readUna, releaseText, usualCharacters } from '../../src/edifact/characters.ts';
import { readDelimiters } from '../../src/hl7v2/message.ts';
import type { Syntax } from '../../src/referral/format.ts';

/** One value of a message, where it stands in the sender's own words, and the message with it changed or gone. */
export interface Leaf {
  readonly path: string;
  /** The place without numbers, of FHIR from its own resource on: `PID-5.1.1`, `Consent.scope.coding.code`. */
  readonly kind: string;
  /** Messages in which this value is another, the last one without it. */
  readonly changed: () => Generator<Uint8Array>;
}

type Path = readonly (string | number)[];

const isBranch = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Other values of the same kind: a word more, another digit, the opposite. */
function others(value: unknown): unknown[] {
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'number') return [value + 1];
  if (typeof value !== 'string') return ['x'];
  const digit = value.replace(/\d(?=\D*$)/, (one) => String((Number(one) + 1) % 10));
  return [`${value} x`, ...(digit === value ? [] : [digit])];
}

function put(root: unknown, path: Path, value: unknown): void {
  const holder = path.slice(0, -1).reduce<unknown>((at, step) => (isBranch(at) ? at[String(step)] : undefined), root);
  const last = path.at(-1);
  if (!isBranch(holder) || last === undefined) return;
  if (value !== undefined) holder[String(last)] = value;
  else if (Array.isArray(holder)) holder.splice(Number(last), 1);
  else delete holder[String(last)];
}

function* jsonLeaves(root: unknown, at: unknown, path: Path, name: string, kind: string): Generator<Leaf> {
  if (isBranch(at)) {
    const own = typeof at.resourceType === 'string' ? at.resourceType : kind;
    for (const [key, one] of Object.entries(at)) {
      const isList = Array.isArray(at);
      const step = isList ? Number(key) : key;
      const sort = isList ? own : own ? `${own}.${key}` : key;
      yield* jsonLeaves(root, one, [...path, step], isList ? `${name}[${key}]` : name ? `${name}.${key}` : key, sort);
    }
    return;
  }
  yield {
    path: name,
    kind,
    changed: function* () {
      for (const value of [...others(at), undefined]) {
        const copy = structuredClone(root);
        put(copy, path, value);
        yield Buffer.from(JSON.stringify(copy));
      }
    },
  };
}

/** A value in a text, by its place in it. */
function textLeaf(text: string, path: string, start: number, end: number, escaped: (value: string) => string): Leaf {
  return {
    path,
    kind: path.replaceAll(/\[\d+\]/g, ''),
    changed: function* () {
      const value = text.slice(start, end);
      for (const one of [...others(value), ''])
        yield Buffer.from(
          text.slice(0, start) + escaped(String(one).slice(value.length > 0 ? 0 : 1)) + text.slice(end),
          'latin1',
        );
    },
  };
}

/** Parts of a text between separators, with where each begins. */
function partsOf(text: string, from: number, separator: string): { from: number; text: string }[] {
  let at = from;
  return (separator === '' ? [text] : text.split(separator)).map((one) => {
    const part = { from: at, text: one };
    at += one.length + separator.length;
    return part;
  });
}

function* hl7Leaves(bytes: Uint8Array): Generator<Leaf> {
  const text = Buffer.from(bytes).toString('latin1');
  const d = readDelimiters(text);
  if (!d) return;
  const counts = new Map<string, number>();
  for (const line of partsOf(text, 0, '\r')) {
    const [name, ...fields] = partsOf(line.text, line.from, d.field);
    if (!name || name.text === '' || name.text === 'MSH') continue;
    const nth = (counts.get(name.text) ?? 0) + 1;
    counts.set(name.text, nth);
    for (const [f, field] of fields.entries())
      for (const [r, repetition] of partsOf(field.text, field.from, d.repetition).entries())
        for (const [c, component] of partsOf(repetition.text, repetition.from, d.component).entries())
          for (const [s, part] of partsOf(component.text, component.from, d.subcomponent).entries()) {
            if (part.text === '' || part.text === '""') continue;
            const place = `${name.text}[${nth}]-${f + 1}${r > 0 ? `[${r + 1}]` : ''}.${c + 1}.${s + 1}`;
            yield textLeaf(text, place, part.from, part.from + part.text.length, (one) => one);
          }
  }
}

function* edifactLeaves(bytes: Uint8Array): Generator<Leaf> {
  const text = Buffer.from(bytes).toString('latin1');
  const service = text.startsWith('UNA') ? (readUna(text.slice(0, 9)) ?? usualCharacters) : usualCharacters;
  const counts = new Map<string, number>();
  let [tag, element, component, start] = ['', 0, 1, -1];
  for (let at = text.startsWith('UNA') ? 9 : 0; at < text.length; at += 1) {
    const one = text[at] ?? '';
    if (start < 0) {
      if (/\s/.test(one)) continue;
      start = at;
    }
    if (one === service.release) {
      at += 1;
      continue;
    }
    if (one !== service.component && one !== service.element && one !== service.terminator) continue;
    if (element === 0 && component === 1) {
      tag = text.slice(start, at);
      counts.set(tag, (counts.get(tag) ?? 0) + 1);
    } else if (element > 0 && at > start && !/^UN[BHTZ]$/.test(tag)) {
      const path = `${tag}[${counts.get(tag)}]-${element}.${component}`;
      yield textLeaf(text, path, start, at, (value) => releaseText(value, service));
    }
    component = one === service.component ? component + 1 : 1;
    element = one === service.element ? element + 1 : one === service.terminator ? 0 : element;
    start = one === service.terminator ? -1 : at + 1;
  }
}

/** Every value of a message, by its syntax. A message that cannot be taken apart has none. */
export function* leavesOf(syntax: Syntax, bytes: Uint8Array): Generator<Leaf> {
  if (syntax === 'hl7v2') yield* hl7Leaves(bytes);
  else if (syntax === 'edifact') yield* edifactLeaves(bytes);
  else {
    const root: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    const type = isBranch(root) && syntax === 'fhir' ? String(root.resourceType ?? '') : '';
    yield* jsonLeaves(root, root, [], type, type);
  }
}

/** A segment that is the first of its name may stand without its number. */
const numbered = (path: string) => path.replace(/^([A-Z][A-Z0-9]{2})(?!\[)/, '$1[1]');

/** Whether a loss is declared of the place itself, or of something that it is part of. */
export function covers(syntax: Syntax, loss: string, leaf: string): boolean {
  const isText = syntax === 'hl7v2' || syntax === 'edifact';
  const whole = isText ? numbered(loss) : loss;
  return leaf === whole || (leaf.startsWith(whole) && /^[.[-]/.test(leaf.slice(whole.length)));
}
