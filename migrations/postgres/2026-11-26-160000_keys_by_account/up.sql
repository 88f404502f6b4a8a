-- Rows of an account have its id in their key, so that they can be spread over servers by it. The indexes may have been made
-- before, without keeping anybody from writing: see docs/operations.md.
CREATE UNIQUE INDEX IF NOT EXISTS sessions_by_account ON sessions (account_id, id);
-- For refresh tokens of older versions, which name no account.
CREATE INDEX IF NOT EXISTS sessions_by_id ON sessions (id);
ALTER TABLE sessions
    DROP CONSTRAINT sessions_pkey,
    ADD CONSTRAINT sessions_pkey PRIMARY KEY USING INDEX sessions_by_account;
DROP INDEX sessions_of_account;

CREATE UNIQUE INDEX IF NOT EXISTS identities_provider_subject ON identities (provider, subject);
ALTER TABLE identities
    DROP CONSTRAINT identities_pkey,
    ADD CONSTRAINT identities_pkey PRIMARY KEY USING INDEX identities_account_provider;
