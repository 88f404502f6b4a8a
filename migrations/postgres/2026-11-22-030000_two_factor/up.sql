-- Second factors. Secrets are sealed, recovery codes are keyed hashes, separated by spaces.

ALTER TABLE accounts ADD COLUMN app_status text;
ALTER TABLE accounts ADD COLUMN app_since bigint;
ALTER TABLE accounts ADD COLUMN app_secret bytea;
ALTER TABLE accounts ADD COLUMN app_pending_until bigint;
ALTER TABLE accounts ADD COLUMN app_pending_secret bytea;
ALTER TABLE accounts ADD COLUMN email_factor_status text;
ALTER TABLE accounts ADD COLUMN email_factor_since bigint;
ALTER TABLE accounts ADD COLUMN email_factor_pending_until bigint;
ALTER TABLE accounts ADD COLUMN preferred_factor text NOT NULL DEFAULT 'app';
ALTER TABLE accounts ADD COLUMN recovery_codes text NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN two_factor_version bigint NOT NULL DEFAULT 0;

-- Whether an address of the account was ever proved, this one or one before.
ALTER TABLE accounts ADD COLUMN ever_proved bool NOT NULL DEFAULT false;
UPDATE accounts SET ever_proved = email_verified;

CREATE TABLE totp_steps (
    account_id uuid   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    step       bigint NOT NULL,
    used_at    bigint NOT NULL,
    PRIMARY KEY (account_id, step)
);

CREATE INDEX totp_steps_used ON totp_steps (used_at);

-- Changes of credentials that wait for a second factor; they go with their challenge.

CREATE TABLE pending_credentials (
    challenge_id  uuid PRIMARY KEY REFERENCES challenges (id) ON DELETE CASCADE,
    session_id    uuid NOT NULL,
    method        text NOT NULL,
    email         text,
    password_hash text
);
