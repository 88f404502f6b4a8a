-- The language that the user prefers, as a language tag (BCP 47).
ALTER TABLE accounts ADD COLUMN locale TEXT;
-- The one that a pending change sets; empty: none.
ALTER TABLE pending_credentials ADD COLUMN locale TEXT;
-- The language of a notice or an invitation: a notice outlives its account. None: the default one, or for a code that of its account.
ALTER TABLE mails ADD COLUMN language TEXT;
