-- Invitations. The text that an invited person enters is derived from the id and the master key, and never stored.
CREATE TABLE invitations (
    id uuid PRIMARY KEY,
    -- The address that it is for; null if it is for anyone.
    email text,
    -- Separated by spaces: what accounts get besides the roles of every new account.
    roles text NOT NULL,
    uses bigint NOT NULL,
    uses_left bigint NOT NULL,
    expires_at bigint NOT NULL,
    created_at bigint NOT NULL,
    -- The service that created it; auth-server for the command line.
    created_by text NOT NULL,
    key_id text NOT NULL
);
-- The mail of an invitation.
ALTER TABLE mails ADD COLUMN invitation_id uuid;
