import { columnsOf, insert, type Part, type Prepared, textArray } from './writes.ts';

const journeyColumns = `
  practice_id text, id uuid, number text, practice_referral_system text, practice_referral_id text,
  referral_hash bytea, task_id uuid, task_status text, business_status text, assignment int, owner_id text,
  acting_for_id text, proposed_id text, barred_ids text[], team_id text, fixed_id text, rule_id text,
  requester_agb text, route text, priority text, life_areas text[], age_band text, unsafe_contact boolean, authored_on timestamptz, call_before date, undo_until timestamptz,
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

/** The parts of a commit that write the key and the index row of a journey. */
export function journeyParts(batch: readonly Prepared[]): Part[] {
  const updated = columnsOf(journeyColumns)
    .map(([name]) => name)
    .filter((name) => !keptAtUpdate.has(name));
  return [
    insert(
      'k',
      'journey_key',
      'journey_id uuid, wrapped bytea, master_key_id text, created_at timestamptz',
      batch.flatMap(({ change, sealed, at }) =>
        sealed.newKey ? [[change.journey, sealed.newKey.wrapped, sealed.newKey.masterKeyId, at]] : [],
      ),
    ),
    // A new journey (it has an arrival) must be new; an update goes only with a new version of its Task.
    insert(
      'j',
      'journey',
      journeyColumns,
      batch.flatMap((one) => (begins(one) ? [journeyRow(one)] : [])),
    ),
    insert(
      'ju',
      'journey',
      journeyColumns,
      batch.flatMap((one) => (one.change.index && !begins(one) ? [journeyRow(one)] : [])),
      `on conflict (practice_id, id) do update set ${updated.map((name) => `${name} = excluded.${name}`).join(', ')}`,
    ),
  ];
}
