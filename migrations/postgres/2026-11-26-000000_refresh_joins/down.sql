ALTER TABLE sessions
    DROP COLUMN rotated_at,
    DROP COLUMN joins,
    DROP COLUMN late_generation,
    DROP COLUMN late_running,
    DROP COLUMN notes;
