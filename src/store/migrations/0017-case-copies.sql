-- A referral as it stands in a case system of who receives referrals: their id of its Task, their version of it, and which
-- version of ours it keeps up with. Sealed with the journey's key: the Task as it was there when we last knew it, and what
-- was done there that could not be taken over. `revision` counts what was kept: of two who look at once one is stale.
create table case_copy (
  destination text not null,
  journey_id uuid not null,
  task text not null,
  version text,
  ours int not null,
  revision int not null default 1,
  sealed bytea not null,
  primary key (destination, journey_id)
);
create index case_copy_by_journey on case_copy (journey_id);

-- When a case system was last asked what changed there, and up to which moment of its own clock that was read.
alter table destination add column asked_at timestamptz, add column read_to timestamptz;
