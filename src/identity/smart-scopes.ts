/** Create, read, update, delete, search: the permissions of a SMART scope, in the order in which v2 writes them. */
const letters = 'cruds';

/** What one scope opens: a type of resource or `*`, and some of `cruds`. */
export interface SmartScope {
  readonly type: string;
  readonly letters: string;
}

/** The three words of SMART v1 (App Launch 1.0 §scopes). */
const firstVersion: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': letters };

/**
 * A scope of SMART Backend Services, v1 (`system/Task.read`) or v2 (`system/Task.rs`; letters in the order of `cruds`,
 * App Launch 2.2 §scopes); undefined for anything else, also for one that search parameters narrow.
 */
export function readScope(text: string): SmartScope | undefined {
  const [, type, word] = /^system\/(\*|[A-Z][A-Za-z]{1,40})\.(read|write|\*|c?r?u?d?s?)$/.exec(text) ?? [];
  return type && word ? { type, letters: firstVersion[word] ?? word } : undefined;
}

/** Whether a scope is narrowed by search parameters (`system/Task.rs?status=…`), which we do not do. */
export const isNarrowed = (text: string): boolean => text.includes('?');

const inOrder = (wanted: (letter: string) => boolean) => [...letters].filter(wanted).join('');

/** Which letters a set of scopes gives for a type. */
export function lettersFor(scopes: readonly SmartScope[], type: string): string {
  return inOrder((letter) =>
    scopes.some((one) => (one.type === '*' || one.type === type) && one.letters.includes(letter)),
  );
}

/**
 * What is granted of what was asked: each scope as asked where all of it is allowed, else its allowed part in the form of
 * v2; a wildcard that is not allowed as such gives the types that are. What nobody understands is left out.
 */
export function grantScopes(asked: readonly string[], allowed: readonly string[]): string[] {
  const may = allowed.flatMap((one) => readScope(one) ?? []);
  const granted = asked.flatMap((text) => {
    const scope = readScope(text);
    if (!scope) return [];
    const types = scope.type === '*' ? ['*', ...new Set(may.map((one) => one.type))] : [scope.type];
    const parts = [...new Set(types)].flatMap((type) => {
      const given = lettersFor(type === '*' ? may.filter((one) => one.type === '*') : may, type);
      const both = inOrder((letter) => given.includes(letter) && scope.letters.includes(letter));
      return both ? [{ type, letters: both }] : [];
    });
    const [whole] = parts;
    if (whole?.type === scope.type && whole.letters === inOrder((one) => scope.letters.includes(one))) return [text];
    return parts.map((one) => `system/${one.type}.${one.letters}`);
  });
  return [...new Set(granted)];
}
