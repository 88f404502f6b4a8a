//! More connections than descriptors: whoever has none yet is let in at the cost of those that wait. Which of them, and how
//! many one network may have, is tried in `auth-http/src/connections/tests.rs`.

use auth_black_box::{Descriptors, Engine, PASSWORD, Server, each_engine};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

const MANY: usize = 1_100;
const HALF_A_HEAD: &[u8] = b"GET /health/live HTTP/1.1\r\nHost: x\r\n";

/// This process has the other ends of them.
fn raise_own_limit() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    assert!(maximum.is_none_or(|maximum| maximum > 3_000), "needs a hard limit of more than 3,000 descriptors");
}

async fn connections(server: &Server, beginning: &[u8]) -> Vec<TcpStream> {
    let mut all = Vec::new();
    for _ in 0..MANY {
        let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap();
        // One that was closed meanwhile fails.
        let _ = stream.write_all(beginning).await;
        all.push(stream);
    }
    all
}

fn is_open(stream: &TcpStream) -> bool {
    let read = stream.try_read(&mut [0; 1]);
    read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

each_engine! {
    async fn connections_that_wait_keep_nobody_out(engine) {
        raise_own_limit();
        let server = Server::with_descriptors(engine, Descriptors { soft: 1_024, hard: 1_024 }, &[]).await;
        server.register("ann").await;
        for beginning in [&b""[..], HALF_A_HEAD] {
            let waiting = connections(&server, beginning).await;
            // Each client connects anew.
            for _ in 0..5 {
                server.client().login("ann", PASSWORD).await.tokens();
            }
            let open = waiting.iter().filter(|stream| is_open(stream)).count();
            assert!(open < MANY, "there were not too many");
        }
        let log = server.log();
        // There never was a moment when nobody could come in.
        assert!(!log.contains("Error accepting connection"), "{log}");
        assert_eq!(server.client().get("/health/ready").await.status, 200);
    }
}

#[tokio::test]
async fn the_soft_limit_is_raised_and_doctor_tells_what_that_is_enough_for() {
    let server = Server::with_descriptors(Engine::Sqlite, Descriptors { soft: 300, hard: 1_024 }, &[]).await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.pid())).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(files.split_whitespace().skip(3).take(2).collect::<Vec<_>>(), ["1024", "1024"]);
    let told = String::from_utf8(server.try_command(&["doctor"]).stdout).unwrap();
    assert!(told.contains("warning descriptors: 1024 file descriptors, "), "{told}");
}
