import { setTimeout as pause } from 'node:timers/promises';
import { readFixture } from '../scripts/fixture-case.ts';
import { practiceNumber } from '../scripts/fixture-world.ts';
import { type Acting, accept } from '../src/feedback/moves.ts';
import { report } from '../src/feedback/report.ts';
import { openLog } from '../src/log.ts';
import type { Change } from '../src/referral/change.ts';
import type { Journey } from '../src/referral/journey.ts';
import type { Refusal } from '../src/referral/refusal.ts';
import { sealAudit, verifyAudit } from '../src/store/audit.ts';
import { listReferrals } from '../src/store/lists/lists.ts';
import { readJourney } from '../src/store/referrals.ts';
import { decide } from '../src/web/acting.ts';
import type { FaultyLine, Life } from './doubles/faulty-line.ts';

export const fixture = await readFixture('fhir-debts');
const { practice, answers } = fixture;
const owner = fixture.expected.owner ?? '';
const log = openLog('silent');

/** One run: what is to be remembered beside the databases. */
export interface Run {
  readonly line: FaultyLine;
  readonly number: string;
  life: Life;
  /** The answer with which the door acknowledged it. */
  acknowledged: string;
  /** What was wrong at a moment that has passed when the run ends. */
  readonly seen: string[];
}

/** Something that the HIS knows without us. */
export async function tell(line: FaultyLine, what: 'patients' | 'referrals', of: unknown): Promise<void> {
  const answer = await fetch(`${line.his.url}/api/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ practice, [what]: [of] }),
  });
  if (!answer.ok) throw new Error(`the HIS said ${answer.status}`);
}

/** One value, as the owner of the database sees it. */
async function look<T>({ at }: FaultyLine, sql: string, values: unknown[] = []): Promise<T> {
  const { rows } = await at.owner.query<{ value: T }>(`select (${sql}) as value`, values);
  return (rows[0] as { value: T }).value;
}

const journeyId = ({ line, number }: Run) =>
  look<string>(line, 'select id from journey where practice_referral_id = $1', [number]);

/** The sender repeats the same bytes until it gets 2xx; what was acknowledged must be stored at that moment. */
async function sent(run: Run): Promise<boolean> {
  const { line, number } = run;
  if (run.acknowledged) return true;
  const answer = await fetch(`${line.url}/fhir/R4`, {
    method: 'POST',
    headers: {
      'content-type': 'application/fhir+json',
      authorization: `Bearer ${line.his.records(practice).practice.credential}`,
    },
    body: JSON.stringify(fixture.received).replaceAll(`"${practiceNumber(fixture.received).value}"`, `"${number}"`),
  });
  run.acknowledged = answer.ok ? await answer.text() : '';
  if (!answer.ok && answer.status !== 503) run.seen.push(`the door said ${answer.status}`);
  const stored = await look<number>(line, `select count(*) from resource where type = 'Task'`);
  if (answer.ok && stored !== 1) run.seen.push(`acknowledged with ${stored} Tasks stored`);
  return answer.ok;
}

/** Relay and workers, until nothing is on its way any more; when nothing moves, time passes. */
async function drained({ line, life }: Run): Promise<boolean> {
  const offered = await life.round();
  const open = await look<number>(
    line,
    `select count(*) from delivery where state not in ('landed', 'abandoned', 'held')`,
  );
  if (open > 0 && offered === 0 && !line.faults.struck) await line.passTime();
  return open === 0;
}

/** The Wally opens the worklist: it is there, once. */
async function listed(run: Run): Promise<boolean> {
  const found = await listReferrals(run.life.store, { kind: 'owner', owner }, 'new', 10);
  const here = found.filter((one) => one.practiceReferralId === run.number).length;
  if (here !== 1) run.seen.push(`${here} times on the worklist`);
  return true;
}

/** The Wally presses a button, as often as needed, each time on the newest state. */
const pressed =
  (isDone: (task: string) => boolean, decider: (journey: Journey, acting: Acting) => Change | Refusal) =>
  async (run: Run): Promise<boolean> => {
    const { store, directory } = run.life;
    const id = await journeyId(run);
    const site = { store, directory, publicUrl: run.line.url, log };
    const actor = { id: owner, name: owner, role: 'wally' as const, organization: 'voorbeeldstreek' };
    const read = () => readJourney(store, { kind: 'owner', owner }, id);
    const outcome = await decide(site, actor, read, (journey, acting) =>
      isDone(journey.task.resource.status) ? undefined : decider(journey, acting),
    );
    if (outcome !== 'done') run.seen.push(`the page said ${JSON.stringify(outcome)}`);
    return true;
  };

async function sealed({ line, life }: Run): Promise<boolean> {
  // Older transactions of other databases on this server hold the sealer back for a moment: that is not our scenario.
  while (!(await look(line, 'select bool_and(xid < pg_snapshot_xmin(pg_current_snapshot())) from audit')))
    await pause(10);
  await sealAudit(life.store);
  return (await look(line, 'select count(*) from audit')) === (await look(line, 'select count(*) from audit_chain'));
}

const reported = pressed(
  (task) => task === 'completed',
  (journey, acting) => report(journey, answers[0] as (typeof answers)[number], acting),
);
/** The whole way of one referral, there and back, step by step; each is repeated until it says that it is done. */
export const way: Readonly<Record<string, (run: Run) => Promise<boolean>>> = {
  sent,
  delivered: drained,
  listed,
  accepted: pressed((task) => task !== 'requested', accept),
  reported,
  landed: drained,
  sealed,
};

// Failed and unfinished attempts have their lines of the trail too, as many as there were.
const STORED = `json_build_object(
  'journeys', (select count(*) from journey where practice_referral_id = $1),
  'messages', (select count(*) from inbound),
  'resources', (select json_object_agg(type, n order by type) from (select type, count(*) as n from resource group by type) t),
  'visible', (select count(*) from worklist_entry),
  'refused', (select count(*) from refused),
  'alarms', (select count(*) from alarm where resolved_at is null),
  'deliveries', (select json_agg(concat_ws(' ', kind, state, proof, lease_until, queued_at,
                                           (select 'orphan' where journey_id not in (select id from journey))) order by id) from delivery),
  'events', (select json_object_agg(kind, n order by kind) from (select kind, count(*) as n from journey_event group by kind) t),
  'trail', (select json_object_agg(event, n order by event) from (
    select line::json ->> 'event' as event, count(*) as n from audit group by 1) t where event not in ('delivery-failed', 'delivery-sent')))`;
const stored = {
  journeys: 1,
  messages: 1,
  resources: {
    Appointment: 1,
    Binary: 1,
    Communication: 1,
    Consent: 1,
    Patient: 1,
    Provenance: 3,
    ServiceRequest: 1,
    Task: 1,
  },
  visible: 1,
  refused: 0,
  alarms: 0,
  deliveries: ['worklist landed record', 'notify landed transport', 'feedback landed record'],
  events: {
    accepted: 1,
    appointment: 1,
    assigned: 1,
    closed: 1,
    contact: 1,
    feedback: 1,
    landed: 1,
    received: 1,
    visible: 1,
  },
  trail: {
    'delivery-landed': 3,
    'feedback-final': 1,
    'feedback-landed': 1,
    'referral-received': 1,
    'task-accepted': 1,
  },
};

/** Everything that must be so at the end; gives what is not. */
export async function violations(run: Run): Promise<string[]> {
  const { line, number, life } = run;
  const found = [...run.seen];
  const must = (what: string, is: unknown, should: unknown) => {
    const [one, other] = [JSON.stringify(is), JSON.stringify(should)];
    if (one !== other) found.push(`${what}: ${one}, must be ${other}`);
  };
  must('stored', await look(line, STORED, [number]), stored);
  const request = await look<string>(line, `select id from resource where type = 'ServiceRequest'`);
  must('the answer names what is stored', run.acknowledged.includes(`ServiceRequest/${request}`), true);
  const journey = await readJourney(life.store, { kind: 'line' }, await journeyId(run));
  const [communication] = journey?.communications ?? [];
  const statuses = [journey?.task, journey?.serviceRequest, communication].map((one) => one?.resource.status);
  must('statuses', statuses, ['completed', 'completed', 'completed']);
  must('received', typeof communication?.resource.received, 'string');
  const letters = line.his.records(practice).letters.all();
  const ours = letters.filter((one) => one.communication.basedOn?.[0]?.identifier?.value === number);
  must(
    'in the record of the HIS',
    ours.map((one) => one.filedBy),
    ['itself'],
  );
  const { broken, unsealed } = await verifyAudit(life.store);
  must('chain', { broken, unsealed }, { unsealed: 0 });
  return found;
}
