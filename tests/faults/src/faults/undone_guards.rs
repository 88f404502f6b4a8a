//! Controls: guards that the service stands on are taken out of the database, and the checker must notice.

use std::time::Duration;

use tokio::time::sleep;

use crate::report::Report;
use crate::scene::{OwnDatabase, Plan, Scene};

/// Nothing keeps two accounts from having one address.
pub async fn without_unique_index() -> Report {
    broken_by("ALTER TABLE accounts DROP CONSTRAINT accounts_email_key").await
}

/// What uses a code up or ends a session is undone by triggers.
pub async fn without_single_use() -> Report {
    broken_by(
        "CREATE FUNCTION keep_codes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
           IF length(NEW.recovery_codes) < length(OLD.recovery_codes) THEN NEW.recovery_codes := OLD.recovery_codes; END IF; \
           RETURN NEW; END $$; \
         CREATE TRIGGER keep_codes BEFORE UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION keep_codes(); \
         CREATE FUNCTION keep_challenge() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
           INSERT INTO challenges SELECT (OLD).* WHERE EXISTS (SELECT FROM accounts WHERE id = OLD.account_id); \
           RETURN NULL; END $$; \
         CREATE TRIGGER keep_challenge AFTER DELETE ON challenges FOR EACH ROW EXECUTE FUNCTION keep_challenge(); \
         CREATE FUNCTION keep_session() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
           NEW.revoked_at := NULL; RETURN NEW; END $$; \
         CREATE TRIGGER keep_session BEFORE UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION keep_session()",
    )
    .await
}

async fn broken_by(sql: &str) -> Report {
    let own = OwnDatabase::start("");
    let scene = Scene::start(Plan { database: Some(own.url.clone()), nodes: 1, clients: 12, settings: &[] }).await;
    own.sql(sql);
    sleep(Duration::from_secs(6)).await;
    scene.finish(own.here(), 1, Vec::new()).await
}
