-- Of a case system of who receives referrals: the number of the last change that was looked at. Null: not begun.
alter table destination add column followed bigint;
