import { codeSystems, extensions } from '../fhir/systems.ts';
import { onEndpoints } from './endpoint-extensions.ts';
import type { ExtensionSpec } from './spec.ts';
import { valueSetOf } from './terminology.ts';

const lifeArea = valueSetOf(codeSystems.lifeArea);
const method = valueSetOf(codeSystems.consentMethod);

/** The extensions on the resources of a referral. */
const onReferrals: readonly ExtensionSpec[] = [
  {
    url: extensions.residentQuestion,
    title: "The resident's own question",
    description: 'What the resident asks, in their own words.',
    context: ['ServiceRequest'],
    value: { type: 'string' },
  },
  {
    url: extensions.safeContact,
    title: 'Safe contact',
    description: 'How the resident may be reached safely. It goes along on every hop, whatever the consent says.',
    context: ['ServiceRequest'],
    parts: [
      { name: 'unsafe', type: 'boolean', short: 'It is not safe at home', min: 1 },
      { name: 'noVoicemail', type: 'boolean', short: 'Leave no voicemail' },
      { name: 'noLetters', type: 'boolean', short: 'Send no letters' },
      { name: 'phone', type: 'string', short: 'The number that is safe' },
      { name: 'times', type: 'string', short: 'When it is safe' },
    ],
  },
  {
    url: extensions.unconfirmed,
    title: 'Not confirmed yet',
    description: 'Registered by a Wally after a call; the practice has not confirmed it yet.',
    context: ['ServiceRequest'],
    value: { type: 'boolean' },
  },
  {
    url: extensions.promise,
    title: 'Promise',
    description: 'In an answer: who calls, on which number, before which day. It is never stored.',
    context: ['ServiceRequest', 'Task', 'Bundle.entry.response'],
    parts: [
      { name: 'number', type: 'string', short: 'The number of the referral', min: 1 },
      { name: 'name', type: 'string', short: 'Who will call' },
      { name: 'team', type: 'string', short: 'Of which organisation', min: 1 },
      { name: 'phone', type: 'string', short: 'Where to reach them' },
      { name: 'callBefore', type: 'date', short: 'The last day on which they call', min: 1 },
      {
        name: 'route',
        type: 'code',
        short: 'How that person was found',
        min: 1,
        required: valueSetOf(codeSystems.route),
      },
    ],
  },
  {
    url: extensions.consentMethod,
    title: 'How consent was given',
    description: 'Spoken or written.',
    context: ['Consent'],
    value: { type: 'code', required: method },
  },
  {
    url: extensions.custody,
    title: 'Custody',
    description: 'Who has custody of a resident under 16. Absent when nobody said.',
    context: ['Consent'],
    value: { type: 'code', required: valueSetOf(codeSystems.custody) },
  },
  {
    url: extensions.lifeAreaOutcome,
    title: 'Outcome of a life area',
    description: 'How it ended for the resident, per life area. Absent when no content may go back.',
    context: ['Communication'],
    parts: [
      { name: 'lifeArea', type: 'Coding', short: 'Which area', min: 1, required: lifeArea },
      { name: 'outcome', type: 'Coding', short: 'How it ended', min: 1, required: valueSetOf(codeSystems.outcome) },
    ],
  },
  {
    url: extensions.actingFor,
    title: 'Acting for',
    description: 'The fixed Wally for whom the owner acts during an absence.',
    context: ['Task'],
    value: { type: 'Reference' },
  },
  {
    url: extensions.proposedOwner,
    title: 'Proposed owner',
    description: 'The colleague to whom the owner offered it; the owner stays the owner until that one accepts.',
    context: ['Task'],
    value: { type: 'Reference' },
  },
  {
    url: extensions.lead,
    title: 'Lead',
    description: 'Who has the lead when that is not the owner: the practice, or the Task at another organisation.',
    context: ['Task'],
    value: { type: 'Reference' },
  },
  {
    url: extensions.interimWanted,
    title: 'Interim message wanted',
    description: 'On the Task at another organisation: the Wally wants to hear how it goes before it is finished.',
    context: ['Task'],
    value: { type: 'boolean' },
  },
  {
    url: extensions.residentAgreed,
    title: 'Resident agreed',
    description:
      "On a message that a Wally's system sends: the resident agreed that its content goes to the GP. False or absent: a closure without content.",
    context: ['Communication'],
    value: { type: 'boolean' },
  },
  {
    url: extensions.gpMustAct,
    title: 'GP must act',
    description:
      "On feedback that a Wally's system sends: the GP must do something, and the first line says what. A practice that wants no interim letters gets one only then.",
    context: ['Communication'],
    value: { type: 'boolean' },
  },
];

const days = (name: string, short: string) => ({ name, short, type: 'positiveInt' });
const text = (name: string, short: string) => ({ name, short, type: 'string' });

/** The extensions in the directory. */
const inDirectory: readonly ExtensionSpec[] = [
  {
    url: extensions.fixedSubstitute,
    title: 'Fixed substitute',
    description: 'Who does the work of this Wally during an absence.',
    context: ['PractitionerRole'],
    value: { type: 'Reference' },
  },
  {
    url: extensions.fixedWally,
    title: 'Fixed Wally',
    description: 'The Wally of a practice, or of one GP where that differs.',
    context: ['HealthcareService', 'PractitionerRole'],
    value: { type: 'Reference' },
  },
  {
    url: extensions.servesPractice,
    title: 'Serves practice',
    description: 'The practice whose Wally this service is.',
    context: ['HealthcareService'],
    value: { type: 'Reference' },
  },
  {
    url: extensions.assignmentRule,
    title: 'Assignment rule',
    description: 'Who gets a referral instead of the fixed Wally. Of a list the first that fits counts.',
    context: ['HealthcareService'],
    parts: [
      { name: 'under', type: 'positiveInt', short: 'Residents younger than so many whole years' },
      { name: 'lifeArea', type: 'Coding', short: 'Referrals about this area', required: lifeArea },
      { name: 'to', type: 'Reference', short: 'Who gets it', min: 1 },
    ],
  },
  {
    url: extensions.servesAges,
    title: 'Serves ages',
    description: 'The ages that a service is for, in whole years; either end may be absent.',
    context: ['HealthcareService'],
    parts: [
      { name: 'from', type: 'positiveInt', short: 'The youngest' },
      { name: 'upTo', type: 'positiveInt', short: 'Younger than' },
    ],
  },
  {
    url: extensions.serviceLevels,
    title: 'Service levels',
    description: 'The working days that were agreed with the practice, where they differ from the usual ones.',
    context: ['HealthcareService'],
    parts: [
      days('open', 'Until the Wally opens it'),
      days('attempt', 'Until the first attempt'),
      days('contact', 'Until contact'),
      days('news', 'Between two messages'),
      days('answer', 'Until the practice answers a question'),
      days('stop', 'Until a request to stop is answered'),
      days('confirm', 'Until the practice confirms a call'),
    ],
  },
  {
    url: extensions.cooperation,
    title: 'Cooperation agreement',
    description: 'What a practice and its Wally agreed; read by people.',
    context: ['HealthcareService'],
    parts: [
      text('goal', 'Goal'),
      text('tasks', 'Tasks'),
      text('problems', 'What the practice sees most'),
      text('mayShare', 'What may be shared'),
      text('agreedWith', 'Who agreed'),
      { name: 'agreedOn', type: 'date', short: 'When' },
      { name: 'evaluateOn', type: 'date', short: 'When it is looked at again' },
      {
        name: 'printCode',
        type: 'boolean',
        short: "The slip printed at referring carries the resident's code, unless home is not safe",
      },
      {
        name: 'interimLetters',
        type: 'boolean',
        short:
          'The practice wants letters between contact-and-plan and closing; else only when the GP must do something',
      },
    ],
  },
  {
    url: extensions.dataContract,
    title: 'Data contract',
    description: 'On what legal basis an organisation receives referrals, and whether that lets it have the BSN.',
    context: ['Organization'],
    parts: [
      { name: 'basis', type: 'Coding', short: 'Legal basis', min: 1, required: valueSetOf(codeSystems.legalBasis) },
      { name: 'bsn', type: 'code', short: 'Use of the BSN', required: valueSetOf(codeSystems.bsnUse) },
    ],
  },
  {
    url: extensions.standardSentence,
    title: 'Standard sentence',
    description:
      'A sentence of its own that a form offers as a button, instead of the usual ones; repeated, in their order. It is about nobody.',
    context: ['Organization'],
    parts: [
      { name: 'for', type: 'code', short: 'The field: firstLine or plan (organisation), reason (practice)', min: 1 },
      { ...text('text', 'The sentence, at most 140 characters'), min: 1 },
    ],
  },
];

/** Every extension of ours, in the order of the guide. */
export const extensionSpecs: readonly ExtensionSpec[] = [...onReferrals, ...inDirectory, ...onEndpoints];
