//! The database goes away and comes back.

use std::time::{Duration, Instant};

use auth_black_box::{PASSWORD, Server};
use auth_testkit::postgres::{cluster, free_port};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Forwards to the cluster while `up`; cuts every connection when not.
async fn proxy(target: u16, port: u16, up: watch::Receiver<bool>) {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
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
    let database = cluster().database();
    let target: u16 = database.rsplit(':').next().unwrap().split('/').next().unwrap().parse().unwrap();
    let port = free_port();
    let (switch, up) = watch::channel(true);
    tokio::spawn(proxy(target, port, up));
    tokio::time::sleep(Duration::from_millis(100)).await;
    let server = Server::on(Some(database.replace(&target.to_string(), &port.to_string())), &[]).await;
    let (access, refresh) = server.session("ann").await;
    let client = server.client();
    let internal = client.bearer(&server.internal_token());

    switch.send(false).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    for _ in 0..2 {
        let began = Instant::now();
        server.me(&access).await.expect(503, "UNAVAILABLE");
        client.refresh(&refresh).await.expect(503, "UNAVAILABLE");
        client.login("ann", PASSWORD).await.expect(503, "UNAVAILABLE");
        client
            .post("/auth/register", json!({ "email": "b@example.org", "password": PASSWORD }))
            .await
            .expect(503, "UNAVAILABLE");
        internal.get("/auth").await.expect(503, "UNAVAILABLE");
        internal.post("/auth/introspect", json!({ "token": access })).await.expect(503, "UNAVAILABLE");
        client.get("/health/ready").await.expect(503, "UNAVAILABLE");
        client.get("/.well-known/jwks.json").await.expect(503, "UNAVAILABLE");
        assert_eq!(client.get("/health/live").await.status, 200);
        assert!(began.elapsed() < Duration::from_secs(60), "nobody waits for long: {:?}", began.elapsed());
    }

    switch.send(true).unwrap();
    server.me(&access).await.expect(200, "USER_FETCHED");
    client.refresh(&refresh).await.expect(200, "TOKEN_REFRESHED");
    client.login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    assert_eq!(client.get("/health/ready").await.status, 200);
}
