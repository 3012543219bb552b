import { readdirSync, readFileSync } from 'node:fs';
import { doorRows } from '../test/intake/refusals-table-door.ts';
import { contentRows } from '../test/intake/refusals-table-fhir.ts';

/** A code of refusal as the source says it: its FHIR issue code, and its sentences where they do not depend on the message. */
export interface ToldRefusal {
  readonly issue: string;
  readonly nl?: string;
  readonly en?: string;
  /** The formats whose contract says it: rules of ours beyond the standard that the format is of. */
  readonly formats?: readonly string[];
  /** FHIRPath of a place in a FHIR message where it was seen. */
  readonly place?: string;
}

const root = new URL('../', import.meta.url);
const literal = String.raw`(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|${'`'}[^${'`'}]*${'`'})`;
/** A sentence, or the lines of a long one. */
const text = String.raw`\s*(${literal}(?:\s*\+\s*${literal})*)`;
const said = String.raw`\{\s*nl:${text},\s*en:${text},?\s*\}`;

interface Source {
  readonly path: string;
  readonly text: string;
}

/** All source under src/ and mappings/, without what is made of it. */
function sources(): Source[] {
  return ['src', 'mappings'].flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, root), { recursive: true, withFileTypes: true })
      .filter((one) => one.name.endsWith('.ts') && !one.parentPath.endsWith('src/profiles'))
      .map((one) => `${one.parentPath}/${one.name}`)
      .sort()
      .map((path) => ({ path, text: readFileSync(path, 'utf8') })),
  );
}

/** A literal as people read it: what the message decides stands there as "…". */
const plain = (words: string) =>
  all(words, new RegExp(literal, 'g'))
    .map(([one]) => one.slice(1, -1))
    .join('')
    .replaceAll(/\$\{[^}]*\}/g, '…')
    .replaceAll(/\\(.)/g, '$1');

const all = (source: string, pattern: RegExp) => [...source.matchAll(pattern)];

/** The sentences that stand in a table by key (`'required:reason': { nl, en }`), and those of the validator. */
function refusalsOf(source: string): [string, ToldRefusal][] {
  const withWords = all(
    source,
    new RegExp(String.raw`\bissue\(\s*'([a-z-]+)',\s*'([a-z0-9-]+)',[^;{}]*?${said}`, 'g'),
  ).map(([, issue = '', reason = '', nl = '', en = '']): [string, ToldRefusal] => [
    reason,
    { issue, nl: plain(nl), en: plain(en) },
  ]);
  const bare = all(source, /\bissue\(\s*'([a-z-]+)',\s*'([a-z0-9-]+)'/g).map(
    ([, issue = '', reason = '']): [string, ToldRefusal] => [reason, { issue }],
  );
  const byKey = all(source, new RegExp(String.raw`'(required|value|consent):([a-z0-9-]+)':\s*${said}`, 'g')).map(
    ([, kind = '', name = '', nl = '', en = '']): [string, ToldRefusal] => [
      `${kind}-${name}`,
      { issue: kind === 'consent' ? 'forbidden' : kind, nl: plain(nl), en: plain(en) },
    ],
  );
  const unmet = all(source, new RegExp(String.raw`\breason: '([a-z-]+)',\s*said: ${said}`, 'g')).map(
    ([, reason = '', nl = '', en = '']): [string, ToldRefusal] => [
      reason,
      { issue: 'business-rule', nl: plain(nl), en: plain(en) },
    ],
  );
  const acute = all(source, new RegExp(String.raw`\breason: '([a-z-]+)',\s*path: '',\s*said: ${said}`, 'g')).map(
    ([, reason = '', nl = '', en = '']): [string, ToldRefusal] => [
      reason,
      { issue: 'business-rule', nl: plain(nl), en: plain(en) },
    ],
  );
  // What has its words comes first; the same code elsewhere does not take them away.
  return [...withWords, ...byKey, ...unmet, ...acute, ...tabled(source), ...bare];
}

/** Codes that stand in a table with their issue code and words (`'x': ['value', { nl, en }]`), or in an issue written whole. */
function tabled(source: string): [string, ToldRefusal][] {
  const inTable = all(source, new RegExp(String.raw`'([a-z-]+)': \[\s*'([a-z-]+)',\s*${said}`, 'g'));
  const whole = all(
    source,
    new RegExp(String.raw`\bcode: '([a-z-]+)',\s*reason: '([a-z-]+)',[^;{}]*?said: ${said}`, 'g'),
  );
  return [
    ...inTable.map(([, reason = '', issue = '', nl = '', en = '']) => ({ reason, issue, nl, en })),
    ...whole.map(([, issue = '', reason = '', nl = '', en = '']) => ({ reason, issue, nl, en })),
  ].map(({ reason, issue, nl, en }) => [reason, { issue, nl: plain(nl), en: plain(en) }]);
}

/** Functions that make an issue of one issue code out of the reason that they are given: name → issue code. */
function makersIn(source: string): [string, string][] {
  const short = all(source, /const (\w+) = \(reason: string,[^;]*?\bissue\(\s*'([a-z-]+)', reason\b/g);
  const whole = all(source, /const (\w+) = \(reason: string,[^;]*?\bcode: '([a-z-]+)',\s*reason,/g);
  return [...short, ...whole].map(([, name = '', issue = '']) => [name, issue]);
}

/** What they are given: their words stand there, in the file's own table `said`, or cannot be told beforehand. */
function madeOf(source: string, makers: readonly (readonly [string, string])[]): [string, ToldRefusal][] {
  return makers.flatMap(([name, issue]) => {
    const call = String.raw`\b${name}\(\s*'([a-z-]+)'`;
    const worded = [`[^;{}]*?${said}`, `,[^,;]*,${text},${text}`].flatMap((words) =>
      all(source, new RegExp(call + words, 'g')),
    );
    const named = all(source, new RegExp(String.raw`${call},[^;]*?\bsaid\.(\w+)\)`, 'g')).flatMap(
      ([, reason = '', key]) =>
        all(source, new RegExp(String.raw`\n {2}${key}: ${said}`, 'g')).map(([, nl, en]) => ['', reason, nl, en]),
    );
    return [
      ...[...worded, ...named].map(([, reason = '', nl = '', en = '']): [string, ToldRefusal] => [
        reason,
        { issue, nl: plain(nl), en: plain(en) },
      ]),
      ...all(source, new RegExp(call, 'g')).map(([, reason = '']): [string, ToldRefusal] => [reason, { issue }]),
    ];
  });
}

/** The table of fhir/validation-words.ts: Dutch by reason, English with its issue code by reason. */
function validatorRefusals(source: string): [string, ToldRefusal][] {
  const dutch = new Map(all(source, /^ {2}'?([a-z-]+)'?: '([^'\n]*)',$/gm).map(([, key = '', nl = '']) => [key, nl]));
  return all(source, /^ {2}'?([a-z-]+)'?: \['([a-z-]+)', '([^'\n]*)'\],$/gm).map(
    ([, key = '', issue = '', en = '']): [string, ToldRefusal] => [
      key,
      { issue, nl: fill(dutch.get(key)), en: fill(en) },
    ],
  );
}
/** What intake/fhir/answer.ts tells of a message that was taken: its losses and what became of it, by their tables. */
function informationOf(source: string): [string, ToldRefusal][] {
  const table = (name: string) =>
    new RegExp(String.raw`const ${name}: [^=]+= \{([\s\S]*?)\n\s*\};`).exec(source)?.[1] ?? '';
  const entries = (name: string, toReason: (key: string) => string) =>
    all(table(name), new RegExp(`'?([a-z-]+)'?: ${said}`, 'g')).map(
      ([, key = '', nl = '', en = '']): [string, ToldRefusal] => [
        toReason(key),
        { issue: 'informational', nl: plain(nl), en: plain(en) },
      ],
    );
  const bare = all(source, /\binformation\('([a-z-]+)'/g).map(([, reason = '']): [string, ToldRefusal] => [
    reason,
    { issue: 'informational' },
  ]);
  return [
    ...entries('lost', (key) => (key === 'deviates' ? key : `loss-${key}`)),
    ...entries('became', (key) => key),
    ...bare,
  ];
}

const fill = (words = '') => words.replaceAll(/\{[fd]\}/g, '…');

const literals = (expression: string) =>
  all(expression.replaceAll(/=== '[^']*'/g, ''), /['`]([a-z]+(?:-[a-z]+)+)['`]/g).map(([, code = '']) => code);

/** What a step is called: third argument of step(…), and what begins a referral. */
function stepsOf(source: string): string[] {
  const steps = all(source, /\bstep\(\s*\w+,\s*[\w()]+,\s*([^,]+),/g).flatMap(([, name = '']) => literals(name));
  const begun = all(source, /codeSystems\.provenanceActivity, ('[a-z-]+')/g).flatMap(([, name = '']) => literals(name));
  return [...steps, ...begun];
}

/** What a line of the trail is called, beside the steps. */
function eventsOf(source: string): string[] {
  return [
    ...all(source, /\baudit(?:Of|Line)\(\s*('[a-z-]+')/g),
    ...all(source, /\bbyTheLine\(\s*([^,]*'[a-z]+-[a-z-]+'[^,]*),/g),
    ...all(source, /\blineOf\(\s*rights,\s*([^,]+),/g),
    ...all(source, /\bevent: ([^,\n]*'[a-z]+-[a-z-]+'[^,\n]*),/g),
  ].flatMap(([, name = '']) => literals(name));
}

const sortedUnique = (codes: readonly string[]) => [...new Set(codes)].sort();

const inOrder = <T>(entries: Iterable<readonly [string, T]>): Record<string, T> =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));

/** Reason → the formats whose own folder says it. */
function formatsOf(found: readonly (readonly [path: string, reason: string])[]): Map<string, string[]> {
  const formats = new Map<string, string[]>();
  for (const [path, reason] of found) {
    const format = /\/mappings\/([^/]+)\//.exec(path)?.[1];
    const known = formats.get(reason) ?? [];
    if (format && !known.includes(format)) formats.set(reason, [...known, format].sort());
  }
  return formats;
}

/** Reason → where the table of the door tests sees it first: those rows are sent over real sockets. */
function placesSeen(): Map<string, string> {
  const seen = new Map<string, string>();
  for (const { told } of [...contentRows, ...doorRows])
    for (const [, key, place] of told) {
      const reason = key.split(':')[0] ?? '';
      if (place && !seen.has(reason)) seen.set(reason, place);
    }
  return seen;
}

/** Every code that the source says to a sender, in Provenance and in the trail. */
export function toldCodes() {
  const files = sources();
  const texts = files.map((one) => one.text);
  // One that is exported is used in other files too.
  const everywhere = texts.flatMap((source) =>
    makersIn(source).filter(([name]) => source.includes(`export const ${name} =`)),
  );
  const found = files.flatMap(({ path, text: source }) =>
    [
      ...(source.includes('const dutch = {') ? validatorRefusals(source) : []),
      ...refusalsOf(source),
      ...informationOf(source),
      ...madeOf(source, [...everywhere, ...makersIn(source)]),
    ].map(([reason, told]) => ({ path, reason, told })),
  );
  const formats = formatsOf(found.map(({ path, reason }) => [path, reason]));
  const places = placesSeen();
  const refusals = new Map<string, ToldRefusal>();
  for (const { reason, told } of [...found.filter((one) => one.told.nl), ...found]) {
    const [format, place] = [formats.get(reason), places.get(reason)];
    if (!refusals.has(reason))
      refusals.set(reason, { ...told, ...(format && { formats: format }), ...(place && { place }) });
  }
  const steps = sortedUnique(texts.flatMap(stepsOf));
  return {
    refusals: inOrder(refusals),
    steps,
    events: sortedUnique([...steps, ...texts.flatMap(eventsOf)]),
  };
}
