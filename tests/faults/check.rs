//! Compares the service with the ledger: what was acknowledged is there, and what was used up stays so.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use auth_black_box::WebhookReceiver;
use futures_util::stream::{self, StreamExt as _};
use hyper::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::client::{Account, network};
use crate::http::{Answer, Call, Connection, Outcome};
use crate::world::{Deleted, Spent, World};

/// As many questions are asked at once.
const AT_ONCE: usize = 16;
/// How many deletions are asked about with one token.
const DELETED_AT_ONCE: usize = 200;
/// How long the service has to come back.
const PATIENCE: Duration = Duration::from_secs(150);
/// Numbers of networks that no client has.
const STRANGERS: usize = 60_000;

/// Statements that must find nothing on either engine.
const NONE_OF: [(&str, &str); 6] = [
    (
        "accounts share an address",
        "SELECT count(*) FROM (SELECT email_key FROM accounts GROUP BY email_key HAVING count(*) > 1) AS x",
    ),
    (
        "sessions belong to nobody",
        "SELECT count(*) FROM sessions s LEFT JOIN accounts a ON a.id = s.account_id WHERE a.id IS NULL",
    ),
    ("deleted accounts are there", "SELECT count(*) FROM deletions d JOIN accounts a ON a.id = d.account_id"),
    (
        "deletions have no event",
        "SELECT count(*) FROM deletions d LEFT JOIN events e ON e.related_id = d.id WHERE e.id IS NULL",
    ),
    (
        "accounts were deleted twice",
        "SELECT count(*) FROM (SELECT account_id FROM deletions GROUP BY account_id HAVING count(*) > 1) AS x",
    ),
    (
        "challenges belong to nobody",
        "SELECT count(*) FROM challenges c LEFT JOIN accounts a ON a.id = c.account_id \
         WHERE c.account_id IS NOT NULL AND a.id IS NULL",
    ),
];

/// Asks the service for all of it; answers how many things were compared. What differs is a violation in the ledger.
pub async fn check(
    world: &World,
    internal_token: impl Fn() -> String,
    (hook, told_within): (&WebhookReceiver, Duration),
    accounts: &[(usize, Account)],
    sql: impl Fn(&str) -> String,
) -> u64 {
    let alive: HashMap<&str, &(usize, Account)> =
        accounts.iter().map(|known| (known.1.email.as_str(), known)).collect();
    let (spent, deleted) = {
        let ledger = world.ledger();
        (ledger.spent.clone(), ledger.deleted.clone())
    };
    let checker = Checker { world, port: world.ports[0] };
    let mut checked = 0;
    checked += sum(stream::iter(accounts).map(|(number, account)| checker.is_there(*number, account))).await;
    checked +=
        sum(stream::iter(spent.iter().enumerate()).map(|(at, spent)| checker.stays_spent(at, spent, &alive))).await;
    let events = checker.events(&internal_token()).await;
    checked += checker.registered_are_announced(&events, accounts);
    // A token does not live as long as it takes to ask about the thousands of a soak.
    for some in deleted.chunks(DELETED_AT_ONCE) {
        let token = internal_token();
        checked += sum(stream::iter(some).map(|deleted| checker.is_gone(deleted, &events, &token))).await;
    }
    checked += checker.deletions_reach(hook, told_within, &deleted).await;
    for (what, statement) in NONE_OF {
        checked += 1;
        match sql(statement).as_str() {
            "0" => {}
            count => world.violation(format!("{count} {what}")),
        }
    }
    checked
}

async fn sum(checks: impl stream::Stream<Item = impl Future<Output = u64>>) -> u64 {
    checks.buffer_unordered(AT_ONCE).fold(0, async |sum, checked| sum + checked).await
}

/// Accounts by the kind of event that named them, each as often as it was named.
type Events = BTreeMap<(String, String), usize>;

struct Checker<'a> {
    world: &'a World,
    port: u16,
}

impl Checker<'_> {
    /// Asks until the service decides.
    async fn ask(&self, network: &str, call: &Call) -> Option<Answer> {
        let (began, mut connection) = (Instant::now(), Connection::new(self.port, network));
        while began.elapsed() < PATIENCE {
            match connection.send(call).await {
                Outcome::Answered(answer) if !matches!(answer.status, 429 | 503) => return Some(answer),
                _ => sleep(Duration::from_millis(300)).await,
            }
        }
        self.world.violation(format!("{} was not decided within {PATIENCE:?}", call.path()));
        None
    }

    /// Every session refreshes, and the password logs in.
    async fn is_there(&self, number: usize, account: &Account) -> u64 {
        let network = network(number);
        for session in &account.sessions {
            let call = Call::post("/auth/refresh", json!({ "token": session.refresh_token }));
            let Some(answer) = self.ask(&network, &call).await else { continue };
            if answer.status != 200 {
                self.world
                    .violation(format!("a session of {} is gone: {} {}", account.email, answer.status, answer.code));
            }
        }
        if let Some(answer) = self.login(&network, &account.email, &account.password).await {
            let expected = if account.has_factor { 206 } else { 200 };
            if answer.status != expected {
                let Answer { status, code, .. } = answer;
                let what = "the account, its password or its second factor is not as it was acknowledged";
                self.world.violation(format!("{what} ({}): {status} {code}", account.email));
            }
        }
        account.sessions.len() as u64 + 1
    }

    async fn login(&self, network: &str, email: &str, password: &str) -> Option<Answer> {
        let body = json!({ "username": email, "password": password });
        self.ask(network, &Call::post("/auth/login", body)).await
    }

    /// What was used up does not work.
    async fn stays_spent(&self, at: usize, spent: &Spent, alive: &HashMap<&str, &(usize, Account)>) -> u64 {
        let stranger = network(STRANGERS + at % 5_000);
        let (what, worked) = match spent {
            Spent::Session { token, by } => {
                let call = Call::post("/auth/refresh", json!({ "token": token }));
                (
                    format!("a session outlives {by}"),
                    self.ask(&stranger, &call).await.map(|answer| answer.status == 200),
                )
            }
            Spent::Password { email, password } => {
                let answer = self.login(&stranger, email, password).await;
                (format!("a replaced password of {email} works"), answer.map(|answer| answer.status < 300))
            }
            Spent::Code { code, temp_token } => {
                let call = Call::post("/auth/verify-code", json!({ "otpCode": code })).bearer(temp_token);
                (
                    "a mailed code works twice".to_owned(),
                    self.ask(&stranger, &call).await.map(|answer| answer.status == 200),
                )
            }
            Spent::TempToken(token) => {
                let stolen = "a password that somebody else chose";
                let body = json!({ "password": stolen, "confirmPassword": stolen });
                let answer = self.ask(&stranger, &Call::post("/auth/update-password", body).bearer(token)).await;
                ("a temp token works twice".to_owned(), answer.map(|answer| answer.status < 300))
            }
            Spent::RecoveryCode { email, code } => {
                let Some((_, account)) = alive.get(email.as_str()) else { return 0 };
                let Some(answer) = self.login(&stranger, email, &account.password).await else { return 0 };
                let temp_token = answer.data["tempToken"].as_str().unwrap_or_default();
                let call = Call::post("/2fa/recovery/verify-login", json!({ "recoveryCode": code })).bearer(temp_token);
                let answer = self.ask(&stranger, &call).await;
                (format!("a recovery code of {email} works twice"), answer.map(|answer| answer.status == 200))
            }
        };
        if worked == Some(true) {
            self.world.violation(what);
        }
        1
    }

    async fn events(&self, token: &str) -> Events {
        let (mut events, mut after) = (Events::new(), None::<String>);
        loop {
            let path = after.map_or_else(|| "/auth/events".to_owned(), |after| format!("/auth/events?after={after}"));
            let call = Call::new(Method::GET, &path).bearer(token);
            let page = self.ask(&network(STRANGERS), &call).await.map(|answer| answer.data["events"].clone());
            let page = page.as_ref().and_then(Value::as_array).filter(|page| !page.is_empty());
            let Some(page) = page else { return events };
            for event in page {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                *events.entry((text(&event["type"]), text(&event["data"]["userId"]))).or_default() += 1;
            }
            after = page.last().and_then(|event| event["id"].as_str()).map(str::to_owned);
        }
    }

    fn registered_are_announced(&self, events: &Events, accounts: &[(usize, Account)]) -> u64 {
        let mut checked = 0;
        for (_, account) in accounts {
            let Some(id) = &account.id else { continue };
            checked += 1;
            let times = events.get(&("user.registered".to_owned(), id.clone())).copied().unwrap_or_default();
            if times != 1 {
                self.world.violation(format!("the registration of {} is announced {times} times", account.email));
            }
        }
        checked
    }

    /// The account is gone, the deletion recorded, and announced once.
    async fn is_gone(&self, deleted: &Deleted, events: &Events, token: &str) -> u64 {
        let Deleted { email, id, deletion, password } = deleted;
        let stranger = network(STRANGERS + 5_000 + email.len());
        if let Some(answer) = self.login(&stranger, email, password).await
            && answer.status < 300
        {
            self.world.violation(format!("{email} was deleted and logs in"));
        }
        if let Some(id) = id {
            let times = events.get(&("user.deleted".to_owned(), id.clone())).copied().unwrap_or_default();
            if times != 1 {
                self.world.violation(format!("the deletion of {email} is announced {times} times"));
            }
        }
        if let Some(deletion) = deletion {
            let call = Call::new(Method::GET, &format!("/auth/deletions/{deletion}")).bearer(token);
            if let Some(answer) = self.ask(&stranger, &call).await
                && answer.status != 200
            {
                self.world.violation(format!("the deletion of {email} is not recorded: {}", answer.code));
            }
        }
        1
    }

    /// The service beside is told of every deletion.
    async fn deletions_reach(&self, hook: &WebhookReceiver, within: Duration, deleted: &[Deleted]) -> u64 {
        let began = Instant::now();
        let missing = || {
            let deliveries = hook.deliveries();
            let told: Vec<&str> = deliveries
                .iter()
                .filter(|delivery| delivery["acknowledged"] == true && delivery["event"]["type"] == "user.deleted")
                .filter_map(|delivery| delivery["event"]["data"]["userId"].as_str())
                .collect();
            deleted.iter().filter_map(|deleted| deleted.id.as_deref()).filter(|id| !told.contains(id)).count()
        };
        while missing() > 0 && began.elapsed() < within {
            sleep(Duration::from_millis(500)).await;
        }
        if missing() > 0 {
            self.world.violation(format!("of {} deletions the service beside was never told", missing()));
        }
        deleted.len() as u64
    }
}
