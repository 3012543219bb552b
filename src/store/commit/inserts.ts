import { journeyParts } from './journey-row.ts';
import { insert, type Part, type Prepared, textArray } from './writes.ts';

/** The message that came in, and the numbers of the practice that it takes. */
function arrivalParts(batch: readonly Prepared[]): Part[] {
  return [
    insert(
      'i',
      'inbound',
      'practice_id text, application text, control_id text, message_type text, intent text, hash bytea, journey_id uuid, ' +
        'door text, answer bytea, received_at timestamptz, mapping text, losses text[], said_at timestamptz, said_version int',
      batch.flatMap(({ change: { arrival, scope, journey }, sealed, at }) => {
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
      batch.flatMap(({ change, at }) =>
        (change.numbers ?? []).map((one) => [
          change.scope.practice,
          one.value,
          one.cancelledAt ? null : (change.journey ?? null),
          one.cancelledAt ?? null,
          at,
        ]),
      ),
    ),
  ];
}

/** Each version of a resource: what it is found by, what it says, and that it changed. */
function resourceParts(batch: readonly Prepared[]): Part[] {
  return [
    insert(
      'r',
      'resource',
      'practice_id text, type text, id uuid, journey_id uuid, version int, updated_at timestamptz, words text[], dates jsonb',
      batch.flatMap(({ change, sealed, at }) =>
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
      batch.flatMap(({ change, sealed, at }) =>
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
      batch.flatMap(({ change }) =>
        (change.resources ?? []).map(({ resource, version }) => [
          change.scope.practice,
          resource.resourceType,
          resource.id,
          version,
          change.journey,
        ]),
      ),
    ),
  ];
}

/** What happened, without content, and what is to be sent because of it. */
function eventParts(batch: readonly Prepared[]): Part[] {
  return [
    insert(
      'e',
      'journey_event',
      'practice_id text, journey_id uuid, kind text, at timestamptz, on_day date, route text, owner_id text, team_id text, outcome text, age_band text, life_areas text[]',
      batch.flatMap(({ change }) =>
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
      'practice_id text, journey_id uuid, message_id uuid, kind text, destination text, recipient text, document_type text, ' +
        'document_id uuid, assignment int, next_at interval, created_at timestamptz, traceparent text',
      batch.flatMap(({ change, at, traceparent }) =>
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
  ];
}

/** Where it became visible, and what a person must look at, or need not any more. */
function noticedParts(batch: readonly Prepared[]): Part[] {
  return [
    insert(
      'v',
      'worklist_entry',
      'practice_id text, journey_id uuid, task_id uuid, assignment int, owner_id text, visible_at timestamptz',
      batch.flatMap(({ change }) =>
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
      batch.flatMap(({ change }) =>
        (change.alarms ?? [])
          .filter((one) => one.raise)
          .map((one) => [change.scope.practice, change.journey ?? null, one.kind, one.team, one.at]),
      ),
      `on conflict (kind, coalesce(journey_id, '00000000-0000-0000-0000-000000000000'::uuid), team_id) where resolved_at is null
         do update set raised_at = alarm.raised_at`,
    ),
    {
      name: 'al',
      exact: false,
      rows: batch.flatMap(({ change }) =>
        (change.alarms ?? [])
          .filter((one) => !one.raise)
          .map((one) => [change.journey ?? null, one.kind, one.team, one.at]),
      ),
      columns: 'journey_id uuid, kind text, team_id text, at timestamptz',
      sql: `update alarm l set resolved_at = n.at from n
            where l.kind = n.kind and l.team_id = n.team_id and l.journey_id is not distinct from n.journey_id and l.resolved_at is null returning 1`,
    },
  ];
}

/** The lines of the trail. */
function auditPart(batch: readonly Prepared[]): Part {
  return insert(
    'a',
    'audit',
    'id uuid, practice_id text, journey_id uuid, recorded_at timestamptz, line text',
    batch.flatMap(({ change, sealed, at }) =>
      sealed.auditLines.map((line, nth) => [
        sealed.auditIds[nth],
        change.scope.practice,
        change.journey ?? null,
        at,
        line,
      ]),
    ),
  );
}

/** Every row that a batch of changes inserts or replaces, grouped per table. */
export function insertParts(batch: readonly Prepared[]): Part[] {
  return [
    ...journeyParts(batch),
    ...arrivalParts(batch),
    ...resourceParts(batch),
    ...eventParts(batch),
    ...noticedParts(batch),
    auditPart(batch),
  ];
}
