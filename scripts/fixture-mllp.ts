import { readdir, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { answerSchema, type FeedbackAnswer } from '../src/feedback/answer.ts';
import { toControlId } from '../src/hl7v2/control-id.ts';
import { acceptedAnswers, readEnvelope, refusedAnswers } from '../src/intake/mllp/answer.ts';
import { readReferral } from '../src/intake/mllp/mllp.ts';
import type { Mapping } from '../src/mapping/run.ts';
import { singly } from '../src/referral/bundle.ts';
import { type DirectoryResource, readDirectory } from '../src/referral/directory/directory.ts';
import type { MllpChannel } from '../src/referral/directory/mllp.ts';
import { messageHash } from '../src/referral/format.ts';
import { receive } from '../src/referral/receive.ts';
import { isRefusal, type Refusal, refusals, refuse } from '../src/referral/refusal.ts';
import { casesOfDoor, countedIds, fixturesFolder, readJson } from './fixture-case.ts';
import { caseSchema, type Played } from './fixture-story.ts';
import { taken, worked } from './fixture-work.ts';

const codes = z.array(z.enum(['AA', 'AE', 'AR', 'CA', 'CE', 'CR'])).min(1);
const mllpCaseSchema = caseSchema.extend({
  /** What the practice agreed on consent for messages without a CON (decision 13). */
  agreement: z
    .strictObject({
      since: z.iso.date(),
      how: z.enum(['spoken', 'written']),
      medicalCodes: z.boolean(),
      feedback: z.enum(['content', 'closure-only']),
    })
    .optional(),
  expected: caseSchema.shape.expected.omit({ status: true, again: true }).extend({
    /** MSA-1 of every answer, in order. */
    codes,
    again: z.strictObject({ outcome: z.enum(['same', 'conflict']), codes }).optional(),
  }),
});

export interface MllpFixture extends z.infer<typeof mllpCaseSchema> {
  readonly name: string;
  /** As it goes over the wire: segments end in CR. */
  readonly received: string;
  readonly again: string | undefined;
  readonly answers: readonly FeedbackAnswer[];
  readonly many: boolean;
}

/** A message in a file has a segment on each line; on the wire each ends in CR. */
const toWire = (text: string): string => text.trim().replaceAll('\n', '\r').concat('\r');
/** Messages as they stand in a file: a segment on each line, an empty line between two messages. */
export const fromWire = (messages: readonly string[]): string =>
  messages.map((one) => one.replaceAll('\r', '\n')).join('\n');

/** The folders of all cases of the MLLP door. */
export const mllpCaseNames = (): Promise<string[]> => casesOfDoor('mllp');

/** Reads what people wrote of a case: case.json and stages 0 and 4. Throws when that is not as the README says. */
export async function readMllpFixture(name: string): Promise<MllpFixture> {
  const folder = new URL(`${name}/`, fixturesFolder);
  const files = await readdir(folder);
  const text = async (file: string) => toWire(await readFile(new URL(file, folder), 'utf8'));
  const answer = files.includes('4-answer.json') ? await readJson(name, '4-answer.json') : [];
  const many = Array.isArray(answer);
  return {
    ...mllpCaseSchema.parse(await readJson(name, 'case.json')),
    name,
    received: await text('0-received.hl7'),
    again: files.includes('0-received-again.hl7') ? await text('0-received-again.hl7') : undefined,
    answers: z.array(answerSchema).parse(many ? answer : [answer]),
    many,
  };
}

/** How the practices of the cases want their letters: so that a file can be read. */
export const fixtureChannel = (facility: string): MllpChannel => ({
  application: 'VOORBEELDHIS',
  facility,
  version: '2.5',
  charset: 'UNICODE UTF-8',
  onError: 'hold',
  onReject: 'retry',
  answerWithinMs: 1_800_000,
});

/** Stages 1, 2, 5 and 6 and the resources of 3, from stages 0 and 4 with the functions that the line itself uses. */
export function playMllp(fixture: MllpFixture, mapping: Mapping, region: readonly DirectoryResource[]): Played {
  const directory = readDirectory(region, 1);
  const newId = countedIds();
  // Answers have control ids of their own count: the resources keep theirs, whatever is answered.
  const answerIds = countedIds();
  const at = { newId: answerIds, now: new Date(fixture.now) };
  const stages = new Map<string, unknown>();
  const { practice } = fixture;
  const facility = directory.practices.get(practice)?.agb ?? '';
  const peer = { practice, facility, ...(fixture.agreement && { agreement: fixture.agreement }) };
  const text = (answers: readonly Uint8Array[]) => fromWire(answers.map((one) => Buffer.from(one).toString('utf8')));
  const read = (message: string) => {
    const bytes = Buffer.from(message, 'utf8');
    const envelope = readEnvelope(bytes, false);
    const no = (refusal: Refusal) => text(refusedAnswers(envelope, refusal, at));
    return { bytes, envelope, no, taken: readReferral(new Map([['hl7v2-ref', mapping]]), peer, envelope, bytes) };
  };
  const first = read(fixture.received);
  const stopped = (refusal: Refusal): Played => ({
    stages: stages.set('1-refused.hl7', first.no(refusal)),
    notices: [],
    communications: [],
  });
  if (isRefusal(first.taken)) return stopped(first.taken);
  const { mapped, message } = first.taken;
  if (!('referral' in mapped)) throw new Error(`${fixture.name} is no referral`);
  const hash = messageHash(mapped);
  const { header } = first.envelope;
  const decided = receive(
    {
      practice,
      actor: { id: header.application, name: header.application, role: 'practice-system', organization: practice },
      referral: mapped.referral,
      losses: mapped.losses,
      places: mapped.places,
      arrival: {
        application: header.application,
        controlId: header.controlId,
        messageType: 'REF^I12',
        intent: mapped.intent,
        door: 'mllp',
        hash,
      },
      source: { contentType: 'x-application/hl7-v2+er7', base64: first.bytes.toString('base64') },
      undoMs: 0,
    },
    { directory, now: at.now, newId },
  );
  if (isRefusal(decided)) return stopped(decided);
  const { answer, change, resources } = decided;
  stages.set('1-referral.json', { referral: mapped.referral, losses: mapped.losses });
  const entry = singly(resources).map((resource) => ({ fullUrl: `urn:uuid:${resource.id}`, resource }));
  stages.set('2-bundle.json', { resourceType: 'Bundle', type: 'collection', entry });
  stages.set(
    '2-answer.hl7',
    text(acceptedAnswers(first.envelope, message, { outcome: 'new', answer, replayed: false }, at)),
  );
  if (fixture.again) {
    const again = read(fixture.again);
    if (isRefusal(again.taken)) throw new Error(`${fixture.name}: 0-received-again.hl7 is refused by itself`);
    const same = Buffer.from(messageHash(again.taken.mapped)).equals(hash);
    if (same)
      stages.set(
        '2-answer-again.hl7',
        text(acceptedAnswers(again.envelope, again.taken.message, { outcome: 'replayed', answer, replayed: true }, at)),
      );
    else stages.set('1-refused-again.hl7', again.no(refuse(refusals.conflict(again.taken.mapped.places.number))));
  }
  const { delivered, communications, notices } = worked(fixture, directory, newId, taken(change));
  stages.set('3-delivered.json', delivered);
  if (communications.length > 0) stages.set('5-communication.json', fixture.many ? communications : communications[0]);
  const sent = communications.map((one) => {
    const messageId = one.identifier?.[0]?.value?.replace('urn:uuid:', '') ?? '';
    const envelope = { controlId: toControlId(messageId), channel: fixtureChannel(facility), awaitsApplication: true };
    return mapping.format.fromFeedback?.(one, envelope) ?? '';
  });
  if (sent.length > 0) stages.set('6-sent.hl7', fromWire(sent));
  return { stages, notices, communications };
}
