import { createHash } from 'node:crypto';
import type { Envelope } from '../../edifact/interchange.ts';
import { readMedvri } from '../../edifact/medvri.ts';
import type { Log } from '../../log.ts';
import { readMessage } from '../../mapping/reading.ts';
import { chooseMapping, type Mapping } from '../../mapping/run.ts';
import type { Actor } from '../../referral/actor.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import type { EdiSender } from '../../referral/directory/edi.ts';
import { wantsConsent } from '../../referral/error-class.ts';
import type { Mapped } from '../../referral/format.ts';
import { isRefusal, type Refusal } from '../../referral/refusal.ts';
import { acceptMessage } from '../accept.ts';
import { type Accepted, type Accepting, type Arriving, journeyIn } from '../arriving.ts';
import { acceptedIssues } from '../fhir/answer.ts';
import { isFault, keepRefused, refusedLine } from '../refused.ts';
import { madeId, type OwnReferences, ownReferences, writeReply } from './answer.ts';
import { MaildropFolder, type Taken } from './folder.ts';
import { readDropped, type Single } from './read.ts';

export interface MaildropDoor extends Accepting {
  readonly mappings: ReadonlyMap<string, Mapping>;
  readonly log: Log;
}

export interface MaildropSettings {
  readonly folder: string;
  /** Our own mailbox numbers (UNB-3). */
  readonly addresses: readonly string[];
  /** Whether files stay in done/ and refused/ after they were read. */
  readonly isKept: boolean;
}

const door = 'maildrop';
const everyMs = 3_000;
/** A file that met a bug of ours waits so long before it is read again. */
const restMs = 300_000;

interface From {
  readonly mailbox: EdiSender;
  readonly actor: Actor;
  readonly envelope: Envelope;
  readonly directory: Directory;
}

/** What we could not do now: the file stays where it is, and is read again. */
class NotNow extends Error {}

/** What a message of an interchange is known by. The day too: there are systems that begin to count anew. */
const controlIdOf = (envelope: Envelope, reference: string | undefined): string =>
  [envelope.day, envelope.minute, envelope.controlReference, reference].join(' ');

/** The one message of an interchange as a referral, and the key that it is remembered by; or every reason why not. Pure. */
export function mapInterchange(
  mappings: ReadonlyMap<string, Mapping>,
  practice: string,
  directory: Directory,
  interchange: Single['interchange'],
): { readonly mapped: Mapped; readonly key: Pick<Arriving, 'controlId' | 'messageType'> } | Refusal {
  const mapping = chooseMapping(mappings, 'edifact', interchange);
  if (isRefusal(mapping)) return mapping;
  const mapped = readMessage(mapping, interchange, new Map(), directory.practices.get(practice)?.agreement);
  if (isRefusal(mapped)) return mapped;
  const { envelope, messages } = interchange;
  const [message] = messages;
  return { mapped, key: { controlId: controlIdOf(envelope, message?.reference), messageType: message?.type ?? '' } };
}

export const ediContentType = 'application/edifact';

async function take(parts: MaildropDoor, from: From, { interchange, bytes }: Single): Promise<Accepted | Refusal> {
  const { mailbox, actor, directory } = from;
  const found = mapInterchange(parts.mappings, mailbox.practice, directory, interchange);
  if (isRefusal(found)) return found;
  return acceptMessage(parts, {
    practice: mailbox.practice,
    application: `edi:${mailbox.address}`,
    ...found.key,
    actor,
    door,
    mapped: found.mapped,
    source: { contentType: ediContentType, base64: Buffer.from(bytes).toString('base64') },
    undoMs: 0,
  });
}

/**
 * Raises or resolves "call the practice" on the phone list of its team: one line per number of the practice, gone when a
 * message under that number is taken. There is no journey yet: its place is an id made of practice and number.
 */
async function call(parts: MaildropDoor, from: From, of: OwnReferences, raise: boolean): Promise<void> {
  const { practice } = from.mailbox;
  const team = from.directory.practices.get(practice)?.service?.team;
  if (!team) return parts.log.warn('nobody-to-call', { door, practice });
  const at = parts.store.clock().toISOString();
  await parts.store.commit({
    scope: { practice },
    journey: madeId('call-practice', practice, of.number ?? of.message),
    alarms: [{ kind: 'call-practice', team, raise, at }],
    audit: [],
  });
}

/** A no: kept (decision 15), on the phone list, and back to the sender in its own kind (decision 13). */
async function refused(
  parts: MaildropDoor,
  folder: MaildropFolder,
  from: From,
  of: OwnReferences,
  no: { readonly refusal: Refusal; readonly bytes: Uint8Array; readonly reference?: string | undefined },
): Promise<void> {
  const { mailbox, actor, envelope, directory } = from;
  const { practice } = mailbox;
  const { refusal, bytes } = no;
  if (refusal.refused.every((one) => one.code === 'transient')) throw new NotNow();
  const by = {
    practice,
    application: `edi:${mailbox.address}`,
    actor,
    door,
    controlId: controlIdOf(envelope, no.reference).trim(),
  };
  const kept = await keepRefused(parts.store, by, Buffer.from(bytes), refusal);
  await call(parts, from, of, true);
  const reply = { envelope, references: of, practice, issues: refusal.refused, isTaken: false };
  const { reference, bytes: answer } = writeReply(reply, directory, parts.store.clock());
  await folder.answer(reference, answer);
  parts.log.info('referral-refused', refusedLine(by, refusal, kept));
}

/** A yes. Only an urgent one is answered: whoever sent it must call too (H1), and this is the only way to say so. */
async function accepted(
  parts: MaildropDoor,
  folder: MaildropFolder,
  from: From,
  of: OwnReferences,
  yes: Accepted,
): Promise<void> {
  const { practice } = from.mailbox;
  await call(parts, from, of, false);
  const issues = acceptedIssues(yes).filter((one) => one.severity === 'warning');
  if (issues.length > 0) {
    const reply = { envelope: from.envelope, references: of, practice, issues, isTaken: true };
    const { reference, bytes } = writeReply(reply, from.directory, parts.store.clock());
    await folder.answer(reference, bytes);
  }
  parts.log.info('referral-accepted', { door, practice, outcome: yes.outcome, ...journeyIn(yes) });
}

async function readFile(
  parts: MaildropDoor,
  folder: MaildropFolder,
  taken: Taken,
  { addresses, isKept }: MaildropSettings,
): Promise<void> {
  const directory = await parts.directory();
  const read = readDropped(taken.bytes, directory, addresses);
  if (read.from === 'stranger') {
    const code = createHash('sha256').update(taken.bytes).digest('hex').slice(0, 16);
    parts.log.warn('maildrop-stranger', { door, code });
    return folder.finish(taken, 'unknown');
  }
  const { practice, address } = read.from;
  const actor: Actor = { id: `edi:${address}`, name: address, role: 'practice-system', organization: practice };
  const from: From = { mailbox: read.from, actor, envelope: read.envelope, directory };
  const noes: Refusal[] = [];
  if (read.refusal) {
    noes.push(read.refusal);
    await refused(parts, folder, from, ownReferences(read.envelope), { refusal: read.refusal, bytes: taken.bytes });
  }
  for (const single of read.messages) {
    const [message] = single.interchange.messages;
    const of = ownReferences(read.envelope, message && readMedvri(single.interchange, message));
    const outcome = await take(parts, from, single);
    if (!isRefusal(outcome)) await accepted(parts, folder, from, of, outcome);
    else {
      noes.push(outcome);
      await refused(parts, folder, from, of, { refusal: outcome, bytes: single.bytes, reference: message?.reference });
    }
  }
  // Without consent nothing of it may stay here, whatever the settings say (decision 15).
  const mayStay = isKept && !noes.some(wantsConsent);
  await folder.finish(taken, mayStay ? (noes.length > 0 ? 'refused' : 'done') : 'away');
}

/**
 * Opens the maildrop. Each look takes what has come since and what an earlier look (or a process that died) left in
 * working/; a file leaves that folder only after everything in it is committed and answered. Gives how many left it.
 */
export function openMaildrop(parts: MaildropDoor, settings: MaildropSettings): { look(): Promise<number> } {
  const folder = new MaildropFolder(settings.folder, parts.store.newId);
  const resting = new Map<string, number>();
  return {
    look: async () => {
      let count = 0;
      try {
        await folder.prepare();
        await folder.collect();
      } catch (error) {
        const { code = '' } = error as { code?: string };
        if (!/^E[A-Z]+$/.test(code)) throw error;
        parts.log.warn('maildrop-away', { door, code });
        return count;
      }
      for (const name of await folder.working()) {
        const now = parts.store.clock().getTime();
        if ((resting.get(name) ?? 0) > now) continue;
        try {
          const taken = await folder.read(name);
          if (!taken) continue;
          await readFile(parts, folder, taken, settings);
          resting.delete(name);
          count += 1;
        } catch (error) {
          // The record is away: so it is for the next file. Everything stays, the next look begins again.
          if (error instanceof NotNow || isFault(error)) {
            parts.log.warn('maildrop-waits', { door });
            return count;
          }
          resting.set(name, now + restMs);
          parts.log.bug('maildrop-file', error, { door });
        }
      }
      return count;
    },
  };
}

/** The duty of a clock that looks into the maildrop, where there is one. */
export function maildropDuties(
  parts: MaildropDoor,
  { MAILDROP_DIR, MAILDROP_ADDRESS, MAILDROP_KEEP }: MaildropEnvironment,
): { name: string; everyMs: number; run(): Promise<number> }[] {
  if (!MAILDROP_DIR) return [];
  const isKept = MAILDROP_KEEP === 'on';
  const { look } = openMaildrop(parts, { folder: MAILDROP_DIR, addresses: MAILDROP_ADDRESS, isKept });
  return [{ name: 'maildrop-taken', everyMs, run: look }];
}

/** The settings of the maildrop, by their names. */
export interface MaildropEnvironment {
  readonly MAILDROP_DIR?: string | undefined;
  readonly MAILDROP_ADDRESS: readonly string[];
  readonly MAILDROP_KEEP: 'on' | 'off';
}
