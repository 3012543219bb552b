import type { Actor } from '../../src/referral/actor.ts';
import { assign } from '../../src/referral/assignment.ts';
import { clocksOf, overdueOn, promised, steps } from '../../src/referral/clocks.ts';
import { renewalDue } from '../../src/referral/consent.ts';
import { isWorkingDay } from '../../src/referral/deadlines.ts';
import { type Directory, isPresent } from '../../src/referral/directory/directory.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { factsOf, isOpen, TRANSITIONS } from '../../src/referral/lifecycle/lifecycle.ts';
import type { Condition, Status } from '../../src/referral/lifecycle/row.ts';
import { canaries } from '../doubles/made.ts';
import type { Kept, KeptDelivery } from './model-line.ts';

/** What the model knows besides the record. */
export interface Standing {
  /** The local day. */
  readonly today: string;
  readonly directory: Directory;
  /** The line has looked again since the last absence began or ended. */
  readonly looked: boolean;
  readonly endedBy: ReadonlyMap<string, Actor>;
}

type Broken = (what: string) => void;
const onTheWay = ['pending', 'queued', 'sent', 'held'];
const categoryOf = (one: Journey['communications'][number]) => one.resource.category?.[0]?.coding?.[0]?.code ?? '';

/** Promise 2: one person who is there, or nobody and an alarm. */
function onePerson(journey: Journey, kept: Kept, at: Standing, broken: Broken): void {
  const { owner, proposed, actingFor, barred, assignment, taskId } = journey.index;
  const alarm = kept.alarms.get(journey.id)?.has('nobody-present') === true;
  if (alarm !== (owner === null)) broken(`owner ${owner} and alarm nobody-present ${alarm}`);
  for (const named of [proposed, actingFor])
    if (named !== null && (named === owner || barred.includes(named))) broken(`${named} is named beside ${owner}`);
  if (owner !== null && barred.includes(owner)) broken(`${owner} is barred and owns it`);
  const rows = (kept.deliveries.get(journey.id) ?? []).filter(
    (one) => one.kind === 'worklist' && onTheWay.includes(one.state),
  );
  for (const row of rows) if (row.assignment !== assignment) broken('a worklist row of an earlier assignment waits');
  if (!kept.visible.has(`${taskId} ${assignment}`) && rows.length === 0) broken('no worklist will show it');
  if (!at.looked) return;
  const day = at.today;
  const role = at.directory.roles.get(owner ?? '');
  if (owner !== null && !(role && isPresent(role, day))) broken(`${owner} owns it and is absent`);
  const isBegun = !['requested', 'received'].includes(journey.index.taskStatus);
  const right = assign(at.directory, journey.practice, journey.index.requesterAgb ?? undefined, day, barred);
  if (owner === null && !isBegun && right?.owner) broken(`nobody has it while ${right.owner.id} is there`);
}

const isFinal = (category: string) => category === 'feedback-final' || category === 'recall';

/** Promise 3: what ended has told the practice, and is done only when that landed. */
function noSilentEnd(journey: Journey, kept: Kept, rows: readonly KeptDelivery[], at: Standing, broken: Broken): void {
  const { communications, serviceRequest } = journey;
  const status = serviceRequest.resource.status;
  const rowsOf = (id: string) => rows.filter((one) => one.kind === 'feedback' && one.document === id);
  const isLanded = (one: KeptDelivery) => one.state === 'landed' || one.reason === 'by-phone';
  let finalLanded = false;
  for (const one of communications.filter((each) => categoryOf(each) !== 'answer')) {
    const sent = rowsOf(one.resource.id);
    if (sent.length !== 1) broken(`${categoryOf(one)} stands ${sent.length} times in the outbox`);
    const landed = sent.some(isLanded);
    if (landed !== (one.resource.status === 'completed')) broken(`${categoryOf(one)} landed ${landed}, says otherwise`);
    if (landed && categoryOf(one) === 'feedback-final') finalLanded = true;
  }
  if (status === 'completed' && !finalLanded) broken('the request is completed before its feedback landed');
  if (status === 'active' && finalLanded) broken('final feedback landed and the request is still active');
  if (isOpen(journey.index.taskStatus)) {
    if (status !== 'active') broken(`the work is open, its request ${status}`);
    return;
  }
  const by = at.endedBy.get(journey.id)?.role ?? '';
  const told = communications.some(
    (one) =>
      isFinal(categoryOf(one)) &&
      rowsOf(one.resource.id).some((row) => row.state !== 'abandoned' || row.reason === 'by-phone'),
  );
  if (!told && !by.startsWith('practice')) broken(`ended by ${by} as ${journey.index.businessStatus}, and nobody told`);
  // H3, H10: whoever has it hears that it was called back or ended, by a mail that nothing takes out of the way; but for what
  // never stood on a worklist.
  const { owner, businessStatus, taskId } = journey.index;
  const wasSeen = [...kept.visible].some((one) => one.startsWith(`${taskId} `));
  const mailed = rows.some((one) => one.kind === 'notify' && one.recipient === owner && one.state !== 'abandoned');
  if (wasSeen && owner && by !== 'wally' && endsToTell.has(businessStatus) && !mailed)
    broken(`${owner} does not hear of its end`);
  if (journey.children.some((one) => isOpen(one.resource.status ?? ''))) broken('a child outlived its parent');
  if (journey.childRequests.some((one) => one.resource.status === 'active')) broken('a child request outlived it');
}

/** What a Task reads after a move that ends it and of which its row tells the owner. */
const endsToTell = new Set(
  TRANSITIONS.filter((row) => row.to !== 'same' && !isOpen(row.to) && row.tells.includes('owner')).map(
    (row) => row.businessStatus ?? '',
  ),
);

/** H10: once consent was withdrawn nothing with content is on its way. */
function nothingAfterWithdrawal(journey: Journey, rows: readonly KeptDelivery[], broken: Broken): void {
  if (journey.consent.resource.status === 'active') return;
  for (const row of rows.filter((one) => one.kind === 'feedback' && onTheWay.includes(one.state))) {
    const letter = journey.communications.find((one) => one.resource.id === row.document)?.resource;
    if (JSON.stringify(letter?.payload).includes(canaries.letter)) broken('content goes out without consent');
  }
}

/** H6: after a birthday that changes who decides, no content goes back until the consent was asked anew. */
function nothingOnOverdueConsent(journey: Journey, broken: Broken): void {
  for (const { resource } of journey.communications.filter((one) => /^(feedback-|question$)/.test(categoryOf(one))))
    if (
      renewalDue(journey, (resource.sent ?? '').slice(0, 10)) &&
      JSON.stringify(resource.payload).includes(canaries.letter)
    )
      broken('content went back on a consent that a birthday had overtaken');
}

function clocksRun(journey: Journey, kept: Kept, at: Standing, broken: Broken, expected: string): void {
  const clocks = kept.clocks.get(journey.id) ?? [];
  const found = clocks
    .map((one) => `${one.kind} ${one.dueOn}`)
    .sort()
    .join(', ');
  if (found !== expected) broken(`clocks are [${found}], must be [${expected}]`);
  const { today } = at;
  for (const { kind, dueOn, level, nextOn } of clocks) {
    const all = promised.has(kind) ? steps.length : steps.length - 1;
    if ((nextOn === null) !== (level === all)) broken(`clock ${kind} at step ${level} looks again on ${nextOn}`);
    if (level === 0 && nextOn !== overdueOn(dueOn)) broken(`clock ${kind} of ${dueOn} looks first on ${nextOn}`);
    if (isWorkingDay(today) && nextOn !== null && nextOn <= today) broken(`clock ${kind} was passed over`);
  }
  const alarms = kept.alarms.get(journey.id) ?? new Set();
  if (alarms.has('overdue') && !clocks.some((one) => one.dueOn < today)) broken('alarm overdue, and nothing is late');
  if (!isOpen(journey.index.taskStatus))
    for (const kind of ['acute', 'nobody-present']) if (alarms.has(kind)) broken(`alarm ${kind} outlived the work`);
}

const farAway = 99;
const paths = new Map<string, number>();
interface Abstract {
  readonly status: Status;
  readonly hasOwner: boolean;
  readonly childOpen: boolean;
}

/** By the table and the facts alone: in how few moves some people can complete this. */
function movesToEnd(from: Abstract): number {
  const key = JSON.stringify(from);
  const known = paths.get(key);
  if (known !== undefined) return known;
  const seen = new Set([key]);
  let layer = [from];
  for (let n = 1; layer.length > 0 && n < farAway; n += 1) {
    const next: Abstract[] = [];
    for (const at of layer)
      for (const row of TRANSITIONS.filter((one) => one.from.includes(at.status))) {
        if (!row.by.some((who) => (who === 'owner' ? at.hasOwner : who === 'team-lead'))) continue;
        const met: Partial<Record<Condition, boolean>> = { 'nothing-open-elsewhere': !at.childOpen };
        if (row.only && met[row.only] !== true) continue;
        const to = row.to === 'same' ? at.status : row.to;
        if (to === 'completed') {
          paths.set(key, n);
          return n;
        }
        const after: Abstract = {
          status: to,
          hasOwner: at.hasOwner || row.move === 'reassign',
          childOpen: at.childOpen && row.move !== 'hear-onward',
        };
        if (!seen.has(JSON.stringify(after)) && isOpen(to)) next.push(after);
        seen.add(JSON.stringify(after));
      }
    layer = next;
  }
  paths.set(key, farAway);
  return farAway;
}

const expectedClocks = new WeakMap<Journey, string>();

/** Everything that must be so of these journeys; throws with all that is not. */
export function holds(journeyIds: readonly string[], kept: Kept, at: Standing): void {
  const wrong: string[] = [];
  for (const id of kept.clocks.keys()) if (!kept.journeys.has(id)) wrong.push(`clocks of an unknown journey ${id}`);
  for (const id of journeyIds) {
    const journey = kept.journeys.get(id);
    if (!journey) throw new Error(`journey ${id} is gone`);
    const broken: Broken = (what) => wrong.push(`${id.slice(-4)} (${journey.index.taskStatus}): ${what}`);
    const rows = kept.deliveries.get(id) ?? [];
    let expected = expectedClocks.get(journey);
    if (expected === undefined) {
      const clocks = clocksOf(journey, at.directory.practices.get(journey.practice)?.levels);
      expected = clocks
        .map((one) => `${one.kind} ${one.dueOn}`)
        .sort()
        .join(', ');
      expectedClocks.set(journey, expected);
    }
    clocksRun(journey, kept, at, broken, expected);
    noSilentEnd(journey, kept, rows, at, broken);
    nothingAfterWithdrawal(journey, rows, broken);
    nothingOnOverdueConsent(journey, broken);
    if (!isOpen(journey.index.taskStatus)) continue;
    onePerson(journey, kept, at, broken);
    const { owner, taskStatus } = journey.index;
    const childOpen = factsOf(journey).openChildren > 0;
    const moves = movesToEnd({ status: taskStatus as Status, hasOwner: owner !== null, childOpen });
    if (moves > 4) broken(`no way to end it well (${moves} moves)`);
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}
