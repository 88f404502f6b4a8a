DROP INDEX mails_codes;
DROP INDEX mails_fold_key;
DELETE FROM mails WHERE times = 0;
ALTER TABLE mails DROP COLUMN details;
ALTER TABLE mails DROP COLUMN address_proved;
ALTER TABLE mails DROP COLUMN times;
ALTER TABLE mails DROP COLUMN fold_key;
ALTER TABLE mails DROP COLUMN account_id;
