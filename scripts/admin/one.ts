import { isRefusal, type Refusal } from '../../src/referral/refusal.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { type Asking, actOnOne, correctAddress, reassignTo } from '../../src/web/queue/actions.ts';
import type { Acting } from './acts.ts';
import { wordsOf } from './print.ts';

/** What besides its number is said of a delivery: the way to go by, or the right address. */
export interface Given {
  readonly way?: string | undefined;
  readonly address?: string | undefined;
}

/** What is done to one delivery, by the words of the command; each as on its page. */
export const oneActs: Readonly<Record<string, (asking: Asking, given: Given) => Promise<'done' | 'absent' | Refusal>>> =
  {
    'give-up': (asking) => actOnOne(asking, 'give-up'),
    reassign: (asking, { way = '' }) => reassignTo(asking, way),
    'correct-address': (asking, { address = '' }) => correctAddress(asking, address),
  };

/** Does one of them and says so. Errors: there is no such delivery, or why it cannot be. */
export async function actOnDelivery(acting: Acting, what: string, id: string, given: Given): Promise<void> {
  const { store, actor, reason, isDry, say } = acting;
  if (isDry) return say(`${what} of ${id}, if that fits how it stands then. Nothing was changed.\n`);
  const site = { store, directory: directoryReader(store) };
  const done = await oneActs[what]?.({ site, actor, id, reason }, given);
  if (done === 'absent') throw new Error(`no delivery ${id}: see npm run admin -- deliveries`);
  if (isRefusal(done)) throw new Error(wordsOf(done));
  say(`${id}: done.\n`);
}
