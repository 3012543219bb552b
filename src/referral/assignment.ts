import type { Said } from '../fhir/outcome.ts';
import { type Directory, isPresent, type Role } from './directory.ts';

/** Who has the referral now, and why (promise 2). No owner means the team queue, with an alarm for the team lead. */
export interface Assignment {
  readonly owner?: Role;
  readonly fixed?: Role;
  readonly team: string;
  readonly service: string;
  readonly route: 'fixed-wally' | 'substitute' | 'team-queue';
  readonly why: Said;
}

const whys = {
  'fixed-wally': { nl: 'De vaste Wally', en: 'The fixed Wally' },
  substitute: {
    nl: 'De vaste vervanger: de vaste Wally is afwezig',
    en: 'The fixed substitute: the fixed Wally is absent',
  },
  'team-queue': {
    nl: 'De vaste Wally en de vervanger zijn afwezig: de teamleider wijst iemand aan',
    en: 'The fixed Wally and the substitute are absent: the team lead assigns someone',
  },
} as const satisfies Record<Assignment['route'], Said>;

/**
 * The owner of a referral of a practice on a day: the fixed Wally (the GP's own, else the practice's) when present,
 * else the fixed substitute when present, else nobody yet. By practice, never by postcode.
 * Gives undefined when the practice has no Wally service at all. `barred`: who know the resident too well (H11); for
 * this referral they are not there.
 */
export function assign(
  directory: Directory,
  practiceId: string,
  requesterAgb: string | undefined,
  day: string,
  barred: readonly string[] = [],
): Assignment | undefined {
  const service = directory.practices.get(practiceId)?.service;
  if (!service) return undefined;
  const requester = requesterAgb
    ? [...directory.roles.values()].find((role) => role.organization === practiceId && role.agb === requesterAgb)
    : undefined;
  const fixed = directory.roles.get(requester?.wally ?? service.wally ?? '');
  const substitute = directory.roles.get(fixed?.substitute ?? '');
  const place = { team: service.team, service: service.id, ...(fixed && { fixed }) };
  const isThere = (role: Role) => isPresent(role, day) && !barred.includes(role.id);
  if (fixed && isThere(fixed)) return { ...place, owner: fixed, route: 'fixed-wally', why: whys['fixed-wally'] };
  if (substitute && isThere(substitute))
    return { ...place, owner: substitute, route: 'substitute', why: whys.substitute };
  return { ...place, route: 'team-queue', why: whys['team-queue'] };
}

/** The person's number, else the team's: an answer to the GP always names a number to call. */
export function phoneOf(
  directory: Directory,
  assignment: { readonly owner?: Role; readonly team: string },
): string | undefined {
  return assignment.owner?.phone ?? directory.teams.get(assignment.team)?.phone;
}
