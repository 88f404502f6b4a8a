-- So that the newest request of a user for all their data is found without reading every event.
CREATE INDEX events_exports ON events (account_id, occurred_at) WHERE kind = 'user.export_requested';
