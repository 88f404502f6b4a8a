//! Storms of logins from one network, and from many; everybody else logs in meanwhile. Nothing here is timed: one thread
//! hashes, so the storm has dozens of hashes to wait for while the others have a few.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use auth_black_box::{Client, Engine, PASSWORD, PATIENCE, Reply, Server, each_engine, wait_for};
use reqwest::Method;
use tokio::task::JoinSet;

const STORM: usize = 400;

async fn server(engine: Engine) -> Server {
    let settings = [
        ("AUTH_TRUSTED_PROXIES", "127.0.0.1/32"),
        // Or most of the storm would not come as far as the queue.
        ("AUTH_NETWORK_RATE", "off"),
        ("AUTH_HASH_THREADS", "1"),
        ("AUTH_HASH_MEMORY_KIB", "65536"),
        ("AUTH_HASH_QUEUE", "128"),
    ];
    Server::with(engine, &settings).await
}

/// Logins that are all under way at once, of names that nobody has.
struct Storm {
    logins: JoinSet<Reply>,
    answered: Arc<AtomicUsize>,
}

impl Storm {
    /// Begins it; the queue is full then.
    async fn begin(server: &Server, from: impl Fn(usize) -> String) -> Self {
        let (mut logins, client) = (JoinSet::new(), server.client());
        let [answered, refused] = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
        for number in 0..STORM {
            let (client, from) = (client.clone(), from(number));
            let (answered, refused) = (Arc::clone(&answered), Arc::clone(&refused));
            logins.spawn(async move {
                let reply = client.login_from(&from, &format!("nobody-{number}"), PASSWORD).await;
                answered.fetch_add(1, Ordering::SeqCst);
                refused.fetch_add(usize::from(reply.status == 503), Ordering::SeqCst);
                reply
            });
        }
        wait_for("a full queue", || refused.load(Ordering::SeqCst) > 0).await;
        Self { logins, answered }
    }

    fn is_over(&self) -> bool {
        self.answered.load(Ordering::SeqCst) == STORM
    }

    /// Waits for its end; answers how many were refused.
    async fn refused(self) -> usize {
        let mut refused = 0;
        for reply in self.logins.join_all().await {
            match reply.status {
                503 => {
                    reply.expect(503, "OVERLOADED");
                    refused += 1;
                }
                _ => drop(reply.expect(400, "INVALID_CREDENTIALS")),
            }
        }
        refused
    }
}

async fn known_networks(client: &Client) -> u32 {
    let metrics = client.request(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    let name = r#"auth_hashing_networks{what="known"} "#;
    let value = metrics.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    value.parse().unwrap()
}

each_engine! {
    async fn a_storm_from_one_network_refuses_itself_and_nobody_else(engine) {
        let server = server(engine).await;
        let client = server.client();
        for name in ["ann", "bob", "cleo"] {
            server.register(name).await;
        }
        // Ann's network is known, the others are as unknown as that of the storm.
        client.login_from("198.51.100.1", "ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        let storm = Storm::begin(&server, |_| "203.0.113.7".to_owned()).await;
        for (name, from) in [("bob", "192.0.2.1"), ("ann", "198.51.100.1"), ("cleo", "2001:db8::1")] {
            client.login_from(from, name, PASSWORD).await.expect(200, "USER_LOGGED_IN");
        }
        assert!(!storm.is_over(), "the storm had to wait for them");
        let refused = storm.refused().await;
        assert!((1..STORM).contains(&refused), "{refused} of {STORM}");
    }

    async fn known_networks_log_in_while_many_unknown_ones_storm(engine) {
        let mut server = server(engine).await;
        server.register("ann").await;
        server.client().login_from("198.51.100.1", "ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        // What the node learnt is gone; it is in the database.
        server.restart();
        let client = server.client();
        tokio::time::timeout(PATIENCE, async { while known_networks(&client).await == 0 {} }).await.unwrap();
        let storm = Storm::begin(&server, |number| format!("10.{}.{}.1", number / 200, number % 200)).await;
        for _ in 0..3 {
            client.login_from("198.51.100.200", "ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        }
        assert!(!storm.is_over(), "the storm had to wait for them");
        let refused = storm.refused().await;
        assert!((1..STORM).contains(&refused), "{refused} of {STORM}");
    }
}
