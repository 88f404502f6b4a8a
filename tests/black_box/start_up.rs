//! Starting, failing to start, and stopping.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use auth_black_box::{Server, binary, each_engine};
use auth_testkit::postgres::cluster;
use serde_json::json;

/// Runs the binary in an empty folder; answers how it ended.
fn run(dir: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut command = Command::new(binary());
    command.env_clear().current_dir(dir).args(arguments).envs(settings.iter().copied());
    command.output().unwrap()
}

/// Demands one line on stderr with each of `words`, a non-zero exit, and that nothing was made.
fn fails(settings: &[(&str, &str)], words: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), &[], settings);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(words.iter().all(|word| text.contains(word)), "{words:?} in {text}");
    assert_eq!(output.stdout, b"");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "something was made");
}

const ANY_PORT: (&str, &str) = ("AUTH_LISTEN", "127.0.0.1:0");

#[test]
fn each_mistake_is_one_clear_line() {
    let database = cluster().database();
    fails(&[ANY_PORT, ("AUTH_DATABASE_URL", &database)], &["AUTH_SECRET_KEY", "openssl rand -base64 32"]);
    let key = ("AUTH_SECRET_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    // Bound but not listening, so that nobody else listens there either.
    let closed = tokio::runtime::Runtime::new().unwrap().block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        socket
    });
    let nowhere = format!("postgres://ann:hunter2@{}/x", closed.local_addr().unwrap());
    fails(&[ANY_PORT, key, ("AUTH_DATABASE_URL", &nowhere)], &["AUTH_DATABASE_URL", "127.0.0.1", "refused"]);
    fails(&[ANY_PORT, key, ("AUTH_DATABASE_URL", "mysql://x")], &["AUTH_DATABASE_URL", "sqlite:", "postgres://"]);
    fails(&[ANY_PORT, ("AUTH_SECRET_KEY", "c2hvcnQ=")], &["AUTH_SECRET_KEY", "5 bytes", "32"]);
    fails(&[ANY_PORT, ("AUTH_PASSWORD_MN", "9")], &["AUTH_PASSWORD_MN", "AUTH_PASSWORD_MIN"]);
    fails(&[ANY_PORT, ("AUTH_ACCESS_TTL", "soon")], &["AUTH_ACCESS_TTL", "1 to 86400", "soon"]);
    fails(&[ANY_PORT, ("AUTH_INTERNAL__X__SECRET", "hunter2")], &["AUTH_INTERNAL__X__SECRET", "at least 32"]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    fails(&[("AUTH_LISTEN", &address)], &[&address, "in use", "AUTH_LISTEN"]);
}

/// The answer to a request of this path, as it is sent.
fn get(address: &str, path: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_first_start_makes_folder_key_and_database_and_greets() {
    use std::io::{BufRead as _, BufReader};
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(binary());
    command.env_clear().env("AUTH_LISTEN", "127.0.0.1:0").current_dir(dir.path());
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
    // Held until the end: a service whose greeting nobody reads does not start.
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines: Vec<String> = output.by_ref().take(9).map(Result::unwrap).collect();
    let url = lines[0].strip_prefix("listening on ").unwrap();
    assert!(lines[1].starts_with("version ") && lines[1].ends_with(env!("CARGO_PKG_VERSION")));
    assert!(lines[2].ends_with(&format!("{url}/auth/doc/")));
    assert!(lines[3].ends_with(&format!("{url}/account/")));
    assert_eq!(lines[5], format!("mails        files in data/mail, shown at {url}/dev/mail"));
    assert!(lines[6].contains("data/secret.key (new: back it up"));
    assert!(lines[7].contains("curl") && lines[8].contains("password"));
    let mode = |name: &str| std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("data"), mode("data/secret.key")), (0o700, 0o600));
    assert!(dir.path().join("data/auth.db").exists());
    let page = get(url.strip_prefix("http://").unwrap(), "/dev/mail");
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("No mail has been sent yet."), "{page}");
    child.kill().unwrap();
    child.wait().unwrap();

    std::fs::rename(dir.path().join("data/secret.key"), dir.path().join("lost")).unwrap();
    let output = run(dir.path(), &[], &[ANY_PORT]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("master key"), "a lost key is never replaced");
    let wrong = ("AUTH_SECRET_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    let output = run(dir.path(), &[], &[ANY_PORT, wrong]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("AUTH_SECRET_KEY"), "a wrong key is noticed at once");
}

#[test]
fn commands_have_help_and_say_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    for command in ["serve", "migrate", "internal-token", "openapi"] {
        let output = run(dir.path(), &[command, "--help"], &[]);
        assert!(output.status.success() && output.stdout.len() > 100, "{command}");
    }
    let output = run(dir.path(), &["internal-token", "--service", "backups-service"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("AUTH_INTERNAL__BACKUPS_SERVICE__SECRET"));
    assert!(!run(dir.path(), &["serv"], &[]).status.success());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);

    let migrated = run(dir.path(), &["migrate"], &[]);
    assert!(migrated.status.success());
    assert!(dir.path().join("data/auth.db").exists());
}

each_engine! {
    async fn sigterm_drains_and_exits_with_zero(engine) {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut server = Server::start(engine).await;
        server.client().get("/health/live").await;
        let body = json!({ "email": "ann@example.org", "password": auth_black_box::PASSWORD }).to_string();
        let head = format!("POST /auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        let (first, rest) = body.split_at(10);
        let mut stream = tokio::net::TcpStream::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap();
        stream.write_all(format!("{head}{first}").as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.signal("TERM");
        tokio::time::sleep(Duration::from_millis(300)).await;
        stream.write_all(rest.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4096];
        let read = stream.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
        assert!(answer.starts_with("HTTP/1.1 201") && answer.contains("USER_REGISTERED"), "{answer}");
        drop(stream);
        assert_eq!(server.exit_code(), Some(0));
    }
}

#[test]
fn what_migrate_made_serve_takes_up_and_of_eight_at_once_one_serves() {
    let dir = tempfile::tempdir().unwrap();
    assert!(run(dir.path(), &["migrate"], &[]).status.success());
    assert!(dir.path().join("data/secret.key").exists());
    let fresh = tempfile::tempdir().unwrap();
    for folder in [dir.path(), fresh.path()] {
        std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| first_line(folder))).collect();
            let lines: Vec<String> = starts.into_iter().map(|start| start.join().unwrap()).collect();
            let (serving, refused): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.starts_with("listening on "));
            assert!(!serving.is_empty(), "{lines:?}");
            for line in refused {
                assert!(line.contains("another service uses") && line.lines().count() == 1, "{line}");
            }
        });
        // The key is the same for whoever comes next.
        assert!(first_line(folder).starts_with("listening on "));
    }
}

/// Starts the binary, waits for its first line, and kills it.
fn first_line(dir: &Path) -> String {
    use std::io::{BufRead as _, BufReader, Read as _};
    let mut command = Command::new(binary());
    command.env_clear().env("AUTH_LISTEN", "127.0.0.1:0").current_dir(dir);
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    if line.is_empty() {
        child.stderr.take().unwrap().read_to_string(&mut line).unwrap();
    }
    line
}

#[tokio::test]
async fn eight_nodes_start_at_once_on_one_database() {
    let database = cluster().database();
    let url = database.clone();
    let nodes: Vec<_> = (0..8)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { Server::on(Some(url), &[("AUTH_PUBLIC_URL", "http://auth.example.org")]).await })
        })
        .collect();
    let mut servers = Vec::new();
    for node in nodes {
        servers.push(node.await.unwrap());
    }
    let (access, _) = servers[0].session("ann").await;
    for server in &servers {
        server.me(&access).await.expect(200, "USER_FETCHED");
    }
    assert_eq!(cluster().query(&database, "SELECT count(*) FROM signing_keys"), "1");
}
