//! A new master key, while two nodes serve: nobody notices, and the old one is of no use afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use auth_black_box::{Client, Engine, MASTER_KEY, PASSWORD, Server, totp};
use serde_json::json;
use tokio::sync::{RwLock, RwLockReadGuard};

use crate::second_factor_steps::{begin_login, finish, otp, temp_token, with_app};

const NEW_KEY: &str = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU=";
const URL: (&str, &str) = ("AUTH_PUBLIC_URL", "http://127.0.0.1:1");

/// The nodes that a load balancer would send requests to.
type Balancer = Arc<RwLock<Vec<String>>>;

/// One of them. While the first value is held none is taken away.
async fn pick(balancer: &Balancer, number: usize) -> (RwLockReadGuard<'_, Vec<String>>, Client) {
    let nodes = balancer.read().await;
    let client = Client::new(&nodes[number % nodes.len()]);
    (nodes, client)
}

/// Refreshes, asks who it is and logs in, on whichever node is up, until it is told to stop. Every answer must be good.
async fn keeps_working(balancer: Balancer, name: String, stop: Arc<AtomicBool>, answers: Arc<AtomicUsize>) {
    let login = async |number| {
        let (_up, node) = pick(&balancer, number).await;
        node.login(&name, PASSWORD).await.tokens()
    };
    let (_, mut refresh) = login(0).await;
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let (up, node) = pick(&balancer, number).await;
        let access;
        (access, refresh) = node.refresh(&refresh).await.tokens();
        drop(up);
        let (up, node) = pick(&balancer, number + 1).await;
        node.bearer(&access).get("/auth/me").await.expect(200, "USER_FETCHED");
        drop(up);
        answers.fetch_add(2, Ordering::Relaxed);
        if number % 5 == 0 {
            login(number).await;
            answers.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Restarts the nodes one after the other with that setting; the other one serves meanwhile.
async fn rolls_out(nodes: &mut [Server], balancer: &Balancer, keys: &str) {
    for node in nodes {
        let url = node.url.clone();
        // Not before everything that was sent to it is answered.
        balancer.write().await.retain(|up| *up != url);
        node.restart_with("AUTH_SECRET_KEY", keys);
        balancer.write().await.push(node.url.clone());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_master_key_replaces_the_old_one_while_two_nodes_serve() {
    let first = Server::with(Engine::Postgres, &[URL]).await;
    // Either of them may be the one that sends a mail.
    let mails = format!("file:{}", first.dir.path().join("data/mail").display());
    let second = Server::on(first.database.clone(), &[URL, ("AUTH_MAIL_URL", &mails)]).await;
    let balancer: Balancer = Arc::new(RwLock::new(vec![first.url.clone(), second.url.clone()]));
    let (ann, secret, recovery_codes) = with_app(&first, "ann").await;
    let (access, refresh) = first.session("bob").await;
    let (_, unused) = first.session("carol").await;
    let sent = first.client().post("/auth/lost-password", json!({ "email": "carol@example.org" })).await;
    let reset = temp_token(&sent.expect(200, "CODE_SENT"));
    let code = first.code("password-reset", "carol@example.org", 1).await;

    let (stop, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut load = Vec::new();
    for name in ["dave", "eve"] {
        first.register(name).await;
        load.push(tokio::spawn(keeps_working(balancer.clone(), name.to_owned(), stop.clone(), answers.clone())));
    }
    let mut nodes = [first, second];
    // Every node must know the new key before any uses it.
    rolls_out(&mut nodes, &balancer, &format!("{MASTER_KEY},{NEW_KEY}")).await;
    rolls_out(&mut nodes, &balancer, &format!("{NEW_KEY},{MASTER_KEY}")).await;
    let told = nodes[0].command(&["keys", "reseal"]);
    assert!(told.contains("from AUTH_SECRET_KEY on every node"), "{told}");
    assert!(told.starts_with("secrets re-encrypted with the first master key: 3\n"), "{told}");
    let again = nodes[1].command(&["keys", "reseal"]);
    assert!(again.starts_with("secrets re-encrypted with the first master key: 0\n"), "{again}");
    rolls_out(&mut nodes, &balancer, NEW_KEY).await;
    let before = answers.load(Ordering::Relaxed);
    while answers.load(Ordering::Relaxed) < before + 20 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(load.iter().all(|task| !task.is_finished()), "a request failed");
    }
    stop.store(true, Ordering::Relaxed);
    for task in load {
        task.await.unwrap();
    }
    println!("{} requests while the master key was replaced, none refused", answers.load(Ordering::Relaxed));

    // What was made with the old key is good, on a node that does not have it.
    let node = &mut nodes[0];
    node.me(&access).await.expect(200, "USER_FETCHED");
    node.client().post("/auth/refresh", json!({ "token": refresh })).await.expect(200, "TOKEN_REFRESHED");
    node.client().bearer(&reset).post("/auth/verify-code", otp(&code)).await.expect(200, "CODE_VERIFIED");
    let temp = temp_token(&begin_login(node, "ann", PASSWORD).await);
    finish(node, &temp, "app", &totp(&secret, &[0])[0]).await.expect(200, "USER_LOGGED_IN");
    let temp = temp_token(&begin_login(node, "ann", PASSWORD).await);
    let body = json!({ "recoveryCode": recovery_codes[0] });
    node.client().bearer(&temp).post("/2fa/recovery/verify-login", body).await.expect(200, "USER_LOGGED_IN");
    drop(ann);

    // After its time it is good for no token, but passwords that nobody typed since are still recognised.
    node.sql("UPDATE retired_keys SET retired_at = retired_at - 7776000000000");
    node.restart();
    node.client().post("/auth/refresh", json!({ "token": unused })).await.expect(401, "REFRESH_TOKEN_INVALID");
    node.client().bearer(&reset).post("/auth/verify-code", otp(&code)).await.expect(401, "TEMP_TOKEN_INVALID");
    node.client().login("carol", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    let listed = node.command(&["keys", "list"]);
    assert!(listed.contains("retired master key"), "{listed}");
    let needed = node.command(&["keys", "reseal"]);
    assert!(needed.contains("accounts that still depend on"), "ann's recovery codes do: {needed}");
    let temp = temp_token(&begin_login(node, "ann", PASSWORD).await);
    let body = json!({ "recoveryCode": recovery_codes[1] });
    let (access, _) = node.client().bearer(&temp).post("/2fa/recovery/verify-login", body).await.tokens();
    node.client()
        .bearer(&access)
        .post("/2fa/recovery/regenerate", json!({}))
        .await
        .expect(200, "RECOVERY_CODES_CREATED");
    for name in ["bob", "dave", "eve"] {
        node.client().login(name, PASSWORD).await.expect(200, "USER_LOGGED_IN");
    }
    let gone = node.command(&["keys", "reseal"]);
    assert!(gone.contains("no account depends on the retired master key"), "{gone}");
    node.restart();
    let temp = temp_token(&begin_login(node, "ann", PASSWORD).await);
    node.sql("DELETE FROM totp_steps");
    finish(node, &temp, "app", &totp(&secret, &[0])[0]).await.expect(200, "USER_LOGGED_IN");
}
