-- Invitations. The text that an invited person enters is derived from the id and the master key, and never stored.
CREATE TABLE invitations (
    id BLOB NOT NULL PRIMARY KEY,
    -- The address that it is for; null if it is for anyone.
    email TEXT,
    -- Separated by spaces: what accounts get besides the roles of every new account.
    roles TEXT NOT NULL,
    uses INTEGER NOT NULL,
    uses_left INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- The service that created it; auth-server for the command line.
    created_by TEXT NOT NULL,
    key_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- The mail of an invitation.
ALTER TABLE mails ADD COLUMN invitation_id BLOB;
