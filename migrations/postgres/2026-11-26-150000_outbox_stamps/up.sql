-- Since when what is owed waits for its next attempt: a lease, a wait after a failure, or since it became owed. One that
-- lies in the future was written before the clock was put back, and begins anew.
ALTER TABLE mails ADD COLUMN stamped_at bigint NOT NULL DEFAULT 0;
ALTER TABLE event_deliveries ADD COLUMN stamped_at bigint NOT NULL DEFAULT 0;
