import { z } from 'zod';
import { type Mapping, runMapping } from '../src/mapping/run.ts';
import { type Actor, theLine } from '../src/referral/actor.ts';
import type { Change } from '../src/referral/change.ts';
import { localDay } from '../src/referral/deadlines.ts';
import type { Role } from '../src/referral/directory/directory.ts';
import type { Journey } from '../src/referral/journey.ts';
import type { Move } from '../src/referral/lifecycle/row.ts';
import type { OutboxRow } from '../src/referral/outbox-row.ts';
import { receive } from '../src/referral/receive.ts';
import { referralHash } from '../src/referral/referral.ts';
import { isRefusal } from '../src/referral/refusal.ts';
import { type ModelLine, openMemoryLine } from '../test/referral/model-line.ts';
import { asText, countedIds, readJson } from './fixture-case.ts';
import { toldMoves } from './fixture-journey-moves.ts';

export const journeyCaseSchema = z.strictObject({
  /** What happens, in one sentence for people. */
  story: z.string().min(20),
  practice: z.string(),
  /** The moment at which the referral comes in, over the JSON door. */
  now: z.iso.datetime({ offset: true }),
});

const absence = z.strictObject({ from: z.iso.date(), to: z.iso.date().optional() });
const moves = Object.keys(toldMoves) as [Move, ...Move[]];

/** One thing that somebody does, or that time does, in the order in which it happens. */
export const happeningSchema = z.union([
  z.strictObject({
    at: z.iso.datetime({ offset: true }),
    /** Role id, `his-<practice>`, or `kortelijn`. */
    by: z.string(),
    move: z.enum(moves),
    input: z.unknown().optional(),
    /** Why a team lead does this in the owner's place (H18). */
    reason: z.string().optional(),
    /** It is refused, for this reason. */
    refused: z.string().optional(),
  }),
  z.strictObject({ at: z.iso.datetime({ offset: true }), who: z.string(), absent: z.array(absence) }),
  /** Nobody does anything: each morning until then the line makes its rounds. */
  z.strictObject({ until: z.iso.datetime({ offset: true }) }),
]);
export type Happening = z.infer<typeof happeningSchema>;

export interface JourneyFixture extends z.infer<typeof journeyCaseSchema> {
  readonly name: string;
  readonly received: unknown;
  readonly happenings: readonly Happening[];
}

/** Reads what people wrote of a case: case.json, 0-received.json and 4-moves.json. */
export async function readJourneyFixture(name: string): Promise<JourneyFixture> {
  return {
    ...journeyCaseSchema.parse(await readJson(name, 'case.json')),
    name,
    received: await readJson(name, '0-received.json'),
    happenings: z.array(happeningSchema).parse(await readJson(name, '4-moves.json')),
  };
}

function actorOf(by: string, role: Role | undefined): Actor {
  if (by === theLine.id) return theLine;
  if (by.startsWith('his-'))
    return { id: by, name: by, role: 'practice-system', organization: by.slice('his-'.length) };
  if (!role) throw new Error(`${by} is not in the directory`);
  const kind = role.kind === 'wally' || role.kind === 'team-lead' ? role.kind : 'practice';
  return { id: by, name: role.name, role: kind, organization: role.organization };
}

const firstLineOf = (change: Change, row: OutboxRow) => {
  const found = change.resources?.find(({ resource }) => resource.id === row.document?.id)?.resource;
  return found?.resourceType === 'Communication' ? found.payload?.[0]?.contentString : undefined;
};

/** What people would see of the journey now. */
async function seen(line: ModelLine, id: string) {
  const { index } = await line.journey(id);
  const kept = await line.kept([id]);
  return {
    status: index.taskStatus,
    businessStatus: index.businessStatus,
    owner: index.owner,
    ...(index.actingFor && { actingFor: index.actingFor }),
    ...(index.proposed && { offeredTo: index.proposed }),
    clocks: Object.fromEntries((kept.clocks.get(id) ?? []).map((one) => [one.kind, one.dueOn])),
    alarms: [...(kept.alarms.get(id) ?? [])],
  };
}

type Seen = Awaited<ReturnType<typeof seen>>;

/** What one Change told whom: mails without content, and messages to the practice with their first line. */
function toldBy(change: Change): string[] {
  return (change.outbox ?? []).map((row) => {
    const said = firstLineOf(change, row);
    return said === undefined ? `${row.kind} → ${row.recipient}` : `${row.kind} → ${row.recipient}: ${said}`;
  });
}

/** The referral of the case as its Change, through the mapping that the JSON door has. */
function begun(
  fixture: JourneyFixture,
  mapping: Mapping,
  line: ModelLine,
  directory: Parameters<typeof receive>[1]['directory'],
) {
  const mapped = runMapping(mapping, fixture.received, new Map());
  if (isRefusal(mapped) || !('referral' in mapped)) throw new Error(`${fixture.name}: stage 0 is no referral`);
  const { referral, losses, places } = mapped;
  const { practice } = fixture;
  const actor = actorOf(`his-${practice}`, undefined);
  const decided = receive(
    {
      practice,
      actor,
      referral,
      losses,
      places,
      arrival: {
        application: actor.id,
        controlId: fixture.name,
        messageType: 'json',
        intent: mapped.intent,
        door: 'json',
        hash: referralHash(referral),
      },
      source: {
        contentType: 'application/json',
        base64: Buffer.from(JSON.stringify(fixture.received)).toString('base64'),
      },
      undoMs: 0,
    },
    { directory, now: line.now, newId: line.newId },
  );
  if (isRefusal(decided)) throw new Error(`${fixture.name}: ${decided.refused.map((one) => one.reason).join(' ')}`);
  return { ...decided, referral, losses };
}

/** Plays the happenings on a line in memory; gives what each of them made of the journey. */
async function playAll(fixture: JourneyFixture, line: ModelLine, id: string, told: string[]): Promise<object[]> {
  const steps: object[] = [];
  const settle = async () => {
    for (const one of (await line.kept([id])).deliveries.get(id) ?? []) await line.deliver(one, 'arrives');
  };
  const note = async (what: object, before: Seen | undefined) => {
    await settle();
    const now = await seen(line, id);
    const sent = told.splice(0);
    if (before && sent.length === 0 && JSON.stringify(before) === JSON.stringify(now)) return;
    steps.push({ ...what, ...now, told: sent });
  };
  const morning = async () => {
    await line.presence();
    await line.oversee();
  };
  /** The days that pass before something happens: the line makes its round on each of them. */
  const passTo = async (at: string) => {
    const until = new Date(at);
    while (localDay(line.now) < localDay(until)) {
      const before = await seen(line, id);
      line.now = new Date(line.now.getTime() + 86_400_000);
      if (line.now > until) line.now = until;
      await morning();
      await note({ at: line.now.toISOString(), by: theLine.id }, before);
    }
    line.now = until;
  };
  await note({ at: line.now.toISOString(), by: `his-${fixture.practice}`, move: 'refer' }, undefined);
  for (const one of fixture.happenings) {
    if ('until' in one) {
      await passTo(one.until);
      continue;
    }
    await passTo(one.at);
    const at = line.now.toISOString();
    const directory = await line.directory();
    if ('who' in one) {
      const absences = one.absent.map(({ from, to }) => (to === undefined ? { from } : { from, to }));
      await line.absent(one.who, absences);
      await morning();
      await note({ at, absent: { [one.who]: one.absent } }, undefined);
      continue;
    }
    const { by, move, input, reason, refused } = one;
    const acting = { actor: actorOf(by, directory.roles.get(by)), now: line.now, newId: line.newId, directory };
    const decided = toldMoves[move](await line.journey(id), input, acting, reason);
    const no = decided && isRefusal(decided) ? (decided.refused[0]?.reason ?? '') : undefined;
    if (!decided || no !== refused)
      throw new Error(`${fixture.name}: ${move} on ${at} gave ${no ?? 'what was not to be'}`);
    if (!isRefusal(decided)) {
      const done = await line.commit(decided);
      if (!done.ok) throw new Error(`${fixture.name}: ${move} on ${at} was ${done.why}`);
    }
    await note({ at, by, move, ...(reason && { reason }), ...(no && { refused: no }) }, undefined);
  }
  return steps;
}

const current = ({ task, serviceRequest, consent, requests, children, childRequests, appointments }: Journey) =>
  [task, serviceRequest, consent, ...requests, ...children, ...childRequests, ...appointments].map(
    (one) => one.resource,
  );

/** File name → text of every stage that is made by command, with the deciders that the line itself uses. `heard`: each Change. */
export async function playJourney(
  fixture: JourneyFixture,
  mapping: Mapping,
  heard?: (change: Change) => void,
): Promise<Map<string, string>> {
  const told: string[] = [];
  const line = openMemoryLine(new Date(fixture.now), countedIds(), {
    moved: () => undefined,
    committed: (change) => {
      told.push(...toldBy(change));
      heard?.(change);
    },
  });
  const { change, answer, referral, losses } = begun(fixture, mapping, line, await line.directory());
  const taken = await line.commit(change);
  if (!taken.ok) throw new Error(`${fixture.name}: not taken in`);
  const steps = await playAll(fixture, line, answer.journey, told);
  const journey = await line.journey(answer.journey);
  const letters = journey.communications
    .map((one) => one.resource)
    .toSorted((a, b) => ((a.sent ?? '') < (b.sent ?? '') ? -1 : 1));
  return new Map([
    ['1-referral.json', asText({ referral, losses })],
    ['2-promise.json', asText(answer.promise)],
    ['3-steps.json', asText(steps)],
    ...(letters.length > 0 ? ([['5-communication.json', asText(letters)]] as const) : []),
    ['6-end.json', asText(current(journey))],
  ]);
}
