import type { CodeSystem, ValueSet } from '@medplum/fhirtypes';
import type { z } from 'zod';
import { outcomes } from '../feedback/answer.ts';
import type { Message } from '../feedback/communication.ts';
import type { declineReasons, EndReason } from '../feedback/ending.ts';
import type { restSchema } from '../feedback/rest.ts';
import type { Said } from '../fhir/outcome.ts';
import { codeSystems } from '../fhir/systems.ts';
import type { Actor } from '../referral/actor.ts';
import type { Assignment } from '../referral/assignment.ts';
import { custodies } from '../referral/custody.ts';
import type { Proof } from '../referral/directory/channels.ts';
import type { DataContract } from '../referral/directory/contract.ts';
import type { Role } from '../referral/directory/directory.ts';
import { lifeAreas } from '../referral/life-area.ts';
import { TRANSITIONS } from '../referral/lifecycle/transitions.ts';
import type { Referral } from '../referral/referral.ts';
import type { Noted } from '../referral/task-output.ts';
import { asPublished, type Published } from './published.ts';

/** A code system of ours: what it is for, and what each code means. */
export interface Terms {
  readonly title: string;
  readonly description: string;
  readonly codes: Readonly<Record<string, Said>>;
}

const details = {
  'share-reason': { nl: 'de reden mag mee naar de Wally', en: 'the reason may go along to the Wally' },
  'share-medical-codes': {
    nl: 'medische codes en brieven mogen mee',
    en: 'medical codes and letters may go along',
  },
  'feedback-content': { nl: 'de inhoud mag terug naar de praktijk', en: 'content may go back to the practice' },
  'feedback-closure-only': {
    nl: 'alleen dat het is afgesloten mag terug',
    en: 'only that it was closed may go back',
  },
} as const satisfies Record<
  'share-reason' | 'share-medical-codes' | `feedback-${Referral['consent']['feedback']}`,
  Said
>;

const methods = {
  spoken: { nl: 'mondeling', en: 'spoken' },
  written: { nl: 'schriftelijk', en: 'written' },
} as const satisfies Record<Referral['consent']['how'], Said>;

const categories = {
  'feedback-final': { nl: 'laatste terugkoppeling', en: 'final feedback' },
  'feedback-interim': { nl: 'tussenbericht', en: 'interim feedback' },
  question: { nl: 'vraag van de Wally', en: 'question of the Wally' },
  answer: { nl: 'antwoord van de praktijk', en: 'answer of the practice' },
  'practice-message': { nl: 'bericht van de praktijk', en: 'message of the practice' },
  'system-notice': { nl: 'bericht van Kortelijn', en: 'notice of Kortelijn' },
  recall: { nl: 'teruggeroepen bericht', en: 'recalled message' },
} as const satisfies Record<Message['category'] | 'answer' | 'practice-message', Said>;

/** Why a Wally says no, why it rests, why it ended: by their names in the moves. */
const reasons = {
  duplicate: { nl: 'was al verwezen met dezelfde vraag', en: 'was referred already with the same question' },
  'wrong-person': { nl: 'gaat over een andere persoon', en: 'is about another person' },
  'no-consent': { nl: 'de inwoner gaf geen toestemming', en: 'the resident gave no consent' },
  'resident-declines': { nl: 'de inwoner wil geen contact', en: 'the resident wants no contact' },
  time: { nl: 'de inwoner wil tijd', en: 'the resident wants time' },
  'waiting-list': { nl: 'wachtlijst', en: 'waiting list' },
  illness: { nl: 'ziekte', en: 'illness' },
  other: { nl: 'iets anders', en: 'something else' },
  'consent-withdrawn': { nl: 'de inwoner trok de toestemming in', en: 'the resident withdrew consent' },
  deceased: { nl: 'de inwoner is overleden', en: 'the resident died' },
  moved: { nl: 'de inwoner is verhuisd', en: 'the resident moved' },
  'other-practice': { nl: 'de inwoner heeft een andere huisarts', en: 'the resident has another GP' },
} as const satisfies Record<keyof typeof declineReasons | z.infer<typeof restSchema>['why'] | EndReason, Said>;

const outputs = {
  'contact-attempt': { nl: 'poging tot contact', en: 'attempt at contact' },
  contact: { nl: 'contact met de inwoner', en: 'contact with the resident' },
  appointment: { nl: 'afspraak', en: 'appointment' },
  feedback: { nl: 'bericht aan de praktijk', en: 'message to the practice' },
} as const satisfies Record<Noted | 'appointment' | 'feedback', Said>;

const roles = {
  wally: { nl: 'Wally', en: 'Wally (fixed social worker)' },
  'team-lead': { nl: 'teamleider', en: 'team lead' },
  gp: { nl: 'huisarts', en: 'GP' },
  poh: { nl: 'praktijkondersteuner', en: 'practice nurse (POH)' },
  assistant: { nl: 'doktersassistent', en: 'practice assistant' },
  other: { nl: 'iemand anders', en: 'someone else' },
  practice: { nl: 'iemand van de praktijk', en: 'someone of the practice' },
  administrator: { nl: 'beheerder van de regio', en: 'administrator of the region' },
  'practice-system': { nl: 'het systeem van de praktijk', en: "the practice's system" },
  organisation: { nl: 'een organisatie, met een link', en: 'an organisation, by a link' },
  resident: { nl: 'de inwoner zelf', en: 'the resident' },
  coordinator: { nl: 'coördinator van de regio', en: 'coordinator of the region' },
  'wally-system': { nl: 'het systeem van de organisatie van de Wally', en: "the system of the Wally's organisation" },
  'coordinator-system': { nl: 'het systeem van de coördinator', en: "the coordinator's system" },
  'administrator-system': { nl: 'het systeem van de beheerder', en: "the administrator's system" },
  line: { nl: 'Kortelijn zelf', en: 'Kortelijn itself' },
} as const satisfies Record<Role['kind'] | Actor['role'], Said>;

const bases = {
  consent: { nl: 'uitdrukkelijke toestemming', en: 'explicit consent (GDPR 9(2)(a))' },
  'youth-care': { nl: 'jeugdhulp (Jeugdwet)', en: 'youth care (Jeugdwet)' },
} as const satisfies Record<DataContract['basis'], Said>;

const proofs = {
  transport: { nl: 'ontvangen door het transport', en: 'received by the transport' },
  application: { nl: 'aangenomen door het systeem van de praktijk', en: "accepted by the practice's system" },
  record: { nl: 'teruggelezen uit het dossier', en: 'read back from the record' },
} as const satisfies Record<Proof, Said>;

const routes = {
  'fixed-wally': { nl: 'de vaste Wally', en: 'the fixed Wally' },
  substitute: { nl: 'de vaste vervanger', en: 'the fixed substitute' },
  'team-queue': { nl: 'de wachtrij van het team', en: 'the queue of the team' },
} as const satisfies Record<Assignment['route'], Said>;

const bsnUses = {
  none: { nl: 'krijgt geen BSN', en: 'gets no BSN' },
  allowed: { nl: 'mag het BSN hebben', en: 'may have the BSN' },
} as const satisfies Record<DataContract['bsn'], Said>;

/** The names of the thirteen domains, in the order of the matrix (ZRM 2017). */
const zrm = {
  finances: { nl: 'Financiën', en: 'Finances' },
  'work-and-education': { nl: 'Werk & opleiding', en: 'Work and education' },
  'use-of-time': { nl: 'Tijdsbesteding', en: 'Use of time' },
  housing: { nl: 'Huisvesting', en: 'Housing' },
  'domestic-relations': { nl: 'Huiselijke relaties', en: 'Domestic relations' },
  'mental-health': { nl: 'Geestelijke gezondheid', en: 'Mental health' },
  'physical-health': { nl: 'Lichamelijke gezondheid', en: 'Physical health' },
  'substance-use': { nl: 'Middelengebruik', en: 'Substance use' },
  'basic-adl': { nl: 'Basale ADL', en: 'Basic activities of daily life' },
  'instrumental-adl': { nl: 'Instrumentele ADL', en: 'Instrumental activities of daily life' },
  'social-network': { nl: 'Sociaal netwerk', en: 'Social network' },
  participation: { nl: 'Maatschappelijke participatie', en: 'Participation in society' },
  justice: { nl: 'Justitie', en: 'Justice' },
} as const satisfies Record<string, Said>;

const positiveHealth = {
  'bodily-functions': { nl: 'lichaamsfuncties', en: 'bodily functions' },
  'mental-wellbeing': { nl: 'mentaal welbevinden', en: 'mental wellbeing' },
  meaningfulness: { nl: 'zingeving', en: 'meaningfulness' },
  'quality-of-life': { nl: 'kwaliteit van leven', en: 'quality of life' },
  participation: { nl: 'meedoen', en: 'participation' },
  'daily-functioning': { nl: 'dagelijks functioneren', en: 'daily functioning' },
} as const satisfies Record<string, Said>;

/** Every state that a row of the one table can leave behind, and the one in which a Task begins. */
function businessStatuses(): Record<string, Said> {
  const said = TRANSITIONS.flatMap((row) =>
    row.businessStatus && row.said ? [[row.businessStatus, row.said] as const] : [],
  );
  return { new: { nl: 'nieuw', en: 'new' }, ...Object.fromEntries(said) };
}

/** The code systems whose codes stand in the source as constants, by their URI. */
export const terms: Readonly<Record<string, Terms>> = {
  [codeSystems.lifeArea]: {
    title: 'Life areas',
    description: 'The areas of life that a referral is about, as people in the social domain name them.',
    codes: lifeAreas,
  },
  [codeSystems.businessStatus]: {
    title: 'State of the work',
    description: 'What happened last to a Task. It never says how far a message is: that is not a state of the work.',
    codes: businessStatuses(),
  },
  [codeSystems.outcome]: {
    title: 'Outcome per life area',
    description: 'How it ended for the resident, per life area.',
    codes: outcomes,
  },
  [codeSystems.communicationCategory]: {
    title: 'Kind of message',
    description: 'What kind of message a Communication is.',
    codes: categories,
  },
  [codeSystems.statusReason]: {
    title: 'Why it has its state',
    description: 'Why a Wally said no, why the work rests, or why it ended (Task.statusReason).',
    codes: reasons,
  },
  [codeSystems.taskOutput]: {
    title: 'Kind of output',
    description: 'What the Wally noted on a Task: contacts, appointments, messages.',
    codes: outputs,
  },
  [codeSystems.consentDetail]: {
    title: 'Scope of the consent',
    description: 'What the resident agreed to, in both directions.',
    codes: details,
  },
  [codeSystems.consentMethod]: {
    title: 'How consent was given',
    description: 'How the resident gave consent.',
    codes: methods,
  },
  [codeSystems.custody]: {
    title: 'Custody',
    description: 'Who has custody of a resident under 16.',
    codes: custodies,
  },
  [codeSystems.legalBasis]: {
    title: 'Legal basis',
    description: 'On what basis an organisation receives a referral.',
    codes: { 'explicit-consent': bases.consent, 'youth-care': bases['youth-care'] },
  },
  [codeSystems.bsnUse]: {
    title: 'Use of the BSN',
    description: 'Whether an organisation may have the citizen service number (Wabvpz 9, Jeugdwet 7.2.1).',
    codes: bsnUses,
  },
  [codeSystems.role]: { title: 'Roles', description: 'Who acts, and what someone is in the directory.', codes: roles },
  [codeSystems.proof]: {
    title: 'Proof of landing',
    description: 'The best proof that a channel can give that feedback arrived.',
    codes: proofs,
  },
  [codeSystems.route]: {
    title: 'Route of a referral',
    description: 'How the owner of a referral was found.',
    codes: routes,
  },
  [codeSystems.zrm]: {
    title: 'Zelfredzaamheid-Matrix 2017: domains',
    description:
      'Stand-in for the names of the thirteen domains, to map to; the matrix itself is of GGD Amsterdam and publishes no URI.',
    codes: zrm,
  },
  [codeSystems.positiveHealth]: {
    title: 'Positieve Gezondheid: dimensions',
    description: 'Stand-in for the names of the six dimensions, to map to; no URI is published for them.',
    codes: positiveHealth,
  },
};

/** The URI of the ValueSet that holds all codes of a code system of ours. */
export const valueSetOf = (system: string): string => system.replace('/CodeSystem/', '/ValueSet/');

/** A code system of ours as FHIR, complete, with Dutch as designation. */
export function toCodeSystem(url: string, { title, description, codes }: Terms): Published<CodeSystem> {
  return {
    resourceType: 'CodeSystem',
    ...asPublished(url, title, description),
    caseSensitive: true,
    valueSet: valueSetOf(url),
    content: 'complete',
    count: Object.keys(codes).length,
    concept: Object.entries(codes).map(([code, { nl, en }]) => ({
      code,
      display: en,
      ...(nl !== en && { designation: [{ language: 'nl', value: nl }] }),
    })),
  };
}

/** The set of all codes of a code system of ours. */
export function toValueSet(url: string, { title, description }: Terms): Published<ValueSet> {
  return {
    resourceType: 'ValueSet',
    ...asPublished(valueSetOf(url), title, description),
    immutable: true,
    compose: { include: [{ system: url }] },
  };
}

/** The codes that a value set of ours allows; undefined for a set that is not ours. */
export function codesOf(all: Readonly<Record<string, Terms>>, valueSet: string): ReadonlySet<string> | undefined {
  const found = Object.entries(all).find(([system]) => valueSetOf(system) === valueSet);
  return found && new Set(Object.keys(found[1].codes));
}
