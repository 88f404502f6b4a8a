-- What happened to whom, for those who look after the service. No name, no address, no secret; it outlives its account.

CREATE TABLE audit_records (
    id          BLOB    NOT NULL PRIMARY KEY,
    occurred_at INTEGER NOT NULL,
    account_id  BLOB,
    action      TEXT    NOT NULL,
    outcome     TEXT    NOT NULL,
    actor       TEXT    NOT NULL,
    network     TEXT,
    request_id  TEXT,
    detail      TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_records_occurred ON audit_records (occurred_at, id);
CREATE INDEX audit_records_of_account ON audit_records (account_id, occurred_at, id);

-- What is derived from master keys that were taken out of the configuration, sealed with the one that replaced them.

CREATE TABLE retired_keys (
    id          BLOB    NOT NULL PRIMARY KEY,
    key_id      TEXT    NOT NULL,
    sealed_keys BLOB    NOT NULL,
    retired_at  INTEGER NOT NULL,
    CONSTRAINT retired_keys_key_id UNIQUE (key_id)
) STRICT, WITHOUT ROWID;

-- When something was last done, by name.

CREATE TABLE marks (
    name TEXT    NOT NULL PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
