-- Challenges: attempts to prove something by a mailed code. The code is derived from id, send number and purpose.
-- Without an account it is nobody's: no mail is sent and no code is right.

CREATE TABLE challenges (
    id                 uuid   PRIMARY KEY,
    subject            uuid   NOT NULL,
    account_id         uuid   REFERENCES accounts (id) ON DELETE CASCADE,
    email              text,
    credential_version bigint,
    purpose            text   NOT NULL,
    key_id             text   NOT NULL,
    network            text   NOT NULL,
    send_number        bigint, -- these three are null once the code was given
    code_expires_at    bigint,
    misses             bigint,
    expires_at         bigint NOT NULL,
    version            bigint NOT NULL
);

CREATE INDEX challenges_of_subject ON challenges (subject, purpose, id);
CREATE INDEX challenges_of_account ON challenges (account_id);
CREATE INDEX challenges_expired ON challenges (expires_at);

ALTER TABLE mails ADD COLUMN challenge_id uuid;
ALTER TABLE mails ADD COLUMN send_number bigint;

CREATE TABLE tallies (
    subject  uuid   NOT NULL,
    kind     text   NOT NULL,
    network  text   NOT NULL,
    count    bigint NOT NULL,
    began_at bigint NOT NULL,
    last_at  bigint NOT NULL,
    version  bigint NOT NULL,
    PRIMARY KEY (subject, kind, network)
);

CREATE INDEX tallies_began ON tallies (began_at);

-- Events. A position is given when they are listed, under the lock of the one row of event_positions: so a position
-- that was listed never has a lower one come after it, which an id or a time could.

CREATE TABLE events (
    id          uuid   PRIMARY KEY,
    kind        text   NOT NULL,
    account_id  uuid   NOT NULL,
    related_id  uuid,
    occurred_at bigint NOT NULL,
    position    bigint,
    CONSTRAINT events_position UNIQUE (position)
);

CREATE INDEX events_unplaced ON events (occurred_at, id) WHERE position IS NULL;
CREATE INDEX events_related ON events (related_id) WHERE related_id IS NOT NULL;

CREATE TABLE event_positions (
    id   bigint PRIMARY KEY CHECK (id = 1),
    last bigint NOT NULL
);

INSERT INTO event_positions VALUES (1, 0);

CREATE TABLE event_deliveries (
    event_id        uuid   NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    service         text   NOT NULL,
    account_id      uuid   NOT NULL,
    occurred_at     bigint NOT NULL,
    attempt         bigint NOT NULL,
    next_attempt_at bigint NOT NULL,
    acknowledged_at bigint,
    last_error      text,
    PRIMARY KEY (event_id, service)
);

CREATE INDEX event_deliveries_due ON event_deliveries (service, next_attempt_at) WHERE acknowledged_at IS NULL;
CREATE INDEX event_deliveries_order ON event_deliveries (service, account_id, occurred_at, event_id)
    WHERE acknowledged_at IS NULL;
