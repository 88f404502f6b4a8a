-- Second factors. Secrets are sealed, recovery codes are keyed hashes, separated by spaces.

ALTER TABLE accounts ADD COLUMN app_status TEXT;
ALTER TABLE accounts ADD COLUMN app_since INTEGER;
ALTER TABLE accounts ADD COLUMN app_secret BLOB;
ALTER TABLE accounts ADD COLUMN app_pending_until INTEGER;
ALTER TABLE accounts ADD COLUMN app_pending_secret BLOB;
ALTER TABLE accounts ADD COLUMN email_factor_status TEXT;
ALTER TABLE accounts ADD COLUMN email_factor_since INTEGER;
ALTER TABLE accounts ADD COLUMN email_factor_pending_until INTEGER;
ALTER TABLE accounts ADD COLUMN preferred_factor TEXT NOT NULL DEFAULT 'app';
ALTER TABLE accounts ADD COLUMN recovery_codes TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN two_factor_version INTEGER NOT NULL DEFAULT 0;

-- Whether an address of the account was ever proved, this one or one before.
ALTER TABLE accounts ADD COLUMN ever_proved INTEGER NOT NULL DEFAULT 0;
UPDATE accounts SET ever_proved = email_verified;

CREATE TABLE totp_steps (
    account_id BLOB   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    step       INTEGER NOT NULL,
    used_at    INTEGER NOT NULL,
    PRIMARY KEY (account_id, step)
) STRICT, WITHOUT ROWID;

CREATE INDEX totp_steps_used ON totp_steps (used_at);

-- Changes of credentials that wait for a second factor; they go with their challenge.

CREATE TABLE pending_credentials (
    challenge_id  BLOB NOT NULL PRIMARY KEY REFERENCES challenges (id) ON DELETE CASCADE,
    session_id    BLOB NOT NULL,
    method        TEXT NOT NULL,
    email         TEXT,
    password_hash TEXT
) STRICT, WITHOUT ROWID;
