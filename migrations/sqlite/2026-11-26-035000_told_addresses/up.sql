-- Whether an identity provider told the address. Of accounts without a password that are there it is not known, so it counts
-- as told: nobody gets a way into them by it.
ALTER TABLE accounts ADD COLUMN email_told INTEGER NOT NULL DEFAULT 1;
UPDATE accounts SET email_told = 0 WHERE password_hash IS NOT NULL;
