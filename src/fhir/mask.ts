import { codeSystems, extensions, identifiers } from './systems.ts';

/** One place of a message without what stood there: enough to see what is wrong, nothing about anybody. */
export interface Masked {
  readonly path: string;
  readonly kind: 'text' | 'digits' | 'date' | 'number' | 'boolean' | 'code';
  /** In characters. */
  readonly length: number;
  /** Only of what is a code about the message itself. */
  readonly value?: string;
}

/** No page shows more places of one message. */
export const maskedMax = 2_000;
const depthMax = 60;

/** What a text is, from its form alone. */
export function maskText(path: string, text: string): Masked {
  const kind = /^\d{4}-?\d{2}(-?\d{2})?(T?[\d:.+Z-]*)?$/.test(text)
    ? 'date'
    : /^[\d\s]+$/.test(text)
      ? 'digits'
      : 'text';
  return { path, kind, length: text.length };
}

/** A value that is a code of a standard, kept as it is when it looks like nothing else. */
export function maskCode(path: string, value: string): Masked {
  // A long row of digits is somebody's number, wherever it stands.
  if (!/^[A-Za-z0-9][A-Za-z0-9 ./_-]{0,39}$/.test(value) || /\d{6}/.test(value)) return maskText(path, value);
  return { path, kind: 'code', length: value.length, value };
}

const medical: readonly string[] = [codeSystems.icpc1, codeSystems.snomed, codeSystems.loinc];
const uris = new Set<string>([
  ...Object.values(codeSystems),
  ...Object.values(extensions),
  ...Object.values(identifiers),
  'urn:ietf:rfc:3986',
]);
/** Which codes of a person's health or life these are, an administrator need not know (promise 4). */
const aboutPerson = new Set<string>([...medical, codeSystems.lifeArea, codeSystems.outcome]);
const plainCodes = new Set(['resourceType', 'status', 'intent', 'priority', 'method', 'contentType']);

/** Field names of FHIR begin small; anything else may be a value that strayed. */
const nameOf = (name: string) => (/^_?[a-z][A-Za-z0-9]{0,39}$/.test(name) ? name : '?');

function walk(value: unknown, path: string, depth: number, into: Masked[]): void {
  if (into.length >= maskedMax || depth > depthMax) return;
  if (Array.isArray(value)) {
    for (const [nth, one] of value.entries()) walk(one, `${path}[${nth}]`, depth + 1, into);
    return;
  }
  if (typeof value === 'object' && value !== null) {
    const { system } = value as { system?: unknown };
    const isCoding = typeof system === 'string' && uris.has(system) && !aboutPerson.has(system);
    for (const [name, one] of Object.entries(value)) {
      const at = path === '' ? nameOf(name) : `${path}.${nameOf(name)}`;
      const isUri = typeof one === 'string' && (name === 'system' || name === 'url') && uris.has(one);
      if (isUri) into.push({ path: at, kind: 'code', length: one.length, value: one });
      else if (typeof one === 'string' && ((name === 'code' && isCoding) || plainCodes.has(name)))
        into.push(maskCode(at, one));
      else walk(one, at, depth + 1, into);
    }
    return;
  }
  if (typeof value === 'string') into.push(maskText(path, value));
  else if (typeof value === 'number') into.push({ path, kind: 'number', length: String(value).length });
  else if (typeof value === 'boolean') into.push({ path, kind: 'boolean', length: 0 });
}

/** Parsed JSON (FHIR or ours) with its field names and no values but codes about the message; at most `maskedMax` places. */
export function maskJson(value: unknown): Masked[] {
  const found: Masked[] = [];
  walk(value, '', 0, found);
  return found;
}
