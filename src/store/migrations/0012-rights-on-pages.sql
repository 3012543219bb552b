-- A request that a practice works on in its own pages: whose it is, and what was decided about each text so far (H8). The
-- decisions may quote the texts, so they are sealed with the key of one of the journeys and go when that goes.
alter table rights_request
  add column practice_id text,
  add column decisions bytea,
  add column decisions_key uuid,
  add check ((decisions is null) = (decisions_key is null));
create index rights_request_by_practice on rights_request (practice_id, asked_at desc);
