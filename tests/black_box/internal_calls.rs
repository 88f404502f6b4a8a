//! `docs/internal-calls.md`: its examples call, and what it says of refusals is so.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use auth_black_box::{Engine, SECRET, Server, assert_prints, example, examples_python, go_example, page};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
const RUST: &str = include_str!("../examples/internal_token.rs");

#[test]
fn the_page_prints_the_files() {
    assert_prints(
        "internal-calls.md",
        &["internal-calls/call.py", "internal-calls/call.mjs", "internal-calls/call.go"],
    );
    let (_, code) = RUST.split_once("\n\n").unwrap();
    assert!(page("internal-calls.md").contains(&format!("```rust\n{code}```\n")));
}

/// What the example prints, which has `key` from its environment.
fn run(mut command: Command, key: &str, arguments: &[&str]) -> String {
    let output = command.args(arguments).env("INTERNAL_KEY", key).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn python() -> Command {
    let mut command = examples_python();
    command.arg(example("internal-calls/call.py"));
    command
}

fn node() -> Command {
    let mut command = Command::new("node");
    command.arg(example("internal-calls/call.mjs"));
    command
}

fn go() -> Command {
    go_example("internal-calls")
}

async fn server() -> Server {
    let own_key =
        [("AUTH_INTERNAL__OWN_KEY__PUBLIC_KEY", PUBLIC), ("AUTH_INTERNAL__OWN_KEY__SCOPES", "credentials:read")];
    Server::with(Engine::Sqlite, &own_key).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_examples_call_and_are_told_why_they_are_refused() {
    let server = server().await;
    let id = server.register("ann").await["id"].as_str().unwrap().to_owned();
    let roles = format!("/auth/{id}/roles");
    for (language, program) in [("python", python as fn() -> Command), ("node", node), ("go", go)] {
        let call = |service: &str, key: &str, request: &[&str]| {
            run(program(), key, &[&[server.url.as_str(), service], request].concat())
        };
        let credentials = ["GET", "/auth?limit=1"];
        assert_eq!(call("backups-service", SECRET, &credentials), "200 CREDENTIALS_FETCHED", "{language}");
        assert_eq!(call("own-key", PRIVATE, &credentials), "200 CREDENTIALS_FETCHED", "{language}");
        let body = json!({ "roles": [language, "user"] }).to_string();
        assert_eq!(call("backups-service", SECRET, &["PUT", &roles, &body]), "200 ROLES_UPDATED");
        let set = server.client().login("ann", auth_black_box::PASSWORD).await.expect(200, "USER_LOGGED_IN");
        assert_eq!(set["user"]["roles"], json!([language, "user"]));
        for (service, key, refusal) in [
            ("own-key", PRIVATE, "403 FORBIDDEN scope roles:write"),
            ("backups-service", &SECRET.to_uppercase(), "401 INTERNAL_TOKEN_INVALID signature"),
            ("BACKUPS_SERVICE", SECRET, "401 INTERNAL_TOKEN_INVALID issuer"),
            ("own-key", SECRET, "401 INTERNAL_TOKEN_INVALID algorithm"),
        ] {
            assert_eq!(call(service, key, &["PUT", &roles, &body]), refusal, "{language}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_of_the_example_in_rust_is_taken() {
    let server = server().await;
    for (service, key) in [("backups-service", SECRET), ("own-key", PRIVATE)] {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        command.args(["run", "--quiet", "--example", "internal_token", "--manifest-path"]).arg(manifest).arg("--");
        let token = run(command, key, &[service]);
        server.client().bearer(&token).get("/auth").await.expect(200, "CREDENTIALS_FETCHED");
    }
}

/// A token of `backups-service`, with these changes to its header and claims; null takes a member away.
fn token(header: &Value, claims: &Value) -> String {
    let now = jsonwebtoken::get_current_timestamp();
    let mut parts = [
        json!({ "alg": "HS256", "typ": "JWT" }),
        json!({ "iss": "backups-service", "aud": "auth-service", "iat": now, "exp": now + 60, "jti": "1" }),
    ];
    for (part, changes) in parts.iter_mut().zip([header, claims]) {
        for (name, value) in changes.as_object().unwrap() {
            part[name] = value.clone();
        }
        part.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    }
    let message = parts.map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

/// The table of the page: reason → status and code.
fn told() -> BTreeMap<String, String> {
    let page = page("internal-calls.md");
    let table = page.split("## Refusals").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| 40"));
    rows.map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        (cells[2].replace('`', ""), cells[1].replace('`', ""))
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_says_what_each_refusal_says() {
    let server = server().await;
    let now = jsonwebtoken::get_current_timestamp();
    let genuine = token(&json!({}), &json!({}));
    let header = |changes: Value| token(&changes, &json!({}));
    let claims = |changes: Value| token(&json!({}), &changes);
    let tokens = [
        "x".to_owned(),
        genuine.rsplit_once('.').unwrap().0.to_owned() + ".AAAA",
        header(json!({ "typ": "at+jwt" })),
        header(json!({ "crit": ["exp"] })),
        header(json!({ "alg": "HS384" })),
        claims(json!({ "iss": "nobody" })),
        claims(json!({ "aud": "another-service" })),
        claims(json!({ "exp": now + 301 })),
        claims(json!({ "iat": now + 60, "exp": now + 90 })),
        claims(json!({ "iat": now - 100, "exp": now - 10 })),
        claims(json!({ "jti": null })),
        claims(json!({ "iat": null })),
        claims(json!({ "scope": "roles:write" })),
    ];
    let mut found = BTreeMap::new();
    for token in &tokens {
        let reply = server.client().bearer(token).get("/auth").await;
        let reason = reply.body["data"]["reason"].as_str().unwrap_or_else(|| panic!("{token}: {reply:?}")).to_owned();
        found.insert(reason, format!("{} {}", reply.status, reply.code()));
    }
    let without = server.client().get("/auth").await;
    found.insert(String::new(), format!("{} {}", without.status, without.code()));
    assert_eq!(found.len(), tokens.len() + 1, "{found:?}");
    assert_eq!(told(), found);
}
