//! What all mailed codes have in common: beginning a challenge, sending its code again, and the one place that compares
//! codes for every purpose, so that one limit covers all.

use std::sync::Arc;
use std::time::Duration;

use crate::account::{Account, Blocked, EmailAddress, LoginName};
use crate::challenge::{Challenge, ChallengeLifetimes, ChallengePurpose, Challenged, NoCodeOutstanding, OneTimeCode};
use crate::disclosure::Disclosure;
use crate::error_code::{ErrorCode, Refusal};
use crate::mail::{MailContent, MailRequest};
use crate::ports::{Change, CodeClaims, Codes, NameDigest, StoreError, TempTokens, UniqueKey};
use crate::rate_limit::{AttemptSubject, RateLimited};
use crate::session::{Client, Network};
use crate::temp_token::{IssuedTempToken, TempClaims, TempStep};
use crate::{ChallengeId, MailId, Timestamp};

use super::{Decision, Environment, Lost};

/// Why a code was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GiveCodeError {
    /// No code is outstanding any more.
    #[error("no code is waiting to be entered")]
    NoneOutstanding,
    /// The challenge was used up, replaced, or has expired.
    #[error("the step that the code was for has ended")]
    ChallengeGone,
    /// The code is wrong.
    #[error("the code is wrong")]
    WrongCode,
    /// The password was changed after the code was requested.
    #[error("the password was changed after the code was requested")]
    Overtaken,
    /// The code is right, but the account was blocked, and the caller may know.
    #[error(transparent)]
    Blocked(#[from] Blocked),
    /// The day's limit for wrong codes is reached.
    #[error("too many wrong codes: try again in {} s", .0.retry_after.as_secs())]
    RateLimited(RateLimited),
    /// Another account has the address by now.
    #[error("another account has this e-mail address")]
    AddressTaken,
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<GiveCodeError> for Refusal {
    fn from(error: GiveCodeError) -> Self {
        match error {
            GiveCodeError::NoneOutstanding | GiveCodeError::ChallengeGone => ErrorCode::CodeNotSet.into(),
            GiveCodeError::WrongCode => ErrorCode::OtpInvalid.into(),
            GiveCodeError::Overtaken => ErrorCode::Unauthorized.into(),
            GiveCodeError::Blocked(blocked) => blocked.into(),
            GiveCodeError::AddressTaken => Self::taken(ErrorCode::EmailExists, "/email"),
            GiveCodeError::RateLimited(limited) => Self::retry_after(ErrorCode::RateLimited, limited.retry_after),
            GiveCodeError::Store(error) => error.into(),
        }
    }
}

/// Begins challenges, sends their codes again and compares the answers.
pub(crate) struct Challenges {
    pub(crate) env: Environment,
    pub(crate) codes: Arc<dyn Codes>,
    pub(crate) temp_tokens: Arc<dyn TempTokens>,
    /// Stands for addresses in limits.
    pub(crate) name_digest: Arc<dyn NameDigest>,
    pub(crate) lifetimes: ChallengeLifetimes,
    /// Whether a suspended account may be called so.
    pub(crate) disclosure: Disclosure,
}

impl Challenges {
    /// Begins a challenge for the address that is to replace the account's. Returns it with the changes that insert it
    /// and queue its mail.
    pub(crate) fn begin_for_pending(
        &self,
        account: &Account,
        email: &EmailAddress,
        client: &Client,
        now: Timestamp,
    ) -> (Challenge, [Change; 2]) {
        let of_new = Account { email: email.clone(), ..account.clone() };
        self.begin_for(&of_new, ChallengePurpose::VerifyEmail, client, now)
    }

    /// Begins a challenge for an account. Returns it with the changes that insert it and queue its mail.
    pub(crate) fn begin_for(
        &self,
        account: &Account,
        purpose: ChallengePurpose,
        client: &Client,
        now: Timestamp,
    ) -> (Challenge, [Change; 2]) {
        self.begin(self.subject(&account.email), Challenged::of(account), purpose, client, now)
    }

    /// Returns the subject for whose limits codes to this address count: the same whether or not an account has it.
    pub(crate) fn subject(&self, email: &EmailAddress) -> AttemptSubject {
        AttemptSubject::Address(self.name_digest.digest(&LoginName::Email(email.clone())))
    }

    /// Begins a challenge. For nobody it does as much work, and the mail is dropped when it is due.
    pub(crate) fn begin(
        &self,
        subject: AttemptSubject,
        challenged: Challenged,
        purpose: ChallengePurpose,
        client: &Client,
        now: Timestamp,
    ) -> (Challenge, [Change; 2]) {
        let id = ChallengeId::generate(now, self.env.random());
        let (key_id, network) = (self.codes.current_key(), client.network().clone());
        let challenge = Challenge::new(id, subject, challenged, purpose, key_id, network, now, self.lifetimes);
        let mail = self.mail(&challenge, client, now);
        (challenge.clone(), [Change::InsertChallenge(challenge), mail])
    }

    /// Returns the challenge with its next code, and the changes that replace the previous code and queue the mail.
    pub(crate) fn send_again(&self, challenge: Challenge, client: &Client, now: Timestamp) -> [Change; 2] {
        let challenge = challenge.sent_again(self.codes.current_key(), now, self.lifetimes);
        let mail = self.mail(&challenge, client, now);
        [Change::PutChallenge(challenge), mail]
    }

    fn mail(&self, challenge: &Challenge, client: &Client, now: Timestamp) -> Change {
        let to = match &challenge.challenged {
            Challenged::Account { email, .. } => email.clone(),
            Challenged::Nobody => EmailAddress::nobody(),
        };
        let account_id = challenge.challenged.account_id();
        let (challenge_id, purpose, send_number) = (challenge.id, challenge.purpose, challenge.send_number());
        let content = MailContent::Code { challenge_id, purpose, send_number };
        let id = MailId::generate(now, self.env.random());
        Change::Mail(MailRequest { id, account_id, to, at: now, client: client.clone(), language: None, content })
    }

    /// Creates a token for a step of a challenge that began earlier, and that does not outlive it.
    pub(crate) fn temp_token_for(&self, challenge: &Challenge, step: TempStep, now: Timestamp) -> IssuedTempToken {
        let expires_in = self.lifetimes.temp.min(challenge.expires_at.since(now));
        self.temp_token_of(challenge.id, step, now, expires_in)
    }

    /// Creates a token for a step of the challenge.
    pub(crate) fn temp_token(&self, challenge_id: ChallengeId, step: TempStep, now: Timestamp) -> IssuedTempToken {
        self.temp_token_of(challenge_id, step, now, self.lifetimes.temp)
    }

    fn temp_token_of(
        &self,
        challenge_id: ChallengeId,
        step: TempStep,
        now: Timestamp,
        expires_in: Duration,
    ) -> IssuedTempToken {
        let claims = TempClaims { challenge_id, step, issued_at: now, expires_at: now + expires_in };
        IssuedTempToken { token: self.temp_tokens.issue(&claims), expires_in }
    }

    /// Compares `code` with the outstanding one. If it is right, commits what `when_right` returns for the challenge
    /// and its account. Each verdict is committed before it is returned, and decided again if someone else was first,
    /// so that of any number of simultaneous guesses no more get a verdict than would have one after the other. Misses
    /// count for the network `from`, or else for the one from which the code was requested: the holder of that step's
    /// token began it.
    pub(crate) async fn give_code(
        &self,
        challenge_id: ChallengeId,
        purpose: ChallengePurpose,
        code: &str,
        from: Option<&Network>,
        when_right: impl Fn(Challenge, &Account, Timestamp) -> Vec<Change>,
    ) -> Result<Account, GiveCodeError> {
        let given = OneTimeCode::parse(code);
        self.env
            .decide(async |lost| {
                if lost == Some(Lost::Duplicate(UniqueKey::Email)) {
                    return Err(GiveCodeError::AddressTaken);
                }
                let found = self.env.store.find_challenge(challenge_id).await?;
                let (challenge, account) = found.ok_or(GiveCodeError::ChallengeGone)?;
                let now = self.env.now();
                let network = from.unwrap_or(&challenge.network);
                let misses = self.misses_of(&challenge, account.as_ref(), network).await?;
                let right_for = self.check(&challenge, account, purpose, given.as_ref(), now)?;
                misses.check(now).map_err(GiveCodeError::RateLimited)?;
                Ok(match right_for {
                    // The count guards a right code too: otherwise the guesses that race with another code's misses
                    // would be judged again and again until the right one is among them.
                    Some(account) => {
                        let mut changes = when_right(challenge, &account, now);
                        changes.push(Change::guard_rate_limit(misses, now));
                        Decision::commit(account, changes)
                    }
                    None => Decision::refuse(
                        GiveCodeError::WrongCode,
                        vec![
                            Change::PutChallenge(challenge.after_miss()),
                            Change::count_wrong_mailed_code(misses, now),
                        ],
                    ),
                })
            })
            .await
    }

    /// Compares a code with the outstanding one.
    pub(crate) fn mailed_code_is_right(
        &self,
        challenge: &Challenge,
        given: Option<&OneTimeCode>,
        now: Timestamp,
    ) -> Result<bool, NoCodeOutstanding> {
        let send_number = challenge.outstanding_code(now)?.send_number;
        let claims = CodeClaims { challenge_id: challenge.id, purpose: challenge.purpose, send_number };
        let expected = self.codes.derive(&claims, &challenge.key_id).ok_or(NoCodeOutstanding)?;
        Ok(given.is_some_and(|given| given.matches(&expected)))
    }

    /// Returns the account if the code is right, and none if it is not.
    fn check(
        &self,
        challenge: &Challenge,
        account: Option<Account>,
        purpose: ChallengePurpose,
        given: Option<&OneTimeCode>,
        now: Timestamp,
    ) -> Result<Option<Account>, GiveCodeError> {
        if challenge.purpose != purpose {
            return Err(GiveCodeError::NoneOutstanding);
        }
        let right = self.mailed_code_is_right(challenge, given, now).map_err(|_| GiveCodeError::NoneOutstanding)?;
        if !right {
            // Whatever else may be wrong: a stranger who guesses must not learn it.
            return Ok(None);
        }
        match (&challenge.challenged, account) {
            (Challenged::Account { .. }, Some(account)) if account.blocked().is_some() => match self.disclosure {
                Disclosure::Explicit => Err(account.blocked().map_or(GiveCodeError::WrongCode, GiveCodeError::Blocked)),
                // As for nobody: no code is right.
                Disclosure::Concealed => Ok(None),
            },
            (Challenged::Account { credential_version, .. }, Some(account)) => {
                let overtaken = *credential_version != account.credential_version;
                if overtaken && purpose == ChallengePurpose::PasswordReset {
                    return Err(GiveCodeError::Overtaken);
                }
                // A code only proves the address to which it was mailed.
                if !challenge.is_to_address_of(&account, now) {
                    return Err(GiveCodeError::NoneOutstanding);
                }
                Ok(Some(account))
            }
            _ => Ok(None),
        }
    }
}
