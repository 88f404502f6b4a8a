-- When the owner of a session last proved who they are; none: when it began.
ALTER TABLE sessions ADD COLUMN authenticated_at INTEGER;

-- Which session began to set up an app.
ALTER TABLE accounts ADD COLUMN app_pending_session BLOB;
