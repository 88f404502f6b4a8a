-- Second exits of a client that asked for the current refresh token, a line each; and the generations running whose parent
-- was asked for again late. Rows that are older have no rotated_at: served_at stands in for it.

ALTER TABLE sessions ADD COLUMN rotated_at      INTEGER;
ALTER TABLE sessions ADD COLUMN joins           TEXT    NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN late_generation INTEGER;
ALTER TABLE sessions ADD COLUMN late_running    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN notes           INTEGER NOT NULL DEFAULT 0;
