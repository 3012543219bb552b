import { goesBack, reassignByPresence } from '../feedback/reassign.ts';
import { noteLanded } from '../feedback/report.ts';
import type { Log } from '../log.ts';
import type { Meter } from '../meter.ts';
import { theLine } from '../referral/actor.ts';
import { assign } from '../referral/assignment.ts';
import { byTheLine } from '../referral/audit-line.ts';
import type { CaseCopyMove } from '../referral/case-copy.ts';
import type { AttemptNote, AuditLine, Change } from '../referral/change.ts';
import { localDay } from '../referral/deadlines.ts';
import type { DeliveryMove } from '../referral/delivery-move.ts';
import type { Proof } from '../referral/directory/channels.ts';
import { isPresent } from '../referral/directory/directory.ts';
import type { Journey } from '../referral/journey.ts';
import { isOpen } from '../referral/lifecycle/lifecycle.ts';
import { isRefusal } from '../referral/refusal.ts';
import { readCopy } from '../store/case-systems.ts';
import { type Claimed, claim, type Due, endLostAttempt } from '../store/outbox/outbox.ts';
import { readJourney, readStanding } from '../store/referrals.ts';
import { ContentErased, type Store } from '../store/store.ts';
import { openSpan } from '../trace.ts';
import type { Claim } from './batch.ts';
import { verdictOf } from './breaker.ts';
import type { Receipt } from './connector.ts';
import { Failure, isLanded, lookAgainMs, patienceMs, retryDelayMs } from './failure.ts';
import { goesOnBy } from './fallback.ts';
import { linkEnded } from './link-mail.ts';
import { type Packing, pack } from './parcel.ts';
import { answeredChange, stoppedChange } from './subscription.ts';

export interface Delivering extends Packing {
  readonly log: Log;
  /** How long one attempt may take; its lease is that and a margin. */
  readonly timeoutMs: number;
  readonly random: () => number;
  readonly meter?: Meter;
  /** Claims of jobs that start together share a statement (batch.ts); without it each has its own. */
  readonly claim?: Claim;
}

/** What it takes to decide how a delivery goes on. */
export type Deciding = Pick<Delivering, 'store' | 'directory' | 'random' | 'meter'>;

const leaseMarginMs = 5_000;
const triesMax = 5;
const leaseLost = 'lease-lost';

function audit(event: string, claimed: Claimed, at: string, outcome: AuditLine['outcome'], code?: string): AuditLine {
  const object = claimed.document ? `${claimed.document.type}/${claimed.document.id}` : `Delivery/${claimed.id}`;
  return byTheLine(event, at, { outcome, object, purpose: 'TREAT', ...(code && { code }) });
}

/** Looks once more who is present, and whether this assignment is still the present one; true when it is superseded. */
async function superseded(parts: Delivering, claimed: Claimed): Promise<boolean> {
  const [standing, directory] = await Promise.all([readStanding(parts.store, claimed.journey), parts.directory()]);
  if (!standing || standing.assignment !== claimed.assignment || !isOpen(standing.taskStatus)) return true;
  const { practice, requesterAgb, owner, rule, route } = standing;
  const day = localDay(parts.store.clock());
  const has = directory.roles.get(owner ?? '');
  const right = assign(directory, practice, requesterAgb ?? undefined, day, [], { rule });
  // Most are where they belong: those are not opened at all.
  if (has && isPresent(has, day) && !goesBack(route)) return false;
  if (!right || (right.owner?.id ?? null) === owner) return false;
  const journey = await readJourney(parts.store, { kind: 'line' }, claimed.journey);
  if (!journey) return true;
  const change = reassignByPresence(journey, {
    actor: theLine,
    now: parts.store.clock(),
    newId: parts.store.newId,
    directory,
  });
  if (change && !isRefusal(change)) {
    const done = await parts.store.commit(change);
    return done.ok || superseded(parts, claimed);
  }
  // A journey is read in two steps, and somebody may have moved it between them: its row is asked once more.
  const now = await readStanding(parts.store, claimed.journey);
  return now?.assignment !== claimed.assignment || !isOpen(now.taskStatus);
}

/** News about work that ended before it was on any worklist or in any mail: nobody knows of it, so nobody is told (H3, H10). */
async function wasNeverSeen({ store }: Delivering, { kind, document, assignment, journey }: Claimed): Promise<boolean> {
  if (kind !== 'notify' || assignment !== null || document?.type !== 'Task') return false;
  const standing = await readStanding(store, journey);
  return standing !== undefined && !standing.wasVisible && !isOpen(standing.taskStatus);
}

/** Whether what a delivery was for is over by now. */
async function isMoot(parts: Delivering, claimed: Claimed): Promise<boolean> {
  // A mail about no referral (a practice's question) has no assignment that could be another by now.
  const isAssigned = claimed.kind === 'worklist' || (claimed.kind === 'notify' && claimed.assignment !== null);
  if (isAssigned && (await superseded(parts, claimed))) return true;
  return (await wasNeverSeen(parts, claimed)) || linkEnded(parts.store, claimed);
}

/** What a receipt makes of the delivery itself. */
function moveOf(claimed: Claimed, receipt: Receipt, isDone: boolean, at: string, random: () => number): DeliveryMove {
  const ended = { id: claimed.id, lease: claimed.lease, proof: receipt.proof, at };
  if (isDone) return { to: 'landed', ...ended };
  return { to: 'sent', ...ended, lookAgainInMs: receipt.answerWithinMs ?? lookAgainMs(claimed.attempts, random()) };
}

/** What a delivery that landed makes true for its journey. */
async function landedChange(
  { store, directory }: Deciding,
  claimed: Claimed,
  receipt: Receipt,
  now: Date,
  known: Journey | undefined,
): Promise<Partial<Change>> {
  const at = now.toISOString();
  if (isNotice(claimed)) return answeredChange(claimed);
  if (receipt.copy) return { caseCopy: await standsThere(store, claimed, receipt.copy) };
  if (claimed.kind === 'worklist' && claimed.document && claimed.assignment !== null) {
    const owner = (await readStanding(store, claimed.journey))?.owner ?? null;
    return {
      visible: [{ taskId: claimed.document.id, assignment: claimed.assignment, owner, at }],
      events: [{ kind: 'visible', at, owner }],
    };
  }
  if (claimed.kind !== 'feedback' || !claimed.document) return {};
  const journey = known ?? (await readJourney(store, { kind: 'line' }, claimed.journey));
  if (!journey) return {};
  const acting = { actor: theLine, now, newId: store.newId, directory: await directory() };
  return noteLanded(journey, claimed.document.id, acting) ?? {};
}

/**
 * The Change that a receipt is: the delivery's own move, and what it makes true for the journey. `known`: the journey as
 * it was read before sending; when it has changed since, the commit says so.
 */
export async function receiptChange(
  parts: Deciding,
  claimed: Claimed,
  receipt: Receipt,
  known?: Journey,
): Promise<Change> {
  const now = parts.store.clock();
  const at = now.toISOString();
  const isDone = isLanded(receipt.proof, claimed.bestProof);
  // Looking again and finding what we knew is no transfer.
  const isNews = isDone || receipt.proof !== claimed.proof;
  const line = audit(isDone ? 'delivery-landed' : 'delivery-sent', claimed, at, 'ok', receipt.proof);
  const made = isDone ? await landedChange(parts, claimed, receipt, now, known) : {};
  return {
    scope: { practice: claimed.practice },
    journey: claimed.journey,
    deliveries: [moveOf(claimed, receipt, isDone, at, parts.random)],
    ...made,
    audit: [...(isNews ? [line] : []), ...(made.audit ?? [])],
  };
}

/** How a referral stands in a case system after it took it; what it was told about steps there stays. */
async function standsThere(
  store: Store,
  { destination, journey }: Claimed,
  copy: NonNullable<Receipt['copy']>,
): Promise<CaseCopyMove> {
  const { refused, heard } = (await readCopy(store, destination, journey))?.kept ?? {};
  const kept = { ...copy.kept, ...(refused && { refused }), ...(heard && { heard }) };
  return { ...copy, destination, kept };
}

/** A number that is told to a system; the mail that its subscription has stopped is of that kind too. */
const isNotice = ({ kind, destination }: Claimed) => kind === 'subscription' && destination !== 'mail';

/** Whether it may still go on by itself; after seven days a person must look (decision 4). */
function isPatient(parts: Deciding, claimed: Claimed): boolean {
  return parts.store.clock().getTime() - claimed.waitingSince.getTime() < patienceMs;
}

/** What the journey itself says against sending, whoever the receiver is (H3, H6, H10): it waits, or nobody sends it any more. */
const mayNotGo = new Set(['consent-to-renew', 'consent-withdrawn', 'recalled']);

/** The Change that ends a delivery which nobody waits for any more. */
const givenUp = (claimed: Claimed, at: string, reason: string): Change => ({
  scope: { practice: claimed.practice },
  journey: claimed.journey,
  deliveries: [{ to: 'abandoned', id: claimed.id, lease: claimed.lease, reason }],
  audit: [audit('delivery-abandoned', claimed, at, 'ok', reason)],
});

/** The Change that a failure is: a next time, the practice's next channel, or held for a person. */
export async function failureChange(parts: Deciding, claimed: Claimed, failure: Failure): Promise<Change> {
  const at = parts.store.clock().toISOString();
  // What an earlier attempt may have done stays in doubt until the receiver says that it has it.
  const failed = {
    id: claimed.id,
    lease: claimed.lease,
    code: failure.code,
    outcome: failure.kind,
    ambiguous: failure.kind === 'ambiguous' || claimed.ambiguous,
    ...verdictOf(failure, parts.random()),
  };
  const isOver = failure.kind === 'permanent' || !isPatient(parts, claimed);
  if (isOver && mayNotGo.has(failure.code)) return givenUp(claimed, at, failure.code);
  const next = claimed.kind === 'feedback' && goesOnBy(claimed, failure, isOver, await parts.directory());
  const settled = (event: string, move: DeliveryMove): Change => ({
    scope: { practice: claimed.practice },
    journey: claimed.journey,
    deliveries: [move],
    audit: [audit(event, claimed, at, 'failed', failure.code)],
  });
  if (next) {
    const { id, lease } = claimed;
    const move = { to: 'abandoned', id, lease, reason: 'fallback', code: failure.code } as const;
    const events = [{ kind: 'fallback' as const, at, outcome: failure.code }];
    return { ...settled('delivery-fallback', move), outbox: [next], events };
  }
  if (isOver && isNotice(claimed)) return stoppedChange(parts.store, await parts.directory(), claimed, failure.code);
  if (isOver) return settled('delivery-held', { to: 'held', ...failed });
  const retryInMs = failure.retryAfterMs ?? retryDelayMs(claimed.attempts, parts.random());
  return settled('delivery-failed', {
    to: 'pending',
    ...failed,
    retryInMs,
    ...(mayNotGo.has(failure.code) && { untried: true }),
  });
}

/** For the figures: how long after its commit a delivery landed. */
export function noteLandedAfter({ store, meter }: Deciding, { kind, createdAt }: Claimed): void {
  meter?.landed(kind, (store.clock().getTime() - createdAt.getTime()) / 1_000);
}

/** Commits what `make` decides on the newest state; a stale lease is no fault: someone else has taken the delivery over. */
async function settle(
  parts: Delivering,
  make: (again: boolean) => Promise<Change>,
  notes: readonly AttemptNote[] = [],
): Promise<boolean> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const done = await parts.store.commit({ ...(await make(tries > 0)), ...(notes.length > 0 && { attempts: notes }) });
    if (done.ok) return true;
  }
  return false;
}

/** One attempt with the lease in hand; gives how it ended. Throws only when the database cannot be told. */
async function attempt(parts: Delivering, claimed: Claimed): Promise<{ outcome: string; code: string | null }> {
  let mapping: string | undefined;
  const noteOf = (said?: string): AttemptNote[] =>
    mapping || said
      ? [{ delivery: claimed.id, lease: claimed.lease, ...(mapping && { mapping }), ...(said && { said }) }]
      : [];
  try {
    if (await isMoot(parts, claimed)) {
      const at = parts.store.clock().toISOString();
      const settled = await settle(parts, async () => givenUp(claimed, at, 'superseded'));
      return { outcome: settled ? 'superseded' : leaseLost, code: null };
    }
    const { connector, parcel, journey, ...packed } = await pack(parts, claimed);
    mapping = connector.mapping;
    const receipt = await connector.send(parcel, AbortSignal.timeout(parts.timeoutMs));
    const lost = (packed.lost ?? 0) + (receipt.lost ?? 0);
    if (lost > 0) parts.log.warn('letter-lost-characters', { delivery: claimed.id, count: lost });
    if (!isLanded(receipt.proof, claimed.bestProof) && !isPatient(parts, claimed)) {
      throw new Failure('permanent', 'not-confirmed');
    }
    const change = (again: boolean) => receiptChange(parts, claimed, receipt, again ? undefined : journey);
    const settled = await settle(parts, change, noteOf());
    return { outcome: settled ? receipt.proof : leaseLost, code: null };
  } catch (error) {
    const failure = failureOf(error);
    if (failure !== error) parts.log.bug('delivery', error, { delivery: claimed.id, journey: claimed.journey });
    const settled = await settle(parts, () => failureChange(parts, claimed, failure), noteOf(Failure.saidIn(failure)));
    return { outcome: settled ? failure.kind : leaseLost, code: failure.code };
  }
}

/** A bug of ours is a failure too: with a code and a next time, or it would try for ever with nobody knowing. */
function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return error instanceof ContentErased ? new Failure('permanent', 'erased') : new Failure('ambiguous', 'fault');
}

/**
 * One job of the queue: claim a lease, send with no transaction open, record the receipt or the failure. Finishes
 * quietly when there is nothing to do; the time of the next try lives in PostgreSQL, never in the queue.
 */
export async function deliver(parts: Delivering, due: Due): Promise<void> {
  const leaseMs = parts.timeoutMs + leaseMarginMs;
  const claimed = await (parts.claim ? parts.claim(due, leaseMs) : claim(parts.store, due, leaseMs));
  if (!claimed) return;
  const began = performance.now();
  // The trace that it was committed in, also when that was last week and in another process.
  const span = openSpan(`deliver ${claimed.kind}`, 'client', claimed.traceparent);
  const { outcome, code } = await span.within(() => attempt(parts, claimed));
  const { id, journey, destination } = claimed;
  parts.meter?.attempt(destination, code ?? outcome, (performance.now() - began) / 1_000);
  if (code === null && isLanded(outcome as Proof, claimed.bestProof)) noteLandedAfter(parts, claimed);
  const of = { delivery: id, journey, destination, attempt: claimed.attempts };
  span.end({ ...of, outcome, ...(code && { code }) }, code !== null);
  // The attempt's own row ends in the commit that moves its delivery; there is none when another had taken it over.
  if (outcome === leaseLost) await endLostAttempt(parts.store, claimed);
  parts.log.info('delivery-attempted', { ...of, outcome, ...(code && { code }) });
}
