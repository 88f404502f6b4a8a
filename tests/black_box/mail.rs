//! Mails that are owed: to files, and to a real SMTP server that is down, busy, or refuses.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use auth_black_box::{Client, Server, each_engine, python};
use auth_testkit::postgres::free_port;
use futures_util::future::join_all;

/// Uses a refresh token of `name` again, long after its time: that ends the session and owes a notice.
async fn reuse_a_token(server: &Server, name: &str) {
    let (_, first) = server.session(name).await;
    let (access, second) = server.client().refresh(&first).await.tokens();
    server.me(&access).await.expect(200, "USER_FETCHED");
    let thief = Client::with_user_agent(&server.url, "Thief/1");
    // Many at once: one of them ends the session, and its owner gets one mail.
    for reply in join_all((0..10).map(|_| thief.refresh(&first))).await {
        reply.expect(401, "REFRESH_TOKEN_INVALID");
    }
    server.client().refresh(&second).await.expect(401, "REFRESH_TOKEN_INVALID");
}

fn mails(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "eml"));
    paths.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

async fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < deadline, "{what} does not happen");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// aiosmtpd; ends when dropped.
struct SmtpServer(Child);

impl SmtpServer {
    fn start(port: u16, folder: &Path, behaviour: &str) -> Self {
        let script = format!("{}/python/smtp_server.py", env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new(python());
        command.arg(script).arg(port.to_string()).arg(folder).arg(behaviour).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert_eq!(ready, "ready\n");
        Self(child)
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

each_engine! {
    async fn the_owner_of_a_session_whose_token_was_reused_gets_one_notice(engine) {
        let server = Server::start(engine).await;
        // A mail of a kind that only a newer node knows is in the way.
        let id = if server.database.is_some() { "gen_random_uuid()" } else { "unhex('01a200b9c0e17bcf8b25c7f70207dc6c')" };
        server.sql(&format!("INSERT INTO mails VALUES ({id}, 'a@example.org', 'newer', 1, 'x', 'x', 0, 1, NULL, NULL)"));
        reuse_a_token(&server, "Ann").await;
        let folder = server.dir.path().join("data/mail");
        wait_for("the mail", || !mails(&folder).is_empty()).await;
        wait_for("the mark", || server.sql("SELECT count(*) FROM mails WHERE kind <> 'newer'") == "0").await;
        let [mail] = mails(&folder).try_into().unwrap();
        for part in ["To: Ann@example.org", "From: Auth <no-reply@localhost>", "X-Auth-Mail: notice", "Thief/1", "127.0.0.0/24"] {
            assert!(mail.contains(part), "{part} in {mail}");
        }
    }

    async fn a_mail_server_that_is_down_then_busy_gets_the_mail_in_the_end(engine) {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let url = format!("smtp://127.0.0.1:{port}");
        let server = Server::with(engine, &[("AUTH_MAIL_URL", &url), ("AUTH_MAIL_FROM", "Us <us@example.org>")]).await;
        reuse_a_token(&server, "ann").await;
        wait_for("the first attempt", || server.sql("SELECT last_error IS NOT NULL AND attempt = 1 FROM mails").starts_with(['t', '1'])).await;
        let _smtp = SmtpServer::start(port, folder.path(), "451 busy,421 busier,250");
        wait_for("the mail", || !mails(folder.path()).is_empty()).await;
        wait_for("the mark", || server.sql("SELECT count(*) FROM mails") == "0").await;
        let [mail] = mails(folder.path()).try_into().unwrap();
        assert!(mail.contains("From: Us <us@example.org>") && mail.contains("Message-ID: <"), "{mail}");
    }

    async fn a_mail_that_is_refused_for_good_is_parked(engine) {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let _smtp = SmtpServer::start(port, folder.path(), "550 no such user");
        let server = Server::with(engine, &[("AUTH_MAIL_URL", &format!("smtp://127.0.0.1:{port}"))]).await;
        reuse_a_token(&server, "ann").await;
        wait_for("the refusal", || server.sql("SELECT count(*) FROM mails WHERE parked_at IS NOT NULL") == "1").await;
        assert!(server.sql("SELECT last_error FROM mails").contains("550"));
        assert!(mails(folder.path()).is_empty());
    }
}
