CREATE TABLE identities_by_subject (
    provider   TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    account_id BLOB    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    linked_at  INTEGER NOT NULL,
    PRIMARY KEY (provider, subject)
) STRICT, WITHOUT ROWID;
INSERT INTO identities_by_subject (provider, subject, account_id, linked_at) SELECT provider, subject, account_id,
linked_at FROM identities;
DROP TABLE identities;
ALTER TABLE identities_by_subject RENAME TO identities;
CREATE UNIQUE INDEX identities_account_provider ON identities (account_id, provider);

CREATE TABLE sessions_before (
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
    revocation_reason   TEXT,
    rotated_at          INTEGER,
    joins               TEXT    NOT NULL DEFAULT '',
    late_generation     INTEGER,
    late_running        INTEGER NOT NULL DEFAULT 0,
    notes               INTEGER NOT NULL DEFAULT 0,
    authenticated_at    INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO sessions_before (id, account_id, generation, parent, served_at, proved, network, user_agent, left_after,
left_before, key_id, method, created_at, idle_expires_at, absolute_expires_at, revoked_at, revocation_reason,
rotated_at, joins, late_generation, late_running, notes, authenticated_at) SELECT id, account_id, generation, parent,
served_at, proved, network, user_agent, left_after, left_before, key_id, method, created_at, idle_expires_at,
absolute_expires_at, revoked_at, revocation_reason, rotated_at, joins, late_generation, late_running, notes,
authenticated_at FROM sessions;
DROP TABLE sessions;
ALTER TABLE sessions_before RENAME TO sessions;
CREATE INDEX sessions_of_account ON sessions (account_id, id);
