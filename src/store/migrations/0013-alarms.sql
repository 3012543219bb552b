-- What the administrator of a region must know: one open alarm per class, however much is behind it. `revision` counts what
-- was written of it; of two that write the same one, the later finds it taken.
create table region_alarm (
  id uuid primary key,
  class text not null,
  revision int not null,
  opened_at timestamptz not null,
  begun_at timestamptz not null,
  over_at timestamptz,
  subjects text[] not null,
  count int not null,
  told_at timestamptz,
  answered_as text check (answered_as in ('acknowledged', 'snoozed')),
  answered_by text,
  answered_at timestamptz,
  answer text,
  snoozed_until timestamptz,
  check ((answered_as is null) = (answered_by is null) and (answered_as is null) = (answered_at is null)
    and (answered_as is null) = (answer is null)),
  check ((answered_as is not distinct from 'snoozed') = (snoozed_until is not null))
);
create unique index region_alarm_open on region_alarm (class) where over_at is null;
create index region_alarm_by_end on region_alarm (over_at) where over_at is not null;

-- The last that was measured of something outside the record (a disk, a certificate, a queue), by whoever measured it.
create table signal (
  name text not null,
  subject text not null,
  value double precision not null,
  changed_at timestamptz not null,
  seen_at timestamptz not null,
  primary key (name, subject)
);

-- The morning's mail, once per day.
create table alarm_digest (
  day date primary key,
  id uuid not null unique,
  made_at timestamptz not null,
  said jsonb not null
);

insert into destination (id, kind, best_proof) values ('alarm:mail', 'alarm', 'transport'), ('alarm:webhook', 'alarm', 'application');
