DROP INDEX accounts_admins;
ALTER TABLE accounts DROP COLUMN new_password_required;
ALTER TABLE accounts DROP COLUMN suspended_at;
