-- What happened to whom, for those who look after the service. No name, no address, no secret; it outlives its account.

CREATE TABLE audit_records (
    id          uuid   PRIMARY KEY,
    occurred_at bigint NOT NULL,
    account_id  uuid,
    action      text   NOT NULL,
    outcome     text   NOT NULL,
    actor       text   NOT NULL,
    network     text,
    request_id  text,
    detail      text
);

CREATE INDEX audit_records_occurred ON audit_records (occurred_at, id);
CREATE INDEX audit_records_of_account ON audit_records (account_id, occurred_at, id);

-- What is derived from master keys that were taken out of the configuration, sealed with the one that replaced them.

CREATE TABLE retired_keys (
    id          uuid   PRIMARY KEY,
    key_id      text   NOT NULL,
    sealed_keys bytea  NOT NULL,
    retired_at  bigint NOT NULL,
    CONSTRAINT retired_keys_key_id UNIQUE (key_id)
);

-- When something was last done, by name.

CREATE TABLE marks (
    name text   PRIMARY KEY,
    at   bigint NOT NULL
);
