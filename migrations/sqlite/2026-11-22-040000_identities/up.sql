-- Identities of providers that log in to an account: one of each provider at most.

CREATE TABLE identities (
    provider   TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    account_id BLOB    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    linked_at  INTEGER NOT NULL,
    PRIMARY KEY (provider, subject)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX identities_account_provider ON identities (account_id, provider);

-- Authorization requests whose answer came, so that each is used once; kept until nobody would accept it anyway.

CREATE TABLE used_authorizations (
    id         BLOB    NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX used_authorizations_expires ON used_authorizations (expires_at);
