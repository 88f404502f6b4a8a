DROP INDEX accounts_deletion_due;
ALTER TABLE accounts DROP COLUMN deletion_requested_by;
ALTER TABLE accounts DROP COLUMN deletion_due_at;
ALTER TABLE accounts DROP COLUMN deletion_id;
