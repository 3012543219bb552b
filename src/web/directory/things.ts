import type { Endpoint, HealthcareService, Organization, Practitioner, PractitionerRole } from '@medplum/fhirtypes';
import { codeSystems, extensions, identifiers } from '../../fhir/systems.ts';
import type { DirectoryResource, Stored } from '../../referral/directory/directory.ts';
import { isOnlyLaunch } from '../../referral/directory/launch-system.ts';
import { cooperationOf, levelsOf, rulesOf, termsOf } from '../../referral/directory/practice-service.ts';
import { type Book, type Fields, of } from './book.ts';
import { closureFields } from './closures.ts';
import { hoursFields } from './hours.ts';
import { launchFields } from './launch.ts';

/** The things that a person changes; each is one or two resources. */
export const things = ['practices', 'people', 'organisations', 'endpoints'] as const;
export type Thing = (typeof things)[number];

const find = <T extends Stored['resourceType']>(book: Book, type: T, id: string) =>
  of(book, type).find((one) => one.id === id);

export const idOf = (reference: { reference?: string | undefined } | undefined) => reference?.reference?.split('/')[1];
const telecomOf = (from: { telecom?: { system?: string; value?: string }[] }, system: string) =>
  from.telecom?.find((one) => one.system === system)?.value ?? '';
export const agbOf = (from: { identifier?: { system?: string; value?: string }[] }) =>
  from.identifier?.find((one) => one.system === identifiers.agb)?.value ?? '';
const extensionOf = (from: DirectoryResource, url: string) => from.extension?.find((one) => one.url === url);

export const isPractice = (one: Organization): boolean =>
  one.type?.some((type) => type.coding?.some((coding) => coding.code === 'Z3')) === true;

/** The practice of which this is "Wally of practice X". */
export const servedBy = (service: HealthcareService): string | undefined =>
  idOf(extensionOf(service, extensions.servesPractice)?.valueReference);

/** "Wally of practice X", whatever its id is. */
const serviceOf = (book: Book, practice: string): (HealthcareService & { id: string }) | undefined =>
  of(book, 'HealthcareService').find((one) => servedBy(one) === practice);

export const roleCode = (role: PractitionerRole): string =>
  role.code?.flatMap((one) => one.coding ?? []).find((one) => one.system === codeSystems.role)?.code ?? '';

/** As people put names in order: without case or accents, numbers by their size. */
const inOrder = new Intl.Collator('nl', { sensitivity: 'base', numeric: true });
export const compareNames = (one: string, other: string): number => inOrder.compare(one, other);

// "M. van Leeuwen" is looked for at the L: initials, given name and tussenvoegsel do not count first.
const familyFirst = (name: string) => {
  const words = name.split(' ');
  const family = words.findLastIndex((word) => /^(\p{Ll}|.*\.$)/u.test(word)) + 1 || Math.min(1, words.length - 1);
  return [...words.slice(family), ...words.slice(0, family)].join(' ');
};

/** Everybody with a role, by family name. */
export function people(book: Book) {
  const names = new Map(of(book, 'Practitioner').map((one) => [one.id, one.name?.[0]?.text]));
  return of(book, 'PractitionerRole')
    .map((role) => [role, names.get(idOf(role.practitioner) ?? '') ?? role.id] as const)
    .toSorted(([, one], [, other]) => compareNames(familyFirst(one), familyFirst(other)));
}

/** The Wallys by name, for a choice. */
export const wallys = (book: Book): readonly (readonly [id: string, name: string])[] =>
  people(book).flatMap(([role, name]) =>
    ['wally', 'poh-jeugd'].includes(roleCode(role)) && role.active !== false ? [[role.id, name] as const] : [],
  );

/** Practices, teams or both by name. */
export const organisations = (book: Book, which: 'practices' | 'teams' | 'all') =>
  of(book, 'Organization')
    .filter((one) => which === 'all' || isPractice(one) === (which === 'practices'))
    .map((one) => [one.id, one.name ?? one.id] as const)
    .toSorted(([, one], [, other]) => compareNames(one, other));

/** The resources that a thing is, as they were recorded last; undefined when it is not there. */
export function resourcesOf(book: Book, thing: Thing, id: string): Stored[] | undefined {
  if (thing === 'endpoints') {
    const endpoint = find(book, 'Endpoint', id);
    return endpoint && [endpoint];
  }
  if (thing === 'people') {
    const role = find(book, 'PractitionerRole', id);
    const person = role && find(book, 'Practitioner', idOf(role.practitioner) ?? '');
    return role && [role, ...(person ? [person] : [])];
  }
  const organization = find(book, 'Organization', id);
  if (!organization || isPractice(organization) !== (thing === 'practices')) return undefined;
  const service = thing === 'practices' ? serviceOf(book, id) : undefined;
  return [organization, ...(service ? [service] : [])];
}

/** Connections that only launch: they stay with their practice, and are none of the ways for its feedback. */
export const launchesOnly = (book: Book): readonly string[] =>
  of(book, 'Endpoint')
    .filter(isOnlyLaunch)
    .map((one) => one.id);

export const rulesMax = 4;
export const waysMax = 3;
export const launchesMax = 3;
export const levelNames = ['open', 'attempt', 'contact', 'news', 'answer', 'stop', 'confirm'] as const;
export const agreed = ['goal', 'tasks', 'problems', 'mayShare', 'agreedOn', 'agreedWith', 'evaluateOn'] as const;

function practiceFields(book: Book, organization: Organization & { id: string }, today: string): Fields {
  const service = serviceOf(book, organization.id);
  const launching = launchesOnly(book);
  const isLaunch = (one: { reference?: string }) => launching.includes(idOf(one) ?? '');
  const ways = (organization.endpoint ?? []).filter((one) => !isLaunch(one));
  const launches = (organization.endpoint ?? []).filter(isLaunch);
  const terms = service && termsOf(service);
  const levels: Record<string, number | undefined> = (service && levelsOf(service)) ?? {};
  const cooperation: Record<string, string | undefined> = service ? { ...cooperationOf(service) } : {};
  return {
    name: organization.name ?? '',
    agb: agbOf(organization),
    phone: telecomOf(organization, 'phone'),
    email: telecomOf(organization, 'email'),
    active: organization.active === false ? '' : 'yes',
    team: idOf(service?.providedBy) ?? '',
    wally: (service && idOf(extensionOf(service, extensions.fixedWally)?.valueReference)) ?? '',
    ...Object.fromEntries(Array.from({ length: waysMax }, (_, n) => [`way${n + 1}`, idOf(ways[n]) ?? ''])),
    ...Object.fromEntries(Array.from({ length: launchesMax }, (_, n) => [`launch${n + 1}`, idOf(launches[n]) ?? ''])),
    agesFrom: terms?.ages?.from?.toString() ?? '',
    agesUpTo: terms?.ages?.upTo?.toString() ?? '',
    ...closureFields(service, today),
    ...Object.fromEntries(levelNames.map((name) => [`level-${name}`, levels[name]?.toString() ?? ''])),
    ...Object.fromEntries(
      (service ? rulesOf(service) : []).flatMap(({ under, lifeArea, to }, n) => [
        [`under${n + 1}`, under?.toString() ?? ''],
        [`area${n + 1}`, lifeArea ?? ''],
        [`to${n + 1}`, to],
      ]),
    ),
    ...hoursFields(service),
    ...Object.fromEntries(agreed.map((name) => [name, cooperation[name] ?? ''])),
    printCode: terms?.printsCode ? 'yes' : '',
    interimLetters: terms?.interimLetters ? 'yes' : '',
  };
}

function personFields(role: PractitionerRole, person: Practitioner | undefined): Fields {
  return {
    name: person?.name?.[0]?.text ?? '',
    kind: roleCode(role),
    organization: idOf(role.organization) ?? '',
    agb: person ? agbOf(person) : '',
    phone: telecomOf(role, 'phone'),
    email: telecomOf(role, 'email'),
    substitute: idOf(extensionOf(role, extensions.fixedSubstitute)?.valueReference) ?? '',
    wally: idOf(extensionOf(role, extensions.fixedWally)?.valueReference) ?? '',
    lastDay: role.period?.end?.slice(0, 10) ?? '',
    absences: (role.notAvailable ?? [])
      .map((one) => `${one.during?.start?.slice(0, 10) ?? '?'} – ${one.during?.end?.slice(0, 10) ?? '…'}`)
      .join(', '),
    active: role.active === false ? '' : 'yes',
  };
}

/** Where the mail of an organisation goes, and then the codes that belong to it. */
const emailsOf = ({ telecom = [] }: Organization) =>
  telecom.flatMap(({ system, value }) => (system === 'email' && value ? [value] : []));

function organisationFields(organization: Organization): Fields {
  const parts = extensionOf(organization, extensions.dataContract)?.extension ?? [];
  return {
    name: organization.name ?? '',
    kvk: organization.identifier?.find((one) => one.system === identifiers.kvk)?.value ?? '',
    phone: telecomOf(organization, 'phone'),
    email: emailsOf(organization)[0] ?? '',
    codeEmail: emailsOf(organization)[1] ?? '',
    basis: parts.find((one) => one.url === 'basis')?.valueCoding?.code ?? '',
    bsn: parts.find((one) => one.url === 'bsn')?.valueCode === 'allowed' ? 'yes' : '',
    active: organization.active === false ? '' : 'yes',
  };
}

function endpointFields(endpoint: Endpoint): Fields {
  return {
    name: endpoint.name ?? '',
    connection: endpoint.connectionType.code ?? '',
    address: endpoint.address,
    proof: extensionOf(endpoint, extensions.bestProof)?.valueCode ?? 'transport',
    active: endpoint.status === 'active' ? 'yes' : '',
    ...launchFields(endpoint),
  };
}

/** A thing as its form shows it, on a day. */
export function fieldsOf(book: Book, resources: readonly Stored[], today: string): Fields {
  const [first, second] = resources;
  switch (first?.resourceType) {
    case 'Organization':
      return isPractice(first) ? practiceFields(book, first, today) : organisationFields(first);
    case 'PractitionerRole':
      return personFields(first, second?.resourceType === 'Practitioner' ? second : undefined);
    case 'Endpoint':
      return endpointFields(first);
    default:
      return {};
  }
}
