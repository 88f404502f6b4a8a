-- Citus cannot distribute unique keys that lack the account, or these triggers. The table names keeps names unique instead.
ALTER TABLE accounts DROP CONSTRAINT accounts_email_key, DROP CONSTRAINT accounts_username_key;
DROP INDEX identities_provider_subject;
DROP TRIGGER tell_sessions_of_account ON accounts;
DROP TRIGGER tell_session ON sessions;
DROP TRIGGER keep_names_of_account ON accounts;
DROP TRIGGER keep_names_of_identity ON identities;

-- Put the rows of an account on the same server as the account.
ALTER TABLE challenges DROP CONSTRAINT challenges_account_id_fkey;
ALTER TABLE sessions DROP CONSTRAINT sessions_account_id_fkey;
ALTER TABLE identities DROP CONSTRAINT identities_account_id_fkey;
ALTER TABLE totp_steps DROP CONSTRAINT totp_steps_account_id_fkey;
SELECT create_distributed_table('accounts', 'id');
SELECT create_distributed_table('sessions', 'account_id', colocate_with => 'accounts');
SELECT create_distributed_table('identities', 'account_id', colocate_with => 'accounts');
SELECT create_distributed_table('totp_steps', 'account_id', colocate_with => 'accounts');
SELECT create_distributed_table('password_network_attempts', 'subject', colocate_with => 'accounts');
SELECT create_distributed_table('password_daily_misses', 'subject', colocate_with => 'accounts');
SELECT create_distributed_table('tallies', 'subject', colocate_with => 'accounts');
ALTER TABLE sessions ADD FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;
ALTER TABLE identities ADD FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;
ALTER TABLE totp_steps ADD FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE;

-- Distribute the names that lead to an account, and the tables that are only inserted into and purged.
SELECT create_distributed_table('names', 'name', colocate_with => 'none');
SELECT create_distributed_table('audit_records', 'id', colocate_with => 'none');
SELECT create_distributed_table('used_authorizations', 'id', colocate_with => 'none');

-- Let nodes issue refresh tokens that name the account: no older node uses this database any more.
INSERT INTO marks (name, at) VALUES ('accounts_in_refresh_tokens', 0) ON CONFLICT DO NOTHING;
