import { errorClasses } from '../../src/referral/error-class.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { readJob } from '../../src/store/queue/bulk.ts';
import { undoJob } from '../../src/web/queue/bulk.ts';
import { type Undone, undoClass, undoDelivery, undoDestination } from '../../src/web/queue/undo.ts';
import { type Acting, followJob } from './acts.ts';
import { wordsOf } from './print.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Undoes the last press on one delivery (its number), job (its id), kind of error or receiver (its name); as on the pages. */
export async function undo(acting: Acting, name: string): Promise<void> {
  const { store, actor, reason, isDry, say } = acting;
  if (isDry) return say(`The last press on ${name} would be undone, if it still can be. Nothing was changed.\n`);
  if (uuid.test(name)) {
    if (!(await readJob(store, name))) throw new Error(`job ${name} is not there: see npm run admin -- jobs`);
    const begun = await undoJob(store, actor, name, reason);
    if (isRefusal(begun)) throw new Error(wordsOf(begun));
    await followJob(acting, begun);
    return;
  }
  const of = errorClasses.find((one) => one === name);
  const undone: Undone = /^\d+$/.test(name)
    ? await undoDelivery(store, actor, name, reason)
    : of
      ? await undoClass(store, actor, of, reason)
      : await undoDestination(store, actor, name, reason);
  if (undone === 'absent') throw new Error(`${name}: no delivery, job, kind of error or destination`);
  if (isRefusal(undone)) throw new Error(wordsOf(undone));
  say(`${name}: undone.\n`);
}
