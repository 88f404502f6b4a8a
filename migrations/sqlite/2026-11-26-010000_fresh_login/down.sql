ALTER TABLE accounts DROP COLUMN app_pending_session;
ALTER TABLE sessions DROP COLUMN authenticated_at;
