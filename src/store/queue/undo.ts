import type { Store } from '../store.ts';

/**
 * May this delivery `d` be put back as a person's last press found it? Within a day, and not when anything has happened
 * since: it was queued or tried, somebody else pressed, it was read aloud. What waited before a retry waited anyway.
 */
export const mayBeUndone = `(d.was_generation = d.generation and d.was_at > now() - interval '1 day'
  and (d.state = 'held' or (d.state = 'pending' and d.was_state = 'held') or (d.state = 'abandoned' and d.reason = 'given-up'))
  and (d.lease_until is null or d.lease_until < now()))`;

/** What a person pressed, as far as it can be undone. */
export type Pressed = 'retry' | 'park' | 'call' | 'release' | 'give-up';

/** The last press on a delivery: what it was, when, for which job, and whether it can still be undone. */
export interface LastPress {
  readonly pressed: Pressed;
  readonly at: Date;
  readonly job: string | null;
  readonly mayUndo: boolean;
}

/** The last press on a delivery that is a day old at most; undefined when there is none. */
export async function readLastPress(store: Store, delivery: string): Promise<LastPress | undefined> {
  const { rows } = await store.pool.query<LastPress>({
    name: 'last-press',
    text: `select case when d.state = 'abandoned' then 'give-up' when d.state = 'held' and d.reason = 'to-call' then 'call'
                       when d.state = 'held' and d.reason is not null then 'park' when d.was_reason is not null then 'release'
                       else 'retry' end as pressed,
                  d.was_at as at, d.was_job as job, ${mayBeUndone} as "mayUndo"
             from delivery d where d.id = $1 and d.was_generation is not null and d.was_at > now() - interval '1 day'`,
    values: [delivery],
  });
  return rows[0];
}

/** The deliveries that a job did: what undoing it may put back. */
export async function doneBy(store: Store, job: string): Promise<string[]> {
  const { rows } = await store.pool.query<{ id: string }>(
    `select delivery_id::text as id from bulk_item where job_id = $1 and outcome = 'done' order by delivery_id`,
    [job],
  );
  return rows.map((row) => row.id);
}
