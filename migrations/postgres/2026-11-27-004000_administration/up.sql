-- Since when an account is suspended; none: it is not.
ALTER TABLE accounts ADD COLUMN suspended_at bigint;
-- Whether its password only counts once it was reset.
ALTER TABLE accounts ADD COLUMN new_password_required boolean NOT NULL DEFAULT false;
-- So that the admins, of whom there are few, are found without reading every account.
CREATE INDEX accounts_admins ON accounts (id) WHERE (' ' || roles || ' ') LIKE '% admin %';
