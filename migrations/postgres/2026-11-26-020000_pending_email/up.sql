-- The address that is to replace a proved one, and until when it can be proved.
ALTER TABLE accounts ADD COLUMN pending_email text;
ALTER TABLE accounts ADD COLUMN pending_email_until bigint;
