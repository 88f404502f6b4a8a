-- The language that the user prefers, as a language tag (BCP 47).
ALTER TABLE accounts ADD COLUMN locale text;
-- The one that a pending change sets; empty: none.
ALTER TABLE pending_credentials ADD COLUMN locale text;
-- The language of a notice or an invitation: a notice outlives its account. None: the default one, or for a code that of its account.
ALTER TABLE mails ADD COLUMN language text;
