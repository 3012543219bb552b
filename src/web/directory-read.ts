import type { Endpoint, Extension, HealthcareService, Organization, PractitionerRole } from '@medplum/fhirtypes';
import { validAgb } from '../fhir/identifiers.ts';
import type { Said } from '../fhir/outcome.ts';
import { codeSystems, extensions, identifiers } from '../fhir/systems.ts';
import { validateBaseR4 } from '../fhir/validate.ts';
import { isLifeArea } from '../referral/life-area.ts';
import { type AssignmentRule, withAgreed } from '../referral/practice-service.ts';
import { isAbsentOn, presentFrom, readAbsence, withAbsence } from './absence.ts';
import { hoursIn } from './directory-hours.ts';
import {
  agreed,
  type Book,
  type Fields,
  idOf,
  launchesOnly,
  levelNames,
  organisations,
  roleCode,
  rulesMax,
  type Stored,
  type Thing,
  wallys,
  waysMax,
} from './directory-things.ts';
import {
  concept,
  extended,
  fault,
  identified,
  isDay,
  isOneOf,
  named,
  type Reading,
  storedAs,
  telecom,
  withoutEmpty,
} from './directory-values.ts';
import type { Fault } from './form-controls.ts';

function rulesIn(fields: Fields, book: Book): { rules: AssignmentRule[]; faults: Fault[] } {
  const faults: Fault[] = [];
  const rules = Array.from({ length: rulesMax }, (_, n) => n + 1).flatMap((n): AssignmentRule[] => {
    const [under = '', area = '', to = ''] = [fields[`under${n}`], fields[`area${n}`], fields[`to${n}`]];
    if (!under && !area && !to) return [];
    const years = Number(under);
    const isRight =
      isOneOf(wallys(book), to) &&
      (under !== '' || area !== '') &&
      (under === '' || (Number.isInteger(years) && years >= 1 && years <= 120)) &&
      (area === '' || isLifeArea(area));
    if (!isRight) {
      faults.push(fault(`under${n}`, 'rule'));
      return [];
    }
    return [{ to, ...(under && { under: years }), ...(isLifeArea(area) && { lifeArea: area }) }];
  });
  return { rules, faults };
}

function readPractice({ book, id, fields, stored }: Reading): { resources: Stored[]; faults: Fault[] } {
  const { name = '', agb = '', phone = '', email = '', team = '', wally = '' } = fields;
  const { rules, faults: wrongRules } = rulesIn(fields, book);
  const was = storedAs(stored, 'HealthcareService');
  const { hours, faults: wrongHours } = hoursIn(fields, was);
  const ways = Array.from({ length: waysMax }, (_, n) => fields[`way${n + 1}`] ?? '').filter(Boolean);
  const launching = launchesOnly(book);
  const endpoints = book.versions
    .filter((one) => one.type === 'Endpoint' && !launching.includes(one.id))
    .map((one) => one.id);
  const days = levelNames.flatMap((one) =>
    fields[`level-${one}`] ? [[one, Number(fields[`level-${one}`])] as const] : [],
  );
  const faults = [
    ...(agb === '' || validAgb(agb) ? [] : [fault('agb', 'agb')]),
    ...(isOneOf(organisations(book, 'teams'), team) ? [] : [fault('team', 'choice')]),
    ...(wally === '' || isOneOf(wallys(book), wally) ? [] : [fault('wally', 'choice')]),
    ...ways.flatMap((one, n) =>
      endpoints.includes(one) && ways.indexOf(one) === n ? [] : [fault(`way${n + 1}`, 'choice')],
    ),
    ...days.flatMap(([one, count]) =>
      Number.isInteger(count) && count >= 1 && count <= 250 ? [] : [fault(`level-${one}`, 'days')],
    ),
    ...wrongRules,
    ...wrongHours,
    ...(['agreedOn', 'evaluateOn'] as const).flatMap((one) =>
      !fields[one] || isDay(fields[one]) ? [] : [fault(one, 'day')],
    ),
  ];
  const before = storedAs(stored, 'Organization');
  const organization: Organization & { id: string } = withoutEmpty({
    ...(before ?? { resourceType: 'Organization' as const, id, type: [concept(codeSystems.organizationType, 'Z3')] }),
    active: fields.active === 'yes',
    name,
    identifier: identified(before ?? {}, identifiers.agb, agb),
    telecom: telecom(before ?? {}, { phone, email }),
    endpoint: [
      ...ways.map((one) => ({ reference: `Endpoint/${one}` })),
      ...(before?.endpoint ?? []).filter((one) => launching.includes(idOf(one) ?? '')),
    ],
  });
  const service: HealthcareService & { id: string } = withoutEmpty({
    ...(was ?? { resourceType: 'HealthcareService' as const, id: `wally-of-${id}` }),
    active: fields.active === 'yes',
    name: `Wally van ${name}`,
    providedBy: { reference: `Organization/${team}` },
    availableTime: hours,
    extension: extended(was ?? {}, [
      [
        extensions.servesPractice,
        { url: extensions.servesPractice, valueReference: { reference: `Organization/${id}` } },
      ],
      named(extensions.fixedWally, wally),
    ]),
  });
  const cooperation = Object.fromEntries(agreed.flatMap((one) => (fields[one] ? [[one, fields[one]]] : [])));
  const levels = Object.fromEntries(days);
  return { faults, resources: [organization, withAgreed(service, { rules, levels, cooperation })] };
}

const kinds = ['wally', 'team-lead', 'gp', 'poh', 'poh-jeugd', 'assistant'];

const notAbsentThen: Said = {
  nl: 'Kies vandaag of een dag die nog komt, waarop deze persoon afwezig zou zijn.',
  en: 'Choose today or a day to come on which this person would be absent.',
};

function readPerson({ book, id, fields, stored, today }: Reading): { resources: Stored[]; faults: Fault[] } {
  const { name = '', kind = '', organization = '', agb = '', phone = '', email = '' } = fields;
  const { substitute = '', wally = '', lastDay = '' } = fields;
  const isOurs = kind === 'wally' || kind === 'team-lead';
  const where = kind === 'poh-jeugd' ? 'all' : isOurs ? 'teams' : 'practices';
  const faults: Fault[] = [
    ...(kinds.includes(kind) ? [] : [fault('kind', 'choice')]),
    ...(isOneOf(organisations(book, where), organization) ? [] : [fault('organization', 'choice')]),
    ...(agb === '' || validAgb(agb) ? [] : [fault('agb', 'agb')]),
    ...(substitute === '' || isOneOf(wallys(book), substitute) ? [] : [fault('substitute', 'choice')]),
    ...(substitute !== '' && substitute === id ? [fault('substitute', 'self')] : []),
    ...(wally === '' || isOneOf(wallys(book), wally) ? [] : [fault('wally', 'choice')]),
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
  return {
    faults: ['', 'explicit-consent', 'youth-care'].includes(basis) ? [] : [fault('basis', 'choice')],
    resources: [organization],
  };
}

const schemes: Readonly<Record<string, RegExp>> = {
  'hl7-fhir-rest': /^https?:\/\/[^\s@?#]+$/,
  'hl7v2-mllp': /^mllp:\/\/[\w.-]+:\d{1,5}$/,
  'secure-email': /^mailto:[^\s@]+@[^\s@]+$/,
};

function readEndpoint({ id, fields, stored }: Reading): { resources: Stored[]; faults: Fault[] } {
  const { name = '', connection = '', address = '', proof = '' } = fields;
  const before = storedAs(stored, 'Endpoint');
  const endpoint: Endpoint & { id: string } = withoutEmpty({
    ...(before ?? { resourceType: 'Endpoint' as const, id, payloadType: [{ text: 'FHIR R4 Communication' }] }),
    status: fields.active === 'yes' ? ('active' as const) : ('off' as const),
    name,
    connectionType: { system: codeSystems.connectionType, code: connection },
    address,
    extension: extended(before ?? {}, [[extensions.bestProof, { url: extensions.bestProof, valueCode: proof }]]),
  });
  return {
    faults: [
      ...(schemes[connection] ? [] : [fault('connection', 'choice')]),
      ...(schemes[connection]?.test(address) === false ? [fault('address', 'address')] : []),
      ...(['transport', 'application', 'record'].includes(proof) ? [] : [fault('proof', 'choice')]),
    ],
    resources: [endpoint],
  };
}

const readers = {
  practices: readPractice,
  people: readPerson,
  organisations: readOrganisation,
  endpoints: readEndpoint,
} as const satisfies Record<Thing, (reading: Reading) => { resources: Stored[]; faults: Fault[] }>;

const textMax = 2000;

/**
 * What a form makes of a thing: its resources as they are to be recorded, or what is wrong under the names of its fields.
 * Whatever stood in a resource and is in no field stays. Pure.
 */
export function readThing(thing: Thing, reading: Reading): { resources: readonly Stored[]; faults: readonly Fault[] } {
  const { fields, id, stored, book } = reading;
  const isTaken = stored.length === 0 && book.versions.some((one) => one.id === id);
  const { resources, faults } = readers[thing](reading);
  const all = [
    ...(/^[a-z0-9][a-z0-9-]{0,40}$/.test(id) && !isTaken ? [] : [fault('id', 'id')]),
    ...(fields.name ? [] : [fault('name', 'name')]),
    ...faults,
    ...Object.entries(fields).flatMap(([name, text]) => (text.length > textMax ? [fault(name, 'text')] : [])),
  ];
  const isValid = () => resources.every((one) => validateBaseR4(one).every((found) => found.severity !== 'error'));
  return all.length > 0 || isValid() ? { resources, faults: all } : { resources, faults: [fault('name', 'text')] };
}
