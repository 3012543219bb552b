import type { Change } from '../referral/change.ts';

/** The sealed form of what a change holds in the clear: made by commit.ts before any SQL runs. */
export interface Sealed {
  readonly newKey?: { readonly wrapped: Buffer; readonly masterKeyId: string };
  /** One per `change.resources`, in that order. */
  readonly documents: readonly Buffer[];
  readonly answer?: Buffer;
  readonly hmacs?: { readonly bsn: Buffer | null; readonly family: Buffer; readonly birthDate: Buffer; readonly postcode: Buffer | null };
  readonly auditIds: readonly string[];
  readonly auditLines: readonly string[];
}

export interface Prepared {
  readonly change: Change;
  readonly sealed: Sealed;
  readonly at: string;
}

/** One part of the commit's single statement: its rows as columns, and how many rows it must touch. */
interface Part {
  readonly name: string;
  readonly columns: readonly (readonly [name: string, type: string])[];
  readonly rows: readonly (readonly unknown[])[];
  /** Uses `n`, the rows as a table. Must end in `returning 1`. */
  readonly sql: string;
  /** A row that is not touched means someone was earlier: the change is stale. */
  readonly exact: boolean;
}

const textArray = (values: readonly string[]) => `{${values.map((one) => `"${one.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`;

/** An interval column is a delay from now, by PostgreSQL's clock (decision 16). */
const expressions: Record<string, (column: string) => string> = {
  'text[]': (column) => `n.${column}::text[]`,
  interval: (column) => `now() + n.${column}`,
};

function insert(name: string, table: string, columns: Part['columns'], rows: Part['rows'], more = ''): Part {
  const names = columns.map(([column]) => column).join(', ');
  const values = columns.map(([column, type]) => expressions[type]?.(column) ?? `n.${column}`).join(', ');
  const unnested = columns.map(([column, type]) => [column, type === 'text[]' ? 'text' : type] as const);
  return { name, columns: unnested, rows, sql: `insert into ${table} (${names}) select ${values} from n ${more} returning 1`, exact: true };
}

const journeyColumns = [
  ['practice_id', 'text'], ['id', 'uuid'], ['number', 'text'], ['practice_referral_system', 'text'], ['practice_referral_id', 'text'],
  ['referral_hash', 'bytea'], ['task_id', 'uuid'], ['task_status', 'text'], ['business_status', 'text'], ['assignment', 'int'],
  ['owner_id', 'text'], ['team_id', 'text'], ['fixed_id', 'text'], ['requester_agb', 'text'], ['route', 'text'], ['priority', 'text'],
  ['life_areas', 'text[]'], ['age_band', 'text'], ['unsafe_contact', 'boolean'], ['authored_on', 'timestamptz'], ['call_before', 'date'],
  ['undo_until', 'timestamptz'], ['received_at', 'timestamptz'], ['updated_at', 'timestamptz'],
  ['bsn_hmac', 'bytea'], ['family_hmac', 'bytea'], ['birth_date_hmac', 'bytea'], ['postcode_hmac', 'bytea'],
] as const;
const keptAtUpdate = new Set(['practice_id', 'id', 'number', 'practice_referral_system', 'practice_referral_id', 'referral_hash', 'received_at', 'authored_on']);

function journeyRow({ change, sealed, at }: Prepared): unknown[] {
  const index = change.index;
  const hmacs = sealed.hmacs;
  if (!index || !hmacs) return [];
  return [
    change.scope.practice, change.journey, index.number, index.practiceReferral.system, index.practiceReferral.value,
    Buffer.from(index.referralHash), index.taskId, index.taskStatus, index.businessStatus, index.assignment,
    index.owner, index.team, index.fixed, index.requesterAgb, index.route, index.priority,
    textArray(index.lifeAreas), index.ageBand, index.unsafeContact, index.authoredOn, index.callBefore,
    index.undoUntil, at, at, hmacs.bsn, hmacs.family, hmacs.birthDate, hmacs.postcode,
  ];
}

/** Every row that a batch of changes inserts or replaces, grouped per table. */
export function insertParts(batch: readonly Prepared[]): Part[] {
  const each = (rowsOf: (one: Prepared) => readonly (readonly unknown[])[]) => batch.flatMap(rowsOf);
  const updated = journeyColumns.map(([name]) => name).filter((name) => !keptAtUpdate.has(name));
  return [
    insert('k', 'journey_key',
      [['journey_id', 'uuid'], ['wrapped', 'bytea'], ['master_key_id', 'text'], ['created_at', 'timestamptz']],
      each(({ change, sealed, at }) => (sealed.newKey ? [[change.journey, sealed.newKey.wrapped, sealed.newKey.masterKeyId, at]] : []))),
    // A new journey (it has an arrival) must be new; an update goes only with a new version of its Task.
    insert('j', 'journey', journeyColumns, each((one) => (one.change.index && one.change.arrival ? [journeyRow(one)] : []))),
    insert('ju', 'journey', journeyColumns, each((one) => (one.change.index && !one.change.arrival ? [journeyRow(one)] : [])),
      `on conflict (practice_id, id) do update set ${updated.map((name) => `${name} = excluded.${name}`).join(', ')}`),
    insert('i', 'inbound',
      [['practice_id', 'text'], ['application', 'text'], ['control_id', 'text'], ['message_type', 'text'], ['hash', 'bytea'],
       ['journey_id', 'uuid'], ['door', 'text'], ['answer', 'bytea'], ['received_at', 'timestamptz']],
      each(({ change, sealed, at }) => change.arrival
        ? [[change.scope.practice, change.arrival.application, change.arrival.controlId, change.arrival.messageType,
            Buffer.from(change.arrival.hash), change.journey, change.arrival.door, sealed.answer, at]]
        : [])),
    insert('r', 'resource',
      [['practice_id', 'text'], ['type', 'text'], ['id', 'uuid'], ['journey_id', 'uuid'], ['version', 'int'], ['updated_at', 'timestamptz']],
      each(({ change, at }) => (change.resources ?? []).map(({ resource, version }) =>
        [change.scope.practice, resource.resourceType, resource.id, change.journey, version, at])),
      `on conflict (practice_id, type, id) do update set version = excluded.version, updated_at = excluded.updated_at,
         change_xid = pg_current_xact_id() where resource.version = excluded.version - 1`),
    insert('d', 'document',
      [['practice_id', 'text'], ['type', 'text'], ['id', 'uuid'], ['version', 'int'], ['journey_id', 'uuid'], ['sealed', 'bytea'], ['recorded_at', 'timestamptz']],
      each(({ change, sealed, at }) => (change.resources ?? []).map(({ resource, version }, nth) =>
        [change.scope.practice, resource.resourceType, resource.id, version, change.journey, sealed.documents[nth], at]))),
    insert('e', 'journey_event',
      [['practice_id', 'text'], ['journey_id', 'uuid'], ['kind', 'text'], ['at', 'timestamptz'], ['route', 'text'], ['owner_id', 'text'],
       ['team_id', 'text'], ['outcome', 'text'], ['age_band', 'text'], ['life_areas', 'text[]']],
      each(({ change }) => (change.events ?? []).map((event) =>
        [change.scope.practice, change.journey, event.kind, event.at, event.route ?? null, event.owner ?? null, change.index?.team ?? null,
         event.outcome ?? null, change.index?.ageBand ?? null, change.index ? textArray(change.index.lifeAreas) : null]))),
    insert('o', 'delivery',
      [['practice_id', 'text'], ['journey_id', 'uuid'], ['message_id', 'uuid'], ['kind', 'text'], ['destination', 'text'], ['recipient', 'text'],
       ['document_type', 'text'], ['document_id', 'uuid'], ['assignment', 'int'], ['next_at', 'interval'], ['created_at', 'timestamptz']],
      each(({ change, at }) => (change.outbox ?? []).map((row) =>
        [change.scope.practice, change.journey, row.messageId, row.kind, row.destination, row.recipient,
         row.document?.type ?? null, row.document?.id ?? null, row.assignment ?? null, `${row.delayMs ?? 0} milliseconds`, at]))),
    insert('v', 'worklist_entry',
      [['practice_id', 'text'], ['journey_id', 'uuid'], ['task_id', 'uuid'], ['assignment', 'int'], ['owner_id', 'text'], ['visible_at', 'timestamptz']],
      each(({ change }) => (change.visible ?? []).map((one) => [change.scope.practice, change.journey, one.taskId, one.assignment, one.owner, one.at])),
      // A second landing of the same delivery shows nothing twice: the first moment stays.
      'on conflict (practice_id, task_id, assignment) do update set visible_at = worklist_entry.visible_at'),
    insert('ar', 'alarm',
      [['practice_id', 'text'], ['journey_id', 'uuid'], ['kind', 'text'], ['team_id', 'text'], ['raised_at', 'timestamptz']],
      each(({ change }) => (change.alarms ?? []).filter((one) => one.raise).map((one) =>
        [change.scope.practice, change.journey ?? null, one.kind, one.team, one.at])),
      `on conflict (kind, coalesce(journey_id, '00000000-0000-0000-0000-000000000000'::uuid), team_id) where resolved_at is null
         do update set raised_at = alarm.raised_at`),
    insert('a', 'audit',
      [['id', 'uuid'], ['practice_id', 'text'], ['journey_id', 'uuid'], ['recorded_at', 'timestamptz'], ['line', 'text']],
      each(({ change, sealed, at }) => sealed.auditLines.map((line, nth) =>
        [sealed.auditIds[nth], change.scope.practice, change.journey ?? null, at, line]))),
  ];
}

/** Everything that moves rows that are already there; a lease that is no longer ours makes the change stale. */
export function moveParts(batch: readonly Prepared[]): Part[] {
  const moves = batch.flatMap(({ change }) => (change.deliveries ?? []).map((move) => ({ move, journey: change.journey, practice: change.scope.practice })));
  const ended = moves.flatMap(({ move }) => (move.to === 'sent' || move.to === 'landed' ? [[move.id, move.lease, move.to, move.proof, move.lookAgainInMs ?? null, move.at]] : []));
  const failed = moves.flatMap(({ move }) => (move.to === 'pending' || move.to === 'held'
    ? [[move.id, move.lease, move.to, move.code, move.ambiguous, move.to === 'pending' ? move.retryInMs : null]] : []));
  const retried = moves.flatMap(({ move, practice }) => (move.to === 'retry' ? [[move.id, practice]] : []));
  const abandoned = moves.flatMap(({ move, practice }) => (move.to === 'abandoned' ? [[move.id, move.lease ?? null, practice, move.reason]] : []));
  const allAbandoned = moves.flatMap(({ move, journey }) => (move.to === 'abandon-all' ? [[journey, textArray(move.kinds), move.reason]] : []));
  const resolved = batch.flatMap(({ change }) => (change.alarms ?? []).filter((one) => !one.raise).map((one) => [change.journey ?? null, one.kind, one.team, one.at]));
  return [
    {
      name: 'm', exact: true, rows: ended,
      columns: [['id', 'bigint'], ['lease', 'uuid'], ['state', 'text'], ['proof', 'text'], ['look_again_in_ms', 'double precision'], ['moved_at', 'timestamptz']],
      sql: `update delivery d set state = n.state, proof = n.proof, sent_at = coalesce(d.sent_at, n.moved_at),
              landed_at = case when n.state = 'landed' then n.moved_at end, next_at = coalesce(now() + n.look_again_in_ms * interval '1 millisecond', d.next_at),
              lease_until = null, queued_at = null, failure_code = null, ambiguous = (n.state = 'sent'),
              generation = d.generation + case when n.state = 'sent' then 1 else 0 end
            from n where d.id = n.id and d.lease = n.lease and d.state not in ('landed', 'abandoned') returning 1`,
    },
    {
      name: 'f', exact: true, rows: failed,
      columns: [['id', 'bigint'], ['lease', 'uuid'], ['state', 'text'], ['code', 'text'], ['ambiguous', 'boolean'], ['retry_in_ms', 'double precision']],
      // PostgreSQL's clock rules leases and retries: the clocks of our processes may differ (decision 16).
      sql: `update delivery d set state = n.state, failure_code = n.code, ambiguous = n.ambiguous, generation = d.generation + 1,
              next_at = case when n.retry_in_ms is null then d.next_at else now() + n.retry_in_ms * interval '1 millisecond' end,
              lease_until = null, queued_at = null
            from n where d.id = n.id and d.lease = n.lease and d.state not in ('landed', 'abandoned') returning 1`,
    },
    {
      name: 'y', exact: true, rows: retried,
      columns: [['id', 'bigint'], ['practice_id', 'text']],
      // An attempt that is under way keeps its lease; the new generation waits for it to end.
      sql: `update delivery d set state = 'pending', generation = d.generation + 1, next_at = greatest(now(), coalesce(d.lease_until, now())), queued_at = null
            from n where d.id = n.id and d.practice_id = n.practice_id and d.state in ('held', 'pending', 'queued') returning 1`,
    },
    {
      name: 'ab', exact: true, rows: abandoned,
      columns: [['id', 'bigint'], ['lease', 'uuid'], ['practice_id', 'text'], ['reason', 'text']],
      sql: `update delivery d set state = 'abandoned', reason = n.reason, queued_at = null, lease_until = null
            from n where d.id = n.id and d.practice_id = n.practice_id and d.state not in ('landed', 'abandoned')
              and (d.lease = n.lease or (n.lease is null and (d.lease_until is null or d.lease_until < now()))) returning 1`,
    },
    {
      name: 'x', exact: false, rows: allAbandoned,
      columns: [['journey_id', 'uuid'], ['kinds', 'text'], ['reason', 'text']],
      sql: `update delivery d set state = 'abandoned', reason = n.reason, queued_at = null
            from n where d.journey_id = n.journey_id and d.kind = any(n.kinds::text[])
              and d.state in ('pending', 'queued', 'sent', 'held') and (d.lease_until is null or d.lease_until < now()) returning 1`,
    },
    {
      name: 'al', exact: false, rows: resolved,
      columns: [['journey_id', 'uuid'], ['kind', 'text'], ['team_id', 'text'], ['at', 'timestamptz']],
      sql: `update alarm l set resolved_at = n.at from n
            where l.kind = n.kind and l.team_id = n.team_id and l.journey_id is not distinct from n.journey_id and l.resolved_at is null returning 1`,
    },
    {
      name: 'c', exact: true,
      columns: [['type', 'text'], ['id', 'text'], ['valid_from', 'timestamptz'], ['doc', 'jsonb'], ['at', 'timestamptz'], ['recorded_by', 'text']],
      rows: batch.flatMap(({ change, at }) => (change.directory ?? []).map(({ resource, validFrom }) =>
        [resource.resourceType, resource.id, validFrom, JSON.stringify(resource), at, change.audit[0]?.actor.id ?? ''])),
      sql: `insert into directory_resource (type, id, version, valid_from, doc, recorded_at, recorded_by)
            select n.type, n.id, coalesce((select max(version) from directory_resource o where o.type = n.type and o.id = n.id), 0) + 1,
                   n.valid_from, n.doc, n.at, n.recorded_by from n returning 1`,
    },
  ];
}

/** One statement for all parts that have rows, and the row counts it must give. */
export function composeStatement(parts: readonly Part[]): { text: string; name: string; values: unknown[]; expected: Map<string, number> } | undefined {
  const used = parts.filter((part) => part.rows.length > 0);
  if (used.length === 0) return undefined;
  const values: unknown[] = [];
  const ctes = used.map((part) => {
    const arrays = part.columns.map(([, type], column) => {
      values.push(part.rows.map((row) => row[column] ?? null));
      return `$${values.length}::${type}[]`;
    });
    const names = part.columns.map(([name]) => name).join(', ');
    return `${part.name} as (with n as (select * from unnest(${arrays.join(', ')}) as u(${names})) ${part.sql})`;
  });
  const counts = used.map((part) => `(select count(*) from ${part.name}) as ${part.name}`);
  return {
    text: `with ${ctes.join(',\n')} select ${counts.join(', ')}`,
    name: `commit-${used.map((part) => part.name).join('-')}`,
    values,
    expected: new Map(used.filter((part) => part.exact).map((part) => [part.name, part.rows.length])),
  };
}
