import { codeSystems, extensions, identifiers } from './systems.ts';
import { isCodeOf } from './validate.ts';

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

const asCode = (path: string, value: string): Masked => ({ path, kind: 'code', length: value.length, value });

/** A value that is a code of a standard, kept as it is when it looks like nothing else. */
export function maskCode(path: string, value: string): Masked {
  // Codes are small or capital, never as a name is written; a long row of digits is somebody's number, wherever it stands.
  const isCode = /^(?:[a-z][a-z0-9./_-]{0,39}|[A-Z0-9][A-Z0-9 ./_-]{0,19})$/.test(value) && !/\d{6}/.test(value);
  return isCode ? asCode(path, value) : maskText(path, value);
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
const plainCodes = new Set(['resourceType', 'status', 'intent', 'priority', 'method']);
const contentType = /^(text\/(plain|html)|image\/(jpeg|png|tiff)|application\/(pdf|json|fhir\+json))$/;

/** Anything that R4 does not have there may be a name that strayed. */
const isPlain = (name: string, value: string) =>
  name === 'contentType' ? contentType.test(value) : plainCodes.has(name) && isCodeOf(name, value);

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
      if (isUri) into.push(asCode(at, one));
      else if (typeof one === 'string' && name === 'code' && isCoding) into.push(maskCode(at, one));
      else if (typeof one === 'string' && isPlain(name, one)) into.push(asCode(at, one));
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
