DELETE FROM marks WHERE name = 'accounts_in_refresh_tokens';
