import type { CaseSystem } from './case-system.ts';
import type { Directory } from './directory.ts';

/** Whose case system it is: an organisation's, or one Wally's own. */
export type CaseParty =
  | { readonly kind: 'team'; readonly team: string }
  | { readonly kind: 'owner'; readonly owner: string };

/** A case system with what it is fed and followed by. */
export interface FedSystem {
  /** Its own window, breaker and order: `case:<organisation>`, or `case:role/<PractitionerRole>` of one Wally. */
  readonly destination: string;
  /** Of its Endpoint. */
  readonly endpoint: string;
  readonly address: string;
  readonly party: CaseParty;
  /** Wallys of the organisation with a system of their own: what they have stands there and not here. */
  readonly apart: readonly string[];
}

/** Every case system of a directory. A Wally's own goes before her organisation's: of each referral one is kept up to date. */
export function fedSystems({ teams, roles }: Pick<Directory, 'teams' | 'roles'>): FedSystem[] {
  const wallys = [...roles.values()].filter((one) => one.kind === 'wally' && one.caseSystem);
  const fed = (destination: string, { id, address }: CaseSystem, party: CaseParty, apart: string[] = []): FedSystem => {
    return { destination, endpoint: id, address, party, apart };
  };
  return [
    ...[...teams.values()].flatMap(({ id, caseSystem }) => {
      const apart = wallys.filter((one) => one.organization === id).map((one) => one.id);
      return caseSystem ? [fed(`case:${id}`, caseSystem, { kind: 'team', team: id }, apart)] : [];
    }),
    ...wallys.flatMap(({ id, caseSystem }) =>
      caseSystem ? [fed(`case:role/${id}`, caseSystem, { kind: 'owner', owner: id })] : [],
    ),
  ];
}
