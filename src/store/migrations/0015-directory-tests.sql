-- The last test of each connection of the directory, by an administrator: codes and moments only.
create table endpoint_test (
  endpoint_id text primary key,
  tested_at timestamptz not null,
  tested_by text not null,
  -- Absent while it runs.
  code text,
  step text
);

-- What came in of late, by door.
create index inbound_by_time on inbound (received_at);
