//! A stand-in for identity providers that says whatever a test has it say: an OpenID provider at its root, 42's
//! endpoints as 42 documents them, and every way of failing.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Form};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use futures_util::stream::{self, StreamExt as _};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// `client_id` of this service there.
pub const CLIENT_ID: &str = "our-client";
/// `client_secret`, with characters that must be encoded.
pub const CLIENT_SECRET: &str = "s3cret/+% with space";

/// What it does with every request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// What it should.
    #[default]
    Works,
    /// It takes the request and never answers.
    Silent,
    /// An answer without end, a byte each half second.
    Drips,
    /// An answer without end, as fast as it can.
    Huge,
    /// Another place.
    RedirectsTo(String),
    /// 200 and HTML.
    Garbage,
    /// 500.
    Broken,
    /// That status, and nothing.
    Status(u16),
    /// This many requests in any second, and 429 for those beyond.
    AtMost(usize),
    /// 429 for the first requests.
    TooEarly(usize),
}

/// What it gives for a code.
#[derive(Clone, Debug, Default)]
pub struct Grant {
    /// The id_token.
    pub id_token: String,
    /// What its `/userinfo` says.
    pub userinfo: Value,
    /// What its `/v2/me` says.
    pub profile: Value,
}

impl Grant {
    /// An id_token of these claims, signed with key 1; its `/userinfo` says no more.
    pub fn of(claims: &Value) -> Self {
        let userinfo = json!({ "sub": claims["sub"] });
        Self { id_token: id_token(claims, 1, "key-1"), userinfo, profile: Value::Null }
    }
}

#[derive(Default)]
struct State {
    behaviour: Behaviour,
    /// Where it behaves so: everywhere unless said.
    only_at: Option<String>,
    grants: HashMap<String, Grant>,
    /// By access token.
    granted: HashMap<String, Grant>,
    keys: Vec<Value>,
    /// The times of the requests within the last second.
    lately: VecDeque<Instant>,
    /// How many requests were answered with 429.
    too_early: usize,
    /// Method and path of every request.
    requests: Vec<String>,
    /// The forms that came to the token endpoint.
    exchanges: Vec<HashMap<String, String>>,
}

/// A running one. It ends with the test's process.
pub struct StandIn {
    /// `http://127.0.0.1:<port>`: the issuer, and 42's base URL.
    pub url: String,
    state: Arc<Mutex<State>>,
}

/// A key that it signs with, made of one number.
pub fn signing_key(number: u8) -> EncodingKey {
    // PKCS#8 of an Ed25519 private key (RFC 8410 section 7).
    let mut der = vec![48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
    der.extend([number; 32]);
    EncodingKey::from_ed_der(&der)
}

/// An id_token of these claims, signed with key `number`, which it says to be `kid`.
pub fn id_token(claims: &Value, number: u8, kid: &str) -> String {
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::EdDSA) };
    jsonwebtoken::encode(&header, claims, &signing_key(number)).unwrap()
}

fn public_key(number: u8) -> Value {
    let mut jwk = json!(Jwk::from_encoding_key(&signing_key(number), Algorithm::EdDSA).unwrap());
    jwk["kid"] = json!(format!("key-{number}"));
    jwk["use"] = json!("sig");
    jwk
}

impl StandIn {
    /// On a free port, with key 1.
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State { keys: vec![public_key(1)], ..State::default() }));
        let data = Data::from(Arc::clone(&state));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let server = HttpServer::new(move || {
                App::new()
                    .app_data(data.clone())
                    .route("/oauth/token", web::post().to(exchange))
                    .route("/token", web::post().to(exchange))
                    .default_service(web::to(anything))
            });
            // The service connects ahead of need: it is to find no 408 there that it did not ask for.
            let server = server.client_request_timeout(Duration::ZERO);
            let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
            actix_web::rt::System::new().block_on(server)
        });
        Self { url, state }
    }

    /// The settings of a server that knows it as Google and as 42.
    pub fn settings(&self) -> Vec<(&str, &str)> {
        vec![
            ("AUTH_GOOGLE__CLIENT_ID", CLIENT_ID),
            ("AUTH_GOOGLE__CLIENT_SECRET", CLIENT_SECRET),
            ("AUTH_GOOGLE__ISSUER", &self.url),
            ("AUTH_42__CLIENT_ID", CLIENT_ID),
            ("AUTH_42__CLIENT_SECRET", CLIENT_SECRET),
            ("AUTH_42__BASE_URL", &self.url),
            // With the usual rate, every test of 42 would be slow.
            ("AUTH_42__RATE", "off"),
        ]
    }

    /// From now on.
    pub fn behave(&self, behaviour: Behaviour) {
        let mut state = self.state.lock().unwrap();
        (state.behaviour, state.only_at) = (behaviour, None);
    }

    /// From now on, at that path alone.
    pub fn behave_at(&self, path: &str, behaviour: Behaviour) {
        let mut state = self.state.lock().unwrap();
        (state.behaviour, state.only_at) = (behaviour, Some(path.to_owned()));
    }

    /// It lists these keys, made of numbers, from now on.
    pub fn list_keys(&self, numbers: &[u8]) {
        self.state.lock().unwrap().keys = numbers.iter().map(|number| public_key(*number)).collect();
    }

    /// What it gives for that code, once.
    pub fn grant(&self, code: &str, grant: Grant) {
        self.state.lock().unwrap().grants.insert(code.to_owned(), grant);
    }

    /// Returns how many requests were answered with 429.
    pub fn too_early(&self) -> usize {
        self.state.lock().unwrap().too_early
    }

    /// Method and path of every request so far.
    pub fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }

    /// The forms that came to the token endpoint so far.
    pub fn exchanges(&self) -> Vec<HashMap<String, String>> {
        self.state.lock().unwrap().exchanges.clone()
    }
}

fn misbehave(state: &mut State) -> Option<HttpResponse> {
    let endless = |pause: Duration, size: usize| {
        let bytes = stream::repeat(Bytes::from(vec![b' '; size]));
        let chunks = bytes.then(move |bytes| async move {
            tokio::time::sleep(pause).await;
            Ok::<_, actix_web::Error>(bytes)
        });
        HttpResponse::Ok().content_type("application/json").streaming(chunks)
    };
    Some(match &state.behaviour {
        Behaviour::Works | Behaviour::Silent => return None,
        Behaviour::TooEarly(requests) if state.too_early >= *requests => return None,
        Behaviour::TooEarly(_) => {
            state.too_early += 1;
            HttpResponse::TooManyRequests().insert_header(("Retry-After", "1")).finish()
        }
        Behaviour::AtMost(requests) => {
            let now = Instant::now();
            state.lately.retain(|at| now.duration_since(*at) < Duration::from_secs(1));
            if state.lately.len() < *requests {
                state.lately.push_back(now);
                return None;
            }
            state.too_early += 1;
            HttpResponse::TooManyRequests().insert_header(("Retry-After", "1")).finish()
        }
        Behaviour::Drips => endless(Duration::from_millis(500), 1),
        Behaviour::Huge => endless(Duration::ZERO, 65_536),
        Behaviour::RedirectsTo(place) => {
            HttpResponse::TemporaryRedirect().insert_header(("Location", &**place)).finish()
        }
        Behaviour::Garbage => HttpResponse::Ok().content_type("text/html").body("<html>Sorry!</html>"),
        Behaviour::Broken => HttpResponse::InternalServerError().finish(),
        Behaviour::Status(status) => HttpResponse::build(StatusCode::from_u16(*status).unwrap()).finish(),
    })
}

/// Notes the request, and fails as it is to fail.
async fn received(state: &Mutex<State>, request: &HttpRequest) -> Option<HttpResponse> {
    let (silent, failure) = {
        let mut state = state.lock().unwrap();
        state.requests.push(format!("{} {}", request.method(), request.path()));
        let here = state.only_at.as_deref().is_none_or(|path| path == request.path());
        (here && state.behaviour == Behaviour::Silent, misbehave(&mut state).filter(|_| here))
    };
    if silent {
        tokio::time::sleep(Duration::from_secs(600)).await;
    }
    failure
}

/// As RFC 6749 section 5 and 42 say; 42 answers an unknown code with 401.
async fn exchange(
    state: Data<Mutex<State>>,
    request: HttpRequest,
    Form(form): Form<HashMap<String, String>>,
) -> HttpResponse {
    if let Some(failure) = received(&state, &request).await {
        return failure;
    }
    let mut state = state.lock().unwrap();
    state.exchanges.push(form.clone());
    let fortytwo = request.path() == "/oauth/token";
    let in_form = form.get("client_id").map(String::as_str) == Some(CLIENT_ID)
        && form.get("client_secret").map(String::as_str) == Some(CLIENT_SECRET);
    let authorization =
        request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    // `our-client:s3cret%2F%2B%25+with+space`
    let in_header = authorization == "Basic b3VyLWNsaWVudDpzM2NyZXQlMkYlMkIlMjUrd2l0aCtzcGFjZQ==";
    if !(if fortytwo { in_form } else { in_header }) {
        let description = "Client authentication failed due to unknown client, no client authentication included, or \
                           unsupported authentication method.";
        return HttpResponse::Unauthorized()
            .json(json!({ "error": "invalid_client", "error_description": description }));
    }
    let grant = form.get("code").and_then(|code| state.grants.remove(code));
    let Some(grant) = grant.filter(|_| form.get("grant_type").is_some_and(|kind| kind == "authorization_code")) else {
        let description = "The provided authorization grant is invalid, expired, revoked, does not match the redirection \
                           URI used in the authorization request, or was issued to another client.";
        let error = json!({ "error": "invalid_grant", "error_description": description });
        return if fortytwo {
            HttpResponse::Unauthorized().json(error)
        } else {
            HttpResponse::BadRequest().json(error)
        };
    };
    let access_token = format!("access-{}", state.granted.len());
    state.granted.insert(access_token.clone(), grant.clone());
    let mut answer =
        json!({ "access_token": access_token, "token_type": "bearer", "expires_in": 7200, "scope": "public" });
    if fortytwo {
        answer["created_at"] = json!(1_443_451_918);
    } else {
        answer["id_token"] = json!(grant.id_token);
    }
    HttpResponse::Ok().json(answer)
}

async fn anything(state: Data<Mutex<State>>, request: HttpRequest) -> HttpResponse {
    if let Some(failure) = received(&state, &request).await {
        return failure;
    }
    let state = state.lock().unwrap();
    let url = format!("http://{}", request.app_config().local_addr());
    let bearer = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let granted = bearer.and_then(|value| value.strip_prefix("Bearer ")).and_then(|token| state.granted.get(token));
    match (request.path(), granted) {
        ("/.well-known/openid-configuration", _) => HttpResponse::Ok().json(json!({
            "issuer": url,
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
            "jwks_uri": format!("{url}/jwks"),
            "userinfo_endpoint": format!("{url}/userinfo"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        })),
        ("/jwks", _) => HttpResponse::Ok().json(json!({ "keys": state.keys })),
        ("/userinfo", Some(grant)) => HttpResponse::Ok().json(&grant.userinfo),
        ("/v2/me", Some(grant)) => HttpResponse::Ok().json(&grant.profile),
        ("/userinfo" | "/v2/me", None) => HttpResponse::Unauthorized()
            .json(json!({ "error": "Not authorized", "message": "The access token is invalid" })),
        _ => HttpResponse::NotFound().finish(),
    }
}
