ALTER TABLE sessions DROP COLUMN rotated_at;
ALTER TABLE sessions DROP COLUMN joins;
ALTER TABLE sessions DROP COLUMN late_generation;
ALTER TABLE sessions DROP COLUMN late_running;
ALTER TABLE sessions DROP COLUMN notes;
