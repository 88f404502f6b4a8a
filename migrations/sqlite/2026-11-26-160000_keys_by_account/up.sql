-- Rows of an account have its id in their key, so that they can be spread over servers by it. SQLite has one; the schema is
-- the same on both engines.
CREATE TABLE sessions_by_account (
    id                  BLOB    NOT NULL,
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
    revocation_reason   TEXT,
    rotated_at          INTEGER,
    joins               TEXT    NOT NULL DEFAULT '',
    late_generation     INTEGER,
    late_running        INTEGER NOT NULL DEFAULT 0,
    notes               INTEGER NOT NULL DEFAULT 0,
    authenticated_at    INTEGER,
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO sessions_by_account (id, account_id, generation, parent, served_at, proved, network, user_agent,
left_after, left_before, key_id, method, created_at, idle_expires_at, absolute_expires_at, revoked_at,
revocation_reason, rotated_at, joins, late_generation, late_running, notes, authenticated_at) SELECT id, account_id,
generation, parent, served_at, proved, network, user_agent, left_after, left_before, key_id, method, created_at,
idle_expires_at, absolute_expires_at, revoked_at, revocation_reason, rotated_at, joins, late_generation, late_running,
notes, authenticated_at FROM sessions;
DROP TABLE sessions;
ALTER TABLE sessions_by_account RENAME TO sessions;
-- For refresh tokens of older versions, which name no account.
CREATE INDEX sessions_by_id ON sessions (id);

CREATE TABLE identities_by_account (
    provider   TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    account_id BLOB    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    linked_at  INTEGER NOT NULL,
    PRIMARY KEY (account_id, provider)
) STRICT, WITHOUT ROWID;
INSERT INTO identities_by_account (provider, subject, account_id, linked_at) SELECT provider, subject, account_id,
linked_at FROM identities;
DROP TABLE identities;
ALTER TABLE identities_by_account RENAME TO identities;
CREATE UNIQUE INDEX identities_provider_subject ON identities (provider, subject);
