import type { AuditLine, Change } from '../referral/change.ts';
import type { DeliveryMove } from '../referral/delivery-move.ts';
import type { BulkAction } from '../referral/queue-move.ts';
import { type BulkItem, nextItems, unlessAnother } from '../store/queue/bulk.ts';
import type { Store } from '../store/store.ts';

/** How many are looked up at once; a stop counts from the next one on, each commit asks again whether it may. */
const chunk = 200;

/** The move that a job is for one delivery; what it undoes is that job's own press and no later one. */
function moveOf({ action, delivery: id, job, undoes }: BulkItem): DeliveryMove {
  if (undoes) return { to: 'undone', id, job: undoes };
  switch (action) {
    case 'retry':
      return { to: 'retry', id, job };
    case 'park':
      return { to: 'parked', id, reason: 'parked', job };
    case 'call':
      return { to: 'parked', id, reason: 'to-call', job };
    case 'release':
      return { to: 'released', id, job };
  }
}

const bulkEvents: Readonly<Record<BulkAction, string>> = {
  retry: 'delivery-retried',
  park: 'delivery-parked',
  call: 'delivery-to-call',
  release: 'delivery-released',
};

function changeOf(item: BulkItem, at: string, outcome: 'done' | 'skipped'): Change {
  const { job, action, delivery, practice, journey, reason, by, role, code } = item;
  const line: AuditLine = {
    event: item.undoes ? 'delivery-undone' : bulkEvents[action],
    at,
    actor: { id: by, role },
    action: 'U',
    outcome: 'ok',
    object: `Delivery/${delivery}`,
    purpose: 'SYSADMIN',
    reason,
    ...(code && { code }),
  };
  return {
    scope: { practice },
    journey,
    queue: [{ to: 'item-done', job, delivery, outcome }],
    ...(outcome === 'done' && { deliveries: [moveOf(item)] }),
    audit: outcome === 'done' ? [line] : [],
  };
}

/**
 * Does what bulk jobs still have to do, each delivery in a commit that notes it: after a crash or a stop it goes on with
 * the next, and none is done twice, however many processes do this at once. What has moved meanwhile is left alone.
 * Gives how many were done.
 */
export function workBulk({ store }: { readonly store: Store }, chunksMax = 20): Promise<number> {
  return unlessAnother(store, () => workChunks(store, chunksMax));
}

async function workChunks(store: Store, chunksMax: number): Promise<number> {
  let count = 0;
  for (let chunks = 0; chunks < chunksMax; chunks += 1) {
    const items = await nextItems(store, chunk);
    if (items.length === 0) return count;
    const at = store.clock().toISOString();
    const done = await Promise.all(
      items.map(async (item) => {
        // Only feedback can be read aloud: anything else would wait for a call that nobody makes.
        const isOurs = item.action !== 'call' || item.kind === 'feedback';
        // Twice: a commit that met another's lock was no no.
        for (const _try of isOurs ? [1, 2] : []) if ((await store.commit(changeOf(item, at, 'done'))).ok) return 1;
        await store.commit(changeOf(item, at, 'skipped'));
        return 0;
      }),
    );
    count += done.reduce<number>((sum, one) => sum + one, 0);
  }
  return count;
}
