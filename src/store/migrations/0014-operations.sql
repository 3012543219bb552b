-- The trace (W3C traceparent: two random numbers, nothing about anybody) that a delivery was committed in, so that an
-- attempt of next week, in another process, still joins it. Null: nobody traced it.
alter table delivery add column traceparent text;
