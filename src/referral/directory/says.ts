import type { Endpoint, Extension, HealthcareService, Organization, PractitionerRole } from '@medplum/fhirtypes';
import type { Issue, Said } from '../../fhir/outcome.ts';
import { codeSystems, extensions } from '../../fhir/systems.ts';
import { isLifeArea } from '../life-area.ts';
import { looksPersonal } from '../looks-personal.ts';
import { issue } from '../refusal.ts';
import type { Stored } from './directory.ts';
import { isProof, jwksFault } from './launch-system.ts';
import { isSentenceField, sentenceMax, sentencesMax, sentencesOf } from './standard-sentences.ts';

const yearsMax = 120;
const daysMax = 250;
const proofs: readonly string[] = ['transport', 'application', 'record'];
const bases: readonly string[] = ['explicit-consent', 'youth-care'];

const said = {
  days: { nl: 'Vul een aantal werkdagen in, van 1 tot 250.', en: 'Fill in a number of working days, from 1 to 250.' },
  rule: {
    nl: 'Een regel heeft een leeftijd (1 tot 120) of een leefgebied, en een Wally.',
    en: 'A rule has an age (1 to 120) or a life area, and a Wally.',
  },
  ages: {
    nl: 'De leeftijden kloppen niet: "vanaf" ligt onder "tot", en boven de 120 is niemand.',
    en: 'The ages cannot be: "from" is below "up to", and nobody is over 120.',
  },
  hours: { nl: 'Een spreekuur begint voordat het eindigt.', en: 'Consulting hours begin before they end.' },
  period: {
    nl: 'Hier ontbreekt de eerste dag: zonder die dag geldt dit nooit.',
    en: 'The first day is missing: without it this never counts.',
  },
  twice: { nl: 'Deze verbinding staat er twee keer.', en: 'This connection stands here twice.' },
  sentence: {
    nl: `Een vaste zin hoort bij een veld, is hooguit ${sentenceMax} tekens lang en noemt niemand.`,
    en: `A standard sentence belongs to a field, has at most ${sentenceMax} characters and names nobody.`,
  },
  sentences: {
    nl: `Er zijn hooguit ${sentencesMax} vaste zinnen per veld.`,
    en: `There are at most ${sentencesMax} standard sentences per field.`,
  },
  basis: { nl: 'Deze grondslag kennen wij niet.', en: 'We do not know this legal basis.' },
  proof: { nl: 'Dit bewijs kennen wij niet.', en: 'We do not know this proof.' },
  launch: {
    nl: 'Starten kan alleen vanuit een systeem met een FHIR-adres.',
    en: 'One launches only from a system with a FHIR address.',
  },
  client: {
    nl: 'Bij een bewijs hoort onze naam daar (client_id), en het bewijs is public, client_secret of private_key_jwt.',
    en: 'A proof needs our name there (client_id), and is public, client_secret or private_key_jwt.',
  },
  issuer: {
    nl: 'Een afzender is een adres of naam zonder spaties.',
    en: 'An issuer is an address or a name without spaces.',
  },
  origin: {
    nl: 'Een herkomst is https:// met de naam van de server, en niets daarachter.',
    en: 'An origin is https:// with the name of the server, and nothing behind it.',
  },
} as const satisfies Record<string, Said>;

/** Something that one resource says wrong by itself; the path is within it. */
const wrong = (reason: string, path: string, what: Said): Issue => issue('value', reason, path, what);

/** Every extension of this kind with its path. */
function each({ resourceType, extension = [] }: Stored, url: string): (readonly [one: Extension, path: string])[] {
  return extension.flatMap((one, nth) =>
    one.url === url ? [[one, `${resourceType}.extension[${nth}]`] as const] : [],
  );
}
const partsOf = ({ extension = [] }: Extension, path: string) =>
  extension.map((part, nth) => [part, `${path}.extension[${nth}]`] as const);

function timesSay(resource: (HealthcareService | PractitionerRole) & { id: string }): Issue[] {
  const { resourceType } = resource;
  // That its end is not before its begin, base R4 says (per-1).
  const closed = (resource.notAvailable ?? []).flatMap(({ during }, nth) =>
    during?.start ? [] : [wrong('period-without-begin', `${resourceType}.notAvailable[${nth}]`, said.period)],
  );
  const open = (resource.availableTime ?? []).flatMap(({ availableStartTime, availableEndTime }, nth) =>
    availableStartTime && availableEndTime && availableStartTime >= availableEndTime
      ? [wrong('hours-order', `${resourceType}.availableTime[${nth}]`, said.hours)]
      : [],
  );
  return [...closed, ...open];
}

function serviceSays(service: HealthcareService & { id: string }): Issue[] {
  const levels = each(service, extensions.serviceLevels).flatMap(([one, at]) =>
    partsOf(one, at).flatMap(([part, path]) => {
      const days = part.valuePositiveInt ?? 0;
      return days >= 1 && days <= daysMax ? [] : [wrong('days-range', path, said.days)];
    }),
  );
  const rules = each(service, extensions.assignmentRule).flatMap(([rule, at]) => {
    const part = (url: string) => rule.extension?.find((one) => one.url === url);
    const [under, area] = [part('under')?.valuePositiveInt, part('lifeArea')?.valueCoding?.code];
    const isRight =
      part('to')?.valueReference !== undefined &&
      (under !== undefined || area !== undefined) &&
      (under === undefined || (under >= 1 && under <= yearsMax)) &&
      (area === undefined || isLifeArea(area));
    return isRight ? [] : [wrong('rule-unclear', at, said.rule)];
  });
  const ages = each(service, extensions.servesAges).flatMap(([one, at]) => {
    const part = (url: string) => one.extension?.find((each) => each.url === url)?.valuePositiveInt;
    const [from, upTo] = [part('from') ?? 0, part('upTo') ?? yearsMax + 1];
    return from < upTo && from <= yearsMax && upTo <= yearsMax + 1 ? [] : [wrong('ages-range', at, said.ages)];
  });
  return [...timesSay(service), ...levels, ...rules, ...ages];
}

function sentencesSay(organization: Organization & { id: string }): Issue[] {
  const unfit = each(organization, extensions.standardSentence).flatMap(([one, at]) => {
    const field = one.extension?.find((part) => part.url === 'for')?.valueCode ?? '';
    const text = one.extension?.find((part) => part.url === 'text')?.valueString ?? '';
    const isFit = text !== '' && text.length <= sentenceMax && !looksPersonal(text).some((look) => look.isCertain);
    return isSentenceField(field) && isFit ? [] : [wrong('sentence-unfit', at, said.sentence)];
  });
  const isMany = Object.values(sentencesOf(organization) ?? {}).some((list) => list.length > sentencesMax);
  return [...unfit, ...(isMany ? [wrong('sentences-many', 'Organization.extension', said.sentences)] : [])];
}

function organizationSays(organization: Organization & { id: string }): Issue[] {
  const ways = (organization.endpoint ?? []).map((one) => one.reference);
  return [
    ...ways.flatMap((one, nth) =>
      ways.indexOf(one) === nth ? [] : [wrong('twice-named', `Organization.endpoint[${nth}]`, said.twice)],
    ),
    ...sentencesSay(organization),
    ...each(organization, extensions.dataContract).flatMap(([one, at]) => {
      const { system, code = '' } = one.extension?.find((part) => part.url === 'basis')?.valueCoding ?? {};
      return system === codeSystems.legalBasis && bases.includes(code) ? [] : [wrong('basis-unknown', at, said.basis)];
    }),
  ];
}

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text);

/** What a launch says part by part; a system from which somebody else could sign people in is never taken in. */
function launchSays(launch: Extension, at: string, isFhir: boolean): Issue[] {
  const parts = partsOf(launch, at);
  const hasClient = parts.some(([{ url, valueString }]) => url === 'clientId' && valueString);
  return [
    ...(isFhir ? [] : [wrong('launch-without-fhir', at, said.launch)]),
    ...parts.flatMap(([{ url, valueString = '', valueCode = '' }, path]) => {
      if (url === 'clientProof' && !(hasClient && isProof(valueCode)))
        return [wrong('client-proof', path, said.client)];
      if (url === 'issuer' && !/^\S{1,300}$/.test(valueString)) return [wrong('issuer-form', path, said.issuer)];
      if (url === 'origin' && !isOrigin(valueString)) return [wrong('origin-form', path, said.origin)];
      const fault = url === 'jwks' ? jwksFault(valueString) : undefined;
      return fault ? [wrong('keys-unusable', path, fault)] : [];
    }),
  ];
}

function endpointSays(endpoint: Endpoint & { id: string }): Issue[] {
  const isFhir = endpoint.connectionType.code === 'hl7-fhir-rest';
  return [
    ...each(endpoint, extensions.bestProof).flatMap(([{ valueCode = '' }, at]) =>
      proofs.includes(valueCode) ? [] : [wrong('proof-unknown', at, said.proof)],
    ),
    ...each(endpoint, extensions.launch).flatMap(([one, at]) => launchSays(one, at, isFhir)),
  ];
}

/** What one resource of the directory says wrong by itself, whatever stands beside it. Pure. */
export function saidWrong(resource: Stored): Issue[] {
  switch (resource.resourceType) {
    case 'HealthcareService':
      return serviceSays(resource);
    case 'Organization':
      return organizationSays(resource);
    case 'PractitionerRole':
      return timesSay(resource);
    case 'Endpoint':
      return endpointSays(resource);
    default:
      return [];
  }
}
