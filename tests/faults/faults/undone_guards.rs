//! The control of what the service holds by its database: guards are taken out of that, and the checker must notice each.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::report::Report;
use crate::scene::{OwnDatabase, Plan, Scene};

/// Nothing keeps two accounts from having one address. What uses a code up or ends a session is undone. Nobody is told of
/// deletions.
const UNDO: &str = "ALTER TABLE accounts DROP CONSTRAINT accounts_email_key; \
     CREATE FUNCTION keep_codes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
       IF length(NEW.recovery_codes) < length(OLD.recovery_codes) THEN NEW.recovery_codes := OLD.recovery_codes; END IF; \
       RETURN NEW; END $$; \
     CREATE TRIGGER keep_codes BEFORE UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION keep_codes(); \
     CREATE FUNCTION keep_challenge() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
       INSERT INTO challenges SELECT (OLD).* WHERE EXISTS (SELECT FROM accounts WHERE id = OLD.account_id); \
       RETURN NULL; END $$; \
     CREATE TRIGGER keep_challenge AFTER DELETE ON challenges FOR EACH ROW EXECUTE FUNCTION keep_challenge(); \
     CREATE FUNCTION keep_session() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
       NEW.revoked_at := NULL; RETURN NEW; END $$; \
     CREATE TRIGGER keep_session BEFORE UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION keep_session(); \
     CREATE FUNCTION forget_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
       DELETE FROM event_deliveries WHERE event_id = NEW.id; DELETE FROM events WHERE id = NEW.id; RETURN NULL; END $$; \
     CREATE CONSTRAINT TRIGGER forget_event AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED \
       FOR EACH ROW WHEN (NEW.kind = 'user.deleted') EXECUTE FUNCTION forget_event()";

/// What has to be done under it a few times, before there is anything to notice.
const NEEDED: [&str; 4] = ["registration", "recovery code", "logout", "deletion"];
const LONGEST: Duration = Duration::from_secs(60);

/// Undoes all of it at once: what the checker says tells one from the other.
pub async fn run() -> Report {
    let own = OwnDatabase::start("");
    let told_within = Duration::from_secs(5);
    let scene = Scene::start(Plan { database: Some(own.url.clone()), told_within, ..Plan::default() }).await;
    own.sql(UNDO);
    let (began, before) = (Instant::now(), NEEDED.map(|what| acknowledged(&scene, what)));
    let done = |at: usize| acknowledged(&scene, NEEDED[at]) - before[at];
    while !(0..NEEDED.len()).all(|at| done(at) >= 3) && began.elapsed() < LONGEST {
        sleep(Duration::from_millis(200)).await;
    }
    scene.finish(own.here(), 1, Vec::new()).await
}

fn acknowledged(scene: &Scene, what: &str) -> u64 {
    scene.world.ledger().acknowledged.get(what).copied().unwrap_or_default()
}
