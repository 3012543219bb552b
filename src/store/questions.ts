import { randomBytes } from 'node:crypto';
import type { Change } from '../referral/change.ts';
import { insert, type Part, type Prepared } from './commit/writes.ts';
import { open, seal } from './keys.ts';
import type { Store } from './store.ts';

/** A practice's question about no patient, opened for who may read it. */
export interface Question {
  readonly id: string;
  readonly practice: string;
  readonly askedBy: string;
  readonly askedAt: Date;
  readonly text: string;
  readonly answer?: { readonly text: string; readonly by: string; readonly at: Date };
}

interface Row {
  id: string;
  practice_id: string;
  asked_by: string;
  asked_at: Date;
  wrapped: Buffer;
  asked: Buffer;
  answer: Buffer | null;
  answered_by: string | null;
  answered_at: Date | null;
}

const contextOf = (practice: string, id: string, part: 'asked' | 'answer') => `${practice}|question|${id}|${part}`;

/** The parts of a commit that ask, answer once, and remind; stale when somebody was earlier. */
export function questionParts(batch: readonly Prepared[]): Part[] {
  return [
    insert(
      'q',
      'question',
      'practice_id text, id uuid, team_id text, asked_by text, asked_at timestamptz, wrapped bytea, asked bytea',
      batch.flatMap(({ change: { scope, question }, at }) =>
        question?.to === 'asked'
          ? [
              [
                scope.practice,
                question.id,
                question.team,
                question.by,
                at,
                Buffer.from(question.wrapped),
                Buffer.from(question.sealed),
              ],
            ]
          : [],
      ),
    ),
    {
      name: 'qa',
      exact: true,
      columns: 'practice_id text, id uuid, answer bytea, answered_by text, at timestamptz',
      rows: batch.flatMap(({ change: { scope, question }, at }) =>
        question?.to === 'answered'
          ? [[scope.practice, question.id, Buffer.from(question.sealed), question.by, at]]
          : [],
      ),
      sql: `update question q set answer = n.answer, answered_by = n.answered_by, answered_at = n.at
            from n where q.practice_id = n.practice_id and q.id = n.id and q.answered_at is null returning 1`,
    },
    {
      name: 'qo',
      exact: true,
      columns: 'practice_id text, id uuid, level int, stepped_on date',
      rows: batch.flatMap(({ change: { scope, question } }) =>
        question?.to === 'overdue' ? [[scope.practice, question.id, question.level, question.on]] : [],
      ),
      sql: `update question q set level = n.level + 1, stepped_on = n.stepped_on from n
            where q.practice_id = n.practice_id and q.id = n.id and q.level = n.level and q.answered_at is null returning 1`,
    },
  ];
}

/** The part of a Change that asks; the words are sealed with a key of the question's own, wrapped by the master key. */
export async function questionAsked(
  store: Store,
  asked: { readonly practice: string; readonly id: string; readonly team: string; readonly by: string },
  text: string,
): Promise<NonNullable<Change['question']>> {
  const { practice, id, team, by } = asked;
  const key = randomBytes(32);
  return {
    to: 'asked',
    id,
    team,
    by,
    wrapped: await store.master.wrap(key, id),
    sealed: seal(key, Buffer.from(text), contextOf(practice, id, 'asked')),
  };
}

/** The part of a Change that answers. Undefined when no such question is there. */
export async function questionAnswered(
  store: Store,
  question: { readonly practice: string; readonly id: string },
  by: string,
  text: string,
): Promise<Change['question']> {
  const { practice, id } = question;
  const { rows } = await store.pool.query<Pick<Row, 'wrapped'>>(
    'select wrapped from question where practice_id = $1 and id = $2',
    [practice, id],
  );
  if (!rows[0]) return undefined;
  const key = await store.master.unwrap(rows[0].wrapped, id);
  return { to: 'answered', id, by, sealed: seal(key, Buffer.from(text), contextOf(practice, id, 'answer')) };
}

/** A question that nobody answered yet, without its words. */
export interface OpenQuestion {
  readonly id: string;
  readonly practice: string;
  readonly team: string;
  readonly askedBy: string;
  readonly askedAt: Date;
  /** How many reminders there were, and the local day of the last one. */
  readonly level: number;
  readonly steppedOn: string | null;
}

/** Every question without an answer, longest waiting first; of one team when it is named. */
export async function openQuestions(store: Store, team: string | null = null): Promise<OpenQuestion[]> {
  const { rows } = await store.pool.query<OpenQuestion>({
    name: 'open-questions',
    text: `select id, practice_id as practice, team_id as team, asked_by as "askedBy", asked_at as "askedAt", level,
                  stepped_on::text as "steppedOn"
             from question where answered_at is null and ($1::text is null or team_id = $1) order by asked_at limit 500`,
    values: [team],
  });
  return rows;
}

const shownMax = 100;

/** The questions of these practices: open ones first and oldest first, then answered ones, newest first. */
export async function readQuestions(store: Store, practices: readonly string[]): Promise<Question[]> {
  const { rows } = await store.pool.query<Row>({
    name: 'questions',
    text: `select id, practice_id, asked_by, asked_at, wrapped, asked, answer, answered_by, answered_at
             from question where practice_id = any($1::text[])
            order by answered_at is not null, case when answered_at is null then asked_at end, answered_at desc
            limit ${shownMax}`,
    values: [practices],
  });
  return Promise.all(
    rows.map(async (row) => {
      const key = await store.master.unwrap(row.wrapped, row.id);
      const read = (sealed: Buffer, part: 'asked' | 'answer') =>
        open(key, sealed, contextOf(row.practice_id, row.id, part)).toString('utf8');
      return {
        id: row.id,
        practice: row.practice_id,
        askedBy: row.asked_by,
        askedAt: row.asked_at,
        text: read(row.asked, 'asked'),
        ...(row.answer &&
          row.answered_by &&
          row.answered_at && {
            answer: { text: read(row.answer, 'answer'), by: row.answered_by, at: row.answered_at },
          }),
      };
    }),
  );
}
