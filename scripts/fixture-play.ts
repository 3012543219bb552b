import { readdir, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { answerSchema, type FeedbackAnswer } from '../src/feedback/answer.ts';
import { supplement } from '../src/feedback/later.ts';
import { toControlId } from '../src/hl7v2/control-id.ts';
import { answerAtOnce, begin, isStanding, replacedKey } from '../src/intake/accept.ts';
import { type Accepted, type Arriving, keyOf } from '../src/intake/arriving.ts';
import { decideJoin } from '../src/intake/join.ts';
import type { Mapping } from '../src/mapping/run.ts';
import { theLine } from '../src/referral/actor.ts';
import type { Change } from '../src/referral/change.ts';
import { type DirectoryResource, readDirectory } from '../src/referral/directory/directory.ts';
import type { Mapped } from '../src/referral/format.ts';
import type { Journey } from '../src/referral/journey.ts';
import type { OutboxRow } from '../src/referral/outbox-row.ts';
import type { Deciding } from '../src/referral/receive.ts';
import { isRefusal, type Refusal, refusals, refuse } from '../src/referral/refusal.ts';
import { asText, countedIds, fixturesFolder, readJson } from './fixture-case.ts';
import { type AtTheDoor, toTheDoor } from './fixture-doors.ts';
import { fixtureChannel } from './fixture-mllp.ts';
import { type FixtureRecord, openRecord } from './fixture-record.ts';
import { receiverOf, seenBy, worked } from './fixture-work.ts';

export const formatCaseSchema = z.strictObject({
  /** The folder under mappings/. */
  format: z.string(),
  practice: z.string(),
  /** The moment at which the first message comes in; each later one comes an hour after the one before. */
  now: z.iso.datetime({ offset: true }),
  /** What the practice agreed on consent, for messages that cannot carry it (decision 13). */
  agreement: z
    .strictObject({
      since: z.iso.date(),
      how: z.enum(['spoken', 'written']),
      medicalCodes: z.boolean(),
      feedback: z.enum(['content', 'closure-only']),
    })
    .optional(),
  /** What this case shows, in one sentence for people. */
  note: z.string().min(10),
  /** When each of the reports of `4-answer.json` is made. */
  answeredAt: z.array(z.iso.datetime({ offset: true })).default([]),
});

/** A case of any format: its messages in the order in which they come. */
export interface FormatFixture extends z.infer<typeof formatCaseSchema> {
  readonly name: string;
  readonly messages: readonly { readonly file: string; readonly bytes: Uint8Array }[];
  readonly answers: readonly FeedbackAnswer[];
}

/** HL7 v2 stands in a file with a segment on each line; on the wire each ends in CR. Other bytes go as they are. */
const toWire = (file: string, bytes: Buffer): Uint8Array =>
  file.endsWith('.hl7')
    ? Buffer.from(`${bytes.toString('latin1').trimEnd().replaceAll(/\r?\n/g, '\r')}\r`, 'latin1')
    : bytes;

const received = /^0-received(?:-([2-9]))?\.(json|xml|hl7|edi)$/;

/** Reads what people wrote of a case of `folder`: case.json and stages 0 and 4. Throws when that is not as the README says. */
export async function readFormatFixture(name: string, folder = fixturesFolder): Promise<FormatFixture> {
  const here = new URL(`${name}/`, folder);
  const files = (await readdir(here)).filter((one) => received.test(one));
  const nth = (file: string) => Number(received.exec(file)?.[1] ?? 1);
  files.sort((a, b) => nth(a) - nth(b));
  if (files.length === 0 || files.some((file, n) => nth(file) !== n + 1))
    throw new Error(`${name}: 0-received, 0-received-2, … must follow each other`);
  const hasAnswer = (await readdir(here)).includes('4-answer.json');
  const answers: unknown = hasAnswer ? await readJson(name, '4-answer.json', folder) : [];
  return {
    ...formatCaseSchema.parse(await readJson(name, 'case.json', folder)),
    name,
    messages: await Promise.all(
      files.map(async (file) => ({ file, bytes: toWire(file, await readFile(new URL(file, here))) })),
    ),
    answers: z.array(answerSchema).parse([answers].flat()),
  };
}

interface Playing {
  readonly record: FixtureRecord;
  readonly deciding: Deciding;
  readonly outbox: OutboxRow[];
}

/** One message as the line decides on it, without a store: the rules are those of `acceptMessage`. */
function decide(
  arriving: Arriving,
  { record, deciding, outbox }: Playing,
): { accepted: Accepted; change?: Change } | Refusal {
  const { mapped } = arriving;
  const take = (accepted: Accepted, change: Change) => {
    record.commit(change);
    outbox.push(...(change.outbox ?? []));
    return { accepted, change };
  };
  const first = record.first(keyOf(arriving));
  const said = answerAtOnce(arriving, first, deciding.directory);
  if (said) return isRefusal(said) ? said : { accepted: said };
  const key = !first && 'referral' in mapped ? replacedKey({ ...arriving, mapped }) : undefined;
  const old = key ? record.first(key) : first;
  if (old && !isStanding(old)) return refuse(refusals.cancelledEarlier(mapped.places.number));
  if (old) {
    const joined = decideJoin(record.journey(old.journey), arriving, old.answer, deciding);
    return isRefusal(joined) ? joined : take(joined.accepted, joined.change);
  }
  if ('referral' in mapped) {
    const begun = begin({ ...arriving, mapped }, deciding);
    return isRefusal(begun) ? begun : take({ outcome: 'new', answer: begun.answer, replayed: false }, begun.change);
  }
  const { number, intent } = mapped;
  const scope = { practice: arriving.practice };
  if (intent === 'supplement') record.keepEarly(mapped);
  else record.commit({ scope, audit: [], numbers: [{ value: number.value, cancelledAt: deciding.now.toISOString() }] });
  return { accepted: { outcome: 'kept', number: number.value, intent, replayed: false } };
}

/** What came before its referral joins it, as the clock does (`joinEarly`). */
function joinEarly({ record, deciding, outbox }: Playing): void {
  for (const early of record.takeEarly()) {
    const acting = { actor: theLine, ...deciding };
    const change = supplement(record.journey(early.journey), early.supplement, { joined: '' }, acting);
    if (isRefusal(change)) continue;
    record.commit(change);
    outbox.push(...(change.outbox ?? []));
  }
}

/** What a message means, without where it stood: the form of stage 1. */
function meaning(mapped: Mapped): object {
  const { places: _places, ...rest } = mapped;
  return rest;
}

/** The resources that a change wrote; bytes stand in stages 0 and 1. */
function bundleOf(change: Change): object {
  const written = (change.resources ?? []).filter(({ resource }) => resource.resourceType !== 'Binary');
  const entry = written.map(({ resource }) => ({ fullUrl: `urn:uuid:${resource.id}`, resource }));
  return { resourceType: 'Bundle', type: 'collection', entry };
}

/** Stage 3: what the Wally may see after the last message, and who was mailed on the way. */
function delivered(
  journey: Journey,
  seen: ReturnType<typeof seenBy>,
  notices: readonly { to: string; role: string }[],
) {
  const { task } = journey;
  const letters = receiverOf(journey).medicalCodes
    ? journey.letters.map(({ resource }) => resource.content[0]?.attachment.title ?? '')
    : [];
  return {
    ...seen,
    letters,
    status: task.resource.status,
    owner: journey.index.owner,
    mails: notices.map(({ to, role }) => ({ to, role })),
  };
}

/** File name → text of every stage that is made by command, with the functions that the line itself uses. */
export function playFormat(
  fixture: FormatFixture,
  mappings: ReadonlyMap<string, Mapping>,
  region: readonly DirectoryResource[],
): Map<string, string> {
  const mapping = mappings.get(fixture.format);
  if (!mapping) throw new Error(`${fixture.name}: mappings/${fixture.format} is missing`);
  const directory = readDirectory(region, 1);
  const newId = countedIds();
  // Answers have ids of their own count: the resources keep theirs, whatever is answered.
  const answerIds = countedIds();
  const record = openRecord();
  const outbox: OutboxRow[] = [];
  const stages = new Map<string, string>();
  let journeyId: string | undefined;
  const agb = directory.practices.get(fixture.practice)?.agb ?? '';
  const practice = { id: fixture.practice, agb, agreement: fixture.agreement };
  for (const [n, { bytes }] of fixture.messages.entries()) {
    const nth = n === 0 ? '' : `-${n + 1}`;
    const now = new Date(new Date(fixture.now).getTime() + n * 3_600_000);
    const at = toTheDoor(bytes, { mappings, mapping, practice, now, newId: answerIds });
    const playing = { record, deciding: { directory, now, newId }, outbox };
    const decided = isRefusal(at.mapped) ? at.mapped : decide(arrivingOf(fixture, at, at.mapped, bytes), playing);
    if (!isRefusal(at.mapped)) stages.set(`1-referral${nth}.json`, asText(meaning(at.mapped)));
    if (isRefusal(decided)) {
      stages.set(`1-refused${nth}.${at.extension}`, at.refused(decided));
      continue;
    }
    const { accepted, change } = decided;
    if (accepted.outcome !== 'kept') journeyId = accepted.answer.journey;
    if (change) stages.set(`2-bundle${nth}.json`, asText(bundleOf(change)));
    stages.set(`2-answer${nth}.${at.extension}`, at.accepted(accepted));
    joinEarly(playing);
  }
  if (!journeyId) return stages;
  const begun = { journey: record.journey(journeyId), outbox };
  const { communications, notices } = worked(fixture, directory, newId, begun);
  stages.set('3-delivered.json', asText(delivered(begun.journey, seenBy(begun.journey), notices)));
  if (communications.length > 0) stages.set('5-communication.json', asText(communications));
  const { fromFeedback } = mapping.format;
  const sent = communications.map((one) => {
    const controlId = toControlId(one.identifier?.[0]?.value?.replace('urn:uuid:', '') ?? '');
    return fromFeedback?.(one, { controlId, channel: fixtureChannel(agb), awaitsApplication: true }) ?? '';
  });
  if (fromFeedback && sent.length > 0)
    stages.set('6-sent.hl7', sent.map((one) => one.replaceAll('\r', '\n')).join('\n'));
  return stages;
}

function arrivingOf(fixture: FormatFixture, at: AtTheDoor, mapped: Mapped, bytes: Uint8Array): Arriving {
  const { practice } = fixture;
  const { application } = at.key;
  return {
    practice,
    actor: { id: application, name: application, role: 'practice-system', organization: practice },
    door: at.door,
    ...at.key,
    controlId: at.key.controlId.slice(0, 200),
    mapped,
    source: { contentType: at.contentType, base64: Buffer.from(bytes).toString('base64') },
    undoMs: 0,
  };
}
