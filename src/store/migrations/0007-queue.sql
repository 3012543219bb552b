-- The administrator's view of the queue stays fast over a million rows: each list walks an index in its own order, and
-- what is counted exactly is only what is still open.
drop index delivery_by_state;
create index delivery_by_state on delivery (state, created_at, id);
create index delivery_by_destination on delivery (destination, state, created_at, id);
create index delivery_by_practice on delivery (practice_id, created_at, id);
create index delivery_by_time on delivery (created_at, id);
create index delivery_by_message on delivery (message_id);
create index delivery_open on delivery (destination, kind, state, failure_code, practice_id, created_at)
  where state in ('pending', 'queued', 'sent', 'held');
create index delivery_in_error on delivery (failure_code, created_at, id)
  where failure_code is not null and state in ('pending', 'queued', 'held');
create index attempt_failed on attempt (failure_code, ended_at) where failure_code is not null;
create index inbound_by_control on inbound (control_id);
create index journey_by_time on journey (received_at, id);
create index journey_owned on journey (owner_id, received_at, id);
create index refused_by_time on refused (received_at, id);

-- What a person asked of a destination. `drain_to`: nothing newer than this delivery goes; `retries` off: what was tried
-- before waits for a person; `down_since`: one probe at a time and no patience runs out; `patience_from`: since when
-- patience counts again, after such a time.
alter table destination
  add column drain_to bigint,
  add column retries boolean not null default true,
  add column window_from timestamptz,
  add column window_until timestamptz,
  add column down_since timestamptz,
  add column patience_from timestamptz,
  add check ((window_from is null) = (window_until is null));

-- A refused message that was taken in after all.
alter table refused
  add column taken_at timestamptz,
  add column taken_by text,
  add check ((taken_at is null) = (taken_by is null));

-- What people said of a class of errors; one that is seen again after it was solved has come back.
create table error_class (
  class text primary key,
  state text not null check (state in ('new', 'known', 'solved')),
  reason text not null,
  changed_at timestamptz not null,
  changed_by text not null
);

-- Work on many deliveries: which ones is fixed when it begins, and each is done at most once, whatever breaks off.
create table bulk_job (
  id uuid primary key,
  action text not null check (action in ('retry', 'park', 'release', 'call')),
  state text not null check (state in ('running', 'stopped')),
  reason text not null,
  started_by text not null,
  started_as text not null,
  started_at timestamptz not null
);
create table bulk_item (
  job_id uuid not null references bulk_job (id),
  delivery_id bigint not null,
  outcome text check (outcome in ('done', 'skipped')),
  primary key (job_id, delivery_id)
);
create index bulk_item_open on bulk_item (job_id, delivery_id) where outcome is null;

-- A filter of the queue that an administrator gave a name.
create table saved_view (
  owner_id text not null,
  name text not null,
  query text not null,
  saved_at timestamptz not null,
  primary key (owner_id, name)
);
