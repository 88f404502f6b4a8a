//! 10 000 refreshes, logins and recoveries over a hundred days on a real store, with the clock in our hands: what
//! housekeeping leaves is what `docs/retention.md` says.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected is to fail")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use auth_crypto::{
    DerivedCodes, DerivedRefreshTokens, KeyRing, KeyedNameDigest, MasterKey, SystemEntropy, TempTokenSigner,
};
use auth_domain::Timestamp;
use auth_domain::access_token::{AccessClaims, BearerToken, TokenFault, TokenRejection};
use auth_domain::account::{LoginName, Password, PasswordHash};
use auth_domain::audience::Audience;
use auth_domain::mail::{OutgoingContent, OutgoingMail};
use auth_domain::ports::{
    AccessTokens, Clock, HashingError, KnownNetworks, MailError, Mailer, NoSigningKey, PasswordHasher, PasswordVerdict,
    Store, StoredHash,
};
use auth_domain::session::{Client, Network, SessionLifetimes};
use auth_domain::use_cases::{
    Delivered, LoginOutcome, LoginRequest, PasswordUpdated, Policy, Ports, RegisterRequest, UpdatePasswordRequest,
    UseCases,
};
use auth_sqlite::{migrate, open};
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};

const STEPS: u32 = 100 * STEPS_A_DAY;
const STEPS_A_DAY: u32 = 100;
const USERS: u32 = 100;
const STEP: Duration = Duration::from_secs(86_400 / STEPS_A_DAY as u64);
const DAY: Duration = Duration::from_secs(86_400);
const IDLE: Duration = Duration::from_secs(30 * 86_400);
const ABSOLUTE: Duration = Duration::from_secs(90 * 86_400);

struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// What is counted is rows: a password is its own hash.
struct NoHashing;

#[async_trait]
impl PasswordHasher for NoHashing {
    fn admits(&self, _: &Network) -> Result<(), HashingError> {
        Ok(())
    }

    async fn hash(&self, password: Password, _: [u8; 16], _: &Network) -> Result<PasswordHash, HashingError> {
        Ok(PasswordHash::from_phc(password.reveal().to_owned()))
    }

    async fn verify(
        &self,
        password: Password,
        hash: Option<StoredHash>,
        _: &Network,
    ) -> Result<PasswordVerdict, HashingError> {
        let right = hash.is_some_and(|stored| stored.hash.as_phc() == password.reveal());
        Ok(if right { PasswordVerdict::Match } else { PasswordVerdict::Miss })
    }
}

impl KnownNetworks for NoHashing {
    fn learn(&self, _: &Network, _: Timestamp) {}

    fn forget_before(&self, _: Timestamp) {}
}

struct NoAccessTokens;

impl AccessTokens for NoAccessTokens {
    fn issue(&self, _: &AccessClaims) -> Result<BearerToken, NoSigningKey> {
        Ok(BearerToken::new("not looked at".to_owned()))
    }

    fn verify(&self, _: &str, _: Timestamp) -> Result<AccessClaims, TokenRejection> {
        Err(TokenFault::Malformed.into())
    }
}

/// Keeps the newest code of each address.
#[derive(Default)]
struct Mailbox(Mutex<BTreeMap<String, String>>);

#[async_trait]
impl Mailer for Mailbox {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), MailError> {
        if let OutgoingContent::Code { code, .. } = &mail.content {
            self.0.lock().unwrap().insert(mail.to.as_str().to_owned(), code.reveal().to_owned());
        }
        Ok(())
    }
}

/// The service without its edges.
struct Service {
    clock: Arc<HandClock>,
    mailbox: Arc<Mailbox>,
    use_cases: UseCases,
}

impl Service {
    fn new(store: Arc<dyn Store>) -> Self {
        let ring = KeyRing::new(&MasterKey::new([1; 32]), &[]);
        let clock = Arc::new(HandClock(AtomicI64::new(1_800_000_000_000_000)));
        let mailbox = Arc::new(Mailbox::default());
        let retry_window = Duration::from_secs(10);
        let ports = Ports {
            store,
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            password_hasher: Arc::new(NoHashing),
            known_networks: Arc::new(NoHashing),
            name_digest: Arc::new(KeyedNameDigest::new(ring.clone())),
            access_tokens: Arc::new(NoAccessTokens),
            refresh_tokens: Arc::new(DerivedRefreshTokens::new(ring.clone())),
            temp_tokens: Arc::new(TempTokenSigner::new(ring.clone(), "https://auth.example.org".to_owned())),
            codes: Arc::new(DerivedCodes::new(ring)),
            mailer: mailbox.clone(),
            ..Ports::mocked()
        };
        let session_lifetimes = SessionLifetimes { access: retry_window, idle: IDLE, absolute: ABSOLUTE, retry_window };
        let use_cases = UseCases::new(ports, Policy { session_lifetimes, ..Policy::for_tests() });
        Self { clock, mailbox, use_cases }
    }

    async fn all_mails(&self) {
        while self.use_cases.deliver_mails.run_once().await.unwrap() != Delivered::default() {}
    }

    async fn log_in(&self, user: u32) -> String {
        let name = LoginName::parse(&email(user));
        let request = LoginRequest {
            name,
            password: password(),
            audience: Audience::Default,
            restore: false,
            client: client(user),
        };
        match self.use_cases.login.execute(request).await.unwrap() {
            LoginOutcome::LoggedIn(logged_in) => logged_in.tokens.refresh.reveal().to_owned(),
            _ => unreachable!("nothing else is required"),
        }
    }

    /// Asks for a code; `None` when it is then left lying.
    async fn recover(&self, user: u32, abandon: bool) -> Option<String> {
        let asked = self.use_cases.lost_password.execute(&email(user), &client(user)).await.unwrap();
        self.all_mails().await;
        if abandon {
            return None;
        }
        let code = self.mailbox.0.lock().unwrap()[&email(user)].clone();
        let step = |token: &BearerToken| self.use_cases.authenticate_step.execute(token.reveal()).unwrap();
        let verified = self.use_cases.verify_code.execute(&step(&asked.token), &code).await.unwrap();
        let request = UpdatePasswordRequest {
            password: password(),
            confirm_password: password(),
            audience: Audience::Default,
            client: client(user),
        };
        let updated = self.use_cases.update_password.execute(&step(&verified.token), request).await.unwrap();
        self.all_mails().await;
        let PasswordUpdated::LoggedIn(logged_in) = updated else { unreachable!("no second factor is set up") };
        Some(logged_in.tokens.refresh.reveal().to_owned())
    }
}

fn email(user: u32) -> String {
    format!("user-{user}@example.org")
}

fn password() -> Password {
    Password::new("correct horse battery staple")
}

fn client(user: u32) -> Client {
    Client::new([10, 0, u8::try_from(user).unwrap(), 1].into(), "Test/1")
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    rows: i64,
}

fn rows(database: &Path, table: &str) -> usize {
    let mut conn = SqliteConnection::establish(&database.to_string_lossy()).unwrap();
    let counted = diesel::sql_query(format!("SELECT count(*) AS rows FROM {table}")).get_result::<Count>(&mut conn);
    usize::try_from(counted.unwrap().rows).unwrap()
}

/// A session as the formula sees it: when it began, and when it was last used or ended.
struct Tracked {
    user: u32,
    token: String,
    began_at: Timestamp,
    used_at: Timestamp,
    ended_at: Option<Timestamp>,
}

impl Tracked {
    fn gone_at(&self) -> Timestamp {
        let expiry = (self.used_at + IDLE).min(self.began_at + ABSOLUTE);
        self.ended_at.unwrap_or(expiry).min(expiry) + DAY * 7
    }
}

/// What the formulas of `docs/retention.md` reckon with.
#[derive(Default)]
struct Tracking {
    sessions: Vec<Tracked>,
    resets: Vec<Timestamp>,
    abandoned: Vec<Timestamp>,
}

impl Tracking {
    fn begin(&mut self, user: u32, token: String, now: Timestamp) {
        self.sessions.push(Tracked { user, token, began_at: now, used_at: now, ended_at: None });
    }

    /// The newest session of a user that is alive.
    fn newest(&mut self, user: u32, now: Timestamp) -> Option<&mut Tracked> {
        let alive = |session: &&mut Tracked| session.user == user && session.gone_at() > now + DAY * 7;
        self.sessions.iter_mut().rev().find(alive)
    }

    fn check(&self, database: &Path, now: Timestamp) {
        let kept = self.sessions.iter().filter(|session| session.gone_at() >= now).count();
        assert_eq!(rows(database, "sessions"), kept);
        let told = self.resets.iter().filter(|at| **at + DAY * 30 >= now).count();
        assert_eq!(rows(database, "events"), told);
        let open = self.abandoned.iter().filter(|at| **at + Duration::from_secs(600) >= now).count();
        assert_eq!(rows(database, "challenges"), open);
        // One network each, where its owner has logged in; a rate limit for its mails, and none for strangers' since.
        let users = USERS as usize;
        assert_eq!(rows(database, "password_network_attempts"), users);
        assert!(rows(database, "tallies") <= users);
        for empty in ["mails", "password_daily_misses", "deletions", "event_deliveries"] {
            assert_eq!(rows(database, empty), 0, "{empty}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_days_leave_what_the_formulas_say() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("auth.db");
    migrate(&path).await.unwrap();
    let service = Service::new(Arc::new(open(&path, None).await.unwrap()));
    for user in 0..USERS {
        let request = RegisterRequest {
            username: None,
            email: email(user),
            password: password(),
            confirm_password: None,
            invitation: None,
            locale: None,
            accepted: None,
            client: client(user),
        };
        service.use_cases.register.execute(request).await.unwrap();
    }
    service.all_mails().await;
    let registered_at = service.clock.now();
    let mut tracking = Tracking::default();
    let mut done = [0_u32; 3];
    for step in 0..STEPS {
        service.clock.0.fetch_add(i64::try_from(STEP.as_micros()).unwrap(), Ordering::Relaxed);
        let now = service.clock.now();
        // Every user in turn, and of what they do sixty refreshes, thirty logins, ten recoveries. The second half of
        // the users never forgets a password, so their sessions end by their time.
        let (user, what) = (step % USERS, step / USERS % 10);
        let open = tracking.newest(user, now);
        match (what, open) {
            (0..6, Some(session)) => {
                let tokens = service
                    .use_cases
                    .refresh_session
                    .execute(&session.token, &Audience::Default, &client(user))
                    .await
                    .unwrap();
                session.token = tokens.refresh.reveal().to_owned();
                session.used_at = now;
                done[0] += 1;
            }
            (9, _) if user < USERS / 2 => {
                done[2] += 1;
                match service.recover(user, step % 3 == 0).await {
                    None => tracking.abandoned.push(now),
                    Some(token) => {
                        let live =
                            tracking.sessions.iter_mut().filter(|one| one.user == user && one.ended_at.is_none());
                        live.for_each(|session| session.ended_at = Some(now));
                        tracking.begin(user, token, now);
                        tracking.resets.push(now);
                    }
                }
            }
            _ => {
                tracking.begin(user, service.log_in(user).await, now);
                done[1] += 1;
            }
        }
        if step % STEPS_A_DAY == STEPS_A_DAY - 1 {
            service.use_cases.purge_expired.run().await.unwrap();
            // The registrations' own events and challenges are of the first days.
            if now > registered_at + DAY * 31 {
                tracking.check(&path, now);
            }
        }
    }
    let [refreshes, logins, recoveries] = done;
    println!(
        "{refreshes} refreshes, {logins} logins, {recoveries} recoveries; {} sessions left",
        rows(&path, "sessions")
    );
    assert_eq!(refreshes + logins + recoveries, STEPS);
}
