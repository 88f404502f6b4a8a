//! Logging in, refreshing from one tab or two, and logging out.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::Method;
use serde_json::{Value, json};

use super::{Client, Done, Session, decided};
use crate::http::{Answer, Call, Outcome};
use crate::world::Spent;

/// A bit less than the service's own ages, so that a client never meets them.
const ACCESS_TOKEN_AGE: Duration = Duration::from_secs(480);
const FRESH_LOGIN_AGE: Duration = Duration::from_secs(780);

/// The generation that a refresh token names: `rt2.`, then base64url of session and account (16 bytes each), generation (4)
/// and a MAC (32).
pub fn generation(token: &str) -> u32 {
    let bytes = token.split_once('.').and_then(|(_, rest)| URL_SAFE_NO_PAD.decode(rest).ok());
    let bytes = bytes.and_then(|bytes| bytes.get(32..36)?.try_into().ok());
    u32::from_be_bytes(bytes.expect("a refresh token"))
}

impl Client {
    pub(super) async fn login(&mut self) -> Done {
        let call = self.login_call();
        let (answer, maybe) = self.insist(&call).await?;
        match answer.status {
            200 if !self.account.has_factor => self.opened(&answer.data),
            206 if self.account.has_factor => return self.finish_by_recovery_code(&answer.data).await,
            _ => self.wrong("a user cannot log in", &answer, maybe),
        }
        Ok(())
    }

    pub(super) fn login_call(&self) -> Call {
        Call::post("/auth/login", json!({ "username": self.account.email, "password": self.account.password }))
    }

    pub(super) fn opened(&mut self, data: &Value) {
        let token = |name: &str| data["tokens"][name].as_str().unwrap_or_default().to_owned();
        let now = Instant::now();
        let (refresh_token, access_token) = (token("refreshToken"), token("accessToken"));
        self.account.sessions.push(Session { refresh_token, access_token, opened_at: now, refreshed_at: now });
        self.account.id = data["user"]["id"].as_str().map(str::to_owned);
        self.world.acknowledge("login");
    }

    /// Two at once finish it with the same code: one of them may.
    async fn finish_by_recovery_code(&mut self, data: &Value) -> Done {
        let Some(code) = self.account.recovery_codes.pop() else { return Ok(()) };
        let temp_token = data["tempToken"].as_str().unwrap_or_default();
        let call = Call::post("/2fa/recovery/verify-login", json!({ "recoveryCode": code })).bearer(temp_token);
        let outcomes = self.send_at_once(2, &call).await;
        let all_decided =
            outcomes.iter().all(|outcome| matches!(outcome, Outcome::Answered(answer) if answer.status != 503));
        let answers = decided(outcomes);
        let opened: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
        match *opened.as_slice() {
            [] if all_decided => self.world.violation(format!("a recovery code of {} is refused", self.account.email)),
            // It may be used up or not; nobody knows.
            [] => {}
            [answer] => {
                self.world.spend(Spent::RecoveryCode { email: self.account.email.clone(), code });
                self.opened(&answer.data);
            }
            _ => self.world.violation(format!("a recovery code of {} worked twice", self.account.email)),
        }
        Ok(())
    }

    /// One of the sessions, by its place, with an access token that is good for a while.
    async fn usable_session(&mut self) -> Done<Option<usize>> {
        if self.account.sessions.is_empty() {
            self.login().await?;
        }
        let count = self.account.sessions.len();
        if count == 0 {
            return Ok(None);
        }
        let chosen = self.random.usize(0..count);
        let refreshed_at = self.account.sessions[chosen].refreshed_at;
        if refreshed_at.elapsed() > ACCESS_TOKEN_AGE || !self.world.trusts_age_from(refreshed_at) {
            return Ok(self.refresh_once(chosen).await?.then_some(chosen));
        }
        Ok(Some(chosen))
    }

    /// A session whose login is fresh.
    pub(super) async fn fresh_session(&mut self) -> Done<Option<Session>> {
        let Some(chosen) = self.usable_session().await? else { return Ok(None) };
        let session = &self.account.sessions[chosen];
        let is_fresh = session.opened_at.elapsed() < FRESH_LOGIN_AGE && self.world.trusts_age_from(session.opened_at);
        Ok(is_fresh.then(|| session.clone()))
    }

    pub(super) async fn refresh(&mut self) -> Done {
        let Some(chosen) = self.usable_session().await? else { return Ok(()) };
        if self.random.u8(0..5) == 0 {
            self.refresh_from_two_tabs(chosen).await
        } else {
            self.refresh_once(chosen).await.map(|_| ())
        }
    }

    /// Whether the session goes on.
    async fn refresh_once(&mut self, chosen: usize) -> Done<bool> {
        let token = self.account.sessions[chosen].refresh_token.clone();
        let (answer, maybe) = self.insist(&Call::post("/auth/refresh", json!({ "token": token }))).await?;
        if answer.status != 200 {
            self.wrong("an honest client is logged out", &answer, maybe);
            self.account.sessions.remove(chosen);
            return Ok(false);
        }
        self.refreshed(chosen, &answer.data);
        Ok(true)
    }

    async fn refresh_from_two_tabs(&mut self, chosen: usize) -> Done {
        let token = self.account.sessions[chosen].refresh_token.clone();
        let call = Call::post("/auth/refresh", json!({ "token": token }));
        let answers = decided(self.send_at_once(2, &call).await);
        let (good, bad): (Vec<&Answer>, Vec<&Answer>) = answers.iter().partition(|answer| answer.status == 200);
        for answer in bad {
            self.wrong("an honest second tab is refused", answer, false);
        }
        let mut tokens: Vec<&str> =
            good.iter().filter_map(|answer| answer.data["tokens"]["refreshToken"].as_str()).collect();
        tokens.dedup();
        match (tokens.as_slice(), good.first()) {
            (_, None) => return self.refresh_once(chosen).await.map(|_| ()),
            ([_], Some(answer)) => self.refreshed(chosen, &answer.data),
            (_, Some(_)) => {
                self.world.violation(format!("one refresh token of {} has two successors", self.account.email));
            }
        }
        Ok(())
    }

    fn refreshed(&mut self, chosen: usize, data: &Value) {
        let session = &mut self.account.sessions[chosen];
        let token = |name: &str| data["tokens"][name].as_str().unwrap_or_default().to_owned();
        let (before, next) = (generation(&session.refresh_token), token("refreshToken"));
        if generation(&next) != before + 1 {
            self.world.violation(format!("generation {} follows {before} ({})", generation(&next), self.account.email));
        }
        (session.refresh_token, session.access_token, session.refreshed_at) =
            (next, token("accessToken"), Instant::now());
        self.world.acknowledge("refresh");
    }

    pub(super) async fn me(&mut self) -> Done {
        let Some(chosen) = self.usable_session().await? else { return Ok(()) };
        let call = Call::new(Method::GET, "/auth/me").bearer(&self.account.sessions[chosen].access_token);
        let (answer, maybe) = self.insist(&call).await?;
        match answer.status {
            200 => self.world.acknowledge("me"),
            _ => self.wrong("a live session is refused", &answer, maybe),
        }
        Ok(())
    }

    pub(super) async fn logout(&mut self) -> Done {
        let Some(chosen) = self.usable_session().await? else { return Ok(()) };
        let session = self.account.sessions.remove(chosen);
        let call = Call::post("/auth/logout", json!({ "token": session.refresh_token })).bearer(&session.access_token);
        let (answer, maybe) = self.insist(&call).await?;
        if answer.status == 200 || (maybe && answer.code == "UNAUTHORIZED") {
            self.world.acknowledge("logout");
            self.world.spend(Spent::Session { token: session.refresh_token, by: "a logout" });
        } else {
            self.wrong("a user cannot log out", &answer, maybe);
        }
        Ok(())
    }
}
