-- Mails that are owed. No text and no secret: both are made when a mail is sent.

CREATE TABLE mails (
    id              uuid   PRIMARY KEY,
    recipient       text   NOT NULL,
    kind            text   NOT NULL,
    happened_at     bigint NOT NULL,
    network         text   NOT NULL,
    user_agent      text   NOT NULL,
    attempt         bigint NOT NULL,
    next_attempt_at bigint NOT NULL,
    parked_at       bigint,
    last_error      text
);

CREATE INDEX mails_due ON mails (next_attempt_at) WHERE parked_at IS NULL;
