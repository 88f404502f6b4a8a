//! A client as a web team would write one.

use std::net::IpAddr;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// Talks to one server.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    bearer: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null where it is none.
    pub body: Value,
}

impl Client {
    /// From 127.0.0.1.
    pub fn new(url: &str) -> Self {
        Self::with(url, reqwest::Client::builder())
    }

    /// From another loopback network: `127.0.<number>.1`.
    pub fn from_network(url: &str, number: u8) -> Self {
        Self::with(url, reqwest::Client::builder().local_address(IpAddr::from([127, 0, number, 1])))
    }

    /// With another `User-Agent`.
    pub fn with_user_agent(url: &str, user_agent: &str) -> Self {
        Self::with(url, reqwest::Client::builder().user_agent(HeaderValue::from_str(user_agent).unwrap()))
    }

    /// Built by hand but for what every client here has.
    pub fn with(url: &str, http: reqwest::ClientBuilder) -> Self {
        // reqwest can speak TLS here and wants to know by whose cryptography. Nothing here does speak it: to read the
        // certificates of the system for each client took a quarter of the time of all tests.
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        let http = http.tls_certs_only([]).no_proxy().redirect(Policy::none()).build().unwrap();
        Self { http, url: url.to_owned(), bearer: None }
    }

    /// The same with a bearer token.
    pub fn bearer(&self, token: &str) -> Self {
        Self { bearer: Some(token.to_owned()), ..self.clone() }
    }

    /// A request to finish by hand.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.bearer {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request finished by hand.
    pub async fn send(&self, request: RequestBuilder) -> Reply {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.expect("a whole body");
        Reply { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// PUT of JSON.
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    /// POST of these bytes as JSON.
    pub async fn post_raw(&self, path: &str, body: impl Into<Vec<u8>>) -> Reply {
        let request = self.request(Method::POST, path).header("Content-Type", "application/json");
        self.send(request.body(body.into())).await
    }

    /// `POST /auth/login`
    pub async fn login(&self, name: &str, password: &str) -> Reply {
        self.post("/auth/login", json!({ "username": name, "password": password })).await
    }

    /// The same as told by a proxy that the server trusts, for whoever is at `address`.
    pub async fn login_from(&self, address: &str, name: &str, password: &str) -> Reply {
        let body = json!({ "username": name, "password": password });
        self.send(self.request(Method::POST, "/auth/login").json(&body).header("X-Forwarded-For", address)).await
    }

    /// `POST /auth/refresh`
    pub async fn refresh(&self, token: &str) -> Reply {
        self.post("/auth/refresh", json!({ "token": token })).await
    }
}

impl Reply {
    /// Demands a status and a code, checks the envelope and answers `data`.
    #[track_caller]
    pub fn expect(self, status: u16, code: &str) -> Value {
        let Self { status: got, headers, body } = self;
        assert_eq!((got, body["code"].as_str()), (status, Some(code)), "{body}");
        assert_eq!(body["statusCode"], status);
        assert!(body["data"].is_object(), "{body}");
        assert!(headers.contains_key("x-request-id"));
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers.contains_key("www-authenticate"), status == 401);
        assert_eq!(headers.contains_key("retry-after"), matches!(status, 429 | 503));
        body["data"].clone()
    }

    /// The code of the answer.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Access and refresh token of a login or a refresh.
    #[track_caller]
    pub fn tokens(self) -> (String, String) {
        assert_eq!(self.status, 200, "{}", self.body);
        let token = |name: &str| self.body["data"]["tokens"][name].as_str().expect("a token").to_owned();
        (token("accessToken"), token("refreshToken"))
    }
}
