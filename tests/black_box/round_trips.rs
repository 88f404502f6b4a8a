//! How often a request waits for PostgreSQL, on a warm pool: counted on the wire.

use std::time::Duration;

use auth_black_box::{DatabaseProxy, PASSWORD, RoundTrip, Server};
use auth_testkit::postgres::cluster;

/// How often each is tried: what a worker happens to send meanwhile only adds, so the least counts.
const TRIES: usize = 12;
/// What workers send beside requests.
const OF_WORKERS: [&str; 9] = [
    "SKIP LOCKED",
    "transaction_read_only",
    "NOTIFY",
    "LISTEN",
    "event_positions",
    "event_deliveries\".\"event_id\" =",
    "signing_keys",
    "DELETE FROM \"mails\"",
    "SELECT \"mails\".\"id\" FROM \"mails\"",
];

/// The round trips of one request.
struct Counted {
    what: &'static str,
    most: usize,
    least: Option<Vec<RoundTrip>>,
}

impl Counted {
    const fn new(what: &'static str, most: usize) -> Self {
        Self { what, most, least: None }
    }

    async fn count<T>(&mut self, proxy: &DatabaseProxy, request: impl Future<Output = T>) -> T {
        quiet(proxy).await;
        let before = proxy.count();
        let answer = request.await;
        let of_request = |trip: &RoundTrip| {
            let of_worker = |text: &String| OF_WORKERS.iter().any(|part| text.contains(part));
            // A commit sends its statements along.
            !trip.iter().any(of_worker) && !matches!(trip.as_slice(), [begin] if begin.starts_with("BEGIN"))
        };
        let trips: Vec<_> = proxy.after(before).into_iter().filter(of_request).collect();
        if self.least.as_ref().is_none_or(|least| trips.len() < least.len()) {
            self.least = Some(trips);
        }
        answer
    }

    fn judge(self) -> Option<String> {
        let trips = self.least.unwrap_or_default();
        println!("{}: {} round trips", self.what, trips.len());
        (trips.len() > self.most).then(|| {
            let trips: Vec<String> = trips.iter().map(|trip| trip.join("\n      + ")).collect();
            format!("{}: {} round trips, not {}:\n    {}", self.what, trips.len(), self.most, trips.join("\n    "))
        })
    }
}

/// Waits until no worker has asked for a moment.
async fn quiet(proxy: &DatabaseProxy) {
    for _ in 0..100 {
        let before = proxy.count();
        tokio::time::sleep(Duration::from_millis(60)).await;
        if proxy.count() == before {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_waits_for_the_database_more_often_than_it_must() {
    let proxy = DatabaseProxy::start(&cluster().database()).await;
    let server = Server::on(Some(proxy.url.clone()), &[("AUTH_DB_CONNECTIONS", "1")]).await;
    let client = server.client();
    let [mut register, mut login, mut me, mut verify, mut introspect, mut refresh, mut logout] = [
        ("register", 3),
        ("login", 3),
        // Its token proves that the login was answered: one guarded write.
        ("me, with a new token", 2),
        ("verify", 1),
        ("introspect", 1),
        ("refresh", 1),
        // The same, and a commit.
        ("logout, with a new token", 4),
    ]
    .map(|(what, most)| Counted::new(what, most));
    for number in 0..TRIES {
        let name = format!("user-{number}");
        register.count(&proxy, server.register(&name)).await;
        let (access, token) = login.count(&proxy, client.login(&name, PASSWORD)).await.tokens();
        me.count(&proxy, server.me(&access)).await.expect(200, "USER_FETCHED");
        let bearer = client.bearer(&access);
        assert_eq!(verify.count(&proxy, bearer.get("/auth/verify")).await.status, 200);
        let service = client.bearer(&server.internal_token());
        let token_body = serde_json::json!({ "token": access });
        assert_eq!(introspect.count(&proxy, service.post("/auth/introspect", token_body)).await.status, 200);
        let (access, token) = refresh.count(&proxy, client.refresh(&token)).await.tokens();
        let body = serde_json::json!({ "token": token });
        assert_eq!(logout.count(&proxy, client.bearer(&access).post("/auth/logout", body)).await.status, 200);
    }
    let counted = [register, login, me, verify, introspect, refresh, logout];
    let wrong: Vec<String> = counted.into_iter().filter_map(Counted::judge).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
