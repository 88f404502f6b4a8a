//! Logins that must wait until the address is verified.

use crate::account::Account;
use crate::challenge::{Challenge, ChallengePurpose};
use crate::ports::{Change, StoreError};
use crate::rate_limit::{AttemptSubject, RateLimited};
use crate::session::Client;
use crate::temp_token::{IssuedTempToken, TempStep};

use super::{Challenges, Decision};

/// Why no verification code was mailed.
pub(crate) enum RequireVerificationError {
    /// The limit for mails is reached.
    MailsLimited(RateLimited),
    /// The database did not answer, or failed.
    Store(StoreError),
}

impl From<StoreError> for RequireVerificationError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Challenges {
    /// Returns a token for the outstanding code, and mails a code if there is none.
    pub(crate) async fn require_verification(
        &self,
        account: &Account,
        client: &Client,
    ) -> Result<IssuedTempToken, RequireVerificationError> {
        let purpose = ChallengePurpose::VerifyEmail;
        self.env
            .decide(async |_| {
                let now = self.env.now();
                let token = |challenge: &Challenge| self.temp_token_for(challenge, TempStep::GiveVerifyEmailCode, now);
                let newest = self.env.store.find_challenge_of(account.id, purpose).await?;
                if let Some(challenge) = newest.filter(|challenge| challenge.outstanding_code(now).is_ok()) {
                    return Ok(Decision::nothing(token(&challenge)));
                }
                let mails = self.mails_for_owner(AttemptSubject::Account(account.id)).await?;
                mails.check(now).map_err(RequireVerificationError::MailsLimited)?;
                let (challenge, begun) = self.begin_for(account, purpose, client, now);
                let changes = begun.into_iter().chain([Change::count_mail(mails, now)]).collect();
                Ok(Decision::commit(token(&challenge), changes))
            })
            .await
    }
}
