-- Challenges: attempts to prove something by a mailed code. The code is derived from id, send number and purpose.
-- Without an account it is nobody's: no mail is sent and no code is right.

CREATE TABLE challenges (
    id                 BLOB    NOT NULL PRIMARY KEY,
    subject            BLOB   NOT NULL,
    account_id         BLOB   REFERENCES accounts (id) ON DELETE CASCADE,
    email              TEXT,
    credential_version INTEGER,
    purpose            TEXT   NOT NULL,
    key_id             TEXT   NOT NULL,
    network            TEXT   NOT NULL,
    send_number        INTEGER, -- these three are null once the code was given
    code_expires_at    INTEGER,
    misses             INTEGER,
    expires_at         INTEGER NOT NULL,
    version            INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX challenges_of_subject ON challenges (subject, purpose, id);
CREATE INDEX challenges_of_account ON challenges (account_id);
CREATE INDEX challenges_expired ON challenges (expires_at);

ALTER TABLE mails ADD COLUMN challenge_id BLOB;
ALTER TABLE mails ADD COLUMN send_number INTEGER;

CREATE TABLE tallies (
    subject  BLOB   NOT NULL,
    kind     TEXT   NOT NULL,
    network  TEXT   NOT NULL,
    count    INTEGER NOT NULL,
    began_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    PRIMARY KEY (subject, kind, network)
) STRICT, WITHOUT ROWID;

CREATE INDEX tallies_began ON tallies (began_at);

-- Events. A position is given when they are listed, under the lock of the one row of event_positions: so a position
-- that was listed never has a lower one come after it, which an id or a time could.

CREATE TABLE events (
    id          BLOB    NOT NULL PRIMARY KEY,
    kind        TEXT   NOT NULL,
    account_id  BLOB   NOT NULL,
    related_id  BLOB,
    occurred_at INTEGER NOT NULL,
    position    INTEGER,
    CONSTRAINT events_position UNIQUE (position)
) STRICT, WITHOUT ROWID;

CREATE INDEX events_unplaced ON events (occurred_at, id) WHERE position IS NULL;
CREATE INDEX events_related ON events (related_id) WHERE related_id IS NOT NULL;

CREATE TABLE event_positions (
    id   INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO event_positions VALUES (1, 0);

CREATE TABLE event_deliveries (
    event_id        BLOB   NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    service         TEXT   NOT NULL,
    account_id      BLOB   NOT NULL,
    occurred_at     INTEGER NOT NULL,
    attempt         INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    acknowledged_at INTEGER,
    last_error      TEXT,
    PRIMARY KEY (event_id, service)
) STRICT, WITHOUT ROWID;

CREATE INDEX event_deliveries_due ON event_deliveries (service, next_attempt_at) WHERE acknowledged_at IS NULL;
CREATE INDEX event_deliveries_order ON event_deliveries (service, account_id, occurred_at, event_id)
    WHERE acknowledged_at IS NULL;
