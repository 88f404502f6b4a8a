//! A provider that fails in every way it can: that sign-in ends, and nothing else notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use auth_black_box::{Behaviour, CLIENT_ID, Client, Engine, PASSWORD, Server, StandIn};
use tokio::net::TcpListener;

use crate::sign_in::{begin, come_back, google_user, profile, with_42, with_google};

/// Counts whoever connects.
async fn trap() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v2/me", listener.local_addr().unwrap());
    let visitors = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&visitors);
    tokio::spawn(async move {
        loop {
            let connection = listener.accept().await;
            counter.fetch_add(1, Ordering::SeqCst);
            drop(connection);
        }
    });
    (url, visitors)
}

/// Logs in by password ten times; answers how long the slowest took.
async fn slowest_login(client: &Client) -> Duration {
    let mut slowest = Duration::ZERO;
    for _ in 0..10 {
        let began = Instant::now();
        client.login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
        slowest = slowest.max(began.elapsed());
    }
    slowest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_fails_costs_that_sign_in_alone() {
    let (elsewhere, visitors) = trap().await;
    let failures = [
        Behaviour::Silent,
        Behaviour::Drips,
        Behaviour::Huge,
        Behaviour::RedirectsTo(elsewhere),
        Behaviour::Garbage,
        Behaviour::Broken,
    ];
    for failure in failures {
        let stand_in = StandIn::start();
        let server = Server::with(Engine::Sqlite, &stand_in.settings()).await;
        server.register("ann").await;
        let client = server.client();
        let states = [begin(&client, "42").await.state, begin(&client, "42").await.state];
        let google = begin(&client, "google").await.state;
        stand_in.behave(failure.clone());
        let began = Instant::now();
        // Whatever the provider does, the answer comes; a client that waited for it for ever would never see one.
        let (first, second, third, login) = tokio::join!(
            come_back(&client, "42", "x", &states[0]),
            come_back(&client, "42", "y", &states[1]),
            come_back(&client, "google", "z", &google),
            slowest_login(&client),
        );
        for reply in [first, second, third] {
            reply.expect(502, "PROVIDER_UNAVAILABLE");
        }
        println!("{failure:?}: the sign-ins ended after {:?}; a login took {login:?} at most", began.elapsed());
        stand_in.behave(Behaviour::Works);
        with_42(&client, &stand_in, profile(1, Some("a@42.fr"))).await.expect(201, "USER_REGISTERED");
    }
    assert_eq!(visitors.load(Ordering::SeqCst), 0, "redirects are not followed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_down_is_left_alone_until_a_probe_gets_through() {
    let stand_in = StandIn::start();
    let server = Server::with(Engine::Sqlite, &stand_in.settings()).await;
    let client = server.client();
    stand_in.behave(Behaviour::Broken);
    let sign_in = async || with_42(&client, &stand_in, profile(1, Some("a@42.fr"))).await;
    for _ in 0..10 {
        sign_in().await.expect(502, "PROVIDER_UNAVAILABLE");
    }
    assert_eq!(stand_in.requests().len(), 5, "after five failures nobody is sent there");
    // Google, on the same machine here, has a breaker of its own.
    stand_in.behave(Behaviour::Works);
    begin(&client, "google").await;
    let mut tries = 0;
    loop {
        let reply = sign_in().await;
        tries += 1;
        if reply.status == 201 {
            break;
        }
        reply.expect(502, "PROVIDER_UNAVAILABLE");
        assert!(tries < 200, "it never closes");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for _ in 0..10 {
        sign_in().await.expect(200, "USER_LOGGED_IN");
    }
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_told_at_once() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let settings = [
        ("AUTH_GOOGLE__CLIENT_ID", CLIENT_ID),
        ("AUTH_GOOGLE__CLIENT_SECRET", "x"),
        ("AUTH_GOOGLE__ISSUER", url.as_str()),
        ("AUTH_42__CLIENT_ID", CLIENT_ID),
        ("AUTH_42__CLIENT_SECRET", "x"),
        ("AUTH_42__BASE_URL", url.as_str()),
    ];
    let server = Server::with(Engine::Sqlite, &settings).await;
    let client = server.client();
    client.get("/auth/google/authorize").await.expect(502, "PROVIDER_UNAVAILABLE");
    let begun = begin(&client, "42").await;
    come_back(&client, "42", "x", &begun.state).await.expect(502, "PROVIDER_UNAVAILABLE");
    assert_eq!(client.get("/health/ready").await.status, 200, "it is none of ours that is down");
}

/// A slow provider does not hold up everyone: a bounded number of sign-ins wait for it, and those beyond get 503.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_ins_that_wait_are_bounded() {
    let stand_in = StandIn::start();
    let server = Server::with(Engine::Sqlite, &stand_in.settings()).await;
    let client = server.client();
    let mut states = Vec::new();
    for _ in 0..100 {
        states.push(begin(&client, "42").await.state);
    }
    stand_in.behave(Behaviour::Silent);
    let waiting: Vec<_> = states.iter().map(|state| come_back(&client, "42", "x", state)).collect();
    let mut told_to_wait = 0;
    for reply in futures_util::future::join_all(waiting).await {
        if reply.status == 503 {
            told_to_wait += 1;
            reply.expect(503, "OVERLOADED");
        } else {
            reply.expect(502, "PROVIDER_UNAVAILABLE");
        }
    }
    assert_eq!((stand_in.requests().len(), told_to_wait), (64, 36));
}

/// Whatever part of it fails: discovery before anybody is sent there, the keys, userinfo and profile after a good code.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_part_of_a_provider_may_fail() {
    let (elsewhere, visitors) = trap().await;
    let failures = [
        Behaviour::Huge,
        Behaviour::RedirectsTo(elsewhere),
        Behaviour::Garbage,
        Behaviour::Broken,
        Behaviour::Status(401),
        Behaviour::Status(403),
    ];
    for failure in failures {
        let stand_in = StandIn::start();
        let server = Server::with(Engine::Sqlite, &stand_in.settings()).await;
        let client = server.client();
        let ann = || google_user(&stand_in, "ann", None, false);
        stand_in.behave_at("/.well-known/openid-configuration", failure.clone());
        client.get("/auth/google/authorize").await.expect(502, "PROVIDER_UNAVAILABLE");
        for path in ["/jwks", "/userinfo"] {
            stand_in.behave_at(path, failure.clone());
            with_google(&client, &stand_in, ann()).await.expect(502, "PROVIDER_UNAVAILABLE");
        }
        stand_in.behave_at("/v2/me", failure);
        let andre = || profile(1, Some("a@42.fr"));
        with_42(&client, &stand_in, andre()).await.expect(502, "PROVIDER_UNAVAILABLE");
        stand_in.behave(Behaviour::Works);
        with_google(&client, &stand_in, ann()).await.expect(400, "EMAIL_REQUIRED");
        with_42(&client, &stand_in, andre()).await.expect(201, "USER_REGISTERED");
    }
    assert_eq!(visitors.load(Ordering::SeqCst), 0, "redirects are not followed");
}
