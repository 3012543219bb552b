-- Systems that get tokens (SMART Backend Services): each acts for one party of the directory. Revoked ones stay, so that
-- the trail keeps a name for them.
create table client (
  id text primary key,
  name text not null,
  kind text not null,
  party text,
  scopes text[] not null,
  jwks jsonb,
  jwks_url text,
  created_at timestamptz not null,
  created_by text not null,
  changed_at timestamptz not null,
  revoked_at timestamptz,
  used_at timestamptz,
  check (jwks is null or jwks_url is null)
);

-- Break-glass: one administrator may look at one journey until a moment, and said why. The reason is sealed: it is
-- free text about somebody's referral.
create table break_glass (
  id uuid primary key,
  practice_id text not null,
  journey_id uuid not null,
  actor_id text not null,
  actor_name text not null,
  reason bytea not null,
  opened_at timestamptz not null,
  expires_at timestamptz not null
);
create index break_glass_by_practice on break_glass (practice_id, opened_at);
create index break_glass_by_actor on break_glass (actor_id, journey_id, expires_at);
