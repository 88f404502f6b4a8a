ALTER TABLE event_deliveries DROP COLUMN stamped_at;
ALTER TABLE mails DROP COLUMN stamped_at;
