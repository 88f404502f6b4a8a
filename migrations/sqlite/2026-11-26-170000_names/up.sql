-- What is unique over all accounts, and leads to one: e-mail addresses, usernames, identities of providers. Rows of their own,
-- since a table that is spread over servers by account can have no key without it. One of each kind for an account at most.
CREATE TABLE names (
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    account_id BLOB NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

INSERT INTO names (kind, name, account_id) SELECT 'email', email_key, id FROM accounts;
INSERT INTO names (kind, name, account_id)
    SELECT 'username', username_key, id FROM accounts WHERE username_key IS NOT NULL;
INSERT INTO names (kind, name, account_id) SELECT 'identity:' || provider, subject, account_id FROM identities;
CREATE INDEX names_of_account ON names (account_id, kind);

-- For what writes accounts and does not know of names: an older version that was started again, and somebody at a prompt. To
-- be dropped a version later.
CREATE TRIGGER names_of_new_account AFTER INSERT ON accounts BEGIN
    INSERT OR IGNORE INTO names (kind, name, account_id) VALUES ('email', NEW.email_key, NEW.id);
    INSERT OR IGNORE INTO names (kind, name, account_id)
        SELECT 'username', NEW.username_key, NEW.id WHERE NEW.username_key IS NOT NULL;
END;
CREATE TRIGGER names_of_changed_account AFTER UPDATE OF email_key, username_key ON accounts BEGIN
    DELETE FROM names WHERE account_id = OLD.id
        AND (kind = 'email' AND name <> NEW.email_key OR kind = 'username' AND name IS NOT NEW.username_key);
    INSERT OR IGNORE INTO names (kind, name, account_id) VALUES ('email', NEW.email_key, NEW.id);
    INSERT OR IGNORE INTO names (kind, name, account_id)
        SELECT 'username', NEW.username_key, NEW.id WHERE NEW.username_key IS NOT NULL;
END;
CREATE TRIGGER names_of_deleted_account AFTER DELETE ON accounts BEGIN
    DELETE FROM names WHERE account_id = OLD.id;
END;
CREATE TRIGGER names_of_new_identity AFTER INSERT ON identities BEGIN
    INSERT OR IGNORE INTO names (kind, name, account_id)
        VALUES ('identity:' || NEW.provider, NEW.subject, NEW.account_id);
END;
CREATE TRIGGER names_of_deleted_identity AFTER DELETE ON identities BEGIN
    DELETE FROM names WHERE account_id = OLD.account_id AND kind = 'identity:' || OLD.provider;
END;
