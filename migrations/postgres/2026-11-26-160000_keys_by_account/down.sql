ALTER TABLE identities DROP CONSTRAINT identities_pkey;
ALTER TABLE identities ADD CONSTRAINT identities_pkey PRIMARY KEY USING INDEX identities_provider_subject;
CREATE UNIQUE INDEX identities_account_provider ON identities (account_id, provider);

ALTER TABLE sessions DROP CONSTRAINT sessions_pkey;
ALTER TABLE sessions ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);
CREATE INDEX sessions_of_account ON sessions (account_id, id);
DROP INDEX sessions_by_id;
