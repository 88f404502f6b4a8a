-- A deletion that can still be undone: which it will be, when, and who asked for it. All three or none.
ALTER TABLE accounts ADD COLUMN deletion_id uuid;
ALTER TABLE accounts ADD COLUMN deletion_due_at bigint;
ALTER TABLE accounts ADD COLUMN deletion_requested_by text;
-- So that those that are due are found without reading every account.
CREATE INDEX accounts_deletion_due ON accounts (deletion_due_at) WHERE deletion_due_at IS NOT NULL;
