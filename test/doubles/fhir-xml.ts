import * as medplum from '@medplum/core';
import type { Resource } from '@medplum/fhirtypes';
import { loadDefinitions } from '../../src/fhir/validate.ts';

/** One XML element, with the text it was written as: what XHTML is kept as. */
interface Node {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Node[];
  raw: string;
}

const tag = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/g;
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function plain(text: string): string {
  return text.replaceAll(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (decimal) return String.fromCodePoint(Number(decimal));
    return hex ? String.fromCodePoint(Number.parseInt(hex, 16)) : (entities[name] ?? whole);
  });
}

function parse(text: string): Node {
  const root: Node = { name: '', attributes: {}, children: [], raw: '' };
  const open: { node: Node; from: number }[] = [{ node: root, from: 0 }];
  for (const found of text.matchAll(tag)) {
    const [whole, closes, name, attributes = '', isEmpty] = found;
    if (!name) continue;
    if (closes) {
      const done = open.pop();
      if (done?.node.name !== name) throw new Error(`</${name}> closes nothing`);
      done.node.raw = text.slice(done.from, found.index + whole.length);
      continue;
    }
    const pairs = [...attributes.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)];
    const node: Node = {
      name,
      attributes: Object.fromEntries(pairs.map(([, key, one, other]) => [key ?? '', plain(one ?? other ?? '')])),
      children: [],
      raw: whole,
    };
    open.at(-1)?.node.children.push(node);
    if (!isEmpty) open.push({ node, from: found.index });
  }
  const [first] = root.children;
  if (!first) throw new Error('no XML');
  return first;
}

type Json = Record<string, unknown>;
interface Field {
  readonly type: string;
  readonly isMany: boolean;
}

/** What R4 says of an element of a type: its own name, or one form of a choice (`value[x]`). */
function fieldOf(type: string, name: string): Field {
  for (const [element, { type: types, isArray }] of Object.entries(medplum.getDataType(type).elements)) {
    const base = element.replace('[x]', '');
    const form = types.find(({ code }) => (base === element ? base : base + medplum.capitalize(code)) === name);
    if (form) return { type: form.code, isMany: isArray === true };
  }
  throw new Error(`${type} has no ${name}`);
}

function primitive(node: Node, type: string): unknown {
  const { value } = node.attributes;
  if (type === 'xhtml') return node.raw;
  if (value === undefined) return null;
  const js = medplum.fhirTypeToJsType[type as keyof typeof medplum.fhirTypeToJsType];
  return js === 'boolean' ? value === 'true' : js === 'number' ? Number(value) : value;
}

function elements(node: Node, type: string): Json {
  const made: Json = {};
  const { id, url } = node.attributes;
  if (id) made.id = id;
  if (url) made.url = url;
  for (const child of node.children) {
    const { type: of, isMany } = fieldOf(type, child.name);
    const isPrimitive = medplum.isPrimitiveType(of);
    const value = isPrimitive ? primitive(child, of) : elements(child, of);
    const beside = isPrimitive && of !== 'xhtml' && child.children.length > 0 ? elements(child, 'Element') : null;
    if (isMany) {
      const list = [...((made[child.name] as unknown[] | undefined) ?? []), value];
      made[child.name] = list;
      const besides = (made[`_${child.name}`] ?? []) as unknown[];
      if (beside) besides[list.length - 1] = beside;
      if (besides.length > 0) made[`_${child.name}`] = Array.from(besides, (one) => one ?? null);
    } else {
      if (value !== null) made[child.name] = value;
      if (beside) made[`_${child.name}`] = beside;
    }
  }
  return made;
}

/** A resource in FHIR R4's XML as its JSON; only for what other people publish. Throws on what R4 does not know. */
export function fromXml(text: string): Resource {
  loadDefinitions();
  const root = parse(text);
  return { resourceType: root.name, ...elements(root, root.name) } as unknown as Resource;
}
