//! `AUTH_DISCLOSURE=concealed`: a stranger learns nothing about who has an account, neither from what is answered nor
//! from how long it takes.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use auth_black_box::{Client, PASSWORD, Reply, Server, each_engine};
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};

const CONCEALED: (&str, &str) = ("AUTH_DISCLOSURE", "concealed");

/// What a stranger asks about an address.
#[derive(Clone, Copy, Debug)]
enum Question {
    Login,
    LostPassword,
    Register,
}

const QUESTIONS: [Question; 3] = [Question::Login, Question::LostPassword, Question::Register];

async fn ask(client: &Client, question: Question, name: &str) -> Reply {
    let email = format!("{name}@example.org");
    let (path, body) = match question {
        Question::Login => ("/auth/login", json!({ "email": email, "password": "wrong password" })),
        Question::LostPassword => ("/auth/lost-password", json!({ "email": email })),
        Question::Register => ("/auth/register", json!({ "email": email, "password": PASSWORD })),
    };
    client.post(path, body).await
}

/// An answer without what is different each time.
fn shape(reply: &Reply, name: &str) -> (u16, BTreeSet<String>, Value) {
    let own = |name: &str| matches!(name, "date" | "x-request-id" | "content-length");
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        if own(name.as_str()) { name.to_string() } else { format!("{name}: {value:?}") }
    };
    let headers = reply.headers.iter().map(header).collect();
    let mut body = reply.body.clone();
    let data = &mut body["data"];
    if data["tempToken"].is_string() {
        data["tempToken"] = json!(data["tempToken"].as_str().unwrap().len());
    }
    if data["user"].is_object() {
        // Of a time the last digits may be missing: it has no trailing zeros.
        data["user"]["createdAt"] = json!(data["user"]["createdAt"].as_str().unwrap().ends_with('Z'));
        data["user"]["id"] = json!(data["user"]["id"].as_str().unwrap().len());
        data["user"]["email"] = json!(data["user"]["email"].as_str().unwrap().replace(name, "name"));
    }
    (reply.status, headers, body)
}

/// The probability that a hit takes longer than a miss: 0.5 tells nothing, 0 and 1 everything.
fn advantage(hits: &[Duration], misses: &[Duration]) -> f64 {
    let pairs = hits.iter().flat_map(|hit| misses.iter().map(move |miss| (hit, miss)));
    let longer = pairs.filter(|(hit, miss)| hit > miss).count();
    longer as f64 / (hits.len() * misses.len()) as f64
}

each_engine! {
    async fn hits_and_misses_look_alike_and_so_does_what_follows(engine) {
        for required in ["off", "on"] {
            let server = Server::with(engine, &[CONCEALED, ("AUTH_REQUIRE_VERIFIED_EMAIL", required)]).await;
            server.register("taken").await;
            let client = server.client();
            for question in QUESTIONS {
                let (hit, miss) = (ask(&client, question, "taken").await, ask(&client, question, "other").await);
                assert_eq!(shape(&hit, "taken"), shape(&miss, "other"), "{question:?}");
            }
            client.login("taken", "wrong password").await.expect(400, "INVALID_CREDENTIALS");
            server.sql("UPDATE accounts SET password_hash = NULL WHERE email_key = 'taken@example.org'");
            client.login("taken", PASSWORD).await.expect(400, "INVALID_CREDENTIALS");
        }
    }

    async fn a_stranger_cannot_tell_by_the_clock(engine) {
        const ASKED: usize = 60;
        // As in production, where a hash weighs most.
        let weight = [("AUTH_HASH_MEMORY_KIB", "19456"), ("AUTH_HASH_PASSES", "2")];
        for mail in [None, Some(("AUTH_MAIL_URL", "smtp://127.0.0.1:1"))] {
            let settings: Vec<(&str, &str)> = [CONCEALED].into_iter().chain(weight).chain(mail).collect();
            let server = Server::with(engine, &settings).await;
            for number in 0..ASKED {
                server.register(&format!("hit-{number}")).await;
            }
            let client = server.client();
            for question in QUESTIONS {
                let (mut hits, mut misses) = (Vec::new(), Vec::new());
                for number in 0..ASKED {
                    // Side by side, first the one and then the other, in turn.
                    let mut pair = [(format!("hit-{number}"), &mut hits), (format!("{question:?}-{number}"), &mut misses)];
                    if number % 2 == 1 {
                        pair.reverse();
                    }
                    for (name, times) in pair {
                        let began = Instant::now();
                        assert!(ask(&client, question, &name).await.status < 429);
                        times.push(began.elapsed());
                    }
                }
                let advantage = advantage(&hits, &misses);
                println!("{question:?}, mail server {}: a hit takes longer with probability {advantage:.2}", if mail.is_some() { "down" } else { "up" });
                // Sixty of each: 0.5 give or take 0.05 (one standard deviation) where nothing is to be told.
                assert!((0.25..0.75).contains(&advantage), "{question:?}: {advantage}");
            }
        }
    }
}
