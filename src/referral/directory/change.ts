import type { Issue } from '../../fhir/outcome.ts';
import { validateBaseR4 } from '../../fhir/validate.ts';
import type { Actor } from '../actor.ts';
import type { AuditLine, Change } from '../change.ts';
import { issue, type Refusal, refuse } from '../refusal.ts';
import { differences } from './diff.ts';
import type { DirectoryResource, Stored } from './directory.ts';
import { wrongsIn } from './rules.ts';

/** What the directory is made of; other types are no part of it. */
export const directoryTypes: readonly DirectoryResource['resourceType'][] = [
  'Organization',
  'HealthcareService',
  'Practitioner',
  'PractitionerRole',
  'Endpoint',
  'CareTeam',
  'Location',
];

/** One resource as it is to become, and where it stands in what was sent. */
export interface Proposed {
  readonly resource: unknown;
  /** Put before the path of each issue; empty for a resource that came alone. */
  readonly place: string;
  /** The version that its sender read; 0: it must not be there yet. Undefined: whatever is there. */
  readonly expected?: number | undefined;
}

export interface DirectoryAsked {
  readonly proposed: readonly Proposed[];
  /** The newest version of everything in the directory, also of what becomes valid later. */
  readonly newest: readonly { readonly version: number; readonly resource: Stored }[];
  readonly revision: number;
  /** ISO instants. */
  readonly at: string;
  readonly validFrom: string;
  readonly actor: Actor;
  /** `host:port` that may be sent to, where that is known here. */
  readonly hosts?: ReadonlySet<string> | undefined;
}

export interface DirectoryDecided {
  /** Undefined when nothing differs. */
  readonly change: Change | undefined;
  readonly changed: readonly Stored[];
}

export const nameOf = (one: Stored): string => `${one.resourceType}/${one.id}`;
/** A path within a resource (`Organization.name`) as one in what was sent (`Bundle.entry[0].resource.name`). */
const at = (place: string, path: string) => (place ? path.replace(/^[A-Z]\w*/, place) : path);

function shapeIssues({ resource, place }: Proposed): Issue[] {
  const { resourceType, id } = (typeof resource === 'object' && resource !== null ? resource : {}) as Partial<Stored>;
  if (!directoryTypes.some((one) => one === resourceType))
    return [
      issue('not-supported', 'not-directory', at(place, 'Resource.resourceType'), {
        nl: `Dit hoort niet in de adreslijst: ${directoryTypes.join(', ')}.`,
        en: `not of ${directoryTypes.join(', ')}`,
      }),
    ];
  if (typeof id !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/.test(id))
    return [
      issue('required', 'no-id', at(place, 'Resource.id'), {
        nl: 'Het id ontbreekt of kan zo niet.',
        en: 'no id, or not one that can be',
      }),
    ];
  return validateBaseR4(resource, place || undefined).filter((found) => found.severity === 'error');
}

function versionIssues(one: Proposed, versions: ReadonlyMap<string, number>): Issue[] {
  if (one.expected === undefined || one.expected === (versions.get(nameOf(one.resource as Stored)) ?? 0)) return [];
  return [
    issue('conflict', 'other-version', one.place, {
      nl: 'Dit is intussen veranderd, of er staat een wijziging klaar die later ingaat. Haal het opnieuw op en stuur uw wijziging dan nog eens.',
      en: 'This has changed meanwhile, or a change that becomes valid later stands ready. Get it again and then send your change once more.',
    }),
  ];
}

/** Where a rule's issue stands in what was sent; of something that was not sent, its name. */
function placedIssue(path: string, about: string, proposed: readonly Proposed[], found: Issue): Issue {
  const sent = proposed.find((one) => about.split(' ')[0] === nameOf(one.resource as Stored));
  return { ...found, path: sent ? at(sent.place, path) : (about.split(' ')[0] ?? '') };
}

/**
 * What a set of directory resources makes of the directory, all or nothing: base R4, versions and our rules, every issue
 * at once. A change is refused for what it makes wrong, never for what was so already. Pure.
 */
export function decideDirectory(asked: DirectoryAsked): DirectoryDecided | Refusal {
  const { proposed, newest, hosts } = asked;
  const shape = proposed.flatMap(shapeIssues);
  if (shape.length > 0) return refuse(...shape);
  const resources = proposed.map((one) => one.resource as Stored);
  const before = new Map(newest.map((one) => [nameOf(one.resource), one]));
  const versions = new Map(newest.map((one) => [nameOf(one.resource), one.version]));
  const after = new Map([...newest.map((one) => one.resource), ...resources].map((one) => [nameOf(one), one]));
  const keyOf = ({ about, issue: { reason, said } }: { about: string; issue: Issue }) =>
    `${reason} ${about} ${said.en}`;
  const known = new Set(
    wrongsIn(
      [...before.values()].map((one) => one.resource),
      hosts,
    ).map(keyOf),
  );
  const twice = proposed.filter(
    (one, nth) => resources.findIndex((other) => nameOf(other) === nameOf(one.resource as Stored)) !== nth,
  );
  const issues = [
    ...twice.map((one) =>
      issue('duplicate', 'twice-in-bundle', one.place, {
        nl: 'Dit staat er twee keer in.',
        en: 'This is in it twice.',
      }),
    ),
    ...proposed.flatMap((one) => versionIssues(one, versions)),
    ...wrongsIn([...after.values()], hosts)
      .filter((one) => !known.has(keyOf(one)))
      .map((one) => placedIssue(one.issue.path, one.about, proposed, one.issue)),
  ];
  if (issues.length > 0) return refuse(...issues);
  const changed = resources.filter((one) => {
    const was = before.get(nameOf(one));
    return !was || differences(was.resource, one).length > 0;
  });
  return { changed, change: changed.length > 0 ? directoryChange(asked, changed) : undefined };
}

/** Versions of these resources as a change, each on the trail. */
export function directoryChange(
  asked: Pick<DirectoryAsked, 'revision' | 'validFrom' | 'at' | 'actor'>,
  resources: readonly Stored[],
): Change {
  const { actor } = asked;
  return {
    scope: { practice: '' },
    expected: { directoryRevision: asked.revision },
    directory: resources.map((resource) => ({ resource, validFrom: asked.validFrom })),
    audit: resources.map(
      (one): AuditLine => ({
        event: 'directory-changed',
        at: asked.at,
        actor: { id: actor.id, role: actor.role },
        action: 'U',
        outcome: 'ok',
        object: nameOf(one),
        purpose: 'SYSADMIN',
      }),
    ),
  };
}
