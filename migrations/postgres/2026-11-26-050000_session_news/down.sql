DROP TRIGGER tell_session ON sessions;
DROP TRIGGER tell_sessions_of_account ON accounts;
DROP FUNCTION tell_session();
DROP FUNCTION tell_sessions_of_account();
