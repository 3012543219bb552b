-- How often a slot of a Wally's consulting hours was taken on a day, at whatever practice: of two who take one at a moment
-- both come to the same number, and the later one is refused. Holds nobody's data.
create table slot_taken (
  role_id text not null,
  day date not null,
  nth int not null,
  primary key (role_id, day, nth)
);
