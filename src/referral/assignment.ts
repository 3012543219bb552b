import type { Said } from '../fhir/outcome.ts';
import { type Directory, isPresent, type Role } from './directory/directory.ts';
import type { AssignmentRule } from './directory/practice-service.ts';
import { isLifeArea, lifeAreas } from './life-area.ts';
import { ageOn } from './referral.ts';

/** Who has the referral now, and why (promise 2). No owner means the team queue, with an alarm for the team lead. */
export interface Assignment {
  readonly owner?: Role;
  readonly fixed?: Role;
  readonly team: string;
  readonly service: string;
  readonly route: 'fixed-wally' | 'substitute' | 'team-queue';
  readonly why: Said;
  /** The one whom a rule of the practice chose instead of its fixed Wally. */
  readonly rule?: string;
}

/**
 * What the practice's rules ask about a referral: with its content at hand the age on the day and the life areas; without
 * it (delivery, presence) whom a rule chose at the time, kept in the index.
 */
export type About =
  | { readonly birthDate: string | undefined; readonly lifeAreas: readonly string[] }
  | { readonly rule: string | null };

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

const ruleSaid = ({ under, lifeArea }: AssignmentRule): Said => {
  const about = lifeArea !== undefined && isLifeArea(lifeArea) ? lifeAreas[lifeArea] : undefined;
  const nl = [under !== undefined && `jonger dan ${under} jaar`, about && `gaat over ${about.nl}`];
  const en = [under !== undefined && `younger than ${under}`, about && `about ${about.en}`];
  return {
    nl: `Afspraak met de praktijk: ${nl.filter(Boolean).join(', ')}`,
    en: `Agreed with the practice: ${en.filter(Boolean).join(', ')}`,
  };
};

/** The first rule that fits, with the Wally it names; one that names nobody who is there at all is passed over. */
function chosenBy(
  directory: Directory,
  rules: readonly AssignmentRule[],
  about: About,
  day: string,
): { role: Role; why: Said } | undefined {
  const fits = ({ to, under, lifeArea }: AssignmentRule): boolean => {
    if ('rule' in about) return to === about.rule;
    const { birthDate } = about;
    const isYoung = under === undefined || (birthDate !== undefined && ageOn(birthDate, day) < under);
    return isYoung && (lifeArea === undefined || about.lifeAreas.includes(lifeArea));
  };
  for (const rule of rules) {
    const role = fits(rule) ? directory.roles.get(rule.to) : undefined;
    if (role?.kind === 'wally') return { role, why: ruleSaid(rule) };
  }
  return undefined;
}

/**
 * The owner of a referral of a practice on a day: whom a rule of the practice names, else the fixed Wally (the GP's own,
 * else the practice's) when present, else the fixed substitute when present, else nobody yet. By practice, never by
 * postcode. Gives undefined when the practice has no Wally service at all. `barred`: who know the resident too well
 * (H11); for this referral they are not there. Without `about` no rule is looked at.
 */
export function assign(
  directory: Directory,
  practiceId: string,
  requesterAgb: string | undefined,
  day: string,
  barred: readonly string[] = [],
  about: About = { rule: null },
): Assignment | undefined {
  const service = directory.practices.get(practiceId)?.service;
  if (!service) return undefined;
  const requester = requesterAgb
    ? [...directory.roles.values()].find((role) => role.organization === practiceId && role.agb === requesterAgb)
    : undefined;
  const chosen = chosenBy(directory, service.rules ?? [], about, day);
  const fixed = chosen?.role ?? directory.roles.get(requester?.wally ?? service.wally ?? '');
  const substitute = directory.roles.get(fixed?.substitute ?? '');
  const place = {
    // A POH-jeugd may work at a practice, which has no team lead: then the practice's own team looks after it.
    team: chosen && !directory.practices.has(chosen.role.organization) ? chosen.role.organization : service.team,
    service: service.id,
    ...(fixed && { fixed }),
    ...(chosen && { rule: chosen.role.id }),
  };
  const because = (route: Assignment['route']) =>
    chosen && route !== 'fixed-wally'
      ? { nl: `${chosen.why.nl}. ${whys[route].nl}`, en: `${chosen.why.en}. ${whys[route].en}` }
      : (chosen?.why ?? whys[route]);
  const isThere = (role: Role) => isPresent(role, day) && !barred.includes(role.id);
  if (fixed && isThere(fixed)) return { ...place, owner: fixed, route: 'fixed-wally', why: because('fixed-wally') };
  if (substitute && isThere(substitute))
    return { ...place, owner: substitute, route: 'substitute', why: because('substitute') };
  return { ...place, route: 'team-queue', why: because('team-queue') };
}

/** The person's number, else the team's: an answer to the GP always names a number to call. */
export function phoneOf(
  directory: Directory,
  assignment: { readonly owner?: Role; readonly team: string },
): string | undefined {
  return assignment.owner?.phone ?? directory.teams.get(assignment.team)?.phone;
}
