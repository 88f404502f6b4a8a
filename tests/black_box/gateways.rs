//! `docs/gateways.md`: each gateway asks `GET /auth/verify` before it passes a request on.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use auth_black_box::{Client, Engine, Gateway, Nginx, PASSWORD, Server, assert_prints, example};
use reqwest::Method;
use serde_json::json;

#[test]
fn the_page_prints_the_files() {
    let files = ["nginx.conf", "Caddyfile", "envoy.yaml", "traefik.yaml", "nginx-sign-in.conf", "traefik-sign-in.yaml"];
    let files = files.map(|file| format!("gateways/{file}"));
    assert_prints("gateways.md", &files.each_ref().map(String::as_str));
}

/// A configuration with the addresses of a test in place of those of the file.
fn configuration(file: &str, replacements: &[(&str, String)]) -> String {
    let text = std::fs::read_to_string(example(file)).unwrap();
    replacements.iter().fold(text, |text, (of_the_file, of_the_test)| {
        assert!(text.contains(of_the_file), "{file} has no {of_the_file}");
        text.replace(of_the_file, of_the_test)
    })
}

/// A request, with its body if it has one.
fn request(connection: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && connection.read(&mut byte).unwrap() == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |text| text.parse().unwrap());
    connection.read_exact(&mut vec![0; length]).unwrap();
    head
}

/// A service behind the gateway, which answers with the headers of its own names that it got.
fn app() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let head = request(&mut connection);
            let ours = ["x-auth", "x_auth", "x.auth"];
            let told: Vec<&str> = head.lines().filter(|line| ours.iter().any(|name| line.starts_with(name))).collect();
            let body = json!({ "line": head.lines().next(), "told": told }).to_string();
            let length = body.len();
            write!(connection, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
                .unwrap();
        }
    });
    address
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// What it answers without the service and to a token that is not valid, and which names it does not keep a client from
/// sending.
struct Known {
    away: u16,
    refusal: &'static str,
    lets_through: &'static [&'static str],
}

async fn asks_before_it_passes_a_request_on(mut server: Server, gateway: SocketAddr, known: Known) {
    let me = server.register("ann").await;
    let (access, refresh) = server.client().login("ann", PASSWORD).await.tokens();
    let client = Client::new(&format!("http://{gateway}"));
    let names = ["Roles", "User-Id", "Session-Id"].map(|name| format!("X-Auth-{name}"));
    let ask = async |method: Method, token: &str| {
        let request = client.bearer(token).request(method, "/app/things?x=1").body("a body");
        let forged = names.iter().flat_map(|name| [name.clone(), name.replace('-', "_"), name.replace('-', ".")]);
        client.send(forged.fold(request, |request, name| request.header(name, "admin"))).await
    };
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let passed = ask(method.clone(), &access).await;
        assert_eq!(passed.status, 200, "{passed:?}");
        let line = passed.body["line"].as_str().unwrap();
        assert!(line.starts_with(&format!("{method} /app/things?x=1 http/1.").to_lowercase()), "{line}");
        let mut told: Vec<String> = serde_json::from_value(passed.body["told"].clone()).unwrap();
        told.retain(|line| !known.lets_through.iter().any(|begin| line.starts_with(begin)));
        told.sort();
        let session = told.iter().find_map(|line| line.strip_prefix("x-auth-session-id: ")).unwrap();
        assert_eq!(session.len(), 36, "{told:?}");
        let user = format!("x-auth-user-id: {}", me["id"].as_str().unwrap());
        assert_eq!(told, ["x-auth-roles: user".to_owned(), format!("x-auth-session-id: {session}"), user]);
    }
    let refused = ask(Method::POST, "x").await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.body["code"], known.refusal);
    assert!(refused.headers.contains_key("www-authenticate"));
    for path in ["/_auth", "/auth/verify", "/"] {
        assert_eq!(client.get(path).await.status, 404, "{path} reaches nothing");
    }
    let body = json!({ "token": refresh });
    server.client().bearer(&access).post("/auth/logout", body).await.expect(200, "USER_LOGGED_OUT");
    assert_eq!(ask(Method::GET, &access).await.status, 401);
    server.kill();
    assert_eq!(ask(Method::GET, &access).await.status, known.away);
}

/// A page of another site that makes a browser send a request with the cookie is refused by what the gateway tells.
async fn passes_on_what_tells_pages_apart(server: &Server, gateway: SocketAddr) {
    server.register("bob").await;
    let (access, _) = server.client().login("bob", PASSWORD).await.tokens();
    let client = Client::new(&format!("http://{gateway}"));
    for (method, site, status) in
        [(Method::POST, "same-origin", 200), (Method::POST, "cross-site", 403), (Method::GET, "cross-site", 200)]
    {
        let request = client.request(method.clone(), "/app/").header("Cookie", format!("__Host-auth-access={access}"));
        let reply = client.send(request.header("Sec-Fetch-Site", site)).await;
        assert_eq!(reply.status, status, "{method} {site}: {reply:?}");
    }
}

async fn server() -> Server {
    Server::with(Engine::Sqlite, &[("AUTH_COOKIES", "on")]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginx_asks() {
    let server = server().await;
    let replacements = [("http://127.0.0.1:8080", server.url.clone()), ("127.0.0.1:9000", app().to_string())];
    let directives = configuration("gateways/nginx.conf", &replacements) + "location / { return 404; }\n";
    let nginx = Nginx::start(&directives).await;
    passes_on_what_tells_pages_apart(&server, nginx.address).await;
    let signed_out = Client::new(&format!("http://{}", nginx.address)).get("/app/").await;
    assert_eq!((signed_out.status, &signed_out.body["code"]), (401, &json!("TOKEN_REQUIRED")));
    let known = Known { away: 500, refusal: "ACCESS_TOKEN_EXPIRED", lets_through: &[] };
    asks_before_it_passes_a_request_on(server, nginx.address, known).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn caddy_asks() {
    let (server, address) = (server().await, free_address());
    let replacements = [
        (":8000", format!(":{}", address.port())),
        ("127.0.0.1:8080", server.url.replace("http://", "")),
        ("127.0.0.1:9000", app().to_string()),
    ];
    let _caddy = Gateway::caddy(&configuration("gateways/Caddyfile", &replacements), address).await;
    passes_on_what_tells_pages_apart(&server, address).await;
    let known = Known { away: 502, refusal: "ACCESS_TOKEN_INVALID", lets_through: &["x_", "x."] };
    asks_before_it_passes_a_request_on(server, address, known).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn envoy_asks() {
    let (server, address) = (server().await, free_address());
    let port = |address: &str| format!("port_value: {}", address.rsplit(':').next().unwrap());
    let replacements = [
        ("0.0.0.0, port_value: 8000", format!("127.0.0.1, port_value: {}", address.port())),
        ("port_value: 8001", port(&free_address().to_string())),
        ("127.0.0.1:8001", "127.0.0.1".to_owned()),
        ("port_value: 8080", port(&server.url)),
        ("port_value: 9000", port(&app().to_string())),
    ];
    let _envoy = Gateway::envoy(&configuration("gateways/envoy.yaml", &replacements), address).await;
    passes_on_what_tells_pages_apart(&server, address).await;
    let known = Known { away: 503, refusal: "ACCESS_TOKEN_INVALID", lets_through: &["x."] };
    asks_before_it_passes_a_request_on(server, address, known).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traefik_asks() {
    let (server, address) = (server().await, free_address());
    let replacements = [("http://127.0.0.1:8080", server.url.clone()), ("127.0.0.1:9000", app().to_string())];
    let _traefik = Gateway::traefik(&configuration("gateways/traefik.yaml", &replacements), address).await;
    passes_on_what_tells_pages_apart(&server, address).await;
    let known = Known { away: 500, refusal: "ACCESS_TOKEN_INVALID", lets_through: &["x_", "x."] };
    asks_before_it_passes_a_request_on(server, address, known).await;
}

/// A service that browsers reach at the address of a gateway.
async fn server_behind(gateway: SocketAddr) -> Server {
    let url = format!("http://{gateway}");
    Server::with(Engine::Sqlite, &[("AUTH_COOKIES", "on"), ("AUTH_PAGES", "on"), ("AUTH_PUBLIC_URL", &url)]).await
}

/// As a browser does it that opens a page of the app: it ends where it wanted to go, signed in.
async fn sends_people_to_the_sign_in_page_and_back(server: &Server, gateway: SocketAddr) {
    let me = server.register("ann").await;
    let client = Client::new(&format!("http://{gateway}"));
    let open = |url: &str| client.request(Method::GET, url).header("Sec-Fetch-Mode", "navigate");
    let wanted = "/app/notes?page=2&sort=a%20b";
    let sent = client.send(open(wanted)).await;
    assert_eq!(sent.status, 302, "{sent:?}");
    let page = sent.headers["location"].to_str().unwrap().strip_prefix(&format!("http://{gateway}")).unwrap();
    let shown = client.send(open(page)).await;
    assert!(shown.status == 200 && page.starts_with("/account/login?redirect="), "{page}: {shown:?}");

    let redirect = format!("http://{gateway}{wanted}");
    let form = [("email", "ann@example.org"), ("password", PASSWORD), ("redirect", &redirect)];
    let request = client.request(Method::POST, "/account/login").header("Sec-Fetch-Site", "same-origin").form(&form);
    let signed_in = client.send(request).await;
    assert_eq!((signed_in.status, signed_in.headers["location"].to_str().unwrap()), (303, &*redirect));
    let cookies = signed_in.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let cookies: Vec<&str> = cookies.map(|cookie| cookie.split(';').next().unwrap()).collect();
    let passed = client.send(open(wanted).header("Cookie", cookies.join("; "))).await;
    assert_eq!(passed.status, 200, "{passed:?}");
    assert_eq!(
        passed.body["line"],
        format!("get {wanted} http/1.{}", passed.body["line"].as_str().unwrap().chars().last().unwrap())
    );
    let told: Vec<String> = serde_json::from_value(passed.body["told"].clone()).unwrap();
    assert!(told.contains(&format!("x-auth-user-id: {}", me["id"].as_str().unwrap())), "{told:?}");

    let by_script = client.send(client.request(Method::GET, wanted).header("Sec-Fetch-Mode", "cors")).await;
    assert_eq!((by_script.status, by_script.code()), (401, "TOKEN_REQUIRED"));
    for path in ["/auth/", "/auth/introspect", "/auth/00000000-0000-7000-8000-000000000000"] {
        assert_eq!(client.get(path).await.status, 404, "{path} is for services");
    }
    client.get("/auth/providers").await.expect(200, "PROVIDERS_FETCHED");
    // The pages need these too.
    client.post("/2fa/app/verify-login", json!({ "code": "000000" })).await.expect(401, "TOKEN_REQUIRED");
    assert_eq!(client.get("/admin/").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginx_sends_people_to_the_sign_in_page_and_back() {
    let address = free_address();
    let server = server_behind(address).await;
    let replacements = [("http://127.0.0.1:8080", server.url.clone()), ("127.0.0.1:9000", app().to_string())];
    let directives = configuration("gateways/nginx-sign-in.conf", &replacements);
    let _nginx = Nginx::at(address, &directives).await;
    sends_people_to_the_sign_in_page_and_back(&server, address).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traefik_sends_people_to_the_sign_in_page_and_back() {
    let address = free_address();
    let server = server_behind(address).await;
    let replacements = [("http://127.0.0.1:8080", server.url.clone()), ("127.0.0.1:9000", app().to_string())];
    let _traefik = Gateway::traefik(&configuration("gateways/traefik-sign-in.yaml", &replacements), address).await;
    sends_people_to_the_sign_in_page_and_back(&server, address).await;
}
