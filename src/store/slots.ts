import type { Part, Prepared } from './commit/writes.ts';
import type { Store } from './store.ts';

/** How often a slot of the Wally's consulting hours on this local day was taken, at whatever practice. */
export async function countTaken(store: Store, role: string, day: string): Promise<number> {
  const { rows } = await store.pool.query<{ nth: number }>({
    name: 'slots-taken',
    text: 'select coalesce(max(nth), 0) as nth from slot_taken where role_id = $1 and day = $2',
    values: [role, day],
  });
  return rows[0]?.nth ?? 0;
}

/** Slots that are taken; part of the commit's one statement. One that was taken under this number already makes it stale. */
export function slotParts(batch: readonly Prepared[]): Part[] {
  return [
    {
      name: 'sl',
      exact: true,
      columns: 'role_id text, day date, nth int',
      rows: batch.flatMap(({ change: { slot } }) => (slot ? [[slot.role, slot.day, slot.nth]] : [])),
      sql: 'insert into slot_taken (role_id, day, nth) select * from n returning 1',
    },
  ];
}
