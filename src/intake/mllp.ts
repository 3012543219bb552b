import { decodeBytes } from '../hl7v2/charset.ts';
import { fromControlId } from '../hl7v2/control-id.ts';
import type { Framed } from '../hl7v2/frame.ts';
import { fieldOf, type Message, parseMessage, segmentOf } from '../hl7v2/message.ts';
import type { Log } from '../log.ts';
import { type Mapping, runMapping } from '../mapping/run.ts';
import type { Actor } from '../referral/actor.ts';
import type { MllpPeer } from '../referral/mllp.ts';
import { isRefusal, issue, type Refusal, refusals, refuse } from '../referral/refusal.ts';
import { type Accepted, type Accepting, acceptReferral } from './accept.ts';
import { acceptedAnswers, committedAnswer, type Envelope, readEnvelope, refusedAnswers } from './mllp-answer.ts';
import { type From, findPeer } from './mllp-peer.ts';
import { bug, isFault, keepRefused } from './refused.ts';

export interface MllpDoor extends Accepting {
  readonly mapping: Mapping;
  readonly log: Log;
  /** Takes an application's answer to a message of ours, from the practice it went to; false when none waits for it. */
  readonly answered: (practice: string, messageId: string, said: 'yes' | 'error' | 'reject') => Promise<boolean>;
}

const door = 'mllp';

const rejections = {
  stranger: issue('login', 'unknown-peer', 'MSH-4', {
    nl: 'Wij kennen deze afzender niet. Laat de beheerder van uw regio uw systeem en de naam in MSH-4 toevoegen.',
    en: 'We do not know this sender. Have the administrator of your region add your system and the name in MSH-4.',
  }),
  truncated: issue('structure', 'truncated', '', {
    nl: 'Dit bericht brak af voordat het compleet was. Er is niets van bewaard. Stuur het opnieuw.',
    en: 'This message broke off before it was complete. Nothing of it was kept. Send it again.',
  }),
  charset: issue('structure', 'data-type', 'MSH-18', {
    nl: 'De tekens in dit bericht passen niet bij de tekenset in MSH-18. Wij raden niet hoe een naam heet.',
    en: 'The characters of this message do not fit the character set in MSH-18. We do not guess how a name is spelled.',
  }),
  nothingSent: issue('not-found', 'unknown-message', 'MSA-2', {
    nl: 'Wij hebben u geen bericht met dit nummer gestuurd.',
    en: 'We did not send you a message with this number.',
  }),
  unreadable: (path: string) =>
    issue('structure', 'not-parseable', path, {
      nl: 'Wij kunnen dit bericht niet lezen: het is geen geldig HL7 v2.',
      en: 'We cannot read this message: it is not valid HL7 v2.',
    }),
};

const answers: Readonly<Record<string, 'yes' | 'error' | 'reject'>> = { AA: 'yes', AE: 'error', AR: 'reject' };

const unsupported = (reason: string, path: string, nl: string, en: string) =>
  issue('not-supported', reason, path, { nl, en });

/** What a header asks that this door does not do: only REF^I12, in production, of version 2.3 to 2.8. */
function headerIssues({ header }: Envelope) {
  return [
    ...(header.type === 'REF'
      ? []
      : [
          unsupported(
            'message-type',
            'MSH-9.1',
            'Hier nemen wij alleen verwijzingen aan (REF^I12).',
            'Here we only take referrals (REF^I12).',
          ),
        ]),
    ...(header.type !== 'REF' || header.event === 'I12'
      ? []
      : [
          unsupported(
            'event-code',
            'MSH-9.2',
            'Wijzigen en intrekken kan nog niet per bericht. Bel de Wally, of gebruik de pagina van uw praktijk.',
            'Changing and withdrawing by message is not possible yet. Call the Wally, or use the page of your practice.',
          ),
        ]),
    ...(header.processing === 'P'
      ? []
      : [
          unsupported(
            'processing-id',
            'MSH-11',
            'Wij nemen alleen echte berichten aan (P), geen tests.',
            'We only take production messages (P), no tests.',
          ),
        ]),
    ...(/^2\.[3-8](\.|$)/.test(header.version)
      ? []
      : [
          unsupported(
            'version-id',
            'MSH-12',
            'Deze versie van HL7 lezen wij niet; 2.3 tot en met 2.8 wel.',
            'We do not read this version of HL7; we do read 2.3 to 2.8.',
          ),
        ]),
    ...(header.controlId === ''
      ? [
          refusals.required('MSH-10', {
            nl: 'Het nummer van het bericht (MSH-10)',
            en: 'The number of the message (MSH-10)',
          }),
        ]
      : []),
    ...(header.application === ''
      ? [refusals.required('MSH-3', { nl: 'De naam van het systeem (MSH-3)', en: 'The name of the system (MSH-3)' })]
      : []),
  ];
}

async function take(
  parts: MllpDoor,
  peer: MllpPeer,
  actor: Actor,
  envelope: Envelope,
  bytes: Buffer,
): Promise<{ message: Message; accepted: Accepted } | Refusal> {
  const { header, charset } = envelope;
  const text = charset && decodeBytes(bytes, charset);
  if (charset === undefined || text === undefined) return refuse(rejections.charset);
  const message = parseMessage(text, charset);
  if ('unreadable' in message) return refuse(rejections.unreadable(message.path));
  const issues = headerIssues(envelope);
  if (issues.length > 0) return refuse(...issues);
  const mapped = runMapping(
    parts.mapping,
    { message, ...(peer.agreement && { agreement: peer.agreement }) },
    new Map(),
  );
  if (isRefusal(mapped)) return mapped;
  const accepted = await acceptReferral(parts, {
    practice: peer.practice,
    // Decision 2: one key per (practice, MSH-3, MSH-10, MSH-9); MSH-9.3 may be there or not.
    application: header.application,
    controlId: header.controlId,
    messageType: `${header.type}^${header.event}`,
    actor,
    door,
    mapped,
    source: { contentType: 'x-application/hl7-v2+er7', base64: bytes.toString('base64') },
    undoMs: 0,
  });
  return isRefusal(accepted) ? accepted : { message, accepted };
}

/** ACK to a message of ours, on a connection that the practice opened for it (enhanced mode). Nothing is kept of it. */
async function takeAnswer(parts: MllpDoor, peer: MllpPeer, envelope: Envelope, bytes: Buffer): Promise<Uint8Array[]> {
  const at = { newId: parts.store.newId, now: parts.store.clock() };
  const message = parseMessage(decodeBytes(bytes, envelope.charset ?? '8859/1') ?? '', '8859/1');
  if ('unreadable' in message) return refusedAnswers(envelope, refuse(rejections.unreadable(message.path)), at);
  const msa = segmentOf(message, 'MSA');
  const [said, messageId] = [answers[fieldOf(message, msa, 1)], fromControlId(fieldOf(message, msa, 2))];
  const isTaken =
    said !== undefined && messageId !== undefined && (await parts.answered(peer.practice, messageId, said));
  parts.log.info('delivery-answered', { door, practice: peer.practice, outcome: isTaken ? (said ?? '') : 'unknown' });
  return isTaken ? committedAnswer(envelope, at) : refusedAnswers(envelope, refuse(rejections.nothingSent), at);
}

async function known(parts: MllpDoor, peer: MllpPeer, envelope: Envelope, bytes: Buffer): Promise<Uint8Array[]> {
  const { practice } = peer;
  const application = envelope.header.application || peer.facility;
  const actor: Actor = { id: application, name: application, role: 'practice-system', organization: practice };
  const taken = await take(parts, peer, actor, envelope, bytes);
  const at = { newId: parts.store.newId, now: parts.store.clock() };
  if (isRefusal(taken)) {
    // What we could not do now comes again by itself: only a no that stands is kept.
    if (taken.refused.every((one) => one.code !== 'transient'))
      await keepRefused(parts.store, { practice, application, actor, door }, bytes, taken);
    parts.log.info('referral-refused', { door, practice, code: taken.refused[0]?.reason ?? '' });
    return refusedAnswers(envelope, taken, at);
  }
  const { answer, replayed } = taken.accepted;
  parts.log.info('referral-accepted', {
    door,
    practice,
    journey: answer.journey,
    outcome: replayed ? 'replayed' : 'new',
  });
  return acceptedAnswers(envelope, taken.message, answer, at);
}

/**
 * What is answered to what came out of the wire, ready to be framed; nothing when the sender asked for nothing. A
 * stranger's message is looked at no further than its header and leaves nothing behind (decisions 14 and 15). A fault of
 * ours is a no too, never a broken connection: the sender must learn that it has to send again.
 */
export async function answerFrame(parts: MllpDoor, from: From, framed: Framed): Promise<Uint8Array[]> {
  const bytes = Buffer.from(framed.kind === 'message' ? framed.bytes : framed.head);
  const envelope = readEnvelope(bytes, framed.kind !== 'message');
  const no = (refusal: Refusal) =>
    refusedAnswers(envelope, refusal, { newId: parts.store.newId, now: parts.store.clock() });
  try {
    if (framed.kind === 'truncated') return no(refuse(rejections.truncated));
    if (!envelope.head) return no(refuse(rejections.unreadable('')));
    const directory = await parts.directory();
    const peers = [...directory.practices.values()].flatMap((one) => one.peers);
    const peer = findPeer(peers, from, envelope.header.facility);
    if (!peer) {
      parts.log.warn('mllp-stranger', { door });
      return no(refuse(rejections.stranger));
    }
    if (framed.kind === 'too-large') return no(refuse(refusals.tooLong('')));
    return await (envelope.header.type === 'ACK' ? takeAnswer : known)(parts, peer, envelope, bytes);
  } catch (error) {
    parts.log.bug('mllp-door', error, { door });
    return no(refuse(isFault(error) ? refusals.busy() : bug()));
  }
}
