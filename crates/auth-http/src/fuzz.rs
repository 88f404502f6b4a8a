//! Fuzz targets for everything that callers send besides a JSON body: headers, the query, origins. `auth_fuzz` runs
//! them.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::test::TestRequest;
use auth_domain::Language;
use auth_fuzz::{Verdict, check, check_text};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use url::Url;

use crate::client::forwarded_hops;
use crate::language::Accepted;
use crate::origins::{Origins, parse_origin};
use crate::trusted_proxies::TrustedProxies;
use crate::{body, caller, cookies, middleware, query};

/// Returns a request with this header; `None` if no server would accept it.
fn with_header(name: &str, value: &[u8]) -> Option<HttpRequest> {
    let value = actix_web::http::header::HeaderValue::from_bytes(value).ok()?;
    Some(TestRequest::default().insert_header((name, value)).to_http_request())
}

/// An allowed origin is written as browsers write it, and allows itself and no other.
#[test]
fn origin() {
    check_text("origin", &[], |text| {
        let parsed = parse_origin(text);
        if let Ok(origin) = &parsed {
            assert_eq!(parse_origin(origin).as_deref(), Ok(origin.as_str()), "the normal form is stable");
            let url = Url::parse(origin).unwrap();
            assert!(matches!(url.scheme(), "http" | "https") && !origin.ends_with('/'), "{origin}");
            assert!(origin.is_ascii() && !origin.contains(['*', '@', '?', '#', ' ']), "{origin}");
            let origins = Origins::new("https://auth.example.org", [origin.clone()]);
            assert!(origins.allows(origin));
            assert!(!origins.allows(&format!("{origin}.evil.example")) && !origins.allows("null"));
        }
        parsed.ok().into()
    });
}

/// A sign-in ends nowhere but on our own pages and on those of allowed origins, as a browser reads the URL.
#[test]
fn redirect() {
    let allowed = ["https://app.example.org", "http://localhost:3000"];
    let origins = Origins::new("https://auth.example.org/base", allowed.map(str::to_owned));
    check_text("redirect", &[], |text| {
        let accepted = origins.redirect(text);
        if let Ok(location) = &accepted {
            let homes = ["https://app.example.org/", "http://localhost:3000/", "https://auth.example.org/"];
            assert!(homes.iter().any(|home| location.starts_with(home)), "{location}");
            assert!(location.bytes().all(|byte| byte.is_ascii_graphic()), "{location} is no header");
            assert_eq!(origins.redirect(location).ok(), (location.len() <= 1_024).then(|| location.clone()));
        }
        accepted.ok().into()
    });
}

/// Whatever a client writes into `X-Forwarded-For`, the address that the trusted proxy appends counts.
#[test]
fn forwarded_for() {
    let (proxies, proxy, client) = proxies();
    check_text("forwarded_for", &[], |text| {
        let line = format!("{text}, {client}");
        assert_eq!(proxies.client_of(proxy, line.split(',')), client);
        // Alone it may name anyone, but it never turns the proxy's own address into one that it does not contain.
        let named = proxies.client_of(proxy, text.split(','));
        (named != proxy).then_some(()).into()
    });
}

/// Checks the same for `Forwarded`; if the client made it unreadable, the proxy's own address counts.
#[test]
fn forwarded() {
    let (proxies, proxy, client) = proxies();
    check_text("forwarded", &[], |text| {
        let line = format!("{text}, for={client};proto=https");
        let hops = forwarded_hops(&line);
        let found = proxies.client_of(proxy, hops.iter().copied());
        assert!(found == client || (found == proxy && hops == [""]), "{found} of {line:?}");
        let alone = forwarded_hops(text);
        assert!(alone.iter().map(|hop| hop.len()).sum::<usize>() <= text.len());
        (proxies.client_of(proxy, alone.into_iter()) != proxy).then_some(()).into()
    });
}

fn proxies() -> (TrustedProxies, IpAddr, IpAddr) {
    let trusted = vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
    (TrustedProxies::new(trusted), "10.0.0.1".parse().unwrap(), "198.51.100.7".parse().unwrap())
}

/// A cookie of ours is found by its exact name, once, with exactly the value that was set.
#[test]
fn cookie_header() {
    check("cookie_header", &[], |bytes| {
        let Some(request) = with_header("cookie", bytes) else { return Verdict::Refused };
        let found = cookies::value(&request, cookies::ACCESS);
        if let Some(value) = &found {
            let line = std::str::from_utf8(bytes).unwrap();
            let pair = format!("{}={value}", cookies::ACCESS);
            let pairs = line.split(';').map(|pair| pair.trim_matches([' ', '\t']));
            let ours = pairs.filter(|pair| pair.split('=').next() == Some(cookies::ACCESS) && pair.contains('='));
            assert_eq!(ours.collect::<Vec<_>>(), [pair]);
        }
        found.into()
    });
}

/// A language is answered only if the header names it, or any.
#[test]
fn accept_language() {
    check("accept_language", &[], |bytes| {
        let Some(request) = with_header("accept-language", bytes) else { return Verdict::Refused };
        let accepted = Accepted::of(&request);
        let text = String::from_utf8_lossy(bytes).to_lowercase();
        if let Some(language) = accepted.named() {
            assert!(text.contains(language.as_str()), "{text}");
        }
        let answer = accepted.answer();
        assert!(answer == Language::English || text.contains(answer.as_str()) || text.contains('*'), "{text}");
        accepted.named().into()
    });
}

/// A bearer token is what follows the scheme, without white space around it.
#[test]
fn bearer() {
    check("bearer", &[], |bytes| {
        let Some(request) = with_header("authorization", bytes) else { return Verdict::Refused };
        let token = caller::bearer_token(&request).ok();
        if let Some(token) = &token {
            let line = std::str::from_utf8(bytes).unwrap();
            assert!(!token.is_empty() && token.trim() == token && line.trim_end().ends_with(token.as_str()));
            assert!(line.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer ")), "{line:?}");
        }
        token.into()
    });
}

/// The id that is echoed and logged is short and has nothing in it that a log or a header could stumble over.
#[test]
fn request_id() {
    check("request_id", &[], |bytes| {
        let Ok(value) = actix_web::http::header::HeaderValue::from_bytes(bytes) else { return Verdict::Refused };
        let request = TestRequest::default().insert_header(("x-request-id", value)).to_srv_request();
        let id = middleware::callers_id(&request);
        if let Some(id) = id {
            let text = id.to_str().unwrap();
            assert!((1..=128).contains(&text.len()));
            assert!(text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\":".contains(&byte)));
            assert_eq!(id.as_bytes(), bytes);
        }
        id.map(|_| ()).into()
    });
}

/// A parameter is read as forms are (URL Standard section 5), and one that comes twice is nobody's.
#[test]
fn query_string() {
    check_text("query_string", &[], |text| {
        let found = query::single_field(text, "after");
        if let Ok(found) = &found {
            let pairs = url::form_urlencoded::parse(text.as_bytes());
            let values: Vec<String> =
                pairs.filter(|(name, _)| name == "after").map(|(_, value)| value.into_owned()).collect();
            assert_eq!(values, found.iter().cloned().collect::<Vec<_>>());
        }
        let uuid = query::parse_uuid("after", text);
        assert!(uuid.is_err() || uuid.is_ok_and(|uuid| uuid.to_string() == text.to_ascii_lowercase()));
        found.ok().flatten().into()
    });
}

/// A body of the shape of a login.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Login {
    email: Option<String>,
    password: String,
    roles: Option<Vec<u8>>,
}

/// A body is an object as serde reads it; what is wrong is told without repeating what came.
#[test]
fn json_body() {
    check("json_body", &[], |bytes| {
        let parsed = body::parse_json::<Login>(bytes);
        match (&parsed, serde_json::from_slice::<Value>(bytes).ok()) {
            (Ok(Login { email, password, roles }), Some(value)) => {
                assert_eq!(value["password"], password.as_str());
                assert_eq!(value.get("email").and_then(Value::as_str), email.as_deref());
                assert_eq!(value.get("roles").is_some_and(|roles| !roles.is_null()), roles.is_some());
            }
            // Ignored fields may be nested deeper than serde_json supports, or contain numbers beyond its range.
            (Ok(_), None) => assert!(serde_json::from_slice::<IgnoredAny>(bytes).is_ok()),
            (Err(wrong), _) => {
                assert!((1..=3).contains(&wrong.errors.len()), "one a field: {wrong:?}");
                let is_json = serde_json::from_slice::<IgnoredAny>(bytes).is_ok();
                for error in &wrong.errors {
                    assert!(error.message.len() < 120, "{}", error.message);
                    assert!(!error.message.contains("hunter2") && !error.field.contains("hunter2"), "{error:?}");
                    assert!(is_json || error.field.is_empty(), "what is no JSON has no fields: {error:?}");
                }
            }
        }
        parsed.ok().into()
    });
}
