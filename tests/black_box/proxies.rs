//! The proxies of the docs keep the internal endpoints from the outside, however their paths are spelled.

use auth_black_box::{Client, Engine, HaProxy, Nginx, Server};
use reqwest::Method;

use crate::operations::{Permission, operations};

/// The same path under every base path, and with letters in per cent.
fn aliases(path: &str) -> Vec<String> {
    let encoded = |path: &str, which: &dyn Fn(usize) -> bool| -> String {
        let spelled = |(at, byte): (usize, u8)| match byte != b'/' && which(at) {
            true => format!("%{byte:02X}"),
            false => char::from(byte).to_string(),
        };
        path.bytes().enumerate().map(spelled).collect()
    };
    let under = |path: String| {
        let (all, first) = (encoded(&path, &|_| true), encoded(&path, &|at| at == 1));
        let every_other = encoded(&path, &|at| at % 2 == 0).to_lowercase();
        [all, first, every_other, format!("{path}?x=1"), path]
    };
    [path.to_owned(), format!("/api{path}")].into_iter().flat_map(under).collect()
}

async fn keeps_the_internal_endpoints_inside(server: &Server, outside: &Client) {
    let inside = server.client();
    let token = server.internal_token();
    let specification = inside.get("/auth/doc/openapi.json").await.body;
    let mut tried = 0;
    let internal = operations(&specification).into_iter().filter(|one| one.permission == Permission::Internal);
    let mut paths: Vec<(Method, String)> = internal.map(|one| (one.method, one.path)).collect();
    assert!(paths.len() >= 6, "{paths:?}");
    paths.extend([(Method::GET, "/auth/".to_owned()), (Method::GET, "/metrics".to_owned())]);
    for (method, path) in paths {
        for alias in aliases(&path) {
            let ask = async |client: &Client| {
                let request = client.bearer(&token).request(method.clone(), &alias);
                request.send().await.unwrap()
            };
            let reached = ask(&inside).await;
            let by_us = reached.headers().contains_key("x-request-id");
            assert!(by_us && reached.status() != 405, "{alias} is no alias: {}", reached.status());
            let denied = ask(outside).await;
            assert_eq!(denied.status(), 404, "{method} {alias}");
            assert!(!denied.headers().contains_key("x-request-id"), "{method} {alias} came through");
            tried += 1;
        }
    }
    assert!(tried >= 64, "{tried}");
    // Everything else is passed on.
    let (access, _) = outside.login("ann", auth_black_box::PASSWORD).await.tokens();
    let ann = outside.bearer(&access);
    ann.get("/auth/me").await.expect(200, "USER_FETCHED");
    ann.get("/api/auth/sessions").await.expect(200, "SESSIONS_FETCHED");
    ann.delete("/auth/sessions/01a200b9-c0e1-7bcf-8b25-c7f70207dc6c").await.expect(404, "NOT_FOUND");
    assert_eq!(outside.get("/.well-known/jwks.json").await.status, 200);
    assert_eq!(outside.get("/auth/doc/openapi.json").await.status, 200);
    ann.delete("/auth/delete").await.expect(200, "USER_DATA_DELETED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginx_keeps_the_internal_endpoints_inside() {
    let server = Server::with(Engine::Sqlite, &[("AUTH_TRUSTED_PROXIES", "127.0.0.1")]).await;
    server.register("ann").await;
    let page = std::fs::read_to_string(format!("{}/../docs/operations.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let block = page.split("```nginx\n").nth(1).unwrap().split("```").next().unwrap();
    let nginx = Nginx::start(&block.replace("http://127.0.0.1:8080", &server.url)).await;
    keeps_the_internal_endpoints_inside(&server, &Client::new(&format!("http://{}", nginx.address))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn haproxy_keeps_the_internal_endpoints_inside() {
    let server = Server::with(Engine::Sqlite, &[("AUTH_TRUSTED_PROXIES", "127.0.0.1")]).await;
    server.register("ann").await;
    let front = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let node = server.url.strip_prefix("http://").unwrap();
    let balancer = HaProxy::start(
        include_str!("haproxy.cfg"),
        &[(":443 ssl crt /etc/haproxy/auth.pem", &front), ("10.0.0.11:8080", node), ("10.0.0.12:8080", node)],
    );
    balancer.wait_until("one", "UP").await;
    keeps_the_internal_endpoints_inside(&server, &Client::new(&format!("http://{front}"))).await;
}
