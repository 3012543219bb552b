-- Content is sealed, so what may be searched is written beside it at commit. `words`: one text per thing that can be asked
-- (`Task.status accepted`); what identifies is an HMAC, what a Wally's system may not see begins with `!`. One GIN index
-- serves every parameter of every type, so a parameter more is no migration. Null: not read yet.
alter table resource
  add column words text[],
  add column dates jsonb,
  add column changed_at timestamptz;
create index resource_words on resource using gin (words);
create index resource_by_change on resource (practice_id, type, changed_at, id);
create index resource_changed on resource (type, changed_at, id);
create index resource_unread on resource (id) where words is null;

-- Every version once, numbered without gaps after its commit (decision 6): the order in which others may follow changes.
-- `changed_at` never goes back, and all that shares one became visible at one moment.
create table resource_change (
  practice_id text not null,
  type text not null,
  id uuid not null,
  version int not null,
  journey_id uuid not null,
  xid xid8 not null default pg_current_xact_id(),
  cluster bigint not null default (pg_control_system()).system_identifier,
  seq bigint unique,
  changed_at timestamptz,
  primary key (practice_id, type, id, version),
  check ((seq is null) = (changed_at is null))
);
create index resource_change_unnumbered on resource_change (xid) where seq is null;
create index resource_change_by_type on resource_change (practice_id, type, seq);
insert into resource_change (practice_id, type, id, version, journey_id, xid, seq, changed_at)
  select practice_id, type, id, version, journey_id, '0'::xid8,
         row_number() over (order by date_trunc('milliseconds', recorded_at), type, id, version),
         date_trunc('milliseconds', recorded_at)
    from document;
update resource r set changed_at = c.changed_at from resource_change c
 where c.practice_id = r.practice_id and c.type = r.type and c.id = r.id and c.version = r.version;

-- A practice's own lines of the trail, newest last.
create index audit_by_practice on audit (practice_id, id);
