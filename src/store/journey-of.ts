import { visibleTo } from './lists/folders.ts';
import { type Scope, scopeCondition } from './scope.ts';
import type { Store } from './store.ts';

/**
 * The journey that a resource belongs to, when the scope may see it (decision 12); undefined when there is none for
 * whoever asks. `practices`: all of the directory, or those it can be of: the practice is the first part of every key.
 */
export async function journeyWith(
  store: Store,
  scope: Scope,
  practices: readonly string[],
  type: string,
  id: string,
): Promise<{ readonly journey: string; readonly practice: string } | undefined> {
  const { sql, value } = scopeCondition(scope);
  const { rows } = await store.pool.query<{ journey: string; practice: string }>({
    name: `journey-with-${scope.kind}`,
    text: `select j.id as journey, j.practice_id as practice
             from resource r join journey j on j.id = r.journey_id
            where ${sql} and ${visibleTo(scope)} and r.practice_id = any($2::text[]) and r.type = $3 and r.id = $4`,
    values: [value, practices, type, id],
  });
  return rows[0];
}
