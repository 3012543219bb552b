import { codeSystems, extensions } from '../fhir/systems.ts';
import type { ExtensionSpec } from './spec.ts';
import { valueSetOf } from './terminology.ts';

const method = valueSetOf(codeSystems.consentMethod);
const text = (name: string, short: string) => ({ name, short, type: 'string' });

/** The extensions on an Endpoint: how a practice's system is spoken to. */
export const onEndpoints: readonly ExtensionSpec[] = [
  {
    url: extensions.bestProof,
    title: 'Best proof of landing',
    description: 'The best proof that this channel can give that a message arrived.',
    context: ['Endpoint'],
    value: { type: 'code', required: valueSetOf(codeSystems.proof) },
  },
  {
    url: extensions.mllpPeer,
    title: 'MLLP peer',
    description: 'Who may send HL7 v2 from there: MSH-4, with a certificate or an address range.',
    context: ['Endpoint'],
    parts: [
      { ...text('facility', 'MSH-4'), min: 1 },
      text('certificate', 'SHA-256 of the client certificate, hex'),
      text('addressRange', 'CIDR'),
    ],
  },
  {
    url: extensions.mllpChannel,
    title: 'MLLP channel',
    description: 'How the system there wants its messages, and what its AE and AR mean.',
    context: ['Endpoint'],
    parts: [
      text('application', 'MSH-5'),
      text('facility', 'MSH-6'),
      text('version', 'MSH-12'),
      text('charset', 'MSH-18'),
      { name: 'onError', type: 'code', short: 'What AE means: hold or retry' },
      { name: 'onReject', type: 'code', short: 'What AR means: hold or retry' },
      { name: 'answerWithinMinutes', type: 'decimal', short: "How long the application's answer may take" },
      { name: 'testing', type: 'boolean', short: 'A test message (MSH-11 T) may come' },
    ],
  },
  {
    url: extensions.medvriMailbox,
    title: 'EDIFACT mailbox',
    description: 'The mailbox behind an address of secure mail.',
    context: ['Endpoint'],
    parts: [
      { ...text('number', 'Mailbox number'), min: 1 },
      text('charset', 'ASCII or 8859/1, for what we send'),
      { name: 'endsAtGp', type: 'boolean', short: 'Nobody between us and the GP opens it' },
      text('writes', 'The characters that its system really writes'),
    ],
  },
  {
    url: extensions.launch,
    title: 'Launch',
    description: 'How a system of the practice opens our refer page (SMART launch, CDS Hooks, signed launch).',
    context: ['Endpoint'],
    parts: [
      text('clientId', 'Our registration there; without it no SMART launch'),
      { name: 'clientProof', type: 'code', short: 'How we prove who we are: public, client_secret or private_key_jwt' },
      text('issuer', 'Who signs its JWTs, when that is not its address'),
      text('jwks', 'The public keys with which it signs (JWKS)'),
      { ...text('origin', 'Of browsers from which it calls CDS Hooks'), many: true },
      { name: 'only', type: 'boolean', short: 'It is for this and nothing else: no feedback goes there' },
      { name: 'demo', type: 'boolean', short: "The demo's: everyone knows its keys" },
    ],
  },
  {
    url: extensions.caseSystem,
    title: 'Case system',
    description:
      'The own case system of who receives referrals, an organisation or one Wally: ' +
      'each referral on the worklist is kept up to date there, and what is done there is the same step here.',
    context: ['Endpoint'],
    value: { type: 'boolean' },
  },
  {
    url: extensions.consentAgreement,
    title: 'Consent agreement',
    description: 'What the practice agreed on consent, for messages that cannot carry it themselves.',
    context: ['Endpoint'],
    parts: [
      { name: 'since', type: 'date', short: 'When it was recorded', min: 1 },
      { name: 'how', type: 'code', short: 'How residents give consent there', min: 1, required: method },
      { name: 'medicalCodes', type: 'boolean', short: 'Medical codes may go along' },
      { name: 'feedback', type: 'code', short: 'content or closure-only' },
    ],
  },
];
