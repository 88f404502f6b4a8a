DROP TRIGGER names_of_deleted_identity;
DROP TRIGGER names_of_new_identity;
DROP TRIGGER names_of_deleted_account;
DROP TRIGGER names_of_changed_account;
DROP TRIGGER names_of_new_account;
DROP TABLE names;
