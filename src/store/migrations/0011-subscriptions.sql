-- Systems that are told by us that something changed (R4 rest-hook). Address, headers, criteria and the words of who asked
-- are sealed. `followed`: the number of the last change that was looked at; `events`: the last number that was given.
create table subscription (
  id uuid primary key,
  practice_id text not null,
  client_id text not null,
  version int not null,
  status text not null check (status in ('requested', 'active', 'error', 'off')),
  error text,
  type text not null,
  ends_at timestamptz,
  sealed bytea not null,
  handshake uuid,
  followed bigint not null,
  events bigint not null default 0,
  changed_at timestamptz not null,
  check ((status = 'error') = (error is not null))
);
create index subscription_by_client on subscription (client_id, practice_id);
create index subscription_open on subscription (id) where status in ('requested', 'active');

-- What each number of a subscription was about: ids only. Numbers are given once, from 1, without gaps (decision 6).
create table subscription_event (
  subscription_id uuid not null references subscription (id) on delete cascade,
  number bigint not null,
  type text not null,
  resource_id uuid not null,
  happened_at timestamptz not null,
  primary key (subscription_id, number)
);
create index subscription_event_by_age on subscription_event (happened_at);
