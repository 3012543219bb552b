-- What its sender calls a refused message, so that the sender's supplier and we speak of the same one; null where nobody
-- knows it, or where it could be somebody's BSN.
alter table refused add column control_id text;
create index refused_by_control on refused (control_id) where control_id is not null;
