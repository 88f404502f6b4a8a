-- Whose account a mail is about: codes die with it, notices do not.
ALTER TABLE mails ADD COLUMN account_id uuid;
-- What notices share that become one mail; NULL for codes, each of which is a mail of its own.
ALTER TABLE mails ADD COLUMN fold_key text;
-- How many notices the mail is to tell of. 0: it was sent, and the next one waits until next_attempt_at.
ALTER TABLE mails ADD COLUMN times bigint NOT NULL DEFAULT 1;
ALTER TABLE mails ADD COLUMN address_proved boolean NOT NULL DEFAULT true;
ALTER TABLE mails ADD COLUMN details text NOT NULL DEFAULT '';

CREATE UNIQUE INDEX mails_fold_key ON mails (fold_key);
CREATE INDEX mails_codes ON mails (account_id) WHERE challenge_id IS NOT NULL;
