DROP TRIGGER keep_names_of_identity ON identities;
DROP TRIGGER keep_names_of_account ON accounts;
DROP FUNCTION keep_names_of_identity();
DROP FUNCTION keep_names_of_account();
DROP TABLE names;
