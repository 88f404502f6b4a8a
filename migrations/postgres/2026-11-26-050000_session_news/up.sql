-- Tells every node that keeps sessions in memory of an account whose sessions it is to read anew: in the transaction that
-- changes them, whoever makes it, a node of an older version or somebody at a prompt. What merely moves a session on (a
-- refresh, a proof) tells nobody: notifications serialise the commits of the whole cluster.
CREATE FUNCTION tell_sessions_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('auth_sessions', OLD.id::text);
    RETURN NULL;
END
$$;
CREATE FUNCTION tell_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('auth_sessions', OLD.account_id::text);
    RETURN NULL;
END
$$;
CREATE TRIGGER tell_sessions_of_account AFTER UPDATE OR DELETE ON accounts
    FOR EACH ROW EXECUTE FUNCTION tell_sessions_of_account();
CREATE TRIGGER tell_session AFTER UPDATE ON sessions
    FOR EACH ROW WHEN (
        (OLD.revoked_at, OLD.revocation_reason, OLD.method, OLD.authenticated_at, OLD.absolute_expires_at, OLD.left_after, OLD.left_before)
        IS DISTINCT FROM
        (NEW.revoked_at, NEW.revocation_reason, NEW.method, NEW.authenticated_at, NEW.absolute_expires_at, NEW.left_after, NEW.left_before)
    ) EXECUTE FUNCTION tell_session();
