-- Mails that are owed. No text and no secret: both are made when a mail is sent.

CREATE TABLE mails (
    id              BLOB    NOT NULL PRIMARY KEY,
    recipient       TEXT    NOT NULL,
    kind            TEXT    NOT NULL,
    happened_at     INTEGER NOT NULL,
    network         TEXT    NOT NULL,
    user_agent      TEXT    NOT NULL,
    attempt         INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    parked_at       INTEGER,
    last_error      TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX mails_due ON mails (next_attempt_at) WHERE parked_at IS NULL;
