import type { Store } from './store.ts';

interface Waiting<Q, A> {
  readonly question: Q;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

const batchMax = 64;

function asker<Q, A>(ask: (questions: readonly Q[]) => Promise<readonly A[]>): (question: Q) => Promise<A> {
  const waiting: Waiting<Q, A>[] = [];
  let asking = false;
  const run = async (batch: readonly Waiting<Q, A>[]) => {
    try {
      const answers = await ask(batch.map((one) => one.question));
      for (const [nth, one] of batch.entries()) one.resolve(answers[nth] as A);
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error);
      else for (const one of batch) await run([one]);
    }
  };
  const pump = () => {
    if (asking || waiting.length === 0) return;
    asking = true;
    void run(waiting.splice(0, batchMax)).finally(() => {
      asking = false;
      pump();
    });
  };
  return (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ question, resolve, reject });
      setImmediate(pump);
    });
}

/**
 * Questions that wait at the same moment share one statement: round trips are the cost, not the work. `ask` gives one
 * answer per question, in their order. Nobody is answered by a statement that began before the question: what was
 * committed (or revoked) by then is seen. When a shared statement fails, each is asked alone.
 */
export function together<Q, A>(
  ask: (store: Store, questions: readonly Q[]) => Promise<readonly A[]>,
): (store: Store, question: Q) => Promise<A> {
  const askers = new WeakMap<Store, (question: Q) => Promise<A>>();
  return (store, question) => {
    const known = askers.get(store) ?? asker((questions: readonly Q[]) => ask(store, questions));
    askers.set(store, known);
    return known(question);
  };
}
