DROP TABLE deletions;
DROP TABLE signing_keys;
DROP TABLE password_daily_misses;
DROP TABLE password_network_attempts;
DROP TABLE sessions;
DROP TABLE accounts;
