import type { Extension, HealthcareService } from '@medplum/fhirtypes';
import { codeSystems, extensions } from '../../fhir/systems.ts';
import type { ServiceLevels } from '../clocks.ts';
import { isLifeArea, type LifeArea } from '../life-area.ts';

/**
 * A rule of a practice about whom a referral goes to instead of the fixed Wally; of a list the first that fits counts.
 * Both conditions count where both stand there; a rule without any never fits.
 */
export interface AssignmentRule {
  /** Younger than so many whole years. */
  readonly under?: number;
  readonly lifeArea?: LifeArea;
  /** PractitionerRole of the one who gets it. */
  readonly to: string;
}

/** What a practice and its Wallys agreed on; read by people, evaluated on a day that is named. */
export interface Cooperation {
  readonly goal?: string;
  readonly tasks?: string;
  /** What the practice sees most. */
  readonly problems?: string;
  readonly mayShare?: string;
  readonly agreedOn?: string;
  readonly agreedWith?: string;
  readonly evaluateOn?: string;
}

const partsOf = ({ extension = [] }: Extension) => new Map(extension.map((one) => [one.url, one]));
const all = ({ extension = [] }: HealthcareService, url: string) => extension.filter((one) => one.url === url);

/** The rules in their order; one that says nothing we know is left out: it must not catch everything. */
export function rulesOf(service: HealthcareService): AssignmentRule[] {
  return all(service, extensions.assignmentRule).flatMap((rule): AssignmentRule[] => {
    const parts = partsOf(rule);
    const to = parts.get('to')?.valueReference?.reference?.split('/')[1];
    const under = parts.get('under')?.valuePositiveInt;
    const code = parts.get('lifeArea')?.valueCoding?.code;
    const lifeArea = code && isLifeArea(code) ? code : undefined;
    // A life area of a later list that we do not know: then the rule is not ours to read.
    if (!to || (code && !lifeArea) || (under === undefined && !lifeArea)) return [];
    return [{ to, ...(under !== undefined && { under }), ...(lifeArea && { lifeArea }) }];
  });
}

/** The ages that a service is for, in whole years; `upTo` is not included. */
export interface Ages {
  readonly from?: number;
  readonly upTo?: number;
}

function agesOf(service: HealthcareService): Ages | undefined {
  const [found] = all(service, extensions.servesAges);
  const parts = found && partsOf(found);
  const from = parts?.get('from')?.valuePositiveInt;
  const upTo = parts?.get('upTo')?.valuePositiveInt;
  if (from === undefined && upTo === undefined) return undefined;
  return { ...(from !== undefined && { from }), ...(upTo !== undefined && { upTo }) };
}

/** A time in which a service takes nobody (HealthcareService.notAvailable), in local days; without `to` until further notice. */
export interface Closure {
  readonly why: string;
  readonly from: string;
  readonly to?: string;
}

/** Its closures that say from when; one that does not would close a route by a slip of the pen. */
function closuresOf(service: HealthcareService): Closure[] {
  return (service.notAvailable ?? []).flatMap(({ description, during }): Closure[] => {
    const from = during?.start?.slice(0, 10);
    const to = during?.end?.slice(0, 10);
    return from ? [{ why: description ?? '', from, ...(to && { to }) }] : [];
  });
}

/** When the fixed Wally sees residents at the practice: days of the week and minutes of the local day. */
export interface ConsultingHours {
  readonly days: readonly string[];
  readonly begin: number;
  readonly end: number;
}

const minutesOf = (time: string | undefined) => {
  const [hours, minutes] = (time ?? '').split(':').map(Number);
  return hours === undefined || minutes === undefined || Number.isNaN(hours + minutes)
    ? undefined
    : hours * 60 + minutes;
};

/** The consulting hours of a practice's service (HealthcareService.availableTime); those without days or times say nothing. */
export function consultingHoursOf({ availableTime = [] }: HealthcareService): ConsultingHours[] {
  return availableTime.flatMap(({ daysOfWeek = [], availableStartTime, availableEndTime }): ConsultingHours[] => {
    const [begin, end] = [minutesOf(availableStartTime), minutesOf(availableEndTime)];
    return daysOfWeek.length === 0 || begin === undefined || end === undefined
      ? []
      : [{ days: daysOfWeek, begin, end }];
  });
}

/** For whom and when a service is there; what it does not say is absent. */
export interface ServiceTerms {
  /** Whom some referrals go to instead; most practices have none. */
  readonly rules?: readonly AssignmentRule[];
  /** Whom it is for. */
  readonly ages?: Ages;
  /** When it takes nobody. */
  readonly closures?: readonly Closure[];
  /** When the fixed Wally sees residents at the practice. */
  readonly hours?: readonly ConsultingHours[];
  /** The slip that the practice prints at referring carries the resident's code for "Waar is mijn verwijzing?". */
  readonly printsCode?: true;
  /** The practice asks for letters between contact-and-plan and closing. */
  readonly interimLetters?: true;
}

/** Whether the practice agreed to what a part of the cooperation names. */
const agreedTo = (service: HealthcareService, part: 'printCode' | 'interimLetters'): boolean =>
  all(service, extensions.cooperation).some((one) => partsOf(one).get(part)?.valueBoolean === true);

export function termsOf(service: HealthcareService): ServiceTerms {
  const [rules, ages, closures, hours] = [
    rulesOf(service),
    agesOf(service),
    closuresOf(service),
    consultingHoursOf(service),
  ];
  return {
    ...(rules.length > 0 && { rules }),
    ...(ages && { ages }),
    ...(closures.length > 0 && { closures }),
    ...(hours.length > 0 && { hours }),
    ...(agreedTo(service, 'printCode') && { printsCode: true as const }),
    ...(agreedTo(service, 'interimLetters') && { interimLetters: true as const }),
  };
}

const levelNames = [
  'open',
  'attempt',
  'contact',
  'news',
  'answer',
  'stop',
  'confirm',
] as const satisfies readonly (keyof ServiceLevels)[];

/** The working days that were agreed with the practice, where they differ; undefined when none does. */
export function levelsOf(service: HealthcareService): Partial<ServiceLevels> | undefined {
  const [found] = all(service, extensions.serviceLevels);
  if (!found) return undefined;
  const parts = partsOf(found);
  const entries = levelNames.flatMap((name) => {
    const days = parts.get(name)?.valuePositiveInt;
    return days ? [[name, days] as const] : [];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

const cooperationTexts = ['goal', 'tasks', 'problems', 'mayShare', 'agreedWith'] as const;
const cooperationDays = ['agreedOn', 'evaluateOn'] as const;

export function cooperationOf(service: HealthcareService): Cooperation {
  const [found] = all(service, extensions.cooperation);
  if (!found) return {};
  const parts = partsOf(found);
  return Object.fromEntries([
    ...cooperationTexts.flatMap((name) => {
      const text = parts.get(name)?.valueString;
      return text ? [[name, text]] : [];
    }),
    ...cooperationDays.flatMap((name) => {
      const day = parts.get(name)?.valueDate;
      return day ? [[name, day]] : [];
    }),
  ]);
}

/** What a practice agreed on, as the directory keeps it: the service with these parts instead of those it had. */
export function withAgreed<T extends HealthcareService>(
  service: T,
  agreed: {
    readonly rules: readonly AssignmentRule[];
    readonly levels: Partial<ServiceLevels>;
    readonly cooperation: Cooperation;
    readonly printsCode?: boolean;
    readonly interimLetters?: boolean;
  },
): T {
  const { rules, levels, cooperation, printsCode, interimLetters } = agreed;
  const ours: readonly string[] = [extensions.assignmentRule, extensions.serviceLevels, extensions.cooperation];
  const days = levelNames.flatMap((url): Extension[] => {
    const valuePositiveInt = levels[url];
    return valuePositiveInt ? [{ url, valuePositiveInt }] : [];
  });
  const said = [
    ...cooperationTexts.flatMap((url): Extension[] =>
      cooperation[url] ? [{ url, valueString: cooperation[url] }] : [],
    ),
    ...cooperationDays.flatMap((url): Extension[] => (cooperation[url] ? [{ url, valueDate: cooperation[url] }] : [])),
    ...(printsCode ? [{ url: 'printCode', valueBoolean: true }] : []),
    ...(interimLetters ? [{ url: 'interimLetters', valueBoolean: true }] : []),
  ];
  const { extension = [], ...rest } = service;
  const next: Extension[] = [
    ...extension.filter((one) => !ours.includes(one.url)),
    ...rules.map(
      ({ under, lifeArea, to }): Extension => ({
        url: extensions.assignmentRule,
        extension: [
          ...(under === undefined ? [] : [{ url: 'under', valuePositiveInt: under }]),
          ...(lifeArea ? [{ url: 'lifeArea', valueCoding: { system: codeSystems.lifeArea, code: lifeArea } }] : []),
          { url: 'to', valueReference: { reference: `PractitionerRole/${to}` } },
        ],
      }),
    ),
    ...(days.length > 0 ? [{ url: extensions.serviceLevels, extension: days }] : []),
    ...(said.length > 0 ? [{ url: extensions.cooperation, extension: said }] : []),
  ];
  return { ...rest, ...(next.length > 0 && { extension: next }) } as T;
}
