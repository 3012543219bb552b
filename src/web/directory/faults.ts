import type { Issue, Said } from '../../fhir/outcome.ts';
import type { Stored } from '../../referral/directory/directory.ts';
import type { Fault } from '../form-controls.ts';
import type { Fields } from './book.ts';
import type { Thing } from './things.ts';

const lastOf = (url: string) => url.split('/').at(-1) ?? '';

/** What stands at a path (`Organization.identifier[0].value`): its names on the way, an extension by what it is, and the values there. */
function wayTo(resource: Stored, path: string): readonly { readonly name: string; readonly value: unknown }[] {
  let at: unknown = resource;
  return path
    .split('.')
    .slice(1)
    .map((step) => {
      const [, key = '', nth] = /^(\w+)(?:\[(\d+)\])?$/.exec(step) ?? [];
      const found = (at as Record<string, unknown> | undefined)?.[key];
      at = nth === undefined ? found : (found as unknown[] | undefined)?.[Number(nth)];
      const isExtension = key === 'extension' && typeof at === 'object' && at !== null && 'url' in at;
      return { name: isExtension ? lastOf(String((at as { url: unknown }).url)) : key, value: at };
    });
}

/** The one invariant of base R4 that a form can break (per-1), as people say it. */
const turnedRound: Said = {
  nl: 'De laatste dag ligt vóór de eerste dag.',
  en: 'The last day comes before the first day.',
};

/** Of rows with a number the one that says this: forms leave rows open between those that are filled in. */
const rowOf = (fields: Fields, name: string, value: string) =>
  Object.keys(fields).findLast((one) => new RegExp(`^${name}\\d+$`).test(one) && value !== '' && fields[one] === value);

/** The field of each plain element and extension; of a part with a field of its own under `extension/part`. */
const plain: Readonly<Record<string, string>> = {
  id: 'id',
  name: 'name',
  providedBy: 'team',
  organization: 'organization',
  code: 'kind',
  period: 'lastDay',
  notAvailable: 'absentFrom',
  address: 'address',
  connectionType: 'connection',
  'fixed-wally': 'wally',
  'fixed-substitute': 'substitute',
  'serves-ages': 'agesFrom',
  'data-contract': 'basis',
  'best-proof': 'proof',
  'cooperation-agreement/agreedOn': 'agreedOn',
  'cooperation-agreement/evaluateOn': 'evaluateOn',
  launch: 'launchClient',
  'launch/clientProof': 'launchProof',
  'launch/issuer': 'launchIssuer',
  'launch/jwks': 'launchKeys',
  'launch/origin': 'launchOrigins',
};

interface Valued {
  readonly system?: string;
  readonly reference?: string;
  readonly availableStartTime?: string;
  readonly during?: { readonly start?: string };
  readonly extension?: readonly { readonly url: string; readonly valueReference?: { readonly reference?: string } }[];
}

function fieldAt(resource: Stored, path: string, fields: Fields): string | undefined {
  const [first, second] = wayTo(resource, path);
  // Of a practice as a whole: that it has no fixed Wally.
  if (!first) return 'wally';
  const value = (first.value ?? {}) as Valued;
  const idOf = (reference: string | undefined) => reference?.split('/')[1] ?? '';
  switch (first.name) {
    case 'identifier':
      return value.system?.endsWith('/kvk') ? 'kvk' : 'agb';
    case 'telecom':
      return value.system;
    case 'endpoint':
      return rowOf(fields, 'way', idOf(value.reference)) ?? rowOf(fields, 'launch', idOf(value.reference));
    case 'availableTime':
      return rowOf(fields, 'begin', value.availableStartTime?.slice(0, 5) ?? '');
    case 'notAvailable':
      return rowOf(fields, 'closedFrom', value.during?.start?.slice(0, 10) ?? '') ?? plain.notAvailable;
    case 'assignment-rule': {
      const to = value.extension?.find((one) => one.url === 'to')?.valueReference?.reference;
      return rowOf(fields, 'to', idOf(to)) ?? 'under1';
    }
    case 'service-levels':
      return `level-${second?.name ?? 'open'}`;
    default:
      return plain[`${first.name}/${second?.name}`] ?? plain[first.name];
  }
}

/**
 * What the directory's rules say of a form's resources, each at its field; what has none in this form is left over. A path
 * begins with the type of its resource, and a form has one of each.
 */
export function faultsAt(
  issues: readonly Issue[],
  resources: readonly Stored[],
  fields: Fields,
  thing: Thing,
): { readonly faults: readonly Fault[]; readonly rest: readonly Issue[] } {
  const placed = issues.map((found) => {
    // Of what the form did not send the path is its name (`Organization/id`).
    const [type] = found.path.split('.');
    const resource = resources.find((one) => one.resourceType === type);
    const isWhole = found.path === type;
    const field = resource && (!isWhole || thing === 'practices') ? fieldAt(resource, found.path, fields) : undefined;
    return { found, field };
  });
  return {
    faults: placed.flatMap(({ found, field }) =>
      field ? [{ field, said: found.reason === 'invariant' ? turnedRound : found.said }] : [],
    ),
    rest: placed.flatMap(({ found, field }) => (field ? [] : [found])),
  };
}
