-- Identities of providers that log in to an account: one of each provider at most.

CREATE TABLE identities (
    provider   text   NOT NULL,
    subject    text   NOT NULL,
    account_id uuid   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    linked_at  bigint NOT NULL,
    PRIMARY KEY (provider, subject)
);

CREATE UNIQUE INDEX identities_account_provider ON identities (account_id, provider);

-- Authorization requests whose answer came, so that each is used once; kept until nobody would accept it anyway.

CREATE TABLE used_authorizations (
    id         uuid   PRIMARY KEY,
    expires_at bigint NOT NULL
);

CREATE INDEX used_authorizations_expires ON used_authorizations (expires_at);
