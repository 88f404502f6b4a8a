//! The file of SQLite: who may serve it, what is noticed of its damage, and what happens when its disk is full.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use auth_black_box::{Descriptors, Engine, PASSWORD, PATIENCE, Server, wait_for};
use reqwest::Method;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::json;

const PAGE: usize = 4_096;

fn file(server: &Server) -> PathBuf {
    server.dir.path().join("data/auth.db")
}

/// Starts another server with the same settings, which is to end by itself; answers what it says.
fn is_refused(server: &Server) -> String {
    let mut child = server.spawn_command(&["serve"]);
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("it serves");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && output.stdout.is_empty(), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("auth-server: ")).count(), 1, "{text}");
    text
}

/// Stops it and waits, so that the file alone is the database.
async fn stop(server: &mut Server) {
    server.signal("TERM");
    assert_eq!(server.exit_code(), Some(0), "{}", server.log());
    assert!(!server.dir.path().join("data/auth.db-wal").exists());
}

async fn start() -> Server {
    Server::with(Engine::Sqlite, &[("AUTH_DRAIN_NOTICE", "0")]).await
}

#[tokio::test]
async fn a_second_service_on_the_same_file_is_refused_and_commands_are_not() {
    let mut server = start().await;
    server.register("ann").await;
    let said = is_refused(&server);
    assert!(said.contains("another service uses the SQLite database data/auth.db"), "{said}");
    assert!(server.command(&["user", "list"]).contains("ann"));
    assert_eq!(server.client().get("/health/ready").await.status, 200, "the first goes on");
    // However it ends.
    server.restart();
    stop(&mut server).await;
    server.restart();
    server.client().login("ann", PASSWORD).await.tokens();
}

#[tokio::test]
async fn a_file_that_lost_its_contents_is_never_served_as_an_empty_service() {
    let mut server = start().await;
    server.register("ann").await;
    stop(&mut server).await;
    let (path, whole) = (file(&server), std::fs::read(file(&server)).unwrap());
    let log = path.with_extension("db-wal");
    for (what, bytes, word) in [
        ("empty", &whole[..0], "is empty, but used to contain a database"),
        ("a page short", &whole[..whole.len() - PAGE], "is damaged"),
        ("half", &whole[..whole.len() / 2], "is damaged"),
        ("its head", &whole[..100], "is damaged"),
        ("something else", b"<html>502 Bad Gateway</html>".repeat(400).as_slice(), "is damaged"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let said = is_refused(&server);
        assert!(said.contains(word) && said.contains("data/auth.db"), "{what}: {said}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "{what}: it was changed");
        let beside = server.try_command(&["doctor"]);
        let told = String::from_utf8(beside.stdout).unwrap();
        assert!(told.contains("PROBLEM database: the SQLite database"), "{what}: {told}");
    }
    // SQLite would throw the log away.
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&log, "frames").unwrap();
    let said = is_refused(&server);
    assert!(said.contains("is missing, but its log"), "{said}");
    assert_eq!(std::fs::read(&log).unwrap(), b"frames");

    std::fs::remove_file(&log).unwrap();
    std::fs::write(&path, &whole).unwrap();
    server.restart();
    server.client().login("ann", PASSWORD).await.tokens();
}

/// As a first start leaves it that was killed before it had made the database.
#[tokio::test]
async fn a_first_start_that_did_not_come_to_its_end_is_gone_on_with() {
    let mut server = start().await;
    server.kill();
    let data = server.dir.path().join("data");
    std::fs::remove_dir_all(&data).unwrap();
    std::fs::create_dir(&data).unwrap();
    for name in ["auth.db", "auth.db.lock"] {
        std::fs::write(data.join(name), "").unwrap();
    }
    server.restart();
    server.session("ann").await;
}

/// Waits for what the check of the file found.
async fn until(server: &Server, found: impl Fn(&str) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !found(&file_is_sound(server).await) {
        assert!(Instant::now() < deadline, "the file is not checked");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn file_is_sound(server: &Server) -> String {
    let metrics = server.client().request(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    metrics.lines().find_map(|line| line.strip_prefix("auth_database_file_sound ")).unwrap().to_owned()
}

#[tokio::test]
async fn damage_in_the_middle_is_found_after_the_start_and_told_everywhere() {
    let mut server = start().await;
    server.register("ann").await;
    until(&server, |found| found != "NaN").await;
    assert_eq!(file_is_sound(&server).await, "1");
    let told = String::from_utf8(server.try_command(&["doctor"]).stdout).unwrap();
    assert!(told.contains("ok      database file: read completely, no damage found"), "{told}");
    let page = server.sql("SELECT rootpage FROM sqlite_schema WHERE name = 'pending_credentials'");
    let page: usize = page.parse().unwrap();
    stop(&mut server).await;

    let mut bytes = std::fs::read(file(&server)).unwrap();
    // Not the first bytes, which say what kind of page it is: nothing notices at the start.
    bytes[(page - 1) * PAGE + 3..page * PAGE].fill(0x5a);
    std::fs::write(file(&server), bytes).unwrap();
    server.restart();
    until(&server, |found| found == "0").await;
    wait_for("the log", || {
        let log = server.log();
        log.lines().any(|line| line.contains("ERROR") && line.contains("the database file is damaged"))
    })
    .await;
    let doctor = server.try_command(&["doctor"]);
    let told = String::from_utf8(doctor.stdout).unwrap();
    assert!(!doctor.status.success() && told.contains("PROBLEM database file: damaged"), "{told}");
    // What can be read is served.
    server.client().login("ann", PASSWORD).await.tokens();
}

/// The disk is as full as that: no file of the server grows any more.
fn let_files_grow(server: &Server, to: Option<u64>) {
    let pid = Pid::from_raw(i32::try_from(server.pid()).unwrap());
    prlimit(pid, Resource::Fsize, Rlimit { current: to, maximum: None }).unwrap();
}

#[tokio::test]
async fn a_full_disk_keeps_nobody_from_reading_and_heals_when_there_is_space() {
    // Such a server is not killed by the limit.
    let descriptors = Descriptors { soft: 1_024, hard: 1_024 };
    let server = Server::with_descriptors(Engine::Sqlite, descriptors, &[]).await;
    let client = server.client();
    let (access, refresh) = server.session("ann").await;
    server.all_mails_sent().await;
    let log = std::fs::metadata(file(&server).with_extension("db-wal")).unwrap().len();
    let_files_grow(&server, Some(log));
    // The first use of a token would be noted: that is put off.
    for _ in 0..2 {
        server.me(&access).await.expect(200, "USER_FETCHED");
    }
    for _ in 0..2 {
        let body = json!({ "email": "bob@example.org", "password": PASSWORD });
        let refused = client.post("/auth/register", body).await;
        assert!(refused.headers.contains_key("retry-after"));
        refused.expect(503, "UNAVAILABLE");
        client.refresh(&refresh).await.expect(503, "UNAVAILABLE");
        client.login("ann", PASSWORD).await.expect(503, "UNAVAILABLE");
        client.get("/health/ready").await.expect(503, "UNAVAILABLE");
        assert_eq!(client.get("/health/live").await.status, 200);
    }
    let_files_grow(&server, None);
    assert_eq!(client.get("/health/ready").await.status, 200);
    server.me(&access).await.expect(200, "USER_FETCHED");
    client.refresh(&refresh).await.tokens();
    server.session("bob").await;
    let log = server.log();
    assert!(!log.contains("panicked"), "{log}");
    assert!(Command::new("kill").arg(server.pid().to_string()).status().unwrap().success());
}
