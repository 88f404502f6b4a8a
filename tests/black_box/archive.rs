//! `export`, `restore`, `restore --drill` and `move`, as an operator runs them.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use auth_black_box::{Engine, PASSWORD, PATIENCE, Server, each_engine, totp};
use reqwest::Method;
use serde_json::json;

use crate::second_factor_steps::{begin_login, finish, temp_token, with_app};

fn other(engine: Engine) -> Engine {
    match engine {
        Engine::Sqlite => Engine::Postgres,
        Engine::Postgres => Engine::Sqlite,
    }
}

/// A service that was started once and has no users.
async fn empty(engine: Engine, settings: &[(&str, &str)]) -> Server {
    let mut server = Server::with(engine, settings).await;
    server.kill();
    server
}

fn refused(server: &Server, arguments: &[&str]) -> String {
    let output = server.try_command(arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{arguments:?} succeeds");
    error
}

fn exported(server: &Server) -> (PathBuf, String) {
    let file = server.dir.path().join("export.ndjson");
    let told = server.command(&["export", "--to", file.to_str().unwrap()]);
    (file, told)
}

async fn last_verified(server: &Server) -> f64 {
    let text = server.client().request(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    let line = text.lines().find(|line| line.starts_with("auth_last_verified_restore_timestamp ")).unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// A move that is done and keeps the source locked; what it has told so far.
fn move_and_lock(server: &Server, url: &str) -> (Child, Vec<String>) {
    let mut moving = server.spawn_command(&["move", "--to", url]);
    let mut lines = Vec::new();
    for line in BufReader::new(moving.stdout.take().unwrap()).lines().map_while(Result::ok) {
        let locked = line.contains("press Ctrl-C");
        lines.push(line);
        if locked {
            break;
        }
    }
    (moving, lines)
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap().success());
}

#[tokio::test]
async fn a_move_whose_lock_is_lost_says_so_and_one_whose_terminal_is_closed_keeps_it() {
    let server = Server::start(Engine::Postgres).await;
    let target = empty(Engine::Sqlite, &[]).await;
    let url = format!("sqlite:{}", target.dir.path().join("data/auth.db").display());
    let (mut moving, _) = move_and_lock(&server, &url);
    signal(&moving, "HUP");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(moving.try_wait().unwrap().is_none());
    // The database is restarted, as far as the move can tell.
    server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    let output = moving.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains("the lock on the old database was lost"), "{error}");
}

each_engine! {
    async fn an_export_brings_an_empty_service_to_the_same_state(engine) {
        let server = Server::start(engine).await;
        let (ann, secret, _) = with_app(&server, "ann").await;
        let (_, refresh) = server.session("bob").await;
        ann.get("/auth/me").await.expect(200, "USER_FETCHED");
        let (file, told) = exported(&server);
        assert!(told.contains(" rows in ") && told.contains("requires these master keys"), "{told}");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let path = file.to_str().unwrap();
        assert!(refused(&server, &["export", "--to", path]).contains("exists"));
        let files = std::fs::read_dir(server.dir.path()).unwrap().flatten();
        assert!(files.into_iter().all(|file| !file.file_name().to_string_lossy().contains("partial")));
        assert!(refused(&server, &["restore", path]).contains("not empty: accounts has 2 rows"));

        for (engine, keep) in [(engine, true), (other(engine), false)] {
            let mut target = empty(engine, &[]).await;
            let arguments = if keep { vec!["restore", "--keep-sessions", path] } else { vec!["restore", path] };
            let told = target.command(&arguments);
            assert_eq!(told.contains("sessions were not restored"), !keep, "{told}");
            target.restart();
            let refreshed = target.client().post("/auth/refresh", json!({ "token": refresh })).await;
            if keep {
                refreshed.expect(200, "TOKEN_REFRESHED");
            } else {
                refreshed.expect(401, "REFRESH_TOKEN_INVALID");
            }
            target.client().login("bob@example.org", PASSWORD).await.expect(200, "USER_LOGGED_IN");
            let temp = temp_token(&begin_login(&target, "ann", PASSWORD).await);
            // The step that set the app up is used up there too.
            finish(&target, &temp, "app", &totp(&secret, &[1])[0]).await.expect(200, "USER_LOGGED_IN");
        }
    }

    async fn what_the_backups_service_reads_is_restored(engine) {
        let server = Server::start(engine).await;
        let (_, secret, _) = with_app(&server, "ann").await;
        server.register("bob").await;
        let internal = server.client().bearer(&server.internal_token());
        let request = internal.request(Method::GET, "/auth").header("accept", "application/x-ndjson");
        let lines = request.send().await.unwrap().text().await.unwrap();
        let mut target = empty(other(engine), &[]).await;
        let file = target.dir.path().join("credentials.ndjson");
        std::fs::write(&file, &lines).unwrap();
        target.command(&["restore", file.to_str().unwrap()]);
        target.restart();
        target.client().login("bob", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        let temp = temp_token(&begin_login(&target, "ann@example.org", PASSWORD).await);
        finish(&target, &temp, "app", &totp(&secret, &[1])[0]).await.expect(200, "USER_LOGGED_IN");
        let internal = target.client().bearer(&target.internal_token());
        let request = internal.request(Method::GET, "/auth").header("accept", "application/x-ndjson");
        let there = request.send().await.unwrap().text().await.unwrap();
        assert_eq!(there.lines().count(), 2);
        assert!(there.lines().next().unwrap().contains("ann@example.org"));

        std::fs::write(&file, lines.replace("@example.org", "@")).unwrap();
        let empty = empty(engine, &[]).await;
        let error = refused(&empty, &["restore", file.to_str().unwrap()]);
        assert!(error.contains("line 1") || error.contains("neither an export"), "{error}");
    }

    async fn a_drill_tries_everything_and_tells_the_metrics(engine) {
        let server = Server::start(engine).await;
        with_app(&server, "ann").await;
        server.register("bob").await;
        let (file, _) = exported(&server);
        let path = file.to_str().unwrap();
        assert_eq!(last_verified(&server).await, 0.0);
        let accounts = server.command(&["user", "list"]);

        let text = std::fs::read_to_string(&file).unwrap();
        let damaged = server.dir.path().join("damaged.ndjson");
        std::fs::write(&damaged, text.replacen("bob@example.org", "eve@example.org", 1)).unwrap();
        let error = refused(&server, &["restore", "--drill", damaged.to_str().unwrap()]);
        assert!(error.contains("accounts is damaged") && error.contains("Nothing was restored"), "{error}");
        let stranger = Server::with(engine, &[("AUTH_SECRET_KEY", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU=")]).await;
        let error = refused(&stranger, &["restore", "--drill", path]);
        assert!(error.contains("needs master keys"), "{error}");
        assert_eq!(last_verified(&server).await, 0.0);

        let told = server.command(&["restore", "--drill", path]);
        for line in ["2  accounts\n", "every checksum matches", "readable accounts: 2; decrypted authenticator secrets: 1,",
            "a probe account registered, logged in and refreshed its session", "the drill succeeded"] {
            assert!(told.contains(line), "{line} in {told}");
        }
        assert!(last_verified(&server).await > 1.7e9);
        assert_eq!(server.command(&["user", "list"]), accounts, "the service itself knows no probe");
        let left = std::fs::read_dir(server.dir.path().join("data")).unwrap();
        assert!(left.flatten().all(|entry| !entry.file_name().to_string_lossy().contains("drill")));
        if server.database.is_some() {
            let databases = server.sql("SELECT count(*) FROM pg_database WHERE datname LIKE 'auth_drill%'");
            assert_eq!(databases, "0", "the scratch database is dropped");
        }
    }

    async fn a_service_moves_while_it_runs_and_nobody_is_logged_out(engine) {
        let server = Server::start(engine).await;
        let (access, refresh) = server.session("ann").await;
        // The first use of a session is written down.
        server.me(&access).await.expect(200, "USER_FETCHED");
        let target = empty(other(engine), &[]).await;
        let url = target.database.clone()
            .unwrap_or_else(|| format!("sqlite:{}", target.dir.path().join("data/auth.db").display()));
        assert!(refused(&server, &["move", "--to", "mysql://x"]).contains("must be sqlite:"));

        let (mut moving, lines) = move_and_lock(&server, &url);
        assert!(lines.iter().any(|line| line.contains("moved and compared")), "{lines:#?}");
        // Whoever reads is served, whoever writes is asked to come back.
        server.me(&access).await.expect(200, "USER_FETCHED");
        let answer = server.client().request(Method::POST, "/auth/refresh").json(&json!({ "token": refresh }));
        let answer = answer.timeout(PATIENCE).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 503);
        assert!(answer.headers().contains_key("retry-after"));

        let settings = [("AUTH_DATABASE_URL", url.as_str())];
        let moved = Server::with(Engine::Sqlite, &settings).await;
        let (access, refresh) = moved.client().post("/auth/refresh", json!({ "token": refresh })).await.tokens();
        moved.me(&access).await.expect(200, "USER_FETCHED");
        signal(&moving, "INT");
        assert!(moving.wait().unwrap().success());
        // Not once more: somebody lives there now.
        assert!(refused(&server, &["move", "--stopped", "--to", &url]).contains("not empty"));
        moved.client().post("/auth/refresh", json!({ "token": refresh })).await.expect(200, "TOKEN_REFRESHED");
    }

    async fn a_move_that_was_cut_off_is_not_served_and_may_be_repeated(engine) {
        let server = Server::start(engine).await;
        server.session("ann").await;
        let target = empty(other(engine), &[]).await;
        target.sql("INSERT INTO marks VALUES ('unfinished_move', 1)");
        let url = target.database.clone()
            .unwrap_or_else(|| format!("sqlite:{}", target.dir.path().join("data/auth.db").display()));
        assert!(refused(&target, &["serve"]).contains("has not finished"));
        let file = server.dir.path().join("url");
        std::fs::write(&file, format!("{url}\n")).unwrap();
        let told = server.command(&["move", "--stopped", "--to", &format!("@{}", file.display())]);
        assert!(told.contains("moved and compared"), "{told}");
        let moved = Server::with(Engine::Sqlite, &[("AUTH_DATABASE_URL", &url)]).await;
        moved.client().login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    }
}
