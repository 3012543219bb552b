-- People who may not be in any more, whichever issuer or GP system they come from: by the id of their role. Why stands in
-- the trail. It takes the place of account.disabled_at, which is looked at no more.
create table locked_out (
  person text primary key,
  at timestamptz not null
);
insert into locked_out (person, at)
  select actor->>'id', min(disabled_at) from account where disabled_at is not null and actor ? 'id' group by 1;
create index session_by_person on session ((actor->>'id'));
