// Apart from what reads them (case-systems): the commit is below every list.
import type { Part, Prepared } from './commit/writes.ts';

/** The parts of a commit that keep how a referral stands in a case system; stale when another looked in between. */
export function caseCopyParts(batch: readonly Prepared[]): Part[] {
  const kept = batch.flatMap(({ change: { caseCopy, journey }, sealed }) =>
    caseCopy ? [{ ...caseCopy, journey, sealed: sealed.copy }] : [],
  );
  const row = (one: (typeof kept)[number]) => [
    one.destination,
    one.journey,
    one.task,
    one.version ?? null,
    one.ours,
    one.sealed,
  ];
  const columns = 'destination text, journey_id uuid, task text, version text, ours int, sealed bytea';
  return [
    {
      name: 'ck',
      exact: true,
      columns,
      rows: kept.filter((one) => one.revision === undefined).map(row),
      sql: `insert into case_copy (destination, journey_id, task, version, ours, sealed) select * from n
            on conflict (destination, journey_id) do update set task = excluded.task, version = excluded.version, ours = excluded.ours,
              sealed = excluded.sealed, revision = case_copy.revision + 1 returning 1`,
    },
    {
      name: 'cm',
      exact: true,
      columns: `${columns}, revision int`,
      rows: kept.filter((one) => one.revision !== undefined).map((one) => [...row(one), one.revision]),
      sql: `update case_copy c set task = n.task, version = n.version, ours = n.ours, sealed = n.sealed, revision = c.revision + 1
              from n where c.destination = n.destination and c.journey_id = n.journey_id and c.revision = n.revision returning 1`,
    },
  ];
}
