-- What a delivery was before a person's last press, so that it can be put back while nothing has happened since:
-- `was_generation` is the one that the press left. `was_job`: it was pressed for many at once.
alter table delivery
  add column was_state text,
  add column was_reason text,
  add column was_generation int,
  add column was_at timestamptz,
  add column was_job uuid;

-- The same of a receiver, and of what was said of a class of errors (JSON null: nothing was).
alter table destination add column was jsonb;
alter table error_class add column was jsonb;

-- The job that undoes another has that one's action: a version that does not know this column repeats it, which changes nothing.
alter table bulk_job add column undoes uuid unique;

-- With which mapping a message was read (name@version+hash of its files), and what that did not carry: why and place,
-- without numbers. Both stay when the content is gone.
alter table inbound add column mapping text, add column losses text[];
create index inbound_by_mapping on inbound (mapping, journey_id) where mapping is not null;

-- With which mapping the letter of a try was written, and the other side's own words at its no, sealed with the journey's key.
alter table attempt add column mapping text, add column said bytea;
