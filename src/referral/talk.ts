import type { Appointment, HealthcareService } from '@medplum/fhirtypes';
import { addDays, localDay } from './deadlines.ts';
import type { Directory, Practice, Role } from './directory/directory.ts';

/** The quarterly talk of a Wally with a practice, and the version it has. */
export interface Talk {
  readonly practice: string;
  readonly version: number;
  readonly resource: Appointment & { id: string };
}

/** `2026Q4` of a local day. */
export function quarterOf(day: string): string {
  return `${day.slice(0, 4)}Q${Math.ceil(Number(day.slice(5, 7)) / 3)}`;
}

/** First and last local day of the quarter of a day. */
export function daysOfQuarter(day: string): { readonly first: string; readonly last: string } {
  const [year, nth] = quarterOf(day).split('Q').map(Number) as [number, number];
  const begin = (quarter: number) =>
    `${year + Math.floor(quarter / 4)}-${String((quarter % 4) * 3 + 1).padStart(2, '0')}-01`;
  return { first: begin(nth - 1), last: addDays(begin(nth), -1) };
}

/** Practices with a Wally and no talk that stands or was held in the quarter of a local day. */
export function withoutTalk(directory: Directory, talks: readonly Talk[], day: string): string[] {
  const quarter = quarterOf(day);
  const has = new Set(
    talks
      .filter(({ resource }) => resource.status !== 'cancelled')
      .filter(({ resource }) => quarterOf(localDay(new Date(resource.start ?? 0))) === quarter)
      .map((one) => one.practice),
  );
  return [...directory.practices.values()].flatMap(({ id, service }) => (service && !has.has(id) ? [id] : []));
}

/** So long into a quarter a talk may still be unplanned before someone is reminded. */
export const remindAfterDays = 30;

/** Who of a Wally's team looks after a practice: its fixed Wally, those of its GPs, and their fixed substitutes. */
export function wallysOfPractice(directory: Directory, practice: Practice): Role[] {
  const own = [...directory.roles.values()].filter((role) => role.organization === practice.id);
  const fixed = [practice.service?.wally, ...own.map((role) => role.wally)];
  const ids = fixed.flatMap((id) => [id, directory.roles.get(id ?? '')?.substitute]);
  return [...new Set(ids)].flatMap((id) => directory.roles.get(id ?? '') ?? []);
}

/** Who may sit at the table on the practice's side. */
export function peopleOfPractice(directory: Directory, practice: string): Role[] {
  return [...directory.roles.values()].filter(
    (role) => role.organization === practice && (role.kind === 'gp' || role.kind === 'poh'),
  );
}

/** The roles that take part in a talk. */
export function participantsOf(talk: Appointment): string[] {
  return (talk.participant ?? []).flatMap(
    (one) => /^PractitionerRole\/(.+)$/.exec(one.actor?.reference ?? '')?.[1] ?? [],
  );
}

/** The service of the practice that a talk is about stands among its participants: R4 lets no Organization take part. */
export const aboutPractice = (service: Pick<HealthcareService, 'id'>) => ({
  actor: { reference: `HealthcareService/${service.id}` },
  status: 'accepted' as const,
});
