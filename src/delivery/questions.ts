import type { Log } from '../log.ts';
import { assign } from '../referral/assignment.ts';
import { byTheLine } from '../referral/audit-line.ts';
import type { Change } from '../referral/change.ts';
import { usualLevels } from '../referral/clocks.ts';
import { addWorkingDays, isWorkingDay, localDay } from '../referral/deadlines.ts';
import { type Directory, type Role, teamLeads } from '../referral/directory/directory.ts';
import type { OutboxRow } from '../referral/outbox-row.ts';
import { noticesFor } from '../referral/receive.ts';
import { type OpenQuestion, openQuestions } from '../store/questions.ts';
import type { Store } from '../store/store.ts';

export interface OverseeingQuestions {
  readonly store: Store;
  readonly directory: () => Promise<Directory>;
  readonly log: Log;
}

/** First whoever may answer, then the team lead too; after that it stays on the team lead's page. */
const levelsMax = 2;

/** Who hears of it at a level: whoever is there for the practice today, else and later the team leads. Pure. */
function hearers(question: OpenQuestion, directory: Directory, day: string): Role[] {
  const agb = directory.roles.get(question.askedBy)?.agb;
  const owner = assign(directory, question.practice, agb, day)?.owner;
  const roles =
    question.level === 0 ? noticesFor(directory, owner, question.team) : teamLeads(directory, question.team);
  return roles.filter((role) => role.email);
}

/** Whether the next step about a question is due on a local day. */
function isQuestionDue(question: OpenQuestion, directory: Directory, day: string): boolean {
  const within = directory.practices.get(question.practice)?.levels?.answer ?? usualLevels.answer;
  const last = question.steppedOn ?? addWorkingDays(localDay(question.askedAt), within);
  return question.level < levelsMax && day > last;
}

/**
 * Questions about nobody that wait longer than was agreed: whoever may answer is reminded, a working day later the team
 * lead. One mail per person and run, however many questions there are. Gives how many steps were taken.
 */
export async function overseeQuestions({ store, directory, log }: OverseeingQuestions): Promise<number> {
  const now = store.clock();
  const day = localDay(now);
  if (!isWorkingDay(day)) return 0;
  const book = await directory();
  const mailed = new Set<string>();
  let taken = 0;
  for (const question of await openQuestions(store)) {
    if (!isQuestionDue(question, book, day)) continue;
    const { id, practice, level } = question;
    const told = hearers(question, book, day).filter((role) => !mailed.has(role.id));
    const change: Change = {
      scope: { practice },
      journey: id,
      question: { to: 'overdue', id, level, on: day },
      outbox: told.map(
        (role): OutboxRow => ({ messageId: store.newId(), kind: 'notify', destination: 'mail', recipient: role.id }),
      ),
      audit: [byTheLine('general-question-overdue', now.toISOString(), { object: `Question/${id}` })],
    };
    try {
      if (!(await store.commit(change)).ok) continue;
      for (const role of told) mailed.add(role.id);
      taken += 1;
    } catch (error) {
      log.bug('question-not-followed', error, { code: id });
    }
  }
  return taken;
}
