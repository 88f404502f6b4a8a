//! The database goes away and comes back.

use std::time::{Duration, Instant};

use auth_black_box::{PASSWORD, Server, StandIn};
use auth_testkit::postgres::cluster;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::operations::{Tokens, operations};
use crate::sign_in::{begin, come_back};

/// Forwards to the cluster while `up`; cuts every connection when not.
async fn proxy(listener: TcpListener, target: u16, up: watch::Receiver<bool>) {
    loop {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut up = up.clone();
        tokio::spawn(async move {
            if !*up.borrow() {
                return;
            }
            let mut far = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                _ = up.wait_for(|up| !up) => {}
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_but_live_answers_503_and_recovers_by_itself() {
    let (database, stand_in) = (cluster().database(), StandIn::start());
    let target: u16 = database.rsplit(':').next().unwrap().split('/').next().unwrap().parse().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (switch, up) = watch::channel(true);
    tokio::spawn(proxy(listener, target, up));
    let server = Server::on(Some(database.replace(&target.to_string(), &port.to_string())), &stand_in.settings()).await;
    let tokens = Tokens::of(&server, "ann").await;
    let client = server.client();
    let specification = client.get("/auth/doc/openapi.json").await.body;
    let states = [("google", begin(&client, "google").await.state), ("42", begin(&client, "42").await.state)];

    switch.send(false).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    for _ in 0..2 {
        let began = Instant::now();
        for operation in operations(&specification) {
            let callback = states.iter().find(|(provider, _)| operation.path == format!("/auth/{provider}"));
            if let Some((provider, state)) = callback {
                come_back(&client, provider, "x", state).await.expect(503, "UNAVAILABLE");
            } else if operation.codes.contains("UNAVAILABLE") {
                let caller = operation.caller(&client, &tokens);
                operation.send(&caller, &tokens.refresh).await.expect(503, "UNAVAILABLE");
            } else {
                assert_eq!(operation.path, "/health/live", "everything but it needs the database");
            }
        }
        assert_eq!(client.get("/health/live").await.status, 200);
        assert!(began.elapsed() < Duration::from_secs(60), "nobody waits for long: {:?}", began.elapsed());
    }

    switch.send(true).unwrap();
    server.me(&tokens.access).await.expect(200, "USER_FETCHED");
    client.refresh(&tokens.refresh).await.expect(200, "TOKEN_REFRESHED");
    client.login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    assert_eq!(client.get("/health/ready").await.status, 200);
}
