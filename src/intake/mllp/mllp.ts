import { decodeBytes } from '../../hl7v2/charset.ts';
import { fromControlId } from '../../hl7v2/control-id.ts';
import type { Framed } from '../../hl7v2/frame.ts';
import { fieldOf, type Message, parseMessage, segmentOf } from '../../hl7v2/message.ts';
import type { Log } from '../../log.ts';
import { readMessage } from '../../mapping/reading.ts';
import { chooseMapping, type Mapping } from '../../mapping/run.ts';
import type { Actor } from '../../referral/actor.ts';
import type { MllpPeer } from '../../referral/directory/mllp.ts';
import type { Mapped } from '../../referral/format.ts';
import { isRefusal, type Refusal, refusals, refuse } from '../../referral/refusal.ts';
import { acceptMessage } from '../accept.ts';
import { type Accepted, type Accepting, journeyIn } from '../arriving.ts';
import { bug, isFault, keepRefused, refusedLine } from '../refused.ts';
import { acceptedAnswers, committedAnswer, type Envelope, readEnvelope, refusedAnswers } from './answer.ts';
import { type From, findPeer } from './peer.ts';
import { headerIssues, rejections } from './refusals.ts';

export interface MllpDoor extends Accepting {
  readonly mappings: ReadonlyMap<string, Mapping>;
  readonly log: Log;
  /** Takes an application's answer to a message of ours, from the practice it went to; false when none waits for it. */
  readonly answered: (practice: string, messageId: string, said: 'yes' | 'error' | 'reject') => Promise<boolean>;
}

const door = 'mllp';
export const hl7ContentType = 'x-application/hl7-v2+er7';

const answers: Readonly<Record<string, 'yes' | 'error' | 'reject'>> = { AA: 'yes', AE: 'error', AR: 'reject' };

/** A known peer's message as a referral, as far as no other system is needed; or every reason why not. Pure. */
export function readReferral(
  mappings: ReadonlyMap<string, Mapping>,
  peer: MllpPeer,
  envelope: Envelope,
  bytes: Uint8Array,
): { message: Message; mapped: Mapped } | Refusal {
  const { charset } = envelope;
  const text = charset && decodeBytes(bytes, charset);
  if (charset === undefined || text === undefined) return refuse(rejections.charset);
  const message = parseMessage(text, charset);
  if ('unreadable' in message) return refuse(rejections.unreadable(message.path));
  const issues = headerIssues(envelope.header);
  if (issues.length > 0) return refuse(...issues);
  const received = { message, ...(peer.agreement && { agreement: peer.agreement }) };
  const mapping = chooseMapping(mappings, 'hl7v2', received);
  if (isRefusal(mapping)) return mapping;
  const mapped = readMessage(mapping, received, new Map());
  return isRefusal(mapped) ? mapped : { message, mapped };
}

/**
 * Decision 2: one key per (practice, MSH-3, MSH-10, MSH-9); MSH-9.3 may be there or not. Some senders give several messages
 * the same MSH-10: their mapping says what tells these apart.
 */
export function messageKeyOf({ header }: Envelope, mapped: Mapped) {
  return {
    application: header.application,
    controlId: mapped.messageKey ?? header.controlId,
    messageType: `${header.type}^${header.event}`,
  };
}

async function take(
  parts: MllpDoor,
  peer: MllpPeer,
  actor: Actor,
  envelope: Envelope,
  bytes: Buffer,
): Promise<{ message: Message; accepted: Accepted } | Refusal> {
  const read = readReferral(parts.mappings, peer, envelope, bytes);
  if (isRefusal(read)) return read;
  const accepted = await acceptMessage(parts, {
    practice: peer.practice,
    ...messageKeyOf(envelope, read.mapped),
    actor,
    door,
    mapped: read.mapped,
    source: { contentType: hl7ContentType, base64: bytes.toString('base64') },
    undoMs: 0,
  });
  return isRefusal(accepted) ? accepted : { message: read.message, accepted };
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
  const application = envelope.header.application.slice(0, 199) || peer.facility;
  const actor: Actor = { id: application, name: application, role: 'practice-system', organization: practice };
  const taken = await take(parts, peer, actor, envelope, bytes);
  const at = { newId: parts.store.newId, now: parts.store.clock() };
  if (isRefusal(taken)) {
    // What we could not do now comes again by itself: only a no that stands is kept.
    const stands = taken.refused.every((one) => one.code !== 'transient');
    const by = { practice, application, actor, door, controlId: envelope.header.controlId };
    const kept = stands ? await keepRefused(parts.store, by, bytes, taken) : undefined;
    parts.log.info('referral-refused', refusedLine(by, taken, kept));
    return refusedAnswers(envelope, taken, at);
  }
  const { accepted, message } = taken;
  parts.log.info('referral-accepted', { door, practice, outcome: accepted.outcome, ...journeyIn(accepted) });
  return acceptedAnswers(envelope, message, accepted, at);
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
