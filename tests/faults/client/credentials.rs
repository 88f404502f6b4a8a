//! Changing the password, recovering the account by mail, and enrolling a second factor.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::BASE32_NOPAD;
use serde_json::json;
use tokio::time::sleep;
use totp_lite::{Sha1, totp_custom};

use super::{Client, Done, Session, decided};
use crate::http::{Answer, Call, Outcome};
use crate::world::Spent;

/// How long a mail may take.
const MAIL_PATIENCE: Duration = Duration::from_secs(8);

impl Client {
    pub(super) async fn change_password(&mut self) -> Done {
        if self.account.has_factor {
            return Ok(());
        }
        let Some(session) = self.fresh_session().await? else { return Ok(()) };
        let (old, new) = (self.account.password.clone(), self.new_password());
        let body = json!({ "oldPassword": old, "newPassword": new, "confirmPassword": new });
        let call = Call::post("/auth/update-credentials", body).bearer(&session.access_token);
        let (answer, maybe) = self.insist(&call).await?;
        // The old password is wrong because an earlier try has replaced it.
        if answer.status != 200 && !(maybe && answer.code == "INVALID_PASSWORD") {
            self.wrong("a user cannot change the password", &answer, maybe);
            return Ok(());
        }
        self.world.acknowledge("password change");
        self.replaced_password(old, new);
        self.end_others(&session, "a change of the password");
        Ok(())
    }

    fn replaced_password(&mut self, old: String, new: String) {
        self.world.spend(Spent::Password { email: self.account.email.clone(), password: old });
        self.account.password = new;
    }

    fn end_others(&mut self, kept: &Session, by: &'static str) {
        let (kept, ended): (Vec<Session>, Vec<Session>) =
            self.account.sessions.drain(..).partition(|session| session.refresh_token == kept.refresh_token);
        self.account.sessions = kept;
        for session in ended {
            self.world.spend(Spent::Session { token: session.refresh_token, by });
        }
    }

    /// Once an account: more would meet the budget of mails.
    pub(super) async fn recover(&mut self) -> Done {
        if self.account.was_recovered || self.account.has_factor {
            return Ok(());
        }
        self.account.was_recovered = true;
        let call = Call::post("/auth/lost-password", json!({ "email": self.account.email }));
        let Outcome::Answered(Answer { status: 200, data, .. }) = self.send(&call).await else { return Ok(()) };
        let temp_token = data["tempToken"].as_str().unwrap_or_default().to_owned();
        let Some(code) = self.mailed_code().await else { return Ok(()) };
        let call = Call::post("/auth/verify-code", json!({ "otpCode": code })).bearer(&temp_token);
        let Some(verified) = self.win_once(3, &call, "a mailed code").await else { return Ok(()) };
        self.world.acknowledge("recovery code");
        self.world.spend(Spent::Code { code, temp_token });
        self.reset_password(verified.data["tempToken"].as_str().unwrap_or_default()).await
    }

    async fn mailed_code(&self) -> Option<String> {
        let began = std::time::Instant::now();
        while began.elapsed() < MAIL_PATIENCE {
            if let Some(code) = self.world.mailed_code("password-reset", &self.account.email) {
                return Some(code);
            }
            sleep(Duration::from_millis(100)).await;
        }
        None
    }

    /// Sends it several times at once; answers the one answer that took it, if one did.
    async fn win_once(&mut self, times: usize, call: &Call, what: &str) -> Option<Answer> {
        let mut won = decided(self.send_at_once(times, call).await);
        won.retain(|answer| matches!(answer.status, 200 | 206));
        if won.len() > 1 {
            self.world.violation(format!("{what} of {} worked {} times", self.account.email, won.len()));
        }
        won.pop()
    }

    async fn reset_password(&mut self, temp_token: &str) -> Done {
        let (old, new) = (self.account.password.clone(), self.new_password());
        let body = json!({ "password": new, "confirmPassword": new });
        let call = Call::post("/auth/update-password", body).bearer(temp_token);
        let won = self.win_once(2, &call, "a temp token").await;
        if let Some(answer) = won {
            self.world.acknowledge("password reset");
            self.world.spend(Spent::TempToken(temp_token.to_owned()));
            self.was_reset(old, new);
            self.opened(&answer.data);
            return Ok(());
        }
        // Nobody knows which of the two it is: one of them must be. A reset that waits in the database may come later, after
        // the old password worked, so that nothing is known of the account from here on.
        let email = self.account.email.clone();
        for password in [&new, &old, &new] {
            self.account.password.clone_from(password);
            if self.insist(&self.login_call()).await?.0.status == 200 {
                return self.new_account().await;
            }
        }
        self.world.violation(format!("neither the old password nor the new one works after a reset ({email})"));
        self.new_account().await
    }

    fn was_reset(&mut self, old: String, new: String) {
        self.replaced_password(old, new);
        for session in self.account.sessions.drain(..) {
            self.world.spend(Spent::Session { token: session.refresh_token, by: "a reset by mail" });
        }
    }

    pub(super) async fn enrol(&mut self) -> Done {
        if self.account.has_factor {
            return Ok(());
        }
        let Some(session) = self.fresh_session().await? else { return Ok(()) };
        let call = Call::post("/2fa/app/setup", json!({})).bearer(&session.access_token);
        let (answer, maybe) = self.insist(&call).await?;
        if answer.status != 200 {
            // Pending already: an earlier try had its effect, and its secret is lost.
            if !maybe && answer.code != "TWOFA_ALREADY_PENDING" {
                self.wrong("a user cannot set an app up", &answer, maybe);
            }
            return Ok(());
        }
        let secret = answer.data["secret"].as_str().and_then(|text| BASE32_NOPAD.decode(text.as_bytes()).ok());
        let code = totp_custom::<Sha1>(30, 6, &secret.unwrap_or_default(), unix_time());
        let call = Call::post("/2fa/app/verify-setup", json!({ "otpCode": code })).bearer(&session.access_token);
        let (answer, maybe) = self.insist(&call).await?;
        if answer.status == 200 {
            self.world.acknowledge("second factor");
            let codes = answer.data["recoveryCodes"].as_array().into_iter().flatten();
            self.account.recovery_codes = codes.filter_map(|code| code.as_str().map(str::to_owned)).collect();
        } else if !maybe {
            // The step may have passed while the first request waited.
            return Ok(());
        } else if answer.code != "TWOFA_ALREADY_ENABLED" {
            return self.new_account().await;
        }
        self.account.has_factor = true;
        self.end_others(&session, "the first second factor");
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "an authenticator app has a clock of its own")]
fn unix_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
