//! Limits a network: who is counted, for what, and that nothing was done for whoever is past them. How fast they fill up
//! again is tried beside them, in `network_limits/tests.rs`.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use actix_web::http::Method;
use auth_domain::ports::StoreError;
use auth_domain::use_cases::{EmailVerification, Policy};
use auth_http::{NetworkLimits, NetworkQuota, TrustedProxies};
use serde_json::{Value, json};

use crate::harness::{App, Client, PASSWORD, Reply};

const ANN: &str = "203.0.113.7";
const NEIGHBOUR: &str = "203.0.113.99";
const ELSEWHERE: &str = "198.51.100.1";

/// So many requests at once, and one more a second.
fn limits(burst: u32, loopback: bool) -> NetworkLimits {
    NetworkLimits::new(NetworkQuota { rate: NonZeroU32::MIN, burst: NonZeroU32::new(burst).unwrap() }, loopback)
}

async fn limited_to(burst: u32) -> App {
    App::with(Policy::for_tests(), |edge| edge.network_limits = limits(burst, false)).await
}

/// Asks for nothing that anybody has until the network is refused; answers how often it was not.
async fn until_refused(client: &Client) -> usize {
    for passed in 0..100 {
        if client.login("nobody", PASSWORD).await.status == 429 {
            return passed;
        }
    }
    panic!("never refused")
}

#[tokio::test(start_paused = true)]
async fn past_its_limit_a_network_is_refused_before_anything_is_done_for_it() {
    let app = limited_to(3).await;
    let client = app.at(ANN);
    for _ in 0..3 {
        client.login("nobody", PASSWORD).await.expect(400, "INVALID_CREDENTIALS");
    }
    app.service.store.fail_next(StoreError::Unavailable);
    let refused = client.login("nobody", PASSWORD).await;
    insta::assert_snapshot!("a_network_past_its_limit", refused);
    assert_eq!(refused.retry_after(), 1);
    app.at(NEIGHBOUR).login("nobody", PASSWORD).await.retry_after();
    let problem = client.header("Accept", "application/problem+json").login("nobody", PASSWORD).await;
    assert_eq!((problem.status, &problem.body["code"]), (429, &json!("RATE_LIMITED")));
    client.post_raw("/auth/register", "{").await.retry_after();
    assert!(app.service.store.has_trouble_left(), "the database was asked");
    app.service.store.forgive();
    let metrics = app.client().get("/metrics").await;
    let metrics = String::from_utf8(metrics.bytes).unwrap();
    assert!(metrics.contains("auth_refusals_total{code=\"RATE_LIMITED\"} 4\n"), "{metrics}");
    app.at(ELSEWHERE).login("nobody", PASSWORD).await.expect(400, "INVALID_CREDENTIALS");
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    client.login("nobody", PASSWORD).await.expect(400, "INVALID_CREDENTIALS");
    client.login("nobody", PASSWORD).await.retry_after();
}

#[tokio::test(start_paused = true)]
async fn whoever_has_a_good_token_is_not_counted_and_a_bad_one_costs_nothing() {
    let app = limited_to(3).await;
    let (access, refresh) = app.session("ann").await;
    let client = app.at(ANN);
    for _ in 0..9 {
        client.bearer("bad").get("/auth/me").await.expect(401, "ACCESS_TOKEN_INVALID");
        client.bearer("bad").post("/auth/verify-code", json!({})).await.expect(401, "TEMP_TOKEN_INVALID");
        client.bearer("bad").post("/auth/verify-email/resend", json!({})).await.expect(401, "ACCESS_TOKEN_INVALID");
        client.refresh("rt1.bad").await.expect(401, "REFRESH_TOKEN_INVALID");
        client.post("/auth/logout", json!({ "token": "rt1.bad" })).await.expect(401, "REFRESH_TOKEN_INVALID");
    }
    assert_eq!(until_refused(&client).await, 3);
    let (_, mut refresh) = client.refresh(&refresh).await.tokens();
    for _ in 0..9 {
        refresh = client.refresh(&refresh).await.tokens().1;
    }
    let ann = client.bearer(&access);
    ann.get("/auth/me").await.expect(200, "USER_FETCHED");
    ann.post("/auth/verify-email/resend", json!({})).await.expect(200, "CODE_SENT");
    ann.post("/auth/reauthenticate", json!({ "password": PASSWORD })).await.expect(200, "REAUTHENTICATED");
    assert_eq!(client.get("/auth/doc/openapi.json").await.status, 200);
    client.post("/auth/logout", json!({ "token": refresh })).await.expect(200, "USER_LOGGED_OUT");
}

/// Anybody is given one for the asking.
#[tokio::test(start_paused = true)]
async fn a_temp_token_makes_nobody_less_of_a_stranger() {
    let policy = Policy { email_verification: EmailVerification::BeforeLogin, ..Policy::for_tests() };
    let app = App::with(policy, |edge| edge.network_limits = limits(3, false)).await;
    let body = json!({ "email": "ann@example.org", "password": PASSWORD });
    let registered = app.client().post("/auth/register", body).await.expect(201, "USER_REGISTERED");
    let client = app.at(ANN).bearer(registered["tempToken"].as_str().unwrap());
    let guess = json!({ "otpCode": "000000" });
    for _ in 0..3 {
        client.post("/auth/verify-email", guess.clone()).await.expect(401, "OTP_INVALID");
    }
    app.service.store.fail_next(StoreError::Unavailable);
    client.post("/auth/verify-email", guess).await.retry_after();
    client.post("/auth/verify-email/resend", json!({})).await.retry_after();
    assert!(app.service.store.has_trouble_left(), "the database was asked");
}

#[tokio::test(start_paused = true)]
async fn mails_for_strangers_are_one_a_second_whatever_else_is_allowed() {
    let app = limited_to(1_000).await;
    let client = app.at(ANN);
    let ask = async |number: usize| {
        let email = json!({ "email": format!("nobody{number}@example.org") });
        client.post("/auth/lost-password", email).await
    };
    for number in 0..60 {
        ask(number).await.expect(400, "INVALID_EMAIL");
    }
    assert_eq!(ask(60).await.retry_after(), 1);
    client.post("/auth/register", json!({})).await.retry_after();
    client.login("nobody", PASSWORD).await.expect(400, "INVALID_CREDENTIALS");
}

#[tokio::test(start_paused = true)]
async fn callers_on_this_machine_are_limited_only_where_that_was_said() {
    for (loopback, passed) in [(true, 2), (false, 20)] {
        let app = App::with(Policy::for_tests(), |edge| edge.network_limits = limits(2, loopback)).await;
        let client = app.at("127.0.0.1");
        let mut statuses = Vec::new();
        for number in 0..20 {
            statuses.push(client.login(&format!("nobody{number}"), PASSWORD).await.status);
        }
        assert_eq!(statuses.iter().filter(|status| **status == 400).count(), passed);
    }
}

#[tokio::test(start_paused = true)]
async fn behind_a_trusted_proxy_its_clients_are_networks_and_it_is_none() {
    let app = App::with(Policy::for_tests(), |edge| {
        edge.network_limits = limits(2, false);
        edge.trusted_proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
    })
    .await;
    let proxy = app.at("10.0.0.1");
    let for_client = |address: &str| proxy.header("X-Forwarded-For", address);
    assert_eq!(until_refused(&for_client(ANN)).await, 2);
    for_client(NEIGHBOUR).login("nobody", PASSWORD).await.retry_after();
    proxy.header("Forwarded", &format!("for={NEIGHBOUR}")).login("nobody", PASSWORD).await.retry_after();
    // What a client claims to have passed on for does not matter.
    for_client(&format!("{ELSEWHERE}, {ANN}")).login("nobody", PASSWORD).await.retry_after();
    app.at("10.0.0.2").header("X-Forwarded-For", ANN).login("nobody", PASSWORD).await.retry_after();
    for_client(ELSEWHERE).login("nobody", PASSWORD).await.expect(400, "INVALID_CREDENTIALS");
    // Nobody is named: the proxy asks for itself.
    for number in 0..9 {
        proxy.login(&format!("nobody{number}"), PASSWORD).await.expect(400, "INVALID_CREDENTIALS");
    }
    // Somebody made it contradict itself: that is no way around a limit.
    assert_eq!(until_refused(&for_client(ELSEWHERE).header("Forwarded", "for=192.0.2.1")).await, 2);
    // Nor where the proxy is on this machine, whose own callers are not limited.
    let app = App::with(Policy::for_tests(), |edge| {
        edge.network_limits = limits(2, false);
        edge.trusted_proxies = TrustedProxies::new(vec!["127.0.0.1/32".parse().unwrap()]);
    })
    .await;
    let contradicting = app.at("127.0.0.1").header("X-Forwarded-For", ELSEWHERE).header("Forwarded", "for=192.0.2.1");
    assert_eq!(until_refused(&contradicting).await, 2);
    // Nor is it to claim to be a proxy, where nobody trusts it.
    assert_eq!(until_refused(&app.at("192.0.2.9").header("X-Forwarded-For", "10.0.0.1")).await, 2);
}

/// Endpoints that a stranger may call for nothing, and why. Which others are limited is declared beside each of them
/// (`Permission::Anyone(cost)`), so that none can be declared without.
const FREE: [(&str, &str, &str); 10] = [
    ("POST", "/auth/refresh", "a forged token is known by its MAC"),
    ("POST", "/auth/logout", "the same"),
    ("GET", "/auth/google/authorize", "writes nothing"),
    ("GET", "/auth/42/authorize", "writes nothing"),
    ("GET", "/auth/providers", "reads what is configured"),
    ("GET", "/.well-known/jwks.json", "reads what is cached by everybody"),
    ("GET", "/health/live", "reads nothing"),
    ("GET", "/health/ready", "reads, for load balancers"),
    ("GET", "/health/client", "reads nothing"),
    ("GET", "/metrics", "callers on this machine only"),
];

#[tokio::test(start_paused = true)]
async fn every_endpoint_that_strangers_may_call_is_limited_or_costs_nothing() {
    let app = limited_to(1).await;
    let specification = app.client().get("/auth/doc/openapi.json").await.body;
    let client = app.at(ANN);
    assert_eq!(until_refused(&client).await, 1);
    let (mut limited, mut free) = (BTreeSet::new(), BTreeSet::new());
    for (method, path, operation) in operations(&specification) {
        let schemes = operation["security"].as_array().cloned().unwrap_or_default();
        let wants = |scheme: &str| schemes.iter().any(|one| one.get(scheme).is_some());
        let open = schemes.is_empty() || schemes.iter().any(|one| one == &json!({}));
        let documented = operation["responses"].get("429").is_some();
        if wants("tempToken") {
            // Tried above: a good temp token makes nobody less of a stranger.
            assert!(documented, "{method} {path} takes a temp token and has no limit");
        } else if open {
            let refused = call(&client, &method, &path).await.status == 429;
            assert!(documented || !refused, "{method} {path} is limited and does not say so");
            let seen = if refused { &mut limited } else { &mut free };
            seen.insert((method, path));
        }
    }
    let known = FREE.map(|(method, path, _)| (method.to_owned(), path.to_owned()));
    assert_eq!(free, BTreeSet::from(known), "say what it costs, or why it is free");
    assert!(limited.len() >= 5, "{limited:?}");
}

fn operations(specification: &Value) -> Vec<(String, String, Value)> {
    let paths = specification["paths"].as_object().unwrap();
    let of_path = |(path, methods): (&String, &Value)| -> Vec<_> {
        let one = |(method, operation): (&String, &Value)| (method.to_uppercase(), path.clone(), operation.clone());
        methods.as_object().unwrap().iter().map(one).collect()
    };
    paths.iter().flat_map(of_path).collect()
}

async fn call(client: &Client, method: &str, path: &str) -> Reply {
    client.send_body(method.parse::<Method>().unwrap(), path, "application/json", b"{}".to_vec()).await
}
