DROP TABLE event_deliveries;
DROP TABLE event_positions;
DROP TABLE events;
DROP TABLE tallies;
DELETE FROM mails WHERE challenge_id IS NOT NULL;
ALTER TABLE mails DROP COLUMN send_number;
ALTER TABLE mails DROP COLUMN challenge_id;
DROP TABLE challenges;
