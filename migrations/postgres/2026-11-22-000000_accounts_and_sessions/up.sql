-- Times are microseconds since the Unix epoch. Secrets are derived, hashed or sealed: see docs/architecture.md, law 4.

CREATE TABLE accounts (
    id                 uuid   PRIMARY KEY,
    username           text,
    username_key       text,
    email              text   NOT NULL,
    email_key          text   NOT NULL,
    email_verified     bool   NOT NULL,
    password_hash      text,
    credential_version bigint NOT NULL,
    roles              text   NOT NULL,
    created_at         bigint NOT NULL,
    updated_at         bigint NOT NULL,
    CONSTRAINT accounts_email_key UNIQUE (email_key),
    CONSTRAINT accounts_username_key UNIQUE (username_key)
);

CREATE TABLE sessions (
    id                  uuid   PRIMARY KEY,
    account_id          uuid   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    generation          bigint NOT NULL,
    parent              bigint,
    served_at           bigint NOT NULL,
    proved              bool   NOT NULL,
    network             text   NOT NULL,
    user_agent          text   NOT NULL,
    left_after          bigint,
    left_before         bigint,
    key_id              text   NOT NULL,
    method              text   NOT NULL,
    created_at          bigint NOT NULL,
    idle_expires_at     bigint NOT NULL,
    absolute_expires_at bigint NOT NULL,
    revoked_at          bigint,
    revocation_reason   text
) WITH (fillfactor = 80); -- room for heap-only updates: a refresh touches no indexed column

CREATE INDEX sessions_of_account ON sessions (account_id, id);

CREATE TABLE password_network_attempts (
    subject         uuid   NOT NULL,
    network         text   NOT NULL,
    misses          bigint NOT NULL,
    last_miss_at    bigint,
    last_success_at bigint,
    version         bigint NOT NULL,
    PRIMARY KEY (subject, network)
);

CREATE TABLE password_daily_misses (
    subject      uuid   PRIMARY KEY,
    misses       bigint NOT NULL,
    day_began_at bigint,
    version      bigint NOT NULL
);

CREATE TABLE signing_keys (
    id                 uuid   PRIMARY KEY,
    sequence           bigint NOT NULL,
    active_from        bigint NOT NULL,
    public_key         bytea  NOT NULL,
    sealed_private_key bytea  NOT NULL,
    CONSTRAINT signing_keys_sequence UNIQUE (sequence)
);

CREATE TABLE deletions (
    id           uuid   PRIMARY KEY,
    account_id   uuid   NOT NULL,
    requested_by text   NOT NULL,
    deleted_at   bigint NOT NULL
);
