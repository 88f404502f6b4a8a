-- Refresh tokens that name their account, which nodes of older versions cannot read: only where there are none, since the
-- database is new. A later version notes the same for every database.
INSERT INTO marks (name, at)
    SELECT 'accounts_in_refresh_tokens', (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
    WHERE NOT EXISTS (SELECT FROM accounts);
