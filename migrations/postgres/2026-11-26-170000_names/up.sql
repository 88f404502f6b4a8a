-- What is unique over all accounts, and leads to one: e-mail addresses, usernames, identities of providers. Rows of their own,
-- since a table that is spread over servers by account can have no key without it. One of each kind for an account at most.
CREATE TABLE names (
    kind       text NOT NULL,
    name       text NOT NULL,
    account_id uuid NOT NULL,
    PRIMARY KEY (kind, name)
);

INSERT INTO names (kind, name, account_id) SELECT 'email', email_key, id FROM accounts;
INSERT INTO names (kind, name, account_id)
    SELECT 'username', username_key, id FROM accounts WHERE username_key IS NOT NULL;
INSERT INTO names (kind, name, account_id) SELECT 'identity:' || provider, subject, account_id FROM identities;
CREATE INDEX names_of_account ON names (account_id, kind);

-- For what writes accounts and does not know of names: nodes of an older version, and somebody at a prompt. To be dropped a
-- version later.
CREATE FUNCTION keep_names_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM names WHERE account_id = OLD.id;
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM names WHERE account_id = OLD.id
            AND (kind = 'email' AND name <> NEW.email_key
                OR kind = 'username' AND name IS DISTINCT FROM NEW.username_key);
    END IF;
    INSERT INTO names (kind, name, account_id)
        SELECT kind, name, NEW.id FROM (VALUES ('email', NEW.email_key), ('username', NEW.username_key)) AS own (kind, name)
        WHERE name IS NOT NULL
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE FUNCTION keep_names_of_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM names WHERE account_id = OLD.account_id AND kind = 'identity:' || OLD.provider;
    ELSE
        INSERT INTO names (kind, name, account_id) VALUES ('identity:' || NEW.provider, NEW.subject, NEW.account_id)
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER keep_names_of_account AFTER INSERT OR DELETE OR UPDATE OF email_key, username_key ON accounts
    FOR EACH ROW EXECUTE FUNCTION keep_names_of_account();
CREATE TRIGGER keep_names_of_identity AFTER INSERT OR DELETE ON identities
    FOR EACH ROW EXECUTE FUNCTION keep_names_of_identity();
