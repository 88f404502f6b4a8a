-- Refresh tokens that name their account, which nodes of older versions cannot read: only where there are none, since the
-- database is new. A later version notes the same for every database.
INSERT INTO marks (name, at)
    SELECT 'accounts_in_refresh_tokens', CAST(strftime('%s', 'now') AS INTEGER) * 1000000
    WHERE NOT EXISTS (SELECT 1 FROM accounts);
