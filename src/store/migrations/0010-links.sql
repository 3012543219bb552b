-- A way in for who has no account: an organisation or a practice by a mailed link with a code, a resident by a code on
-- paper. What stands here opens nothing: token and code are made from the id with the master key, and only their hash is kept.
create table link (
  id uuid primary key,
  practice_id text not null,
  journey_id uuid not null,
  purpose text not null check (purpose in ('onward', 'question', 'resident')),
  -- The Task or the question that it is for, and nothing else.
  subject_id uuid not null,
  recipient text not null,
  hash bytea not null unique,
  made_at timestamptz not null,
  made_by text not null,
  expires_at timestamptz not null,
  -- Wrong answers so far; five end it (H12).
  tries int not null default 0 check (tries between 0 and 5),
  -- How often its code was mailed.
  codes int not null default 0,
  opened_at timestamptz,
  session bytea unique,
  session_until timestamptz,
  ended_at timestamptz,
  ended_why text check (ended_why in ('used', 'revoked', 'replaced', 'tries')),
  check ((ended_at is null) = (ended_why is null))
);
create index link_by_journey on link (journey_id);
