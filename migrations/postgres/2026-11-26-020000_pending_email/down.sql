ALTER TABLE accounts DROP COLUMN pending_email_until;
ALTER TABLE accounts DROP COLUMN pending_email;
