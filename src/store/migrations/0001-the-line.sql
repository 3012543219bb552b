-- What cannot be added later: scope in every key (decision 8), keys and hashes (2), sealed documents and the
-- HMAC index (7), the outbox with its six states (4), audit with its chain (6), content-free events (7), versions.

create table setting (
  name text primary key,
  value bytea not null
);

-- The directory: FHIR resources, every version kept, valid from a moment. The revision changes with each of them.
create table directory_resource (
  type text not null,
  id text not null,
  version int not null,
  valid_from timestamptz not null,
  doc jsonb not null,
  recorded_at timestamptz not null,
  recorded_by text not null,
  primary key (type, id, version)
);
create table directory_revision (
  only_row boolean primary key default true check (only_row),
  revision bigint not null
);
insert into directory_revision (revision) values (0);

-- Documents of a journey are sealed with its own key; destroying the key is erasing the content.
create table journey_key (
  journey_id uuid primary key,
  wrapped bytea,
  master_key_id text not null,
  created_at timestamptz not null,
  destroyed_at timestamptz,
  check ((wrapped is null) = (destroyed_at is not null))
);

create table journey (
  practice_id text not null,
  id uuid not null,
  number text not null,
  practice_referral_system text not null,
  practice_referral_id text not null,
  referral_hash bytea not null,
  task_id uuid not null,
  task_status text not null,
  business_status text not null,
  assignment int not null,
  owner_id text,
  acting_for_id text,
  proposed_id text,
  barred_ids text[] not null default '{}',
  team_id text not null,
  fixed_id text,
  rule_id text,
  requester_agb text,
  route text not null,
  priority text not null,
  life_areas text[] not null,
  age_band text not null,
  unsafe_contact boolean not null,
  authored_on timestamptz not null,
  call_before date not null,
  undo_until timestamptz,
  received_at timestamptz not null,
  updated_at timestamptz not null,
  bsn_hmac bytea,
  family_hmac bytea not null,
  birth_date_hmac bytea not null,
  postcode_hmac bytea,
  primary key (practice_id, id),
  unique (id),
  unique (number),
  unique (practice_id, practice_referral_id)
);
create index journey_by_owner on journey (owner_id, task_status, received_at);
create index journey_by_acted_for on journey (acting_for_id) where acting_for_id is not null;
create index journey_by_proposed on journey (proposed_id) where proposed_id is not null;
create index journey_by_team on journey (team_id, task_status, received_at);
create index journey_by_practice on journey (practice_id, received_at);
create index journey_by_person on journey (practice_id, family_hmac, birth_date_hmac);

-- Every number that a practice gave a referral: of a correction both, and for 30 days one that was cancelled before its
-- referral came (H15). A number is taken once, whatever the format.
create table referral_number (
  practice_id text not null,
  value text not null,
  journey_id uuid,
  cancelled_at timestamptz,
  taken_at timestamptz not null,
  primary key (practice_id, value),
  check ((journey_id is null) = (cancelled_at is not null))
);
create index referral_number_by_journey on referral_number (journey_id);
create index referral_number_cancelled on referral_number (cancelled_at) where cancelled_at is not null;

-- What belongs to a referral that has not come yet, sealed; joined to it when it does.
create table early_message (
  practice_id text not null,
  id uuid not null,
  number text not null,
  hash bytea not null,
  wrapped bytea not null,
  sealed bytea not null,
  received_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (practice_id, id),
  unique (practice_id, number, hash)
);
create index early_message_by_expiry on early_message (expires_at);

-- One row per received message: the same key and hash get the first answer again, another hash is a conflict.
create table inbound (
  practice_id text not null,
  application text not null,
  control_id text not null,
  message_type text not null,
  intent text not null,
  hash bytea not null,
  journey_id uuid not null,
  door text not null,
  answer bytea not null,
  received_at timestamptz not null,
  primary key (practice_id, application, control_id, message_type)
);
create index inbound_by_journey on inbound (journey_id);

-- Envelopes of FHIR messages and the header each brought: an envelope that comes with another header is a mistake.
create table message_envelope (
  practice_id text not null,
  application text not null,
  envelope text not null,
  header text not null,
  expires_at timestamptz not null,
  primary key (practice_id, application, envelope)
);
create index message_envelope_by_expiry on message_envelope (expires_at);

-- Received and not taken: kept sealed for 30 days, without content when consent was missing (decision 15).
create table refused (
  practice_id text not null,
  id uuid not null,
  application text not null,
  door text not null,
  hash bytea not null,
  codes text[] not null,
  paths text[] not null,
  wrapped bytea,
  sealed bytea,
  received_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (practice_id, id)
);
create index refused_by_expiry on refused (expires_at);

create table resource (
  practice_id text not null,
  type text not null,
  id uuid not null,
  journey_id uuid not null,
  version int not null,
  updated_at timestamptz not null,
  change_xid xid8 not null default pg_current_xact_id(),
  primary key (practice_id, type, id)
);
create index resource_by_journey on resource (journey_id, type);
create table document (
  practice_id text not null,
  type text not null,
  id uuid not null,
  version int not null,
  journey_id uuid not null,
  sealed bytea not null,
  recorded_at timestamptz not null,
  primary key (practice_id, type, id, version)
);

-- Who sees a referral on the worklist: one row per (Task, assignment), committed with the landing of its delivery.
create table worklist_entry (
  practice_id text not null,
  journey_id uuid not null,
  task_id uuid not null,
  assignment int not null,
  owner_id text,
  visible_at timestamptz not null,
  primary key (practice_id, task_id, assignment)
);

-- A destination has its own window and breaker, so that a dead one costs the others nothing. `fails` counts in a row
-- while closed, `openings` in a row without a receipt; `hold_until` is what the receiver itself asked for (Retry-After).
create table destination (
  id text primary key,
  kind text not null,
  max_inflight int not null default 20 check (max_inflight > 0),
  best_proof text not null check (best_proof in ('transport', 'application', 'record')),
  paused boolean not null default false,
  breaker text not null default 'closed' check (breaker in ('closed', 'open')),
  open_until timestamptz,
  fails int not null default 0,
  openings int not null default 0,
  hold_until timestamptz,
  secret bytea
);

create table delivery (
  id bigint generated always as identity primary key,
  practice_id text not null,
  journey_id uuid not null,
  message_id uuid not null,
  kind text not null,
  destination text not null,
  recipient text not null,
  document_type text,
  document_id uuid,
  assignment int,
  state text not null default 'pending'
    check (state in ('pending', 'queued', 'sent', 'landed', 'held', 'abandoned')),
  generation int not null default 0,
  attempts int not null default 0,
  next_at timestamptz not null,
  queued_at timestamptz,
  lease uuid,
  lease_until timestamptz,
  ambiguous boolean not null default false,
  proof text check (proof in ('transport', 'application', 'record')),
  first_sent_at timestamptz,
  trying_since timestamptz,
  sent_at timestamptz,
  landed_at timestamptz,
  failure_code text,
  reason text,
  created_at timestamptz not null,
  unique (practice_id, message_id),
  check ((state = 'landed') = (landed_at is not null)),
  check (state <> 'abandoned' or reason is not null)
);
create index delivery_due on delivery (destination, next_at, id) where state in ('pending', 'sent');
create index delivery_queued on delivery (destination, queued_at) where state = 'queued';
create index delivery_order on delivery (destination, recipient, journey_id, id) where state in ('pending', 'queued', 'held');
create index delivery_by_journey on delivery (journey_id, id);
create index delivery_by_state on delivery (state, created_at);

-- One try of one delivery, and how it ended: a code, never the other side's words.
create table attempt (
  delivery_id bigint not null references delivery (id),
  number int not null,
  lease uuid not null,
  began_at timestamptz not null,
  ended_at timestamptz,
  outcome text,
  failure_code text,
  primary key (delivery_id, number)
);

-- Content-free: stays when the key of the journey is destroyed.
create table journey_event (
  id bigint generated always as identity primary key,
  practice_id text not null,
  journey_id uuid not null,
  kind text not null,
  at timestamptz not null,
  on_day date,
  route text,
  owner_id text,
  team_id text,
  outcome text,
  age_band text,
  life_areas text[],
  xid xid8 not null default pg_current_xact_id()
);
create index journey_event_by_journey on journey_event (journey_id, id);

-- What must happen before a day. Written with each change of the journey, from its state alone; `level` counts the steps
-- that were taken since it ran out, `next_on` is the day of the next.
create table clock (
  practice_id text not null,
  journey_id uuid not null,
  kind text not null,
  due_on date not null,
  level int not null default 0,
  next_on date,
  primary key (journey_id, kind)
);
create index clock_due on clock (next_on) where next_on is not null;

-- A practice asks the Wally something without naming a patient: no journey. Each has a key of its own.
create table question (
  practice_id text not null,
  id uuid not null,
  team_id text not null,
  asked_by text not null,
  asked_at timestamptz not null,
  wrapped bytea not null,
  asked bytea not null,
  answer bytea,
  answered_by text,
  answered_at timestamptz,
  primary key (practice_id, id),
  unique (id),
  check ((answered_at is null) = (answer is null) and (answered_at is null) = (answered_by is null))
);
create index question_by_practice on question (practice_id, asked_at);
create index question_answered on question (answered_at) where answered_at is not null;

create table alarm (
  id bigint generated always as identity primary key,
  practice_id text not null,
  journey_id uuid,
  kind text not null,
  team_id text not null,
  raised_at timestamptz not null,
  resolved_at timestamptz
);
create unique index alarm_open on alarm (kind, coalesce(journey_id, '00000000-0000-0000-0000-000000000000'::uuid), team_id)
  where resolved_at is null;

-- NEN 7513. `line` is the exact text that is hashed; rows are only ever inserted.
create table audit (
  id uuid primary key,
  xid xid8 not null default pg_current_xact_id(),
  practice_id text,
  journey_id uuid,
  recorded_at timestamptz not null,
  line text not null
);
create index audit_by_xid on audit (xid, id);
create index audit_by_journey on audit (journey_id, recorded_at);
create table audit_chain (
  seq bigint primary key,
  audit_id uuid not null unique,
  previous_hash bytea not null,
  hash bytea not null,
  sealed_at timestamptz not null
);

-- Who may knock: practices' systems by hashed bearer credential, people by account and session.
create table credential (
  hash bytea primary key,
  practice_id text not null,
  application text not null,
  created_at timestamptz not null,
  revoked_at timestamptz
);
create table account (
  username text primary key,
  password text not null,
  actor jsonb not null,
  demo boolean not null,
  created_at timestamptz not null,
  disabled_at timestamptz
);
create table session (
  hash bytea primary key,
  actor jsonb not null,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null
);
create table oidc (
  model text not null,
  id text not null,
  payload jsonb not null,
  grant_id text,
  uid text,
  user_code text,
  consumed_at timestamptz,
  expires_at timestamptz,
  primary key (model, id)
);
create index oidc_by_grant on oidc (grant_id) where grant_id is not null;
create index oidc_by_uid on oidc (uid) where uid is not null;

-- The one-time link into the refer page: the patient's context is sealed with a key that only the link holds.
create table handle (
  hash bytea primary key,
  practice_id text not null,
  sealed bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);

-- Where the queue's memory is: when its epoch is gone or another, everything queued goes back (decision 10).
create table queue_epoch (
  only_row boolean primary key default true check (only_row),
  epoch text not null
);
