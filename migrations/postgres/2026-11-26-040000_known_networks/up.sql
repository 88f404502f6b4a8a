-- The networks of the latest logins: each node reads them at its start, and what is new every few minutes.
CREATE INDEX password_network_attempts_last_success ON password_network_attempts (last_success_at)
    WHERE last_success_at IS NOT NULL;
