//! `docs/verifying-tokens.md`: what it prints is run here, and refuses what a forger makes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{ChildStdin, ChildStdout, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use auth_black_box::{
    Engine, PASSWORD, Running, Server, assert_prints, example, examples_python, go_example, java_libraries, signing_key,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

const AUDIENCE: &str = "https://api.example.org";
const FILES: [&str; 4] = [
    "verifying-tokens/verify_token.py",
    "verifying-tokens/verify_token.mjs",
    "verifying-tokens/verify_token.go",
    "verifying-tokens/VerifyToken.java",
];

#[test]
fn the_page_prints_the_files() {
    assert_prints("verifying-tokens.md", &FILES);
}

/// One of the examples, running. Ends when dropped.
struct Verifier {
    _process: Running,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Verifier {
    /// Each of them.
    fn each(issuer: &str) -> [Self; 4] {
        let (mut python, mut node, go) = (examples_python(), Command::new("node"), go_example("verifying-tokens"));
        python.arg(example(FILES[0]));
        node.arg(example(FILES[1]));
        let mut java = Command::new("java");
        java.arg("-cp").arg(java_libraries()).arg(example(FILES[3]));
        [python, node, go, java].map(|mut command| {
            let mut process = Running::start(command.args([issuer, AUDIENCE]));
            let child = process.child();
            let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
            Self { _process: process, input, output }
        })
    }

    /// The claims of a token, or why it is refused.
    fn verify(&mut self, token: &str) -> Result<Value, String> {
        writeln!(self.input, "{token}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "it ended: {line}");
        serde_json::from_str(&line).map_err(|_| line)
    }
}

/// What a logout leaves behind is what the page says: a token that verifies, and that we refuse.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_examples_verify_our_access_tokens_and_cannot_see_a_logout() {
    let server = Server::with(Engine::Sqlite, &[("AUTH_AUDIENCE", AUDIENCE)]).await;
    let client = server.client();
    let user = server.register("ann").await;
    let (access, refresh) = client.login("ann", PASSWORD).await.tokens();
    let reset = client.post("/auth/lost-password", json!({ "email": "ann@example.org" })).await;
    let temp = reset.expect(200, "CODE_SENT")["tempToken"].as_str().unwrap().to_owned();
    let internal = server.internal_token();
    let mut verifiers = Verifier::each(&server.url);
    for verifier in &mut verifiers {
        let claims = verifier.verify(&access).unwrap();
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!(server.url), &json!(AUDIENCE)));
        assert_eq!(
            (&claims["sub"], &claims["roles"], &claims["amr"]),
            (&user["id"], &json!(["user"]), &json!(["pwd"]))
        );
        for other in [&refresh, &temp, &internal] {
            assert!(verifier.verify(other).is_err(), "{other}");
        }
    }

    let ann = client.bearer(&access);
    assert_eq!(ann.get("/auth/verify").await.status, 200);
    ann.post("/auth/logout", json!({ "token": refresh })).await.expect(200, "USER_LOGGED_OUT");
    for verifier in &mut verifiers {
        assert!(verifier.verify(&access).is_ok(), "nothing in the token changed");
    }
    let introspection = client.bearer(&internal).post("/auth/introspect", json!({ "token": access })).await;
    assert_eq!(introspection.body, json!({ "active": false }));
    ann.get("/auth/verify").await.expect(401, "UNAUTHORIZED");
}

/// An issuer with key 1, and how often its keys were fetched.
fn issuer() -> (String, Arc<AtomicU32>) {
    let mut key = json!(Jwk::from_encoding_key(&signing_key(1), Algorithm::EdDSA).unwrap());
    (key["kid"], key["use"]) = (json!("key-1"), json!("sig"));
    let body = json!({ "keys": [key] }).to_string();
    let answer = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let (listener, fetched) = (TcpListener::bind("127.0.0.1:0").unwrap(), Arc::new(AtomicU32::new(0)));
    let (url, counter) = (format!("http://{}", listener.local_addr().unwrap()), Arc::clone(&fetched));
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let request = head(&mut connection);
            assert!(request.starts_with("GET /.well-known/jwks.json "), "{request}");
            counter.fetch_add(1, Ordering::Relaxed);
            connection.write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, fetched)
}

/// The head of a request.
fn head(connection: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && connection.read(&mut byte).unwrap() == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// Good claims of that issuer.
fn claims(issuer: &str) -> Value {
    let now = jsonwebtoken::get_current_timestamp();
    json!({
        "iss": issuer, "aud": AUDIENCE, "sub": "0199", "exp": now + 3_600, "iat": now, "jti": "1", "sid": "0199",
        "roles": ["user"], "amr": ["pwd"], "auth_time": now,
    })
}

fn sign(header: &Header, claims: &Value, key: &EncodingKey) -> String {
    jsonwebtoken::encode(header, claims, key).unwrap()
}

/// The header of a good token.
fn header() -> Header {
    Header { typ: Some("at+jwt".to_owned()), kid: Some("key-1".to_owned()), ..Header::new(Algorithm::EdDSA) }
}

#[test]
fn the_examples_refuse_what_a_forger_makes_and_do_not_fetch_keys_at_will() {
    let (issuer, fetched) = issuer();
    let verifiers = Verifier::each(&issuer);
    let (good, key) = (claims(&issuer), signing_key(1));
    let now = good["iat"].as_i64().unwrap();
    let mut forged = Vec::new();
    for typ in [None, Some("JWT"), Some("temp+jwt"), Some("id+jwt")] {
        forged.push(sign(&Header { typ: typ.map(str::to_owned), ..header() }, &good, &key));
    }
    for (claim, value) in [
        ("iss", json!("https://elsewhere.example.org")),
        ("aud", json!("https://elsewhere.example.org")),
        ("exp", json!(now - 10)),
        ("exp", json!("tomorrow")),
        ("nbf", json!(now + 3_600)),
    ] {
        let mut other = good.clone();
        other[claim] = value;
        forged.push(sign(&header(), &other, &key));
    }
    for claim in good.as_object().unwrap().keys() {
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove(claim);
        forged.push(sign(&header(), &without, &key));
    }
    forged.push(sign(&header(), &good, &signing_key(2)));
    let theirs = Jwk::from_encoding_key(&signing_key(2), Algorithm::EdDSA).unwrap();
    forged.push(sign(&Header { jwk: Some(theirs), ..header() }, &good, &signing_key(2)));
    let public = json!(Jwk::from_encoding_key(&key, Algorithm::EdDSA).unwrap());
    let public = URL_SAFE_NO_PAD.decode(public["x"].as_str().unwrap()).unwrap();
    forged.push(sign(&Header { alg: Algorithm::HS256, ..header() }, &good, &EncodingKey::from_secret(&public)));
    let none = URL_SAFE_NO_PAD.encode(json!({ "alg": "none", "typ": "at+jwt", "kid": "key-1" }).to_string());
    forged.push(format!("{none}.{}.", URL_SAFE_NO_PAD.encode(good.to_string())));
    let genuine = sign(&header(), &good, &key);
    forged.extend([String::new(), "x".to_owned(), "..".to_owned(), format!("{genuine}x")]);
    for number in 2..20 {
        let unknown = Header { kid: Some(format!("key-{number}")), ..header() };
        forged.push(sign(&unknown, &good, &signing_key(number)));
    }

    for (index, mut verifier) in verifiers.into_iter().enumerate() {
        assert_eq!(verifier.verify(&genuine), Ok(good.clone()));
        for token in &forged {
            assert!(verifier.verify(token).is_err(), "{}: {token}", FILES[index]);
        }
        assert_eq!(verifier.verify(&genuine), Ok(good.clone()));
        assert_eq!(fetched.swap(0, Ordering::Relaxed), 1, "{}: keys are asked for once a minute", FILES[index]);
    }
    for (mut verifier, reason) in
        Verifier::each("http://127.0.0.1:1").into_iter().zip(["PyJWKClientConnectionError", "503", "503", "503"])
    {
        let away = verifier.verify(&genuine).unwrap_err();
        assert!(away.starts_with(reason), "no refusal of the token: {away}");
    }
}
