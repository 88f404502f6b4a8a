-- Second exits of a client that asked for the current refresh token, a line each; and the generations running whose parent
-- was asked for again late. Rows that are older have no rotated_at: served_at stands in for it.

ALTER TABLE sessions
    ADD COLUMN rotated_at      bigint,
    ADD COLUMN joins           text   NOT NULL DEFAULT '',
    ADD COLUMN late_generation bigint,
    ADD COLUMN late_running    bigint NOT NULL DEFAULT 0,
    ADD COLUMN notes           bigint NOT NULL DEFAULT 0;
