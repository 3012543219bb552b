-- Transaction ids order the trail only within the cluster that gave them: after a dump and restore elsewhere they begin
-- lower. So each line says which cluster it was written in; only PostgreSQL itself knows, at the moment of writing.
alter table audit add column cluster bigint not null default (pg_control_system()).system_identifier;
drop index audit_by_xid;
create index audit_by_order on audit (cluster, xid, id);
create index audit_by_time on audit using brin (recorded_at);

-- How a link was made: 1 hashes id and text, 2 every column of the line, so that none can be changed unseen.
alter table audit_chain add column version smallint not null default 1;

-- What decides how long content is kept stands beside its key: of a hold and an erasure at one moment, one waits (H16).
alter table journey_key
  add column transferred_at timestamptz,
  add column transferred_by text,
  add column held_at timestamptz,
  add column held_for text,
  add column objected_at timestamptz,
  add check ((transferred_at is null) = (transferred_by is null)),
  add check ((held_at is null) = (held_for is null)),
  add check (destroyed_at is null or held_at is null);

-- A person who asks is found by what the practice knows of them, in every practice when there is a reason to.
create index journey_by_bsn on journey (bsn_hmac) where bsn_hmac is not null;
create index journey_by_identity on journey (family_hmac, birth_date_hmac);

-- A request of a person about their own data: no content, and a reference to where the request itself is filed.
create table rights_request (
  id uuid primary key,
  reference text not null,
  journeys uuid[] not null,
  asked_at timestamptz not null,
  asked_by text not null,
  asked_hash bytea not null,
  given_at timestamptz,
  given_by text,
  given_hash bytea,
  check ((given_at is null) = (given_by is null) and (given_at is null) = (given_hash is null))
);
