-- Which of several corrections of one sender is the newer one, as it says itself: moment and version of the message. Null:
-- it does not say.
alter table inbound add column said_at timestamptz, add column said_version int;
