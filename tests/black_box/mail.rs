//! Mails that are owed: to files, and to a real SMTP server that is down, silent, busy, refuses, drops the line, or
//! kills the sender.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use auth_black_box::{Client, Engine, Mail, PATIENCE, Server, SmtpServer, each_engine, wait_for};
use auth_testkit::postgres::{cluster, free_port};
use futures_util::future::join_all;
use serde_json::json;

/// Uses a refresh token of `name` again after the next one: that ends the session and owes a notice.
async fn reuse_a_token(server: &Server, name: &str) {
    let (_, first) = server.session(name).await;
    let (_, second) = server.client().refresh(&first).await.tokens();
    let (access, third) = server.client().refresh(&second).await.tokens();
    server.me(&access).await.expect(200, "USER_FETCHED");
    let thief =
        Client::with_user_agent(&server.url, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
    // Many at once: one of them ends the session, and its owner gets one mail.
    for reply in join_all((0..10).map(|_| thief.refresh(&first))).await {
        reply.expect(401, "REFRESH_TOKEN_INVALID");
    }
    server.client().refresh(&third).await.expect(401, "REFRESH_TOKEN_INVALID");
}

/// A server whose mail goes to that port, and its settings beside.
async fn sending_to(engine: Engine, port: u16, settings: &[(&str, &str)]) -> Server {
    let url = format!("smtp://127.0.0.1:{port}");
    let mut all = vec![("AUTH_MAIL_URL", url.as_str()), ("AUTH_MAIL_FROM", "Us <us@example.org>")];
    all.extend(settings);
    Server::with(engine, &all).await
}

/// Every mail that was put off is due now.
fn hurry(server: &Server) {
    server.sql("UPDATE mails SET next_attempt_at = 0 WHERE parked_at IS NULL");
}

fn mails_of(mails: Vec<Mail>, kind: &str) -> Vec<Mail> {
    mails.into_iter().filter(|mail| mail.kind == kind).collect()
}

each_engine! {
    async fn the_owner_of_a_session_whose_token_was_reused_gets_one_notice(engine) {
        let server = Server::start(engine).await;
        // A mail of a kind that only a newer node knows is in the way.
        let id = if server.database.is_some() { "gen_random_uuid()" } else { "unhex('01a200b9c0e17bcf8b25c7f70207dc6c')" };
        server.sql(&format!("INSERT INTO mails (id, recipient, kind, happened_at, network, user_agent, attempt, next_attempt_at) \
             VALUES ({id}, 'a@example.org', 'newer', 1, 'x', 'x', 0, 1)"));
        reuse_a_token(&server, "Ann").await;
        server.mail("notice", "Ann@example.org", 1).await;
        wait_for("the mark", || server.sql("SELECT count(*) FROM mails WHERE kind <> 'newer' AND times > 0") == "0").await;
        let [mail] = mails_of(server.mails(), "notice").try_into().unwrap();
        for part in ["From: Auth <no-reply@localhost>", "Auto-Submitted: auto-generated", "Firefox on Linux", "127.0.0.0/24"] {
            assert!(mail.source.contains(part), "{part} in {mail:?}");
        }
    }

    async fn a_mail_server_that_is_down_then_busy_gets_every_mail_in_the_end(engine) {
        let port = free_port();
        let server = sending_to(engine, port, &[]).await;
        for name in ["ann", "bob", "cid"] {
            server.register(name).await;
        }
        let failed = "SELECT count(*) FROM mails WHERE last_error IS NOT NULL";
        wait_for("the first attempts", || server.sql(failed) == "3").await;
        let smtp = SmtpServer::start(port, "451 busy,421 busier,450 busy,250");
        wait_for("the mails", || {
            hurry(&server);
            smtp.mails().len() >= 3
        }).await;
        server.all_mails_sent().await;
        let recipients: BTreeSet<String> = smtp.mails().into_iter().map(|mail| mail.to).collect();
        assert_eq!(recipients.len(), 3);
        let mail = smtp.mails().remove(0);
        assert!(mail.source.contains("From: Us <us@example.org>") && mail.message_id.ends_with("@example.org>"), "{mail:?}");
        // The code is good: what came late came whole.
        let code = mail.code.unwrap();
        let (access, _) = server.client().login(mail.to.split('@').next().unwrap(), auth_black_box::PASSWORD).await.tokens();
        server.client().bearer(&access).post("/auth/verify-email", json!({ "otpCode": code })).await.expect(200, "EMAIL_VERIFIED");
    }

    async fn a_mail_that_is_refused_for_good_is_parked_and_can_be_put_back(engine) {
        let port = free_port();
        let smtp = SmtpServer::start(port, "550 no such user,250");
        let server = sending_to(engine, port, &[]).await;
        server.register("ann").await;
        wait_for("the refusal", || server.sql("SELECT count(*) FROM mails WHERE parked_at IS NOT NULL") == "1").await;
        let listed = server.command(&["parked-mails"]);
        assert!(listed.contains("ann@example.org") && listed.contains("550") && listed.contains("mails failed: 1"), "{listed}");
        assert!(smtp.mails().is_empty());
        let all = server.command(&["mails"]);
        assert!(all.starts_with("failed    at ") && all.contains("550") && all.contains(", failed: 1"), "{all}");
        server.command(&["mails", "--retry"]);
        wait_for("the mail", || smtp.mails().len() == 1).await;
        server.all_mails_sent().await;
        assert!(server.command(&["parked-mails"]).contains("mails failed: 0"));
    }

    async fn a_mail_whose_code_has_expired_or_was_replaced_is_not_sent(engine) {
        let port = free_port();
        let server = sending_to(engine, port, &[("AUTH_CODE_TTL", "15")]).await;
        server.register("ann").await;
        wait_for("the first attempt", || server.sql("SELECT count(*) FROM mails WHERE last_error IS NOT NULL") == "1").await;
        tokio::time::sleep(Duration::from_millis(15_100)).await;
        // The code of this one is replaced before it can be sent.
        let (access, _) = server.session("bob").await;
        let bob = server.client().bearer(&access);
        bob.post("/auth/verify-email/resend", json!({})).await.expect(200, "CODE_SENT");
        let smtp = SmtpServer::start(port, "250");
        hurry(&server);
        server.all_mails_sent().await;
        let [mail] = smtp.mails().try_into().unwrap();
        assert_eq!(mail.to, "bob@example.org");
        let code = json!({ "otpCode": mail.code });
        assert!(matches!(bob.post("/auth/verify-email", code).await.code(), "EMAIL_VERIFIED" | "CODE_NOT_SET"));
    }
}

/// A password that was rotated, a sender that is not allowed, a relay that is closed: an operator mends those.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_has_against_this_service_is_tried_again_and_told() {
    let port = free_port();
    let smtp =
        SmtpServer::start(port, "MAIL 550 5.1.1 no such sender,554 5.7.1 <ann@example.org>: Relay access denied,250");
    let server = sending_to(Engine::Sqlite, port, &[("AUTH_PUBLIC_URL", "https://auth.example.org")]).await;
    server.register("ann").await;
    for said in ["550 5.1.1 no such sender (MAIL FROM, 127.0.0.1)", "Relay access denied (RCPT TO, 127.0.0.1)"] {
        wait_for(said, || server.command(&["mails"]).contains(said)).await;
        let listed = server.command(&["mails"]);
        assert!(listed.starts_with("waiting   until ") && listed.contains("  ann@example.org  "), "{listed}");
        assert!(listed.ends_with("mails waiting: 1, failed: 0"), "{listed}");
        wait_for("the line in the log", || server.log().contains(said)).await;
        hurry(&server);
    }
    wait_for("the mail", || smtp.mails().len() == 1).await;
    server.all_mails_sent().await;
    assert!(!server.log().contains("ann@example.org"), "the server's words name nobody in the log");
    assert_eq!(std::fs::read_to_string(smtp.folder.path().join("hello")).unwrap(), "auth.example.org");
    assert!(smtp.mails()[0].message_id.ends_with("@auth.example.org>"), "{:?}", smtp.mails());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doctor_goes_as_far_as_the_recipient_and_sends_nothing() {
    let port = free_port();
    let smtp = SmtpServer::start(port, "250,250,554 5.7.1 Relay access denied,550 5.1.1 unknown");
    let server = sending_to(Engine::Sqlite, port, &[("AUTH_MAIL_FROM", "Us <us@bücher.example>")]).await;
    for (to, line) in [
        (None, "ok      mail: the server would accept a mail to us@xn--bcher-kva.example (none was sent)"),
        (Some("ann@example.org"), "ok      mail: the server would accept a mail to ann@example.org (none was sent)"),
        (None, "PROBLEM mail: mail cannot be sent: 554 5.7.1 Relay access denied (RCPT TO, 127.0.0.1)"),
        (None, "warning mail: the server accepts mail, but not to us@xn--bcher-kva.example: 550 5.1.1 unknown"),
    ] {
        let arguments: Vec<&str> = ["doctor"].into_iter().chain(to.iter().flat_map(|to| ["--mail-to", to])).collect();
        let told = String::from_utf8(server.try_command(&arguments).stdout).unwrap();
        assert!(told.lines().any(|told| told.starts_with(line)), "{line} in {told}");
    }
    assert!(smtp.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_is_silent_or_drops_the_line_after_the_mail_gets_it_again_under_the_same_name() {
    let port = free_port();
    let smtp = SmtpServer::start(port, "silent,drop,250");
    let server = sending_to(Engine::Sqlite, port, &[]).await;
    server.register("ann").await;
    let mut hurried = String::new();
    wait_for("the mail, twice", || {
        // Once a failure: more often, two workers would send it at the same time.
        let failure = server.sql("SELECT coalesce(last_error, '') FROM mails");
        if !failure.is_empty() && failure != hurried {
            hurry(&server);
            hurried = failure;
        }
        smtp.mails().len() == 2
    })
    .await;
    server.all_mails_sent().await;
    let [first, second] = smtp.mails().try_into().unwrap();
    assert_eq!((first.message_id, first.code), (second.message_id, second.code));
}

/// Nothing waits for mail: what differs is a log line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_take_as_long_while_the_mail_server_is_silent() {
    let port = free_port();
    let _smtp = SmtpServer::start(port, "silent");
    let (away, fine) = (sending_to(Engine::Sqlite, port, &[]).await, Server::start(Engine::Sqlite).await);
    let mut times: [Vec<Duration>; 2] = Default::default();
    for number in 0..40 {
        for (server, times) in [&away, &fine].into_iter().zip(&mut times) {
            let began = Instant::now();
            server.register(&format!("user-{number}")).await;
            times.push(began.elapsed());
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64()
    };
    let [away, fine] = times.each_mut().map(median);
    println!("median of a registration: {:.1} ms with a silent mail server, {:.1} ms without", away * 1e3, fine * 1e3);
    assert!(away < fine * 5.0, "one that waited would take ten seconds: {away} {fine}");
}

const KILLS: usize = 40;

/// Three nodes send; two are killed around the moment in which the mail server says yes, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_that_is_killed_at_any_moment_loses_no_mail_and_changes_no_code() {
    let port = free_port();
    let smtp = SmtpServer::start(port, "kill");
    let database = cluster().database();
    let url = format!("smtp://127.0.0.1:{port}");
    // On a busy machine the last kill comes when codes of ten minutes have run out.
    let sender = async |from: &str| {
        let settings = [
            ("AUTH_MAIL_URL", url.as_str()),
            ("AUTH_MAIL_FROM", from),
            ("AUTH_CODE_TTL", "3600"),
            ("AUTH_TEMP_TTL", "3600"),
        ];
        Server::on(Some(database.clone()), &settings).await
    };
    let (first, second) = (sender("a@example.org").await, sender("b@example.org").await);
    // Takes the registrations, sends too, and is let live.
    let third = sender("c@example.org").await;
    let mut nodes = [first, second];
    let (mut kills, mut users) = (0, 0);
    let deadline = Instant::now() + 5 * PATIENCE;
    loop {
        for (node, sender) in nodes.iter_mut().zip(["a", "b"]) {
            if node.has_ended() {
                kills += 1;
                node.restart();
                // What it held is due at once instead of after its lease.
                hurry(&third);
            }
            std::fs::write(smtp.folder.path().join(format!("{sender}.pid")), node.pid().to_string()).unwrap();
        }
        let enough = kills >= KILLS;
        if !enough {
            third.register(&format!("user-{users}")).await;
            users += 1;
        }
        let told: BTreeSet<String> = smtp.mails().into_iter().map(|mail| mail.to).collect();
        if enough && told.len() == users && third.sql("SELECT count(*) FROM mails") == "0" {
            break;
        }
        assert!(Instant::now() < deadline, "{} of {users} were told, after {kills} kills", told.len());
    }
    for (node, sender) in nodes.iter_mut().zip(["a", "b"]) {
        std::fs::remove_file(smtp.folder.path().join(format!("{sender}.pid"))).unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        if node.has_ended() {
            node.restart();
        }
    }
    let mut by_name: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    let mails = smtp.mails();
    for mail in &mails {
        by_name.entry(mail.to.clone()).or_default().insert((mail.message_id.clone(), mail.code.clone().unwrap()));
    }
    println!("{} mails for {users} users, {kills} kills", mails.len());
    assert!(mails.len() > users, "some were sent again: a kill came between the server's yes and the mark");
    assert!(by_name.values().all(|mails| mails.len() == 1), "one name and one code each: {by_name:?}");
    for (to, mails) in by_name {
        let name = to.split('@').next().unwrap();
        let (access, _) = nodes[0].client().login(name, auth_black_box::PASSWORD).await.tokens();
        let code = json!({ "otpCode": mails.first().unwrap().1 });
        nodes[0].client().bearer(&access).post("/auth/verify-email", code).await.expect(200, "EMAIL_VERIFIED");
    }
}
