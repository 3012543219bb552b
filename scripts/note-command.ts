import type { Store } from '../src/store/store.ts';

/** A line of the trail about what an operator did with the whole record; `object` is never a person. */
export async function noteCommand(store: Store, event: string, by: string, object: string): Promise<void> {
  await store.commit({
    scope: { practice: '' },
    audit: [
      {
        event,
        at: store.clock().toISOString(),
        actor: { id: by, role: 'administrator' },
        action: 'E',
        outcome: 'ok',
        object,
        purpose: 'SYSADMIN',
      },
    ],
  });
}
