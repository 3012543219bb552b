import type { Endpoint, Extension, HealthcareService, Organization, PractitionerRole } from '@medplum/fhirtypes';
import type { Said } from '../../fhir/outcome.ts';
import { codeSystems, extensions, identifiers } from '../../fhir/systems.ts';
import type { Stored } from '../../referral/directory/directory.ts';
import { type AssignmentRule, withAgreed } from '../../referral/directory/practice-service.ts';
import { addressForms } from '../../referral/directory/rules.ts';
import { isLifeArea } from '../../referral/life-area.ts';
import type { Fault } from '../form-controls.ts';
import { isAbsentOn, presentFrom, readAbsence, withAbsence } from '../team/absence.ts';
import type { Fields } from './book.ts';
import { closuresIn } from './closures.ts';
import { hoursIn } from './hours.ts';
import { launchIn } from './launch.ts';
import {
  agreed,
  idOf,
  launchesMax,
  launchesOnly,
  levelNames,
  roleCode,
  rulesMax,
  type Thing,
  waysMax,
} from './things.ts';
import {
  concept,
  extended,
  fault,
  identified,
  isDay,
  named,
  type Reading,
  storedAs,
  telecom,
  wholeNumber,
  withoutEmpty,
} from './values.ts';

function rulesIn(fields: Fields): { rules: AssignmentRule[]; faults: Fault[] } {
  const faults: Fault[] = [];
  const rules = Array.from({ length: rulesMax }, (_, n) => n + 1).flatMap((n): AssignmentRule[] => {
    const [under = '', area = '', to = ''] = [fields[`under${n}`], fields[`area${n}`], fields[`to${n}`]];
    if (!under && !area && !to) return [];
    const years = wholeNumber(under);
    if (to === '' || (under !== '' && years === undefined)) {
      faults.push(fault(to === '' ? `to${n}` : `under${n}`, to === '' ? 'choice' : 'years'));
      return [];
    }
    return [{ to, ...(years && { under: years }), ...(isLifeArea(area) && { lifeArea: area }) }];
  });
  return { rules, faults };
}

/** Whom the service is for, in whole years; either end may stay open. */
function agesIn(fields: Fields): { readonly extension: Extension | undefined; readonly faults: readonly Fault[] } {
  const ends = (['from', 'upTo'] as const).flatMap((url) => {
    const field = url === 'from' ? 'agesFrom' : 'agesUpTo';
    const typed = fields[field] ?? '';
    return typed ? [{ url, field, years: wholeNumber(typed) }] : [];
  });
  const said = ends.flatMap(({ url, years }) => (years === undefined ? [] : [{ url, valuePositiveInt: years }]));
  return {
    extension: said.length > 0 ? { url: extensions.servesAges, extension: said } : undefined,
    faults: ends.flatMap(({ field, years }) => (years === undefined ? [fault(field, 'years')] : [])),
  };
}

function readPractice({ book, id, fields, stored, today }: Reading): { resources: Stored[]; faults: Fault[] } {
  const { name = '', agb = '', phone = '', email = '', team = '', wally = '' } = fields;
  const { rules, faults: wrongRules } = rulesIn(fields);
  const was = storedAs(stored, 'HealthcareService');
  const { hours, faults: wrongHours } = hoursIn(fields, was);
  const { closures, faults: wrongClosures } = closuresIn(fields, was, today);
  const rows = (name: string, max: number) =>
    Array.from({ length: max }, (_, n) => fields[`${name}${n + 1}`] ?? '').filter(Boolean);
  const launching = launchesOnly(book);
  const days = levelNames.flatMap((one) => {
    const typed = fields[`level-${one}`] ?? '';
    return typed ? [[one, typed, wholeNumber(typed)] as const] : [];
  });
  const ages = agesIn(fields);
  const faults = [
    ...(team ? [] : [fault('team', 'choice')]),
    ...days.flatMap(([one, , count]) => (count === undefined ? [fault(`level-${one}`, 'days')] : [])),
    ...wrongRules,
    ...wrongHours,
    ...ages.faults,
    ...wrongClosures,
    ...(['agreedOn', 'evaluateOn'] as const).flatMap((one) =>
      !fields[one] || isDay(fields[one]) ? [] : [fault(one, 'day')],
    ),
  ];
  const before = storedAs(stored, 'Organization');
  // Launching ones that the form has no row for stay.
  const launches = (before?.endpoint ?? []).filter((one) => launching.includes(idOf(one) ?? '')).slice(launchesMax);
  const organization: Organization & { id: string } = withoutEmpty({
    ...(before ?? { resourceType: 'Organization' as const, id, type: [concept(codeSystems.organizationType, 'Z3')] }),
    active: fields.active === 'yes',
    name,
    identifier: identified(before ?? {}, identifiers.agb, agb),
    telecom: telecom(before ?? {}, { phone, email }),
    endpoint: [
      ...[...rows('way', waysMax), ...rows('launch', launchesMax)].map((one) => ({ reference: `Endpoint/${one}` })),
      ...launches,
    ],
  });
  const service: HealthcareService & { id: string } = withoutEmpty({
    ...(was ?? { resourceType: 'HealthcareService' as const, id: `wally-of-${id}` }),
    active: fields.active === 'yes',
    name: `Wally van ${name}`,
    providedBy: { reference: `Organization/${team}` },
    availableTime: hours,
    notAvailable: closures,
    extension: extended(was ?? {}, [
      [
        extensions.servesPractice,
        { url: extensions.servesPractice, valueReference: { reference: `Organization/${id}` } },
      ],
      named(extensions.fixedWally, wally),
      [extensions.servesAges, ages.extension],
    ]),
  });
  const cooperation = Object.fromEntries(agreed.flatMap((one) => (fields[one] ? [[one, fields[one]]] : [])));
  const levels = Object.fromEntries(days.flatMap(([one, , count]) => (count ? [[one, count]] : [])));
  return {
    faults,
    resources: [
      organization,
      withAgreed(service, {
        rules,
        levels,
        cooperation,
        printsCode: fields.printCode === 'yes',
        interimLetters: fields.interimLetters === 'yes',
      }),
    ],
  };
}

const kinds = ['wally', 'team-lead', 'gp', 'poh', 'poh-jeugd', 'assistant'];

const notAbsentThen: Said = {
  nl: 'Kies vandaag of een dag die nog komt, waarop deze persoon afwezig zou zijn.',
  en: 'Choose today or a day to come on which this person would be absent.',
};

function readPerson({ id, fields, stored, today }: Reading): { resources: Stored[]; faults: Fault[] } {
  const { name = '', kind = '', organization = '', agb = '', phone = '', email = '' } = fields;
  const { substitute = '', wally = '', lastDay = '' } = fields;
  const faults: Fault[] = [
    ...(kinds.includes(kind) ? [] : [fault('kind', 'choice')]),
    ...(organization ? [] : [fault('organization', 'choice')]),
    ...(lastDay === '' || isDay(lastDay) ? [] : [fault('lastDay', 'day')]),
  ];
  const before = storedAs(stored, 'PractitionerRole');
  const { period, ...kept } = before ?? {
    resourceType: 'PractitionerRole' as const,
    id,
    practitioner: { reference: `Practitioner/${id}` },
    period: undefined,
  };
  const { end: _end, ...began } = period ?? {};
  const until = { ...began, ...(lastDay && { end: lastDay }) };
  const role: PractitionerRole & { id: string } = withoutEmpty({
    ...kept,
    active: fields.active === 'yes',
    ...(Object.keys(until).length > 0 && { period: until }),
    organization: { reference: `Organization/${organization}` },
    code: before && roleCode(before) === kind ? (before.code ?? []) : [concept(codeSystems.role, kind)],
    telecom: telecom(before ?? {}, { phone, email }),
    extension: extended(before ?? {}, [
      named(extensions.fixedSubstitute, substitute),
      named(extensions.fixedWally, wally),
    ]),
  });
  const was = storedAs(stored, 'Practitioner') ?? { resourceType: 'Practitioner' as const, id };
  const person = withoutEmpty({ ...was, name: [{ text: name }], identifier: identified(was, identifiers.agb, agb) });
  const { absentFrom = '', absentTo = '' } = fields;
  const absence = absentFrom || absentTo ? readAbsence(absentFrom, absentTo, today) : undefined;
  if (absence && 'fault' in absence) faults.push({ field: 'absentFrom', said: absence.fault });
  const away = absence && 'from' in absence ? withAbsence(role, absence) : role;
  const { backFrom = '' } = fields;
  const ends = isDay(backFrom) && backFrom >= today && isAbsentOn(away, backFrom);
  const present = ends ? presentFrom(away, backFrom) : away;
  if (backFrom && !ends) faults.push({ field: 'backFrom', said: notAbsentThen });
  return { faults, resources: [present, person] };
}

function readOrganisation({ id, fields, stored }: Reading): { resources: Stored[]; faults: Fault[] } {
  const { name = '', phone = '', email = '', codeEmail = '', kvk = '', basis = '', bsn = '' } = fields;
  const before = storedAs(stored, 'Organization');
  const contract: Extension | undefined = basis
    ? {
        url: extensions.dataContract,
        extension: [
          { url: 'basis', valueCoding: { system: codeSystems.legalBasis, code: basis } },
          { url: 'bsn', valueCode: bsn === 'yes' && basis === 'youth-care' ? 'allowed' : 'none' },
        ],
      }
    : undefined;
  const organization: Organization & { id: string } = withoutEmpty({
    ...(before ?? { resourceType: 'Organization' as const, id }),
    active: fields.active === 'yes',
    name,
    identifier: identified(before ?? {}, identifiers.kvk, kvk),
    telecom: [
      ...telecom(before ?? {}, { phone, email }),
      ...(email && codeEmail ? [{ system: 'email' as const, value: codeEmail }] : []),
    ],
    extension: extended(before ?? {}, [[extensions.dataContract, contract]]),
  });
  return { faults: [], resources: [organization] };
}

function readEndpoint({ id, fields, stored }: Reading): { resources: Stored[]; faults: Fault[] } {
  const { name = '', connection = '', address = '', proof = '' } = fields;
  const before = storedAs(stored, 'Endpoint');
  const endpoint: Endpoint & { id: string } = withoutEmpty({
    ...(before ?? { resourceType: 'Endpoint' as const, id, payloadType: [{ text: 'FHIR R4 Communication' }] }),
    status: fields.active === 'yes' ? ('active' as const) : ('off' as const),
    name,
    connectionType: { system: codeSystems.connectionType, code: connection },
    address,
    extension: extended(before ?? {}, [
      [extensions.bestProof, { url: extensions.bestProof, valueCode: proof }],
      [extensions.launch, launchIn(fields, before)],
    ]),
  });
  const isKnown = Object.hasOwn(addressForms, connection);
  return { faults: isKnown ? [] : [fault('connection', 'choice')], resources: [endpoint] };
}

const readers = {
  practices: readPractice,
  people: readPerson,
  organisations: readOrganisation,
  endpoints: readEndpoint,
} as const satisfies Record<Thing, (reading: Reading) => { resources: Stored[]; faults: Fault[] }>;

const textMax = 2000;
/** Public keys are long. */
const keysMax = 8000;

/**
 * What a form makes of a thing: its resources as they are to be recorded, and what of it cannot be read, under the names
 * of its fields. Whatever stood in a resource and is in no field stays. Whether the directory can be so, its rules say.
 */
export function readThing(thing: Thing, reading: Reading): { resources: readonly Stored[]; faults: readonly Fault[] } {
  const { fields, id, stored, book } = reading;
  const isTaken = stored.length === 0 && book.versions.some((one) => one.id === id);
  const { resources, faults } = readers[thing](reading);
  const all = [
    ...(/^[a-z0-9][a-z0-9-]{0,40}$/.test(id) && !isTaken ? [] : [fault('id', 'id')]),
    ...(fields.name ? [] : [fault('name', 'name')]),
    ...faults,
    ...Object.entries(fields).flatMap(([name, text]) =>
      text.length > (name === 'launchKeys' ? keysMax : textMax) ? [fault(name, 'text')] : [],
    ),
  ];
  return { resources, faults: all };
}
