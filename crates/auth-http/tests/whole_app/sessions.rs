//! `GET /auth/sessions`, `GET /auth/verify`, and whose word on a client's address is believed.

use auth_domain::use_cases::Policy;
use auth_http::TrustedProxies;

use crate::harness::{App, PASSWORD};

/// The network of a login with these headers, as its owner is told.
async fn network(app: &App, headers: &[(&str, &str)]) -> String {
    let from = headers.iter().fold(app.client(), |client, (name, value)| client.header(name, value));
    let (access, _) = from.login("ann", PASSWORD).await.tokens();
    let sessions = app.client().bearer(&access).get("/auth/sessions").await.expect(200, "SESSIONS_FETCHED");
    let all = sessions["sessions"].as_array().unwrap();
    all.iter().find(|session| session["current"] == true).unwrap()["network"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_trusted_proxy_tells_the_clients_network_and_nobody_else_does() {
    const OWN: &str = "127.0.0.0/24";
    const TOLD: &str = "203.0.113.0/24";
    let trusting = async |networks: &[&str]| {
        let networks = networks.iter().map(|network| network.parse().unwrap()).collect();
        let configure = |edge: &mut auth_http::Edge| edge.trusted_proxies = TrustedProxies::new(networks);
        let app = App::with(Policy::for_tests(), configure).await;
        app.register("ann").await;
        app
    };
    let (trusted, other, default) =
        (trusting(&["127.0.0.0/8", "10.0.0.0/8"]).await, trusting(&["10.0.0.0/8"]).await, trusting(&[]).await);
    let list = ("X-Forwarded-For", "198.51.100.1, 203.0.113.9, 10.0.0.1");
    let elements = ("Forwarded", "for=198.51.100.1, for=\"203.0.113.9:5555\";proto=https, for=10.0.0.1");
    let six = ("Forwarded", "for=\"[2001:db8:1:2::7]\"");
    for headers in [&[list][..], &[elements], &[list, elements]] {
        assert_eq!(network(&trusted, headers).await, TOLD, "{headers:?}");
        for app in [&other, &default] {
            assert_eq!(network(app, headers).await, OWN, "{headers:?}");
        }
    }
    assert_eq!(network(&trusted, &[six]).await, "2001:db8:1:2::/64");
    // One of the two is anybody's: neither is believed.
    for spoofed in [("Forwarded", "for=198.51.100.1"), ("Forwarded", "garbage")] {
        assert_eq!(network(&trusted, &[list, spoofed]).await, OWN);
    }
    assert_eq!(network(&trusted, &[elements, ("X-Forwarded-For", "198.51.100.1")]).await, OWN);
    let open = ("Forwarded", "for=198.51.100.1;x=\", for=203.0.113.9");
    assert_eq!(network(&trusted, &[open]).await, OWN);
    for odd in ["unknown", "", "for", "for=_x", "\"", ";;,,=", "for=\"[2001:db8::\""] {
        assert_eq!(network(&trusted, &[("Forwarded", odd)]).await, OWN, "{odd}");
    }
}

#[tokio::test]
async fn a_gateway_asks_who_it_is() {
    let app = App::start().await;
    let (access, _) = app.session("ann").await;
    let ann = app.client().bearer(&access);
    for path in ["/auth/verify", "/auth/verify?role=user", "/auth/verify?x=1"] {
        let reply = ann.get(path).await;
        assert_eq!((reply.status, reply.header("x-auth-roles")), (200, "user"));
        let me = app.me(&access).await.expect(200, "USER_FETCHED");
        assert_eq!(reply.header("x-auth-user-id"), me["user"]["id"].as_str().unwrap());
        assert_eq!(reply.header("x-auth-session-id").len(), 36);
    }
    insta::assert_snapshot!("what_a_gateway_is_told", ann.get("/auth/verify").await);
    let forbidden = ann.get("/auth/verify?role=admin").await;
    insta::assert_snapshot!("a_role_that_is_missing", forbidden);
    forbidden.expect(403, "FORBIDDEN");
    ann.get("/auth/verify?role=user&role=admin").await.expect(400, "VALIDATION_FAILED");
    app.client().get("/auth/verify").await.expect(401, "TOKEN_REQUIRED");
    app.client().bearer("x").get("/auth/verify").await.expect(401, "ACCESS_TOKEN_INVALID");
}

#[tokio::test]
async fn the_list_of_sessions_is_answered_in_full() {
    let app = App::start().await;
    let (access, _) = app.session("ann").await;
    app.wait(3_000);
    app.in_network(9).header("User-Agent", "Phone/1").login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    let (fresh, _) = app.client().login("ann", PASSWORD).await.tokens();
    app.me(&access).await.expect(401, "ACCESS_TOKEN_EXPIRED");
    insta::assert_snapshot!("three_sessions", app.client().bearer(&fresh).get("/auth/sessions").await);
}
