import type { Letter } from '../../demo/model.ts';
import { sealAudit, verifyAudit } from '../../src/store/audit.ts';
import { readJourney } from '../../src/store/referrals.ts';
import type { Store } from '../../src/store/store.ts';
import { judgeEffects, outOfOrder } from './judge.ts';
import type { Receivers } from './receivers.ts';
import type { Acknowledged } from './senders.ts';
import { firstLines } from './wallys.ts';

/** What was found wrong, and what was only counted. */
export interface Found {
  readonly violations: string[];
  readonly figures: Record<string, number>;
}

interface JourneyRow {
  readonly id: string;
  readonly practice: string;
  readonly number: string;
  readonly promised: string;
  readonly status: string;
  readonly tasks: number;
  readonly seen: number;
  readonly deliveries: string;
  readonly trail: string;
}

const JOURNEYS = `
  select j.id, j.practice_id as practice, j.practice_referral_id as number, j.number as promised, j.task_status as status,
         (select count(*) from resource r where r.journey_id = j.id and r.type = 'Task') as tasks,
         (select count(*) from worklist_entry v where v.journey_id = j.id and v.task_id = j.task_id and v.assignment = j.assignment) as seen,
         (select string_agg(k, ' ' order by k) from
           (select kind || '-' || state as k from delivery d where d.journey_id = j.id) x) as deliveries,
         (select string_agg(e || '=' || n, ' ' order by e) from
           (select a.line::json ->> 'event' as e, count(*) as n from audit a where a.journey_id = j.id group by 1) t
           where e not in ('delivery-failed', 'delivery-sent')) as trail
    from journey j`;

const carried = 'feedback-landed feedback-landed notify-landed worklist-landed';
/** Every step of a journey has its line in the trail, once. */
const trail =
  'delivery-landed=4 feedback-final=1 feedback-interim=1 feedback-landed=2 referral-received=1 task-accepted=1';

const keyOf = (one: { readonly practice: string; readonly number: string }) => `${one.practice} ${one.number}`;
const messageOf = ({ communication }: Letter) => {
  const [identifier] = communication.identifier ?? [];
  return `${identifier?.system}|${identifier?.value}`;
};

/** Nothing acknowledged is missing, nothing is there that nobody sent, and each is there once with all that belongs to it. */
async function judgeRecord(store: Store, sent: readonly Acknowledged[], must: Must): Promise<readonly JourneyRow[]> {
  const { rows } = await store.pool.query<JourneyRow>(JOURNEYS);
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  must('journeys', rows.length, sent.length);
  must('journeys by number', byKey.size, rows.length);
  for (const one of sent) {
    const row = byKey.get(keyOf(one));
    const { promised, tasks, seen, status, deliveries, trail: lines } = row ?? {};
    const is = { promised, tasks, seen, status, deliveries, trail: lines };
    must(keyOf(one), is, {
      promised: one.promised,
      tasks: 1,
      seen: 1,
      status: 'completed',
      deliveries: carried,
      trail,
    });
  }
  const { rows: counted } = await store.pool.query(
    `select (select count(*) from delivery where state = 'held') as held,
            (select count(*) from delivery where journey_id not in (select id from journey)) as orphans,
            (select count(*) from worklist_entry) as visible,
            (select count(*) from resource where type = 'Task') as tasks,
            (select count(*) from refused) as refused,
            (select count(*) from inbound) as messages`,
  );
  must('counts', counted[0], {
    held: 0,
    orphans: 0,
    visible: sent.length,
    tasks: sent.length,
    refused: 0,
    messages: sent.length,
  });
  return rows;
}

/** The content itself, of some: statuses and the proof in the Communication are sealed and stand in no index. */
async function judgeContent(store: Store, rows: readonly JourneyRow[], must: Must): Promise<void> {
  for (const { id, promised } of rows) {
    const journey = await readJourney(store, { kind: 'line' }, id);
    const statuses = [journey?.serviceRequest, ...(journey?.communications ?? [])].map((one) => one?.resource.status);
    must(`statuses of ${promised}`, statuses, ['completed', 'completed', 'completed']);
    must(
      `proof of ${promised}`,
      journey?.communications.map((one) => typeof one.resource.received),
      ['string', 'string'],
    );
  }
}

/** What stands in the practices' records, and in which order it came there. */
function judgeReceivers(receivers: Receivers, sent: readonly Acknowledged[], must: Must): Record<string, number> {
  const pairs: [string, string][] = [];
  const letters = new Map<string, Letter[]>();
  for (const practice of new Set(sent.map((one) => one.practice)))
    for (const letter of receivers.his.records(practice).letters.all()) {
      const key = `${practice} ${letter.patientId ?? ''}`;
      letters.set(key, [...(letters.get(key) ?? []), letter]);
    }
  for (const one of sent) {
    const own = letters.get(`${one.practice} ${one.patientId}`) ?? [];
    const of = (kind: keyof typeof firstLines) => [
      ...new Set(
        own
          .filter((letter) =>
            letter.communication.payload?.[0]?.contentString?.includes(firstLines[kind](one.promised)),
          )
          .map(messageOf),
      ),
    ];
    const [interim, final] = [of('interim'), of('final')];
    must(
      `${keyOf(one)} in the record`,
      {
        interim: interim.length,
        final: final.length,
        messages: new Set(own.map(messageOf)).size,
        filed: [...new Set(own.map((letter) => letter.filedBy))],
      },
      { interim: 1, final: 1, messages: 2, filed: ['itself'] },
    );
    if (interim[0] && final[0]) pairs.push([interim[0], final[0]]);
  }
  const effects = judgeEffects(receivers.posted, receivers.asked);
  for (const key of effects.twice) must(`effects of ${key}`, 'twice', 'once');
  for (const [first, second] of outOfOrder(receivers.posted, pairs))
    must(`order of ${first}`, `after ${second}`, 'before');
  must('messages in the records', effects.messages, 2 * sent.length);
  const stored = Object.values(receivers.his.counts()).reduce((sum, one) => sum + one.effects, 0);
  must('effects that the receivers logged', stored, effects.messages + effects.late + effects.twice.length);
  return { 'twice by a late request': effects.late, 'twice otherwise': effects.twice.length };
}

type Must = (what: string, is: unknown, should: unknown) => void;

/** Everything that must be so when all is quiet again. `contents`: of how many journeys the content is opened. */
export async function judge(
  store: Store,
  receivers: Receivers,
  sent: readonly Acknowledged[],
  contents: number,
): Promise<Found> {
  const violations: string[] = [];
  const must: Must = (what, is, should) => {
    const [one, other] = [JSON.stringify(is), JSON.stringify(should)];
    if (one !== other) violations.push(`${what}: ${one}, must be ${other}`);
  };
  const rows = await judgeRecord(store, sent, must);
  const every = Math.max(1, Math.floor(rows.length / contents));
  await judgeContent(
    store,
    rows.filter((_, nth) => nth % every === 0),
    must,
  );
  const figures = judgeReceivers(receivers, sent, must);
  const { rows: attempts } = await store.pool.query<{ all: number; again: number; cut: number }>(
    `select count(*) as all, count(*) filter (where number > 1) as again, count(*) filter (where ended_at is null) as cut from attempt`,
  );
  while ((await sealAudit(store)) > 0);
  const chain = await verifyAudit(store);
  must('audit chain', { broken: chain.broken, unsealed: chain.unsealed }, { unsealed: 0 });
  return {
    violations,
    figures: {
      ...figures,
      'lines in the trail': chain.lines,
      attempts: attempts[0]?.all ?? 0,
      'attempts again': attempts[0]?.again ?? 0,
      'attempts cut short': attempts[0]?.cut ?? 0,
    },
  };
}
