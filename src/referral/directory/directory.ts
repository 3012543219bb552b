import type {
  CareTeam,
  Endpoint,
  HealthcareService,
  Location,
  Organization,
  Practitioner,
  PractitionerRole,
  Reference,
  Resource,
} from '@medplum/fhirtypes';
import { codeSystems, extensions, identifiers } from '../../fhir/systems.ts';
import { type ServiceLevels, usualLevels } from '../clocks.ts';
import { addDays } from '../deadlines.ts';
import { type CaseSystem, caseSystemOf } from './case-system.ts';
import { channelsOf, type PracticeEndpoint } from './channels.ts';
import { type EdiSender, ediSenderOf } from './edi.ts';
import { type LaunchSystem, launchOf } from './launch-system.ts';
import { agreementOf, type ConsentAgreement, type MllpPeer, peerOf } from './mllp.ts';
import { levelsOf, type ServiceTerms, termsOf } from './practice-service.ts';
import { type Sentences, sentencesOf } from './standard-sentences.ts';
import { type Team, toTeam } from './team.ts';

type Place = CareTeam | Location;
export type DirectoryResource = Endpoint | HealthcareService | Organization | Place | Practitioner | PractitionerRole;
/** One as it is kept. */
export type Stored = DirectoryResource & { id: string };

/** First and last day of an absence, both inclusive local days; no last day: until further notice. */
export interface Absence {
  readonly from: string;
  readonly to?: string;
}

/** A person in a role: Wally, team lead, GP, POH, assistant. */
export interface Role {
  readonly id: string;
  readonly kind: 'wally' | 'team-lead' | 'gp' | 'poh' | 'assistant' | 'other';
  readonly name: string;
  readonly agb?: string;
  /** Every number of the person and the role (AGB, BIG, UZI …), as the directory has them. */
  readonly numbers?: readonly { readonly system: string; readonly value: string }[];
  readonly organization: string;
  readonly phone?: string;
  readonly email?: string;
  readonly absences: readonly Absence[];
  /** Of someone who leaves. */
  readonly lastDay?: string;
  /** Of a Wally: the fixed substitute. */
  readonly substitute?: string;
  /** Of a GP: a fixed Wally of their own, where it differs from the practice's. */
  readonly wally?: string;
  /** Of a Wally: a system of her own, where her referrals are kept up to date. */
  readonly caseSystem?: CaseSystem;
}

export interface Practice {
  readonly id: string;
  readonly name: string;
  readonly agb?: string;
  readonly phone?: string;
  /** Where mail without content goes: that there is something to read. */
  readonly email?: string;
  /** Working days that were agreed with this practice, where they differ from the usual ones. */
  readonly levels?: ServiceLevels;
  /** The ways for its feedback, in the order in which they are tried. */
  readonly channels: readonly PracticeEndpoint[];
  /** The first of them. */
  readonly endpoint?: PracticeEndpoint;
  /** Who may send HL7 v2 from there (decision 14). */
  readonly peers: readonly MllpPeer[];
  /** Who may send EDIFACT from there, known by mailbox. */
  readonly ediSenders?: readonly EdiSender[];
  /** The systems from which its people open our refer page. */
  readonly launches?: readonly LaunchSystem[];
  /** What it agreed on consent, for what comes in over HTTP in its name: recorded at any of its endpoints. */
  readonly agreement?: ConsentAgreement;
  /** Standard sentences of its own for referring. */
  readonly sentences?: Sentences;
  /** HealthcareService "Wally of this practice": what the referral asks for, whoever is present. */
  readonly service?: {
    readonly id: string;
    readonly name: string;
    readonly team: string;
    readonly wally?: string;
  } & ServiceTerms;
}

/** The directory as the rules read it; `revision` changes with every change of any part. */
export interface Directory {
  readonly revision: number;
  readonly practices: ReadonlyMap<string, Practice>;
  readonly roles: ReadonlyMap<string, Role>;
  readonly teams: ReadonlyMap<string, Team>;
  /** Roles that are no longer active: who had one has left. */
  readonly closed?: ReadonlySet<string>;
}

const idOf = (reference: Reference | undefined): string | undefined => reference?.reference?.split('/')[1];
const telecom = (from: { telecom?: { system?: string; value?: string }[] } | undefined, system: string) =>
  from?.telecom?.find((point) => point.system === system)?.value;
const agbOf = (from: { identifier?: { system?: string; value?: string }[] } | undefined) =>
  from?.identifier?.find((one) => one.system === identifiers.agb)?.value;
const extension = (from: Resource, url: string) =>
  'extension' in from ? from.extension?.find((one) => one.url === url) : undefined;

const kinds: Record<string, Role['kind']> = {
  wally: 'wally',
  // Works as a Wally does, with a worklist, for whoever a rule of a practice sends there.
  'poh-jeugd': 'wally',
  'team-lead': 'team-lead',
  gp: 'gp',
  poh: 'poh',
  assistant: 'assistant',
};

function toRole(
  role: PractitionerRole,
  person: Practitioner | undefined,
  endpoints: ReadonlyMap<string, Endpoint>,
): Role {
  const code = role.code?.flatMap((one) => one.coding ?? []).find((one) => one.system === codeSystems.role)?.code;
  const agb = agbOf(person);
  const numbers = [...(person?.identifier ?? []), ...(role.identifier ?? [])].flatMap(({ system, value }) =>
    system && value ? [{ system, value }] : [],
  );
  const phone = telecom(role, 'phone');
  const email = telecom(role, 'email');
  const substitute = idOf(extension(role, extensions.fixedSubstitute)?.valueReference);
  const wally = idOf(extension(role, extensions.fixedWally)?.valueReference);
  const lastDay = role.period?.end?.slice(0, 10);
  return {
    id: role.id ?? '',
    kind: kinds[code ?? ''] ?? 'other',
    name: person?.name?.[0]?.text ?? role.practitioner?.display ?? role.id ?? '',
    organization: idOf(role.organization) ?? '',
    absences: [
      ...(role.notAvailable ?? []).flatMap((one) => {
        const from = one.during?.start?.slice(0, 10);
        const to = one.during?.end?.slice(0, 10);
        return from ? [to ? { from, to } : { from }] : [];
      }),
      // Who leaves is absent from the day after the last one: what is still theirs goes the same way (promise 2).
      ...(lastDay ? [{ from: addDays(lastDay, 1) }] : []),
    ],
    ...(lastDay && { lastDay }),
    ...(agb && { agb }),
    ...(numbers.length > 0 && { numbers }),
    ...(phone && { phone }),
    ...(email && { email }),
    ...(substitute && { substitute }),
    ...(wally && { wally }),
    ...caseSystemOf(role, endpoints),
  };
}

function toPractice(
  organization: Organization,
  services: HealthcareService[],
  endpoints: Map<string, Endpoint>,
): Practice {
  const active = (organization.endpoint ?? []).flatMap((one) => {
    const found = endpoints.get(idOf(one) ?? '');
    return found?.status === 'active' ? [found] : [];
  });
  const channels = channelsOf(active);
  const [endpoint] = channels;
  const service = services.find(
    (one) => idOf(extension(one, extensions.servesPractice)?.valueReference) === organization.id,
  );
  const agreement = active.map(agreementOf).find((one) => one !== undefined);
  const wally = service && idOf(extension(service, extensions.fixedWally)?.valueReference);
  const agb = agbOf(organization);
  const phone = telecom(organization, 'phone');
  const email = telecom(organization, 'email');
  const levels = service && levelsOf(service);
  const launches = active.flatMap((one) => launchOf(one) ?? []);
  const sentences = sentencesOf(organization);
  return {
    id: organization.id ?? '',
    name: organization.name ?? '',
    ...(agb && { agb }),
    ...(phone && { phone }),
    ...(email && { email }),
    ...(levels && { levels: { ...usualLevels, ...levels } }),
    channels,
    ...(endpoint && { endpoint }),
    peers: active.flatMap((one) => peerOf(one, organization.id ?? '') ?? []),
    ediSenders: active.flatMap((one) => ediSenderOf(one, organization.id ?? '') ?? []),
    ...(launches.length > 0 && { launches }),
    ...(agreement && { agreement }),
    ...(sentences && { sentences }),
    ...(service && {
      service: {
        id: service.id ?? '',
        name: service.name ?? '',
        team: idOf(service.providedBy) ?? '',
        ...(wally && { wally }),
        ...termsOf(service),
      },
    }),
  };
}

/**
 * Reads the directory's FHIR resources (active ones) into what the rules need.
 * A practice is an Organization that a HealthcareService serves or that has type Z3; the other Organizations are teams.
 */
export function readDirectory(resources: readonly DirectoryResource[], revision: number): Directory {
  const of = <T extends DirectoryResource['resourceType']>(type: T) =>
    resources.filter((one): one is Extract<DirectoryResource, { resourceType: T }> => one.resourceType === type);
  const people = new Map(of('Practitioner').map((one) => [one.id ?? '', one]));
  const endpoints = new Map(of('Endpoint').map((one) => [one.id ?? '', one]));
  const services = of('HealthcareService').filter((one) => one.active !== false);
  const isPractice = (one: Organization) =>
    one.type?.some((type) =>
      type.coding?.some((coding) => coding.system === codeSystems.organizationType && coding.code === 'Z3'),
    );
  const organizations = of('Organization').filter((one) => one.active !== false);
  const roles = of('PractitionerRole').filter((one) => one.active !== false);
  const closed = of('PractitionerRole').filter((one) => one.active === false);
  return {
    revision,
    closed: new Set(closed.map((one) => one.id ?? '')),
    practices: new Map(
      organizations.filter(isPractice).map((one) => [one.id ?? '', toPractice(one, services, endpoints)]),
    ),
    roles: new Map(
      roles.map((one) => [one.id ?? '', toRole(one, people.get(idOf(one.practitioner) ?? ''), endpoints)]),
    ),
    teams: new Map(
      organizations.filter((one) => !isPractice(one)).map((one) => [one.id ?? '', toTeam(one, endpoints)]),
    ),
  };
}

/** Whether a person is at work on a local day. */
export function isPresent(role: Role, day: string): boolean {
  return !role.absences.some((absence) => absence.from <= day && (absence.to === undefined || day <= absence.to));
}

/** Whether a role is over on a local day: no longer active, or its last day was before. Unknown here is not over. */
export function hasLeft(directory: Directory, id: string, day: string): boolean {
  const lastDay = directory.roles.get(id)?.lastDay;
  return directory.closed?.has(id) === true || (lastDay !== undefined && lastDay < day);
}

/** The team leads of a team, in the directory's order. */
export function teamLeads(directory: Directory, team: string): Role[] {
  return [...directory.roles.values()].filter((role) => role.kind === 'team-lead' && role.organization === team);
}

/** The Wallys of a team, in the directory's order. */
export function wallysOf(directory: Directory, team: string): Role[] {
  return [...directory.roles.values()].filter((role) => role.kind === 'wally' && role.organization === team);
}
