import type { Bundle, Resource } from '@medplum/fhirtypes';

/** What a person who reads for third persons (H8) decides about one text: it stays, it goes, or other words take its place. */
export type Decision = 'keep' | 'remove' | { readonly replace: string };

/** One text in which someone else may be named, once however often it stands there. */
export interface RedactionItem {
  readonly id: string;
  /** Where it stands: type, id and path of each place. */
  readonly where: readonly string[];
  readonly text: string;
  /** A file (PDF, received message) that must be opened to be read: its text cannot be replaced. */
  readonly file?: true;
  readonly decision: Decision | null;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export const leftOut = '[weggelaten: dit gaat over iemand anders]';

const structural = new Set(
  `resourceType id system code url reference status intent use type contentType language versionId lastUpdated unit priority
   mode rank size hash`.split(/\s+/),
);
/** Dates, times, UUIDs, URIs and references: nobody is named in them. */
const plain =
  /^(\d{4}-\d{2}(-\d{2})?(T[\d:.]+(Z|[+-]\d{2}:\d{2})?)?|(urn:uuid:)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(urn|https?):\S+|[A-Z][A-Za-z]+\/[\w.-]+(\/_history\/\d+)?|#\w+|[\d.,:%-]*)$/;
/** Of the person's own entry these are about the person. */
const own = /^(identifier|name|telecom|address|birthDate|gender|extension|meta|generalPractitioner)/;

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

type Leaf = { readonly path: string; readonly text: string; readonly file: boolean };

type Wanted = (key: string, text: string) => boolean;
/** Texts in which a person could stand. */
const free: Wanted = (key, text) => text !== '' && !structural.has(key) && !plain.test(text);
/** Whatever says something to a reader. */
const telling: Wanted = (key, text) =>
  text !== '' && !['resourceType', 'id', 'system', 'url', 'reference'].includes(key);

/** The texts of a resource that are wanted, and every file, each with its path. */
function* textsOf(
  value: Json,
  wanted: Wanted,
  path = '',
  key = '',
  siblings: { readonly [key: string]: Json } = {},
): Generator<Leaf> {
  if (typeof value === 'string') {
    if (key === 'data')
      yield { path, text: `${siblings.title ?? siblings.contentType ?? ''} ${value.length}`.trim(), file: true };
    else if (wanted(key, value)) yield { path, text: value, file: false };
  } else if (Array.isArray(value)) {
    for (const [nth, one] of value.entries()) yield* textsOf(one, wanted, `${path}[${nth}]`, key, siblings);
  } else if (isObject(value)) {
    for (const [name, one] of Object.entries(value))
      yield* textsOf(one, wanted, path ? `${path}.${name}` : name, name, value);
  }
}

const asJson = (resource: Resource) => resource as unknown as { readonly [key: string]: Json };
const nameOf = (resource: Resource) => `${resource.resourceType}/${resource.id}`;

function leavesOf(resource: Resource): Leaf[] {
  const leaves = [...textsOf(asJson(resource), free)];
  return resource.resourceType === 'Patient' ? leaves.filter(({ path }) => !own.test(path)) : leaves;
}

/**
 * What a person must read before anything is given out (H8): every free text and file, each once. No machine decides who
 * is named in a sentence, so each begins without a decision.
 */
export function redactionList(resources: readonly Resource[]): RedactionItem[] {
  const found = new Map<string, { where: string[]; file: boolean; text: string }>();
  for (const resource of resources) {
    for (const { path, text, file } of leavesOf(resource)) {
      const place = `${nameOf(resource)} ${path}`;
      // A file is judged alone: two of one length are not one.
      const key = file ? place : text;
      const known = found.get(key) ?? { where: [], file, text };
      known.where.push(place);
      found.set(key, known);
    }
  }
  return [...found.values()].map(({ where, file, text }, nth) => ({
    id: `r${nth + 1}`,
    where,
    text,
    ...(file && { file: true as const }),
    decision: null,
  }));
}

/** What is wrong with the decisions that came back; empty when every text of the list has one that can be carried out. */
export function redactionFaults(list: readonly RedactionItem[], decided: readonly RedactionItem[]): string[] {
  const back = new Map(decided.map((one) => [one.id, one]));
  return list.flatMap((item) => {
    const one = back.get(item.id);
    if (!one || one.text !== item.text) return [`${item.id}: is gone from the list, or its text was changed`];
    const { decision } = one;
    const replaces = typeof decision === 'object' && decision !== null;
    if (replaces && (item.file || typeof decision.replace !== 'string')) return [`${item.id}: cannot be replaced so`];
    return replaces || decision === 'keep' || decision === 'remove' ? [] : [`${item.id}: has no decision yet`];
  });
}

function redacted(value: Json, path: string, gone: ReadonlyMap<string, string | undefined>): Json {
  if (gone.has(path)) return gone.get(path) ?? '';
  if (Array.isArray(value)) return value.map((one, nth) => redacted(one, `${path}[${nth}]`, gone));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([name, one]) => [name, path ? `${path}.${name}` : name, one] as const);
  // A file that goes leaves its title behind, not empty bytes.
  return Object.fromEntries(
    entries
      .filter(([, at]) => !(gone.has(at) && gone.get(at) === undefined))
      .map(([name, at, one]) => [name, redacted(one, at, gone)]),
  );
}

/** The resources as they may be given out. A removed text that still stands elsewhere is named in `remains`: not to be given. */
export function redact(
  resources: readonly Resource[],
  decided: readonly RedactionItem[],
): { readonly resources: Resource[]; readonly remains: readonly string[] } {
  const gone = new Map<string, Map<string, string | undefined>>();
  for (const { decision, where, file } of decided) {
    if (decision === 'keep' || decision === null) continue;
    for (const place of where) {
      const [name = '', path = ''] = place.split(' ');
      const of = gone.get(name) ?? new Map<string, string | undefined>();
      of.set(path, file ? undefined : decision === 'remove' ? leftOut : decision.replace);
      gone.set(name, of);
    }
  }
  const done = resources.map(
    (one) => redacted(asJson(one), '', gone.get(nameOf(one)) ?? new Map()) as unknown as Resource,
  );
  const texts = done.flatMap((one) => leavesOf(one).map(({ text }) => text));
  const remains = decided
    .filter(({ decision, file }) => decision !== 'keep' && decision !== null && !file)
    .filter(({ text }) => texts.some((one) => one.includes(text)))
    .map((one) => one.id);
  return { resources: done, remains };
}

const extensionsOf: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/plain': 'txt',
  'application/json': 'json',
  'application/fhir+json': 'json',
};

/** The bytes of a file in the list, and what it may be called; undefined when it is not there (any more). */
export function fileIn(
  resources: readonly Resource[],
  item: RedactionItem,
): { readonly bytes: Buffer; readonly extension: string } | undefined {
  const [name = '', path = ''] = item.where[0]?.split(' ') ?? [];
  const resource = resources.find((one) => nameOf(one) === name);
  // A path is names and [numbers]; the file's own type stands beside its data.
  const steps = path.split(/[.[\]]+/).filter(Boolean);
  const at = (upTo: number) =>
    steps.slice(0, upTo).reduce<unknown>((value, step) => {
      const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, step);
      return isThere ? (value as Record<string, unknown>)[step] : undefined;
    }, resource);
  const data = at(steps.length);
  if (!item.file || typeof data !== 'string') return undefined;
  const { contentType = '' } = at(steps.length - 1) as { contentType?: string };
  return { bytes: Buffer.from(data, 'base64'), extension: extensionsOf[contentType.split(';')[0] ?? ''] ?? 'bin' };
}

/** Everything about one person as a FHIR Bundle (collection). `timestamp` is ISO 8601. */
export function fileBundle(resources: readonly Resource[], timestamp: string): Bundle {
  return {
    resourceType: 'Bundle',
    type: 'collection',
    timestamp,
    entry: resources.map((resource) => ({ fullUrl: `urn:uuid:${resource.id}`, resource })),
  };
}

const titles: Readonly<Record<string, string>> = {
  Patient: 'Uw gegevens',
  ServiceRequest: 'De verwijzing',
  Consent: 'Uw toestemming',
  Task: 'Het werk van de Wally',
  Communication: 'Berichten',
  Appointment: 'Afspraken',
  DocumentReference: 'Brieven',
  Binary: 'Bestanden en ontvangen berichten',
  Provenance: 'Wie wat deed',
};

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string) => text.replaceAll(/[&<>"']/g, (one) => escapes[one] ?? one);

/** The same for a person to read: plain Dutch, one page, no script, no style from elsewhere. */
export function filePage(resources: readonly Resource[], day: string): string {
  const kinds = [...new Set(resources.map((one) => one.resourceType))];
  const order = Object.keys(titles);
  const sorted = kinds.toSorted((a, b) => (order.indexOf(a) + 1 || 99) - (order.indexOf(b) + 1 || 99));
  const blocks = sorted.map((kind) => {
    const rows = resources
      .filter((one) => one.resourceType === kind)
      .flatMap((one) => [...textsOf(asJson(one), telling)])
      .map(
        ({ path, text, file }) =>
          `<tr><th>${escaped(path)}</th><td>${escaped(file ? `Bestand: ${text}` : text)}</td></tr>`,
      );
    return `<h2>${escaped(titles[kind] ?? kind)}</h2>\n<table>\n${rows.join('\n')}\n</table>`;
  });
  // Not a byte of this may change: a copy that was given is made again and must have the hash that it had.
  const about =
    `Dit is alles wat er op ${escaped(day)} over u in Kortelijn staat. ` +
    'Het bestand <code>bundle.json</code> is hetzelfde, voor een computer. ' +
    'In <code>wie-heeft-gekeken.csv</code> staat wie uw gegevens heeft gezien of veranderd.';
  const leftAway =
    'Waar iets is weggelaten, ging het over iemand anders. ' +
    'Klopt er iets niet, of hebt u een vraag? Zeg het tegen uw huisarts of tegen de Wally.';
  return `<!doctype html>
<html lang="nl"><head><meta charset="utf-8"><title>Wat Kortelijn over u bewaart</title></head>
<body><h1>Wat Kortelijn over u bewaart</h1>
<p>${about}</p>
<p>${leftAway}</p>
${blocks.join('\n')}
</body></html>
`;
}
