//! How many instructions the inner parts of a request take, counted by callgrind: unlike times, they hardly depend on what
//! else the machine does. Each operation runs in processes of its own, so that it can be counted with and without many
//! repetitions; the difference leaves out what it takes to begin.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use actix_web::test::{TestRequest, init_service, read_body, try_call_service};
use actix_web::web::Data;
use auth_crypto::{AccessTokenSigner, KeyRing, MasterKey, SealedSigningKeys};
use auth_domain::SigningKeyId;
use auth_domain::access_token::AccessClaims;
use auth_domain::account::{Account, Roles};
use auth_domain::audience::{Audience, Audiences};
use auth_domain::ports::{AccessTokens as _, Change, SigningKeyMaker as _, Store as _};
use auth_domain::session::refresh::present;
use auth_domain::session::{AuthenticationMethod, Generation, Session};
use auth_domain::signing_key::SigningKey;
use auth_domain::token_exchange::Actors;
use auth_http::{Connections, DocumentCache, Draining, Edge, Metrics, NetworkLimits, Origins, TrustedProxies};
use auth_testkit::doubles::CountingEntropy;
use auth_testkit::fixtures::{self, NOW};
use auth_testkit::test_service::TestService;
use supervisor::Supervisor;

const OPERATIONS: [(&str, &str); 7] = [
    ("verify", "an access token that was not seen before is verified"),
    ("verify-again", "an access token is verified again"),
    ("sign", "an access token is signed"),
    ("decide", "the answer to a refresh token is decided on"),
    ("commit", "a refresh is committed on SQLite"),
    ("me", "`GET /auth/me`, from the parsed request to the bytes of its answer, with doubles for keys and store"),
    ("refresh", "`POST /auth/refresh`, the same"),
];
const FEW: u32 = 100;
const MANY: u32 = 1_100;

/// Prints a table, by running itself under callgrind.
pub(crate) fn measure() {
    println!("| what | instructions |");
    println!("| --- | --- |");
    for (name, text) in OPERATIONS {
        let [few, many] = [FEW, MANY].map(|times| counted(name, times));
        println!("| {text} | {} |", (many - few) / u64::from(MANY - FEW));
    }
}

/// All instructions of a process that does it so many times.
fn counted(name: &str, times: u32) -> u64 {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(std::env::current_exe().unwrap());
    let output = valgrind.args(["repeat", name, &times.to_string()]).output();
    let output = output.expect("valgrind starts: on Debian, apt-get install valgrind");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let count = text.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    count.unwrap_or_else(|| panic!("callgrind prints no count: {text}"))
}

/// Does it so many times. What it takes to begin does not depend on how many.
pub(crate) async fn repeat(name: &str, times: u32) {
    match name {
        "verify" | "verify-again" | "sign" => tokens(name, times),
        "decide" => decisions(times),
        "commit" => commits(times).await,
        "me" | "refresh" => requests(name, times).await,
        _ => panic!("no such operation: {name}"),
    }
}

fn tokens(name: &str, times: u32) {
    let ring = || KeyRing::new(&MasterKey::new([1; 32]), &[]);
    let id = SigningKeyId::generate(NOW, [2; 32]);
    let pair = SealedSigningKeys::new(ring()).make(id, [2; 32], [3; 32]);
    let (public_key, sealed_private_key) = (pair.public_key, pair.sealed_private_key);
    let key = SigningKey { id, sequence: 1, active_from: NOW, public_key, sealed_private_key };
    let audiences = || Audiences::new("https://api.example".to_owned(), [].into());
    let signer = AccessTokenSigner::new(ring(), "https://auth.example".to_owned(), audiences());
    signer.load(&[key]).unwrap();
    let account = fixtures::account();
    let claims = |number: u32| AccessClaims {
        audience: Audience::Default,
        account_id: account.id,
        session_id: fixtures::session(&account).id,
        generation: Generation::from_number(number),
        nonce: [3; 12],
        roles: Roles::of_new_account(),
        method: AuthenticationMethod::Password,
        authenticated_at: NOW,
        issued_at: NOW,
        expires_at: NOW + Duration::from_secs(600),
        actors: Actors::default(),
    };
    let tokens: Vec<_> = (0..MANY).map(|number| signer.issue(&claims(number)).unwrap()).collect();
    for number in 0..times {
        let which = if name == "verify" { number as usize } else { 0 };
        match name {
            "sign" => drop(std::hint::black_box(signer.issue(&claims(number)).unwrap())),
            _ => drop(std::hint::black_box(signer.verify(tokens[which].reveal(), NOW).unwrap())),
        }
    }
}

fn decisions(times: u32) {
    let session = fixtures::session(&fixtures::account());
    let client = fixtures::client(1);
    for _ in 0..times {
        let presented = session.rotation.generation;
        std::hint::black_box(present(&session.rotation, presented, &client, NOW, Duration::from_secs(30)));
    }
}

async fn commits(times: u32) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.db");
    auth_sqlite::migrate(&path).await.unwrap();
    let store = auth_sqlite::open(&path, None).await.unwrap();
    let account = fixtures::account();
    let mut session = fixtures::session(&account);
    store.commit(vec![Change::InsertAccount(account.clone())]).await.unwrap();
    store.commit(vec![opened(&account, &session)]).await.unwrap();
    for _ in 0..times {
        let from = session.rotation.version();
        session.rotation.generation = session.rotation.generation.next();
        let change = Change::AdvanceSession {
            account_id: account.id,
            revision: account.revision(),
            session_id: session.id,
            from,
            rotation: session.rotation.clone(),
            key_id: session.key_id.clone(),
            idle_expires_at: session.idle_expires_at,
        };
        store.commit(vec![change]).await.unwrap();
    }
}

fn opened(account: &Account, session: &Session) -> Change {
    Change::InsertSession {
        session: session.clone(),
        credential_version: account.credential_version,
        two_factor_version: account.two_factor.version,
    }
}

/// Nobody configured it.
fn edge() -> Edge {
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
        origins: Origins::new("https://auth.example", []),
        documents: DocumentCache::default(),
        providers: Vec::new(),
        issuer: "https://auth.example".to_owned(),
        base_paths: vec!["/".to_owned()],
    }
}

async fn requests(name: &str, times: u32) {
    let service = TestService::new();
    service.register("ann@example.org").await;
    let tokens = service.log_in("ann@example.org").await.tokens;
    let (access, mut refresh) = (tokens.access.reveal().to_owned(), tokens.refresh.reveal().to_owned());
    let app = init_service(auth_http::app(&Data::from(service.use_cases.clone()), &Data::new(edge()))).await;
    for _ in 0..times {
        let from = TestRequest::default().peer_addr(([127, 0, 0, 1], 1).into());
        let request = match name {
            "me" => from.uri("/auth/me").insert_header(("Authorization", format!("Bearer {access}"))),
            _ => from
                .method(actix_web::http::Method::POST)
                .uri("/auth/refresh")
                .insert_header(("Content-Type", "application/json"))
                .set_payload(format!("{{\"token\":\"{refresh}\"}}")),
        };
        let answer = try_call_service(&app, request.to_request()).await.unwrap();
        assert_eq!(answer.status(), 200);
        let body = read_body(answer).await;
        if name == "refresh" {
            let text = std::str::from_utf8(&body).unwrap();
            let (_, rest) = text.split_once("\"refreshToken\":\"").unwrap();
            refresh = rest.split('"').next().unwrap().to_owned();
        }
    }
}
