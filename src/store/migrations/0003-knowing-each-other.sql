-- The quarterly talk of a Wally and a practice: an Appointment with no patient in it. Each row is a version.
create table talk (
  practice_id text not null,
  id uuid not null,
  version int not null,
  status text not null check (status in ('booked', 'fulfilled', 'cancelled')),
  starts_at timestamptz not null,
  doc jsonb not null,
  recorded_at timestamptz not null,
  primary key (id, version)
);
create index talk_by_practice on talk (practice_id, starts_at);

-- Once per practice and quarter someone is reminded that no talk is planned.
create table talk_reminder (
  practice_id text not null,
  quarter text not null,
  reminded_at timestamptz not null,
  primary key (practice_id, quarter)
);

-- How far the reminders about a question without an answer are, and since when.
alter table question
  add column level int not null default 0,
  add column stepped_on date;
create index question_open on question (asked_at) where answered_at is null;

-- What was last followed of what a practice agreed: the working days its clocks count by, and its fixed Wally.
create table practice_followed (
  practice_id text primary key,
  levels text not null,
  wally text
);
