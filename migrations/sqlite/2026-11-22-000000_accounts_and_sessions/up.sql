-- Times are microseconds since the Unix epoch. Secrets are derived, hashed or sealed: see docs/architecture.md, law 4.

CREATE TABLE accounts (
    id                 BLOB    NOT NULL PRIMARY KEY,
    username           TEXT,
    username_key       TEXT,
    email              TEXT    NOT NULL,
    email_key          TEXT    NOT NULL,
    email_verified     INTEGER NOT NULL,
    password_hash      TEXT,
    credential_version INTEGER NOT NULL,
    roles              TEXT    NOT NULL,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    CONSTRAINT accounts_email_key UNIQUE (email_key),
    CONSTRAINT accounts_username_key UNIQUE (username_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    id                  BLOB    NOT NULL PRIMARY KEY,
    account_id          BLOB    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    generation          INTEGER NOT NULL,
    parent              INTEGER,
    served_at           INTEGER NOT NULL,
    proved              INTEGER NOT NULL,
    network             TEXT    NOT NULL,
    user_agent          TEXT    NOT NULL,
    left_after          INTEGER,
    left_before         INTEGER,
    key_id              TEXT    NOT NULL,
    method              TEXT    NOT NULL,
    created_at          INTEGER NOT NULL,
    idle_expires_at     INTEGER NOT NULL,
    absolute_expires_at INTEGER NOT NULL,
    revoked_at          INTEGER,
    revocation_reason   TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_of_account ON sessions (account_id, id);

CREATE TABLE password_network_attempts (
    subject         BLOB    NOT NULL,
    network         TEXT    NOT NULL,
    misses          INTEGER NOT NULL,
    last_miss_at    INTEGER,
    last_success_at INTEGER,
    version         INTEGER NOT NULL,
    PRIMARY KEY (subject, network)
) STRICT, WITHOUT ROWID;

CREATE TABLE password_daily_misses (
    subject      BLOB    NOT NULL PRIMARY KEY,
    misses       INTEGER NOT NULL,
    day_began_at INTEGER,
    version      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_keys (
    id                 BLOB    NOT NULL PRIMARY KEY,
    sequence           INTEGER NOT NULL,
    active_from        INTEGER NOT NULL,
    public_key         BLOB    NOT NULL,
    sealed_private_key BLOB    NOT NULL,
    CONSTRAINT signing_keys_sequence UNIQUE (sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE deletions (
    id           BLOB    NOT NULL PRIMARY KEY,
    account_id   BLOB    NOT NULL,
    requested_by TEXT    NOT NULL,
    deleted_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
