//! The application, clients that call it, and their answers.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, init_service, try_call_service};
use actix_web::web::Data;
use auth_domain::Timestamp;
use auth_domain::account::Account;
use auth_domain::challenge::ChallengePurpose;
use auth_domain::mail::{NoticeKind, OutgoingContent, OutgoingMail, QUIET};
use auth_domain::use_cases::{Policy, UseCases};
use auth_http::{
    Connections, DocumentCache, Draining, Edge, ListedProvider, Metrics, NetworkLimits, Origins, TrustedProxies,
};
use auth_testkit::doubles::{CountingEntropy, TestProvider};
use auth_testkit::test_service::TestService;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};
use supervisor::Supervisor;

pub use auth_testkit::test_service::PASSWORD;

/// The public URL of the service.
pub const URL: &str = "https://auth.example.org";

/// A request to its answer.
type Handler = dyn Fn(TestRequest) -> LocalBoxFuture<'static, Answered>;

struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// The application. A clone is the same one.
#[derive(Clone)]
pub struct App {
    /// What it runs on.
    pub service: TestService,
    handler: Rc<Handler>,
}

/// The settings of the edge that nobody configured. Its randomness is its own: request ids number the requests.
fn edge(service: &TestService) -> Edge {
    Edge {
        metrics: Metrics::new().unwrap(),
        log_lines_dropped: Arc::default(),
        workers: Supervisor::default(),
        draining: Draining::default(),
        metrics_elsewhere: false,
        entropy: Arc::new(CountingEntropy::default()),
        trusted_proxies: TrustedProxies::default(),
        connections: Connections::new(1_000, TrustedProxies::default()),
        network_limits: NetworkLimits::off(),
        cookies: false,
        pages: None,
        sent_mails: None,
        origins: Origins::new(URL, []),
        documents: DocumentCache::default(),
        providers: [&service.google, &service.fortytwo].map(listed).into(),
        issuer: URL.to_owned(),
        base_paths: vec!["/".to_owned()],
    }
}

fn listed(provider: &Arc<TestProvider>) -> ListedProvider {
    ListedProvider {
        name: provider.name().clone(),
        display_name: provider.name().to_string(),
        icon: None,
        takes_id_tokens: provider.name().as_str() == "google",
        answers_by_post: false,
        is_configured: true,
    }
}

async fn handler(use_cases: Arc<UseCases>, edge: Edge) -> Rc<Handler> {
    let service = Rc::new(init_service(auth_http::app(&Data::from(use_cases), &Data::new(edge))).await);
    Rc::new(move |request| {
        let service = service.clone();
        async move {
            let response = match try_call_service(&*service, request.to_request()).await {
                Ok(response) => response.into_parts().1,
                // What the server below the application would do.
                Err(error) => error.error_response(),
            };
            let (status, headers) = (response.status(), response.headers().clone());
            let body = to_bytes(response.into_body()).await.unwrap().to_vec();
            Answered { status, headers, body }
        }
        .boxed_local()
    })
}

impl App {
    /// Nobody configured it.
    pub async fn start() -> Self {
        Self::under(Policy::for_tests()).await
    }

    /// Under that policy.
    pub async fn under(policy: Policy) -> Self {
        Self::with(policy, |_| {}).await
    }

    /// Under that policy and with an edge that `configure` changes.
    pub async fn with(policy: Policy, configure: impl FnOnce(&mut Edge)) -> Self {
        let service = TestService::with_policy(policy);
        let mut edge = edge(&service);
        configure(&mut edge);
        Self { handler: handler(service.use_cases.clone(), edge).await, service }
    }

    /// On that service.
    pub async fn on(service: TestService) -> Self {
        Self { handler: handler(service.use_cases.clone(), edge(&service)).await, service }
    }

    /// The same rows after a start: nothing else is remembered.
    pub async fn restarted(&self) -> Self {
        Self::on(self.service.under(self.service.policy.clone())).await
    }

    /// Lets time pass.
    pub fn wait(&self, seconds: u64) {
        self.service.clock.advance(Duration::from_secs(seconds));
    }

    /// A client in the network 127.0.0.0/24.
    pub fn client(&self) -> Client {
        self.in_network(0)
    }

    /// A client in the network 127.0.`number`.0/24.
    pub fn in_network(&self, number: u8) -> Client {
        Client { app: self.clone(), address: [127, 0, number, 1].into(), headers: Vec::new() }
    }

    /// A client at that address.
    pub fn at(&self, address: &str) -> Client {
        Client { app: self.clone(), address: address.parse().unwrap(), headers: Vec::new() }
    }

    /// Registers a user of that name; answers the user.
    pub async fn register(&self, name: &str) -> Value {
        let body = json!({ "username": name, "email": format!("{name}@example.org"), "password": PASSWORD });
        self.client().post("/auth/register", body).await.expect(201, "USER_REGISTERED")["user"].clone()
    }

    /// Registers a user and logs them in; answers access and refresh token.
    pub async fn session(&self, name: &str) -> (String, String) {
        self.register(name).await;
        self.client().login(name, PASSWORD).await.tokens()
    }

    /// `GET /auth/me` with that access token.
    pub async fn me(&self, access_token: &str) -> Reply {
        self.client().bearer(access_token).get("/auth/me").await
    }

    /// The account as it is stored.
    pub fn account(&self, name: &str) -> Account {
        self.service.store.account_named(name).unwrap()
    }

    /// Every mail so far to that address as it is written, the oldest first.
    pub async fn mails_to(&self, address: &str) -> Vec<OutgoingMail> {
        let mails = self.service.deliver_mails().await;
        mails.into_iter().filter(|mail| mail.to.as_str() == address).collect()
    }

    /// The code in the `number`th mail (from 1) for that purpose to that address.
    pub async fn code(&self, purpose: ChallengePurpose, address: &str, number: usize) -> String {
        let code = |mail: OutgoingMail| match mail.content {
            OutgoingContent::Code { purpose: of, code, .. } if of == purpose => Some(code.reveal().to_owned()),
            _ => None,
        };
        self.mails_to(address).await.into_iter().filter_map(code).nth(number - 1).unwrap()
    }

    /// What that address was told so far, each as often as a mail says that it happened.
    pub async fn notices(&self, address: &str) -> Vec<NoticeKind> {
        let told = |mail: OutgoingMail| match mail.content {
            OutgoingContent::Notice { notice, times } => vec![notice.kind; usize::try_from(times).unwrap()],
            OutgoingContent::Invitation { .. } | OutgoingContent::Code { .. } => vec![],
        };
        self.mails_to(address).await.into_iter().flat_map(told).collect()
    }

    /// The same an hour later, when nothing is kept back any more.
    pub async fn notices_in_an_hour(&self, address: &str) -> Vec<NoticeKind> {
        self.notices(address).await;
        self.service.clock.advance(QUIET);
        self.notices(address).await
    }

    /// What the authenticator app of that user shows `steps` of 30 seconds from now.
    pub fn totp(&self, name: &str, steps: i64) -> String {
        let at = Timestamp::from_seconds(self.service.now().as_seconds() + 30 * steps);
        self.service.totp_code_at(&self.account(name), at)
    }
}

/// Calls the application from one address.
#[derive(Clone)]
pub struct Client {
    app: App,
    address: IpAddr,
    headers: Vec<(String, String)>,
}

impl Client {
    /// The same with one more header.
    pub fn header(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// The same with a bearer token.
    pub fn bearer(&self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// Sends these bytes, or none; their length is announced by nobody but the caller.
    pub async fn send(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Reply {
        let request_line = format!("{method} {path}");
        let mut request = TestRequest::with_uri(path).method(method).peer_addr(SocketAddr::new(self.address, 50_000));
        for (name, value) in &self.headers {
            request = request.append_header((name.as_str(), value.as_str()));
        }
        if let Some(body) = body {
            request = request.set_payload(body);
        }
        let Answered { status, headers, body } = (self.app.handler)(request).await;
        Reply { request_line, status: status.as_u16(), headers, body: parsed(&body), bytes: body }
    }

    /// Sends a body of that media type, and its length.
    pub async fn send_body(&self, method: Method, path: &str, media_type: &str, body: Vec<u8>) -> Reply {
        let announced = self.header("Content-Type", media_type).header("Content-Length", &body.len().to_string());
        announced.send(method, path, Some(body)).await
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.post_raw(path, body.to_string()).await
    }

    /// POST of these bytes as JSON.
    pub async fn post_raw(&self, path: &str, body: impl Into<Vec<u8>>) -> Reply {
        self.send_body(Method::POST, path, "application/json", body.into()).await
    }

    /// `POST /auth/login`
    pub async fn login(&self, name: &str, password: &str) -> Reply {
        self.post("/auth/login", json!({ "username": name, "password": password })).await
    }

    /// `POST /auth/refresh`
    pub async fn refresh(&self, token: &str) -> Reply {
        self.post("/auth/refresh", json!({ "token": token })).await
    }
}

fn parsed(body: &[u8]) -> Value {
    let mut body: Value = serde_json::from_slice(body).unwrap_or_default();
    // Their order depends on which features of serde_json other crates of the build ask for.
    body.sort_all_objects();
    body
}

/// An answer. Displayed, it is what a snapshot keeps: all of it.
#[derive(Debug)]
pub struct Reply {
    request_line: String,
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null where it is none.
    pub body: Value,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Reply {
    /// Demands a status and a code, checks the envelope and answers `data`.
    #[track_caller]
    pub fn expect(self, status: u16, code: &str) -> Value {
        let Self { status: got, headers, body, .. } = self;
        assert_eq!((got, body["code"].as_str()), (status, Some(code)), "{body}");
        assert_eq!(body["statusCode"], status);
        assert!(body["data"].is_object(), "{body}");
        assert!(headers.contains_key("x-request-id"));
        assert_eq!(headers.get("content-type").unwrap(), "application/json");
        assert_eq!(headers.get("cache-control").unwrap(), "no-store");
        assert_eq!(headers.contains_key("www-authenticate"), status == 401);
        assert_eq!(headers.contains_key("retry-after"), matches!(status, 429 | 503));
        body["data"].clone()
    }

    /// Demands 429; answers in how many seconds to try again.
    #[track_caller]
    pub fn retry_after(self) -> u64 {
        let header = self.header("retry-after").parse().unwrap();
        assert_eq!(self.expect(429, "RATE_LIMITED")["retryAfter"], header);
        header
    }

    /// A header that is there.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }

    /// Access and refresh token of a login or a refresh.
    #[track_caller]
    pub fn tokens(self) -> (String, String) {
        assert_eq!(self.status, 200, "{}", self.body);
        let token = |name: &str| self.body["data"]["tokens"][name].as_str().unwrap().to_owned();
        (token("accessToken"), token("refreshToken"))
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}", self.request_line, self.status)?;
        let mut headers: Vec<(&HeaderName, &HeaderValue)> = self.headers.iter().collect();
        headers.sort_by_key(|(name, _)| name.as_str());
        for (name, value) in headers {
            writeln!(f, "{name}: {}", in_order(name, &String::from_utf8_lossy(value.as_bytes())))?;
        }
        match &self.body {
            Value::Null => write!(f, "\n{}", String::from_utf8_lossy(&self.bytes)),
            body => write!(f, "\n{body:#}"),
        }
    }
}

/// The value of a header, the same in each run: actix-cors keeps its lists in hash sets.
fn in_order(name: &HeaderName, value: &str) -> String {
    let mut list: Vec<&str> = value.split(", ").collect();
    if name.as_str().starts_with("access-control-") {
        list.sort_unstable();
    }
    list.join(", ")
}

/// The temp token in `data`.
pub fn temp_token(data: &Value) -> String {
    data["tempToken"].as_str().unwrap().to_owned()
}

/// A code as a body.
pub fn otp(code: &str) -> Value {
    json!({ "otpCode": code })
}
