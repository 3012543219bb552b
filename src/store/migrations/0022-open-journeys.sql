-- The administrator's list of referrals begins at the oldest that has not ended, however many ended before it.
create index journey_open on journey (received_at, id)
  where task_status in ('requested', 'received', 'accepted', 'in-progress', 'on-hold');
