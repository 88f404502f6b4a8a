//! Logins of a few networks, one after another: alone, while another network sends waves of 400 logins at once, and while
//! 400 networks that nobody knows do so together. All come through a proxy that is trusted, which is this machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use auth_black_box::{Client, Engine, PASSWORD, Server};
use tokio::task::JoinSet;

const WAVE: usize = 400;
/// Networks with a user each.
const OTHERS: usize = 4;
/// How many of their logins are measured each time.
const LOGINS: usize = 100;

pub async fn measure() {
    let threads = std::thread::available_parallelism().unwrap().get();
    let profile = if cfg!(debug_assertions) { "dev, with Argon2 and SQLite optimised" } else { "release" };
    println!(
        "Method: {threads} cores, everything on this machine; profile {profile}. {LOGINS} logins of {OTHERS} networks, one"
    );
    println!("after another, measured alone and then during a storm: waves of {WAVE} simultaneous logins with unknown");
    println!("names, the next one as soon as all are answered. PostgreSQL is a temporary cluster without fsync.\n");
    println!(
        "| engine | storm from | logins of | alone | during it | ratio | refused | hashed, refused of the storm |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let server = started(engine).await;
        for (storm, from) in [("one network", Storm::one_network as fn(usize) -> String), ("400 networks", Storm::many)]
        {
            for (whose, network) in [("known networks", known as fn(usize) -> String), ("unknown networks", unknown)] {
                let alone = logins(&server, known).await.median();
                let storm_now = Storm::begin(&server, from);
                let others = logins(&server, network).await;
                let (hashed, refused) = storm_now.end().await;
                let (median, of_others) = (others.median(), others.refused);
                let ratio = median.as_secs_f64() / alone.as_secs_f64();
                println!(
                    "| {engine:?} | {storm} | {whose} | {alone:.1?} | {median:.1?} | {ratio:.2} | {of_others} of {LOGINS} \
                     | {hashed}, {refused} |"
                );
            }
        }
    }
}

/// With the hashes that the service has by default, unlike those of tests.
async fn started(engine: Engine) -> Server {
    let settings = [
        ("AUTH_TRUSTED_PROXIES", "127.0.0.1/32"),
        ("AUTH_NETWORK_RATE", "off"),
        ("AUTH_HASH_MEMORY_KIB", "19456"),
        ("AUTH_HASH_PASSES", "2"),
    ];
    let server = Server::with(engine, &settings).await;
    for number in 0..OTHERS {
        server.register(&format!("user-{number}")).await;
        assert_eq!(login(&server.client(), &format!("user-{number}"), &known(number)).await, 200);
    }
    server
}

fn known(number: usize) -> String {
    format!("192.0.{}.1", number % OTHERS)
}

/// Never the same twice: a login makes a network known.
fn unknown(_: usize) -> String {
    static LAST: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let last = LAST.fetch_add(1, Ordering::Relaxed);
    format!("198.{}.{}.1", 18 + last / 250, last % 250)
}

async fn login(client: &Client, name: &str, from: &str) -> u16 {
    client.login_from(from, name, PASSWORD).await.status
}

struct Measured {
    times: Vec<Duration>,
    refused: usize,
}

impl Measured {
    fn median(&self) -> Duration {
        self.times.get(self.times.len() / 2).copied().unwrap_or_default()
    }
}

/// Logs in one after another; the times are sorted.
async fn logins(server: &Server, network: impl Fn(usize) -> String) -> Measured {
    let client = server.client();
    let (mut times, mut refused) = (Vec::new(), 0);
    for number in 0..LOGINS {
        let began = Instant::now();
        match login(&client, &format!("user-{}", number % OTHERS), &network(number)).await {
            200 => times.push(began.elapsed()),
            _ => refused += 1,
        }
    }
    times.sort_unstable();
    Measured { times, refused }
}

struct Storm {
    goes_on: Arc<AtomicBool>,
    waves: tokio::task::JoinHandle<(usize, usize)>,
}

impl Storm {
    fn one_network(_: usize) -> String {
        "203.0.113.7".to_owned()
    }

    fn many(number: usize) -> String {
        format!("10.{}.{}.1", number / 200, number % 200)
    }

    fn begin(server: &Server, from: fn(usize) -> String) -> Self {
        let (client, goes_on) = (server.client(), Arc::new(AtomicBool::new(true)));
        let again = Arc::clone(&goes_on);
        let waves = tokio::spawn(async move {
            let (mut hashed, mut refused) = (0, 0);
            for wave in 0.. {
                let mut logins = JoinSet::new();
                for number in 0..WAVE {
                    let (client, name) = (client.clone(), format!("nobody-{wave}-{number}"));
                    logins.spawn(async move { login(&client, &name, &from(number)).await });
                }
                for status in logins.join_all().await {
                    assert!(matches!(status, 400 | 503), "{status}");
                    *(if status == 400 { &mut hashed } else { &mut refused }) += 1;
                }
                if !again.load(Ordering::Relaxed) {
                    break;
                }
            }
            (hashed, refused)
        });
        Self { goes_on, waves }
    }

    /// Ends it after the wave that is under way; answers how many logins were hashed, and how many refused.
    async fn end(self) -> (usize, usize) {
        self.goes_on.store(false, Ordering::Relaxed);
        self.waves.await.unwrap()
    }
}
