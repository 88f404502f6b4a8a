ALTER TABLE mails DROP COLUMN invitation_id;
DROP TABLE invitations;
