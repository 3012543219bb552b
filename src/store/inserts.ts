import { columnsOf, type Part, type Prepared, textArray } from './writes.ts';

/** An interval column is a delay from now, by PostgreSQL's clock (decision 16). */
const expressions: Record<string, (column: string) => string> = {
  'text[]': (column) => `n.${column}::text[]`,
  interval: (column) => `now() + n.${column}`,
};

function insert(name: string, table: string, columns: string, rows: Part['rows'], more = ''): Part {
  const pairs = columnsOf(columns);
  const names = pairs.map(([column]) => column).join(', ');
  const values = pairs.map(([column, type]) => expressions[type]?.(column) ?? `n.${column}`).join(', ');
  return {
    name,
    columns,
    rows,
    sql: `insert into ${table} (${names}) select ${values} from n ${more} returning 1`,
    exact: true,
  };
}

const journeyColumns = `
  practice_id text, id uuid, number text, practice_referral_system text, practice_referral_id text,
  referral_hash bytea, task_id uuid, task_status text, business_status text, assignment int, owner_id text,
  acting_for_id text, proposed_id text, barred_ids text[], team_id text, fixed_id text, rule_id text, requester_agb text,
  route text, priority text, life_areas text[], age_band text,
  unsafe_contact boolean, authored_on timestamptz, call_before date, undo_until timestamptz,
  received_at timestamptz, updated_at timestamptz, bsn_hmac bytea, family_hmac bytea, birth_date_hmac bytea,
  postcode_hmac bytea`;
const keptAtUpdate = new Set(['practice_id', 'id', 'number', 'received_at']);

function journeyRow({ change, sealed, at }: Prepared): unknown[] {
  const index = change.index;
  const hmacs = sealed.hmacs;
  if (!index || !hmacs) return [];
  return [
    change.scope.practice,
    change.journey,
    index.number,
    index.practiceReferral.system,
    index.practiceReferral.value,
    Buffer.from(index.referralHash),
    index.taskId,
    index.taskStatus,
    index.businessStatus,
    index.assignment,
    index.owner,
    index.actingFor,
    index.proposed,
    textArray(index.barred),
    index.team,
    index.fixed,
    index.rule,
    index.requesterAgb,
    index.route,
    index.priority,
    textArray(index.lifeAreas),
    index.ageBand,
    index.unsafeContact,
    index.authoredOn,
    index.callBefore,
    index.undoUntil,
    at,
    at,
    hmacs.bsn,
    hmacs.family,
    hmacs.birthDate,
    hmacs.postcode,
  ];
}

/** Whether a change begins a journey: its index row must be new then. */
const begins = ({ change }: Prepared) =>
  change.index !== undefined && change.arrival !== undefined && !change.arrival.joins;

/** Every row that a batch of changes inserts or replaces, grouped per table. */
export function insertParts(batch: readonly Prepared[]): Part[] {
  const each = (rowsOf: (one: Prepared) => readonly (readonly unknown[])[]) => batch.flatMap(rowsOf);
  const updated = columnsOf(journeyColumns)
    .map(([name]) => name)
    .filter((name) => !keptAtUpdate.has(name));
  return [
    insert(
      'k',
      'journey_key',
      'journey_id uuid, wrapped bytea, master_key_id text, created_at timestamptz',
      each(({ change, sealed, at }) =>
        sealed.newKey ? [[change.journey, sealed.newKey.wrapped, sealed.newKey.masterKeyId, at]] : [],
      ),
    ),
    // A new journey (it has an arrival) must be new; an update goes only with a new version of its Task.
    insert(
      'j',
      'journey',
      journeyColumns,
      each((one) => (begins(one) ? [journeyRow(one)] : [])),
    ),
    insert(
      'ju',
      'journey',
      journeyColumns,
      each((one) => (one.change.index && !begins(one) ? [journeyRow(one)] : [])),
      `on conflict (practice_id, id) do update set ${updated.map((name) => `${name} = excluded.${name}`).join(', ')}`,
    ),
    insert(
      'i',
      'inbound',
      'practice_id text, application text, control_id text, message_type text, intent text, hash bytea, ' +
        'journey_id uuid, door text, answer bytea, received_at timestamptz, mapping text, losses text[], ' +
        'said_at timestamptz, said_version int',
      each(({ change: { arrival, scope, journey }, sealed, at }) => {
        if (!arrival) return [];
        const { application, controlId, messageType, intent, hash, door, reading, edition } = arrival;
        const key = [scope.practice, application, controlId, messageType, intent, Buffer.from(hash)];
        const read = [reading?.mapping ?? null, reading ? textArray(reading.lost) : null];
        return [[...key, journey, door, sealed.answer, at, ...read, edition?.at ?? null, edition?.version ?? null]];
      }),
    ),
    insert(
      'rn',
      'referral_number',
      'practice_id text, value text, journey_id uuid, cancelled_at timestamptz, taken_at timestamptz',
      each(({ change, at }) =>
        (change.numbers ?? []).map((one) => [
          change.scope.practice,
          one.value,
          one.cancelledAt ? null : (change.journey ?? null),
          one.cancelledAt ?? null,
          at,
        ]),
      ),
    ),
    insert(
      'r',
      'resource',
      'practice_id text, type text, id uuid, journey_id uuid, version int, updated_at timestamptz, words text[], dates jsonb',
      each(({ change, sealed, at }) =>
        (change.resources ?? []).map(({ resource, version }, nth) => [
          change.scope.practice,
          resource.resourceType,
          resource.id,
          change.journey,
          version,
          at,
          textArray(sealed.found[nth]?.words ?? []),
          sealed.found[nth]?.dates,
        ]),
      ),
      // Only version 1 may be new: a later one of what is not there is as stale as one that skips.
      `where n.version = 1 or exists (select from resource o where o.practice_id = n.practice_id and o.type = n.type and o.id = n.id)
       on conflict (practice_id, type, id) do update set version = excluded.version, updated_at = excluded.updated_at,
         change_xid = pg_current_xact_id(), words = excluded.words, dates = excluded.dates, changed_at = null
         where resource.version = excluded.version - 1`,
    ),
    insert(
      'd',
      'document',
      'practice_id text, type text, id uuid, version int, journey_id uuid, sealed bytea, recorded_at timestamptz',
      each(({ change, sealed, at }) =>
        (change.resources ?? []).map(({ resource, version }, nth) => [
          change.scope.practice,
          resource.resourceType,
          resource.id,
          version,
          change.journey,
          sealed.documents[nth],
          at,
        ]),
      ),
    ),
    insert(
      'rc',
      'resource_change',
      'practice_id text, type text, id uuid, version int, journey_id uuid',
      each(({ change }) =>
        (change.resources ?? []).map(({ resource, version }) => [
          change.scope.practice,
          resource.resourceType,
          resource.id,
          version,
          change.journey,
        ]),
      ),
    ),
    insert(
      'e',
      'journey_event',
      'practice_id text, journey_id uuid, kind text, at timestamptz, on_day date, route text, owner_id text, ' +
        'team_id text, outcome text, age_band text, life_areas text[]',
      each(({ change }) =>
        (change.events ?? []).map((event) => [
          change.scope.practice,
          change.journey,
          event.kind,
          event.at,
          event.on ?? null,
          event.route ?? null,
          event.owner ?? null,
          change.index?.team ?? null,
          event.outcome ?? null,
          change.index?.ageBand ?? null,
          change.index ? textArray(change.index.lifeAreas) : null,
        ]),
      ),
    ),
    insert(
      'o',
      'delivery',
      'practice_id text, journey_id uuid, message_id uuid, kind text, destination text, recipient text, ' +
        'document_type text, document_id uuid, assignment int, next_at interval, created_at timestamptz, traceparent text',
      each(({ change, at, traceparent }) =>
        (change.outbox ?? []).map((row) => [
          change.scope.practice,
          change.journey,
          row.messageId,
          row.kind,
          row.destination,
          row.recipient,
          row.document?.type ?? null,
          row.document?.id ?? null,
          row.assignment ?? null,
          `${row.delayMs ?? 0} milliseconds`,
          at,
          traceparent ?? null,
        ]),
      ),
    ),
    insert(
      'q',
      'question',
      'practice_id text, id uuid, team_id text, asked_by text, asked_at timestamptz, wrapped bytea, asked bytea',
      each(({ change: { scope, question }, at }) =>
        question?.to === 'asked'
          ? [
              [
                scope.practice,
                question.id,
                question.team,
                question.by,
                at,
                Buffer.from(question.wrapped),
                Buffer.from(question.sealed),
              ],
            ]
          : [],
      ),
    ),
    insert(
      'v',
      'worklist_entry',
      'practice_id text, journey_id uuid, task_id uuid, assignment int, owner_id text, visible_at timestamptz',
      each(({ change }) =>
        (change.visible ?? []).map((one) => [
          change.scope.practice,
          change.journey,
          one.taskId,
          one.assignment,
          one.owner,
          one.at,
        ]),
      ),
      // A second landing of the same delivery shows nothing twice: the first moment stays.
      'on conflict (practice_id, task_id, assignment) do update set visible_at = worklist_entry.visible_at',
    ),
    insert(
      'ar',
      'alarm',
      'practice_id text, journey_id uuid, kind text, team_id text, raised_at timestamptz',
      each(({ change }) =>
        (change.alarms ?? [])
          .filter((one) => one.raise)
          .map((one) => [change.scope.practice, change.journey ?? null, one.kind, one.team, one.at]),
      ),
      `on conflict (kind, coalesce(journey_id, '00000000-0000-0000-0000-000000000000'::uuid), team_id) where resolved_at is null
         do update set raised_at = alarm.raised_at`,
    ),
    insert(
      'a',
      'audit',
      'id uuid, practice_id text, journey_id uuid, recorded_at timestamptz, line text',
      each(({ change, sealed, at }) =>
        sealed.auditLines.map((line, nth) => [
          sealed.auditIds[nth],
          change.scope.practice,
          change.journey ?? null,
          at,
          line,
        ]),
      ),
    ),
  ];
}
