ALTER TABLE mails DROP COLUMN language;
ALTER TABLE pending_credentials DROP COLUMN locale;
ALTER TABLE accounts DROP COLUMN locale;
