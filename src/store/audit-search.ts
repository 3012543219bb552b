import type { AuditEvent } from '@medplum/fhirtypes';
import type { Filter } from '../fhir/search-filter.ts';
import { indexed, matches } from '../fhir/search-match.ts';
import { toAuditEvent } from '../referral/audit-event.ts';
import { instant } from './audit.ts';
import type { Scope } from './scope.ts';
import type { Store } from './store.ts';
import { lineIn } from './trail.ts';

export interface AuditFound {
  readonly resource: AuditEvent & { id: string };
  readonly changedAt: Date;
}

interface Row {
  id: string;
  recorded: string;
  at: Date;
  practice: string | null;
  journey: string | null;
  number: string | null;
  line: string;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Lines read for one answer, at most: who asks for a rare kind over years narrows it by date. */
const scannedMax = 20_000;
const pageLines = 1_000;

/** The lines of the caller's own: a practice's are about its residents, a receiver's are what its own people did. $1. */
function ownLines(scope: Scope): { readonly sql: string; readonly value: string } {
  switch (scope.kind) {
    case 'practice':
      return { sql: 'a.practice_id = $1', value: scope.practice };
    case 'team':
      return {
        sql: `a.journey_id in (select t.id from journey t where t.team_id = $1) and a.line::json #>> '{actor,organization}' = $1`,
        value: scope.team,
      };
    case 'owner':
    case 'wally':
      return {
        sql: `a.journey_id in (select t.id from journey t where $1 in (t.owner_id, t.proposed_id, t.acting_for_id))
          and a.line::json #>> '{actor,id}' = $1`,
        value: scope.owner,
      };
    case 'journey':
      return { sql: 'a.journey_id = $1::uuid', value: scope.journey };
    // Without a journey a line is about no resident.
    case 'none':
      return { sql: 'a.journey_id is null and $1::text is not null', value: 'none' };
    case 'line':
      return { sql: '$1::text is not null', value: 'line' };
  }
}

/** The days that a search by date is about, so that only those are read. */
function between(filters: readonly Filter[]): { readonly from: string | null; readonly to: string | null } {
  const questions = filters.flatMap((one) =>
    one.kind === 'date' && one.code === 'date' && one.any.length === 1 ? one.any : [],
  );
  const from = questions.flatMap(({ prefix, span }) =>
    ['eq', 'ge', 'gt', 'sa', 'ap'].includes(prefix) ? [span[0]] : [],
  );
  const to = questions.flatMap(({ prefix, span }) =>
    ['eq', 'le', 'lt', 'eb', 'ap'].includes(prefix) ? [span[1]] : [],
  );
  return { from: from.sort().at(-1) ?? null, to: to.sort()[0] ?? null };
}

/**
 * Lines of the trail that are the caller's own, as AuditEvents, oldest first, after a place. The trail is text: it is read
 * in its order and looked through, within the days that the search names.
 */
export async function searchAudit(
  store: Store,
  scope: Scope,
  filters: readonly Filter[],
  page: { readonly after: string | undefined; readonly count: number },
): Promise<{ readonly found: readonly AuditFound[]; readonly next?: string }> {
  const own = ownLines(scope);
  const { from, to } = between(filters);
  const ids = filters.flatMap((one) => (one.kind === 'id' ? [one.any.filter((id) => uuid.test(id))] : []));
  const found: AuditFound[] = [];
  let [last, scanned] = [page.after ?? null, 0];
  while (scanned < scannedMax && found.length <= page.count) {
    const { rows } = await store.pool.query<Row>({
      name: `audit-own-${scope.kind}`,
      text: `select a.id, ${instant('a.recorded_at')} as recorded, a.recorded_at as at, a.practice_id as practice,
        a.journey_id as journey, j.number, a.line
               from audit a left join journey j on j.id = a.journey_id
              where ${own.sql} and ($2::uuid is null or a.id > $2) and ($3::timestamptz is null or a.recorded_at >= $3)
                and ($4::timestamptz is null or a.recorded_at < $4) and ($5::uuid[] is null or a.id = any($5))
              order by a.id limit ${pageLines}`,
      values: [own.value, last, from, to, ids[0] ?? null],
    });
    for (const row of rows) {
      const resource = { ...toAuditEvent({ ...row, seq: null, line: lineIn(row.line) }), id: row.id };
      const one = indexed(resource, row.at.getTime());
      if (filters.every((filter) => matches(one, filter, []))) found.push({ resource, changedAt: row.at });
      last = row.id;
      if (found.length > page.count) break;
    }
    scanned += rows.length;
    if (rows.length < pageLines) break;
  }
  const shown = found.slice(0, page.count);
  // A look that was cut short goes on where it stopped.
  const next = found.length > page.count ? shown.at(-1)?.resource.id : scanned >= scannedMax ? last : undefined;
  return { found: shown, ...(next && { next }) };
}
