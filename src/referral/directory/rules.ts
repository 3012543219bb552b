import type { Endpoint, HealthcareService, Organization, PractitionerRole, Reference } from '@medplum/fhirtypes';
import { validAgb } from '../../fhir/identifiers.ts';
import type { Issue } from '../../fhir/outcome.ts';
import { codeSystems, extensions, identifiers } from '../../fhir/systems.ts';
import { issue } from '../refusal.ts';
import type { DirectoryResource, Stored } from './directory.ts';
import { launchOf } from './launch-system.ts';
import { saidWrong } from './says.ts';

/** Something that does not hold in a directory: of which resource (`Type/id`), and why. The path is within it. */
export interface Wrong {
  readonly about: string;
  readonly issue: Issue;
}

const idOf = (one: Reference | undefined) => one?.reference?.split('/')[1];
const extensionsOf = (one: DirectoryResource, url: string) => (one.extension ?? []).filter((each) => each.url === url);
const isInUse = (one: { active?: boolean }) => one.active !== false;
const roleOf = (one: PractitionerRole) =>
  one.code?.flatMap((each) => each.coding ?? []).find((each) => each.system === codeSystems.role)?.code;
const isPractice = (one: Organization) =>
  one.type?.some((type) =>
    type.coding?.some((coding) => coding.system === codeSystems.organizationType && coding.code === 'Z3'),
  ) === true;

/** Every resource by type, as a rule looks at them. */
class Shelf {
  readonly organizations: readonly (Organization & { id: string })[];
  readonly services: readonly (HealthcareService & { id: string })[];
  readonly roles: readonly (PractitionerRole & { id: string })[];
  readonly endpoints: readonly (Endpoint & { id: string })[];
  readonly names: ReadonlySet<string>;
  constructor(all: readonly Stored[]) {
    const of = <T extends Stored['resourceType']>(type: T) =>
      all.filter((one): one is Extract<Stored, { resourceType: T }> => one.resourceType === type);
    this.organizations = of('Organization');
    this.services = of('HealthcareService').filter(isInUse);
    this.roles = of('PractitionerRole');
    this.endpoints = of('Endpoint');
    this.names = new Set(all.map((one) => `${one.resourceType}/${one.id}`));
  }
  /** Someone who can have work: in use, a Wally or who works as one. */
  worker(id: string | undefined) {
    return this.roles.find(
      (one) => one.id === id && isInUse(one) && ['wally', 'poh-jeugd'].includes(roleOf(one) ?? ''),
    );
  }
}

/** Paths of every reference in a resource, with where it goes. */
function referencesIn(value: unknown, path: string): [path: string, to: string][] {
  if (Array.isArray(value)) return value.flatMap((one, nth) => referencesIn(one, `${path}[${nth}]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]): [string, string][] =>
    key === 'reference' && typeof one === 'string' ? [[path, one]] : referencesIn(one, `${path}.${key}`),
  );
}

/** A practice without its team would lose its referrals: every reference within the directory must be answered. */
function dangling(all: readonly Stored[], { names }: Shelf): Wrong[] {
  return all.flatMap((one) =>
    referencesIn(one, one.resourceType).flatMap(([path, to]): Wrong[] => {
      if (names.has(to)) return [];
      const wrong = issue('not-found', 'reference-not-there', path, {
        nl: `${to} staat niet in de adreslijst.`,
        en: `${to} is not there in the directory.`,
      });
      return [{ about: `${one.resourceType}/${one.id}`, issue: wrong }];
    }),
  );
}

function servicesOf(practice: string, { services }: Shelf) {
  return services.filter((one) => idOf(extensionsOf(one, extensions.servesPractice)[0]?.valueReference) === practice);
}

/** Promise 2: a practice in use has one service, of one team, with one fixed Wally who works there. */
function withoutWally(shelf: Shelf): Wrong[] {
  const practices = shelf.organizations.filter((one) => isPractice(one) && isInUse(one));
  return practices.flatMap((practice): Wrong[] => {
    const about = `Organization/${practice.id}`;
    const services = servicesOf(practice.id, shelf);
    const [service] = services;
    const fixed = service ? extensionsOf(service, extensions.fixedWally) : [];
    const isRight =
      services.length === 1 && fixed.length === 1 && shelf.worker(idOf(fixed[0]?.valueReference)) !== undefined;
    if (isRight) return [];
    return [
      {
        about,
        issue: issue('business-rule', 'one-fixed-wally', 'Organization', {
          nl: 'Een praktijk heeft precies één dienst met precies één vaste Wally die werkt. Verander praktijk en dienst samen (transaction).',
          en: 'A practice has exactly one service with exactly one fixed Wally who works. Change practice and service together (transaction).',
        }),
      },
    ];
  });
}

/** Who assigns when nobody is there: each team that serves a practice has a team lead. */
function withoutLead(shelf: Shelf): Wrong[] {
  const leads = shelf.roles.filter((one) => isInUse(one) && roleOf(one) === 'team-lead');
  return shelf.services.flatMap((service): Wrong[] => {
    const team = idOf(service.providedBy);
    const organization = shelf.organizations.find((one) => one.id === team);
    const isTeam = organization !== undefined && isInUse(organization) && !isPractice(organization);
    if (isTeam && leads.some((one) => idOf(one.organization) === team)) return [];
    return [
      {
        about: `HealthcareService/${service.id}`,
        issue: issue('business-rule', 'team-without-lead', 'HealthcareService.providedBy', {
          nl: 'Een dienst hoort bij een organisatie die in gebruik is en een teamleider heeft.',
          en: 'A service belongs to an organisation that is in use and has a team lead.',
        }),
      },
    ];
  });
}

/** Rules of practices, substitutes and GPs' own Wallys point at people who can have the work. */
function nobodyThere(shelf: Shelf): Wrong[] {
  const no = (about: string, path: string): Wrong => ({
    about,
    issue: issue('business-rule', 'not-a-wally', path, {
      nl: 'Hier hoort een Wally die in gebruik is, en iemand vervangt niet zichzelf.',
      en: 'This must be a Wally who is in use, and nobody substitutes for themselves.',
    }),
  });
  const rules = shelf.services.flatMap((service) =>
    (service.extension ?? []).flatMap((rule, nth): Wrong[] => {
      const to = rule.extension?.find((one) => one.url === 'to')?.valueReference;
      if (rule.url !== extensions.assignmentRule || shelf.worker(idOf(to))) return [];
      return [no(`HealthcareService/${service.id}`, `HealthcareService.extension[${nth}]`)];
    }),
  );
  const named: readonly string[] = [extensions.fixedSubstitute, extensions.fixedWally];
  const people = shelf.roles.filter(isInUse).flatMap((role) =>
    (role.extension ?? []).flatMap(({ url, valueReference }, nth): Wrong[] => {
      const id = idOf(valueReference);
      const isRight = !named.includes(url) || (id !== role.id && shelf.worker(id) !== undefined);
      return isRight ? [] : [no(`PractitionerRole/${role.id}`, `PractitionerRole.extension[${nth}]`)];
    }),
  );
  return [...rules, ...people];
}

/** Wallys and team leads are people of an organisation, GPs and theirs of a practice: each sees what is of the own one. */
function elsewhere({ roles, organizations }: Shelf): Wrong[] {
  const ofTeams = ['wally', 'team-lead'];
  const ofPractices = ['gp', 'poh', 'assistant'];
  return roles.filter(isInUse).flatMap((role): Wrong[] => {
    const kind = roleOf(role) ?? '';
    const at = organizations.find((one) => one.id === idOf(role.organization));
    // One that is not there is another fault.
    if (!at || !(isPractice(at) ? ofTeams : ofPractices).includes(kind)) return [];
    const wrong = issue('business-rule', 'role-elsewhere', 'PractitionerRole.organization', {
      nl: 'Een Wally of teamleider hoort bij een organisatie; een huisarts, POH of assistent bij een praktijk.',
      en: 'A Wally or team lead belongs to an organisation; a GP, POH or assistant to a practice.',
    });
    return [{ about: `PractitionerRole/${role.id}`, issue: wrong }];
  });
}

/** A launch begins at the address of exactly one connection: of two nobody knows whose it is. */
function launchedTwice({ endpoints }: Shelf): Wrong[] {
  const launching = endpoints.filter((one) => one.status === 'active' && launchOf(one)?.client);
  return launching.flatMap((one): Wrong[] => {
    if (launching.every((other) => other === one || other.address !== one.address)) return [];
    const wrong = issue('business-rule', 'launch-twice', 'Endpoint.address', {
      nl: 'Vanaf dit adres wordt al gestart, bij een andere verbinding.',
      en: 'Another connection launches from this address already.',
    });
    return [{ about: `Endpoint/${one.id}`, issue: wrong }];
  });
}

function wrongNumbers(all: readonly Stored[]): Wrong[] {
  return all.flatMap((one) => {
    if (one.resourceType === 'Endpoint') return [];
    return (one.identifier ?? []).flatMap((each, nth): Wrong[] => {
      if (each.system !== identifiers.agb || validAgb(each.value ?? '')) return [];
      const wrong = issue('value', 'agb-invalid', `${one.resourceType}.identifier[${nth}]`, {
        nl: 'Dit is geen AGB-code: acht cijfers.',
        en: 'This is not an AGB code: eight digits.',
      });
      return [{ about: `${one.resourceType}/${one.id}`, issue: wrong }];
    });
  });
}

/** Form of an address by kind of connection (endpoint-connection-type). */
export const addressForms: Readonly<Record<string, RegExp>> = {
  'hl7-fhir-rest': /^https?:\/\/[^\s@?#]+$/,
  'hl7v2-mllp': /^mllps?:\/\/(?:[\w.-]+|\[[\da-f:]+\]):\d{1,5}$/i,
  'secure-email': /^mailto:[^\s@?]+@[^\s@?]+$/,
};

/** `hosts`: those that may be sent to (`host:port`), where the caller knows them; the connectors refuse others anyway. */
function wrongAddresses({ endpoints }: Shelf, hosts: ReadonlySet<string> | undefined): Wrong[] {
  return endpoints.flatMap((one): Wrong[] => {
    const form = addressForms[one.connectionType.code ?? ''];
    const isAddress = form?.test(one.address) === true;
    const isMail = one.address.startsWith('mailto:');
    const isAllowed = isMail || !hosts || (URL.canParse(one.address) && hosts.has(new URL(one.address).host));
    if (isAddress && isAllowed) return [];
    const about = `Endpoint/${one.id} ${one.address}`;
    const wrong = isAddress
      ? issue('business-rule', 'host-not-allowed', 'Endpoint.address', {
          nl: 'Naar deze server mag Kortelijn niets sturen. Laat hem eerst toelaten (OUTBOUND_HOSTS).',
          en: 'Kortelijn may not send to this server. Have it allowed first (OUTBOUND_HOSTS).',
        })
      : issue('value', 'address-form', 'Endpoint.address', {
          nl: 'Dit adres past niet bij de soort verbinding.',
          en: 'This address does not fit the kind of connection.',
        });
    return [{ about, issue: wrong }];
  });
}

/** Everything that does not hold in a directory as a whole, beyond what base R4 says of each resource. Pure. */
export function wrongsIn(all: readonly Stored[], hosts: ReadonlySet<string> | undefined): Wrong[] {
  const shelf = new Shelf(all);
  return [
    ...dangling(all, shelf),
    ...wrongNumbers(all),
    ...wrongAddresses(shelf, hosts),
    ...withoutWally(shelf),
    ...withoutLead(shelf),
    ...nobodyThere(shelf),
    ...elsewhere(shelf),
    ...launchedTwice(shelf),
    ...all.flatMap((one) => saidWrong(one).map((found) => ({ about: `${one.resourceType}/${one.id}`, issue: found }))),
  ];
}
