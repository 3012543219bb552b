import { extensions } from '../fhir/systems.ts';

/** One FHIR extension, as far as people's names and addresses need it. */
export interface Extended {
  readonly extension?: readonly {
    readonly url: string;
    readonly valueString?: string;
    readonly valueCode?: string;
    readonly valueCodeableConcept?: { readonly coding?: readonly { readonly code?: string }[] };
  }[];
}

/** A HumanName of R4, with the parts of nl-core beside it. */
export interface Name {
  readonly use?: string | undefined;
  readonly text?: string | undefined;
  readonly family?: string | undefined;
  readonly given?: readonly (string | null)[] | undefined;
}
type Whole = Name & Extended & { readonly _family?: Extended; readonly _given?: readonly (Extended | null)[] };

/** The words of an extension; some systems write a code as a string (`iso21090-EN-qualifier` of Sanday). */
export const saidIn = (element: unknown, url: string): string | undefined => {
  // Not every door has checked the shape: what is no list, or no text, says nothing.
  const all = (element as Extended | null | undefined)?.extension;
  const found = Array.isArray(all) ? all.find((one) => one?.url === url) : undefined;
  const said = found?.valueCode ?? found?.valueString;
  return typeof said === 'string' ? said : undefined;
};

/** The family name from its parts, in the order that the name is said to have; own name first where it is not said. */
function assembled(name: Whole): { whole: string; bare: string } | undefined {
  const part = (url: string) => saidIn(name._family, url);
  const own = { prefix: part(extensions.ownPrefix), name: part(extensions.ownName) };
  const partner = { prefix: part(extensions.partnerPrefix), name: part(extensions.partnerName) };
  const orders = new Map([
    ['NL1', [own]],
    ['NL2', [partner]],
    ['NL3', [partner, own]],
    ['NL4', [own, partner]],
  ]);
  const order = orders.get(saidIn(name, extensions.assemblyOrder) ?? '') ?? [own, partner];
  const parts = order.filter((one) => one.name);
  if (parts.length === 0) return undefined;
  return {
    whole: parts.map((one) => [one.prefix, one.name].filter(Boolean).join(' ')).join('-'),
    bare: parts.map((one) => one.name).join('-'),
  };
}

/**
 * The family name of one name, or the words that stand for it; undefined when there is none. nl-core: `family` holds
 * prefixes and both names; systems that leave them out have them in the parts.
 */
export function familyOf(name: Name): string | undefined {
  const parts = assembled(name);
  if (!name.family) return parts?.whole ?? name.text;
  return parts && parts.bare.toLowerCase() === name.family.trim().toLowerCase() ? parts.whole : name.family;
}

/** Given names, initials (IN) and the call name (CL), by their qualifier; without one they are names. */
function givenOf(name: Whole): { given: string | undefined; callName: string | undefined } {
  const all = (name.given ?? []).flatMap((value, n) =>
    value ? [{ value, is: saidIn(name._given?.[n], extensions.iso21090Qualifier) }] : [],
  );
  const called = all.filter((one) => one.is === 'CL').map((one) => one.value);
  const names = all.filter((one) => one.is !== 'CL' && one.is !== 'IN').map((one) => one.value);
  const initials = all.filter((one) => one.is === 'IN').map((one) => one.value);
  return {
    given: names.join(' ') || initials.join('') || called.join(' ') || undefined,
    callName: called[0],
  };
}

/** The names that a referral takes from a list: the official one, and the one the resident is called by. */
export function namesOf(names: readonly Name[]): { official: number; usual: number } {
  const at = (test: (one: Name) => boolean) => names.findIndex(test);
  const now = (one: Name) => !['usual', 'nickname', 'old', 'maiden'].includes(one.use ?? '');
  const hasFamily = (one: Name) => Boolean(familyOf(one));
  const usual = at((one) => one.use === 'usual');
  const found = [
    at((one) => one.use === 'official'),
    at((one) => now(one) && hasFamily(one)),
    at((one) => one.use === 'usual' && hasFamily(one)),
    at(hasFamily),
  ].find((one) => one >= 0);
  return { official: found ?? 0, usual: usual >= 0 ? usual : at((one) => one.use === 'nickname') };
}

/**
 * A person's name in the manner of nl-core: prefixes and both family names in the order they are said to have, given
 * names or initials, and the call name: a name of its own (`usual`), or a given name with qualifier CL (CGM, Sanday).
 */
export function nameFromFhir(names: readonly Name[]): {
  family: string;
  text: string;
  given?: string;
  callName?: string;
} {
  const { official: at, usual: usualAt } = namesOf(names);
  const official: Whole = names[at] ?? {};
  const usual = usualAt === at ? undefined : names[usualAt];
  const { given, callName: qualified } = givenOf(official);
  const callName = usual?.given?.[0] ?? (usual?.family ? undefined : usual?.text) ?? qualified;
  const family = familyOf(official) ?? '';
  const text = official.text ?? [callName ?? given, family].filter(Boolean).join(' ');
  return { family, text, ...(given && { given }), ...(callName && { callName }) };
}
