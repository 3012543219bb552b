-- What counts once and never again, for as long as it could be shown again: the id of a signed JWT, the state of a launch.
-- Kept here so that a restart, or another process, remembers it too.
create table used_once (
  kind text not null,
  hash bytea not null,
  expires_at timestamptz not null,
  primary key (kind, hash)
);
create index used_once_by_end on used_once (expires_at);

-- A SMART launch whose system lets us write a note of the referral into its record: the token for that, sealed, until the
-- referral can no longer be taken back, and no longer than the token itself lives. The row goes before the note is sent.
create table launch (
  hash bytea primary key,
  practice_id text not null,
  sealed bytea not null,
  journey_id uuid,
  due_at timestamptz,
  expires_at timestamptz not null,
  check ((journey_id is null) = (due_at is null))
);
create index launch_by_due on launch (due_at) where due_at is not null;
