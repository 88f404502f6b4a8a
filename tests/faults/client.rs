//! A client with an account of its own, which knows after each answer what must hold from then on.
//!
//! Where an answer is lost it asks again, as a real one would, and takes for right whatever either outcome allows. What it
//! does stands in `sessions` and `credentials`; this file has what they share.

mod credentials;
mod sessions;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::http::{Answer, Call, Connection, Outcome};
use crate::world::{Spent, World};

/// For how long a client asks again before it gives up, beyond any outage that a run brings about.
const PERSEVERANCE: Duration = Duration::from_secs(600);
/// The same once the run is over and everything works.
const PATIENCE: Duration = Duration::from_secs(60);

/// Nothing was decided for longer than the service may be away.
pub struct GaveUp;

type Done<T = ()> = Result<T, GaveUp>;

/// A session of the account.
#[derive(Clone, Debug)]
pub struct Session {
    /// The refresh token to send next.
    pub refresh_token: String,
    access_token: String,
    opened_at: Instant,
    refreshed_at: Instant,
}

/// What the client knows of its account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its address.
    pub email: String,
    /// The password that must work.
    pub password: String,
    /// Its id, when some answer told it.
    pub id: Option<String>,
    /// The sessions that must work.
    pub sessions: Vec<Session>,
    /// Whether a second factor must be asked for.
    pub has_factor: bool,
    recovery_codes: Vec<String>,
    was_recovered: bool,
}

/// A client.
pub struct Client {
    world: Arc<World>,
    number: usize,
    random: fastrand::Rng,
    connection: Connection,
    accounts_so_far: usize,
    account: Account,
}

/// The network of the client of that number: one each, or they would share its limits.
pub fn network(number: usize) -> String {
    format!("10.{}.{}.7", number / 256, number % 256)
}

/// How often of a hundred times a client does what.
const ACTS: [(Act, u32); 8] = [
    (Act::Refresh, 46),
    (Act::Me, 14),
    (Act::Login, 13),
    (Act::Logout, 9),
    (Act::ChangePassword, 6),
    (Act::Delete, 5),
    (Act::Recover, 4),
    (Act::Enrol, 3),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Refresh,
    Me,
    Login,
    Logout,
    ChangePassword,
    Delete,
    Recover,
    Enrol,
}

impl Client {
    /// One that has done nothing yet.
    pub fn new(world: &Arc<World>, number: usize) -> Self {
        let mut random = fastrand::Rng::with_seed(number as u64);
        let connection = Connection::new(random.choice(&world.ports).copied().expect("a node"), &network(number));
        let account = Account {
            email: String::new(),
            password: String::new(),
            id: None,
            sessions: Vec::new(),
            has_factor: false,
            recovery_codes: Vec::new(),
            was_recovered: false,
        };
        Self { world: Arc::clone(world), number, random, connection, accounts_so_far: 0, account }
    }

    /// Lives until the run is over; answers what must hold then. None where it never learned whether it has an account.
    pub async fn live(mut self) -> Option<(usize, Account)> {
        let lived = async {
            self.new_account().await?;
            while !self.world.is_over() {
                self.world.rest().await;
                self.act().await?;
            }
            Ok(())
        };
        let lived: Done = lived.await;
        if lived.is_err() {
            self.world.violation(format!(
                "client {} gave up: nothing was decided for minutes ({})",
                self.number, self.account.email
            ));
            return None;
        }
        Some((self.number, self.account))
    }

    async fn act(&mut self) -> Done {
        let mut drawn = self.random.u32(0..100);
        let drawn = ACTS.iter().find(|(_, weight)| {
            let is_it = drawn < *weight;
            drawn = drawn.saturating_sub(*weight);
            is_it
        });
        let (act, _) = drawn.expect("the weights are a hundred");
        // Only a recovery code opens a session where there is a factor: its secret was thrown away.
        let cannot_log_in = self.account.has_factor && self.account.recovery_codes.is_empty();
        match act {
            _ if self.account.sessions.is_empty() && cannot_log_in => self.new_account().await,
            Act::Login if self.account.sessions.len() >= 4 || cannot_log_in => self.refresh().await,
            Act::Refresh => self.refresh().await,
            Act::Me => self.me().await,
            Act::Login => self.login().await,
            Act::Logout => self.logout().await,
            Act::ChangePassword => self.change_password().await,
            Act::Delete => self.delete().await,
            Act::Recover => self.recover().await,
            Act::Enrol => self.enrol().await,
        }
    }

    /// Sends once, to a node chosen anew now and then.
    async fn send(&mut self, call: &Call) -> Outcome {
        if self.random.u8(0..10) == 0 {
            self.connection = self.new_connection();
        }
        let began = Instant::now();
        let mut outcome = self.connection.send(call).await;
        if self.world.loses_answer(self.random.u16(0..1_000)) && matches!(outcome, Outcome::Answered(_)) {
            (outcome, self.connection) = (Outcome::Unknown, self.new_connection());
        }
        self.world.count(call.path(), &outcome, began.elapsed());
        outcome
    }

    fn new_connection(&mut self) -> Connection {
        let port = self.random.choice(&self.world.ports).copied().expect("a node");
        Connection::new(port, &network(self.number))
    }

    /// Sends it several times at once, on connections of their own.
    async fn send_at_once(&mut self, times: usize, call: &Call) -> Vec<Outcome> {
        let connections: Vec<Connection> = (0..times).map(|_| self.new_connection()).collect();
        let world = &self.world;
        join_all(connections.into_iter().map(async |mut connection| {
            let began = Instant::now();
            let outcome = connection.send(call).await;
            world.count(call.path(), &outcome, began.elapsed());
            outcome
        }))
        .await
    }

    /// Asks until there is an answer that decides; answers it, and whether an earlier try may have had its effect.
    async fn insist(&mut self, call: &Call) -> Done<(Answer, bool)> {
        let (began, mut maybe) = (Instant::now(), false);
        loop {
            let pause = match self.send(call).await {
                Outcome::Answered(answer) if answer.status == 503 => {
                    maybe |= answer.code == "UNAVAILABLE";
                    100 + self.random.u64(0..200)
                }
                // The clients of a test come faster than people do.
                Outcome::Answered(answer) if answer.status == 429 => 300,
                Outcome::Answered(answer) => return Ok((answer, maybe)),
                Outcome::NotSent => 50,
                Outcome::Unknown | Outcome::Hung => {
                    maybe = true;
                    20
                }
            };
            if began.elapsed() > if self.world.is_over() { PATIENCE } else { PERSEVERANCE } {
                return Err(GaveUp);
            }
            sleep(Duration::from_millis(pause)).await;
        }
    }

    fn wrong(&self, what: &str, answer: &Answer, maybe: bool) {
        let Answer { status, code, .. } = answer;
        let earlier = if maybe { ", an earlier try may have had its effect" } else { "" };
        self.world.violation(format!("{what}: {status} {code}{earlier} ({})", self.account.email));
    }

    async fn new_account(&mut self) -> Done {
        self.accounts_so_far += 1;
        let (number, so_far) = (self.number, self.accounts_so_far);
        self.account = Account {
            email: format!("client{number}.{so_far}@example.org"),
            password: self.new_password(),
            id: None,
            sessions: Vec::new(),
            has_factor: false,
            recovery_codes: Vec::new(),
            was_recovered: false,
        };
        let call =
            Call::post("/auth/register", json!({ "email": self.account.email, "password": self.account.password }));
        if self.random.u8(0..3) == 0 {
            let answers = decided(self.send_at_once(3, &call).await);
            let registered: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
            if registered.len() > 1 {
                self.world.violation(format!("{} was registered {} times", self.account.email, registered.len()));
            }
            if let Some(answer) = registered.first() {
                self.registered(&answer.data);
            }
        }
        if self.account.id.is_none() {
            let (answer, maybe) = self.insist(&call).await?;
            match answer.code.as_str() {
                "USER_REGISTERED" => self.registered(&answer.data),
                // One of the race, or the same request before its answer was lost.
                "EMAIL_EXISTS" | "USER_EXISTS" => {}
                _ => self.wrong("a new user cannot register", &answer, maybe),
            }
        }
        self.login().await
    }

    fn registered(&mut self, data: &Value) {
        self.account.id = data["user"]["id"].as_str().map(str::to_owned);
        self.world.acknowledge("registration");
    }

    fn new_password(&mut self) -> String {
        format!("password of client {} {}", self.number, self.random.u64(..))
    }

    async fn delete(&mut self) -> Done {
        let Some(session) = self.fresh_session().await? else { return Ok(()) };
        let call = Call::new(hyper::Method::DELETE, "/auth/delete").bearer(&session.access_token);
        let (answer, maybe) = self.insist(&call).await?;
        let is_gone = maybe && matches!(answer.code.as_str(), "UNAUTHORIZED" | "USER_NOT_FOUND");
        if answer.status != 200 && !is_gone {
            self.wrong("a user cannot delete the account", &answer, maybe);
            return Ok(());
        }
        self.world.acknowledge("deletion");
        for session in self.account.sessions.drain(..) {
            self.world.spend(Spent::Session { token: session.refresh_token, by: "the deletion of the account" });
        }
        self.world.ledger().deleted.push(crate::world::Deleted {
            email: self.account.email.clone(),
            id: self.account.id.clone(),
            deletion: answer.data["deletionId"].as_str().map(str::to_owned),
            password: self.account.password.clone(),
        });
        self.new_account().await
    }
}

/// The answers that decide: all but 503.
fn decided(outcomes: Vec<Outcome>) -> Vec<Answer> {
    let answers = outcomes.into_iter().filter_map(|outcome| match outcome {
        Outcome::Answered(answer) if answer.status != 503 => Some(answer),
        _ => None,
    });
    answers.collect()
}
