//! Recovery, last step: the new password, and a session with it.

use std::sync::Arc;

use crate::account::{Account, EmailAddress, Password, PasswordHash, PasswordPolicy, PasswordReason};
use crate::budget::{AttemptSubject, PasswordBudget, Spent};
use crate::challenge::{Challenge, ChallengePurpose, ChallengeState, Challenged};
use crate::error_code::{Details, ErrorCode, Refusal};
use crate::event::EventKind;
use crate::mail::NoticeKind;
use crate::ports::{
    Change, CommitError, HashingError, NoSigningKey, PasswordHasher, PasswordVerdict, StoreUnavailable,
};
use crate::session::{AuthenticationMethod, Client, Revocation, RevocationReason};
use crate::temp_token::{TempClaims, TempStep};
use crate::two_factor::TwoFactor;
use crate::{ChallengeId, Timestamp};

use super::MAX_ATTEMPTS;
use super::announcements::Announcements;
use super::challenges::Challenges;
use super::notices::notice;
use super::password_check;
use super::register::salt;
use super::second_factor::{self, SecondFactorRequired};
use super::session_tokens::{LoggedIn, SessionTokens};

/// What somebody typed, and from where.
#[derive(Clone, Debug)]
pub struct UpdatePasswordRequest {
    /// The new password.
    pub password: Password,
    /// The same again.
    pub confirm_password: Password,
    /// Who is calling.
    pub client: Client,
}

/// The password was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordUpdated {
    /// And a session opened.
    LoggedIn(Box<LoggedIn>),
    /// A second factor is to be given before there is a session.
    SecondFactorRequired(SecondFactorRequired),
}

/// Why the password was not set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdatePasswordError {
    /// The token is good for another step, or used up.
    #[error("the token is good for another step, or used up")]
    WrongToken,
    /// The code was not given yet.
    #[error("the code was not given yet")]
    NotVerified,
    /// The password was changed since the code was asked for.
    #[error("the reset was overtaken by a change of credentials")]
    Overtaken,
    /// The account has no password by now.
    #[error("the account has no password")]
    NoPassword,
    /// The two passwords differ.
    #[error("the passwords differ")]
    UnmatchedPasswords,
    /// The password is too weak.
    #[error("the password is too weak: {0:?}")]
    WeakPassword(Vec<PasswordReason>),
    /// The budget for mails is spent, and the second factor is a mailed code.
    #[error("the budget for mails is spent for {:?}", .0.retry_after)]
    MailsSpent(Spent),
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// No access token could be signed.
    #[error(transparent)]
    NoSigningKey(#[from] NoSigningKey),
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<UpdatePasswordError> for Refusal {
    fn from(error: UpdatePasswordError) -> Self {
        match error {
            UpdatePasswordError::WrongToken => ErrorCode::TempTokenInvalid.into(),
            UpdatePasswordError::NotVerified | UpdatePasswordError::Overtaken => ErrorCode::Unauthorized.into(),
            UpdatePasswordError::NoPassword => ErrorCode::UserLinked.into(),
            UpdatePasswordError::UnmatchedPasswords => ErrorCode::UnmatchedPasswords.into(),
            UpdatePasswordError::WeakPassword(reasons) => {
                Self { code: ErrorCode::PasswordPolicy, details: Details::PasswordReasons(reasons) }
            }
            UpdatePasswordError::MailsSpent(spent) => Self::retry_after(ErrorCode::RateLimited, spent.retry_after),
            UpdatePasswordError::Hashing(error) => error.into(),
            UpdatePasswordError::NoSigningKey(error) => error.into(),
            UpdatePasswordError::Unavailable(error) => error.into(),
        }
    }
}

/// Proof that the code of a reset was given, and that nothing has overtaken it. Only
/// [`UpdatePassword::verified`] makes one.
struct PasswordResetVerified {
    challenge_id: ChallengeId,
    version: i64,
    /// The address that the code was mailed to.
    email: EmailAddress,
    account: Account,
}

/// The use case.
pub struct UpdatePassword {
    /// Asks for a second factor; brings store, clock and entropy.
    pub challenges: Arc<Challenges>,
    /// Hashes the password.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Issues the tokens of the new session.
    pub session_tokens: Arc<SessionTokens>,
    /// Tells other services.
    pub announcements: Arc<Announcements>,
    /// What a password must meet.
    pub policy: PasswordPolicy,
}

impl UpdatePassword {
    /// Sets the password, ends every session of the account and opens a new one, in one commit.
    pub async fn execute(
        &self,
        token: &TempClaims,
        request: UpdatePasswordRequest,
    ) -> Result<PasswordUpdated, UpdatePasswordError> {
        let UpdatePasswordRequest { password, confirm_password, client } = request;
        let mut reset = self.verified(token).await?;
        if password != confirm_password {
            return Err(UpdatePasswordError::UnmatchedPasswords);
        }
        let account = &reset.account;
        let reasons = self.policy.reasons_against(&password, &account.email, account.username.as_ref());
        if !reasons.is_empty() {
            return Err(UpdatePasswordError::WeakPassword(reasons));
        }
        let password_hash = self.hasher.hash(password, salt(self.challenges.entropy.bytes())).await?;
        for _ in 0..MAX_ATTEMPTS {
            let (outcome, changes) = self.decide(&reset, &password_hash, &client).await?;
            match self.challenges.store.commit(changes).await {
                Ok(()) => return Ok(outcome),
                Err(CommitError::Conflict { .. }) => reset = self.verified(token).await?,
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }

    async fn verified(&self, token: &TempClaims) -> Result<PasswordResetVerified, UpdatePasswordError> {
        match token.step {
            TempStep::SetPassword => {}
            TempStep::GivePasswordResetCode => return Err(UpdatePasswordError::NotVerified),
            _ => return Err(UpdatePasswordError::WrongToken),
        }
        let found = self.challenges.store.find_challenge(token.challenge_id).await?;
        let (challenge, Some(account)) = found.ok_or(UpdatePasswordError::WrongToken)? else {
            return Err(UpdatePasswordError::WrongToken);
        };
        let Challenge { id: challenge_id, version, purpose, state, challenged, .. } = challenge;
        let given = purpose == ChallengePurpose::PasswordReset && state == ChallengeState::CodeGiven;
        let Challenged::Account { email, credential_version, .. } = challenged else {
            return Err(UpdatePasswordError::WrongToken);
        };
        if !given {
            return Err(UpdatePasswordError::WrongToken);
        }
        if credential_version != account.credential_version || email.key() != account.email.key() {
            return Err(UpdatePasswordError::Overtaken);
        }
        if account.password_hash.is_none() {
            return Err(UpdatePasswordError::NoPassword);
        }
        Ok(PasswordResetVerified { challenge_id, version, email, account })
    }

    /// The code came through the account's address, so the reset proves it too. Where that is the first proof,
    /// whatever was added before goes: somebody else may have registered with this address.
    async fn decide(
        &self,
        reset: &PasswordResetVerified,
        password_hash: &PasswordHash,
        client: &Client,
    ) -> Result<(PasswordUpdated, Vec<Change>), UpdatePasswordError> {
        let PasswordResetVerified { challenge_id, version, email, account } = reset;
        let now = self.challenges.clock.now();
        let at = account.next_change_at(now);
        let account_id = account.id;
        // At a first proof whatever was added before goes: somebody else may have added it.
        let two_factor = if account.ever_proved { account.two_factor.clone() } else { dropped(&account.two_factor) };
        // At the first proof of this address, whichever was proved before it: an identity is a way in by itself, which
        // somebody may have linked before they gave the account the address of another.
        let identities = if account.email_verified { account.identities.clone() } else { Vec::new() };
        let changed = Account {
            email_verified: true,
            ever_proved: true,
            password_hash: Some(password_hash.clone()),
            credential_version: account.credential_version.next(),
            updated_at: at,
            two_factor,
            identities,
            ..account.clone()
        };
        let mut changes = vec![
            Change::ChangePassword {
                account_id,
                from_version: account.credential_version,
                as_of: account.updated_at,
                password_hash: password_hash.clone(),
                at,
            },
            Change::ProveEmail { account_id, email: email.clone(), as_of: at, at },
        ];
        if changed.two_factor != account.two_factor {
            changes.push(Change::PutTwoFactor { account_id, two_factor: changed.two_factor.clone() });
        }
        if changed.identities != account.identities {
            changes.push(Change::UnlinkIdentitiesOf(account_id));
        }
        changes.extend([
            Change::UseChallenge { challenge_id: *challenge_id, version: *version },
            Change::RevokeSessionsOf {
                account_id,
                except: None,
                revocation: Revocation { at: now, reason: RevocationReason::PasswordChanged },
            },
            self.announcements.announce(EventKind::PasswordChanged, account_id, at),
            notice(&*self.challenges.entropy, &account.email, NoticeKind::PasswordReset, client, now),
        ]);
        changes.extend(self.count_success(account, client, now).await?);
        let (outcome, opened) = self.log_in(changed, client, now).await?;
        changes.extend(opened);
        Ok((outcome, changes))
    }

    /// A reset never bypasses a second factor.
    async fn log_in(
        &self,
        account: Account,
        client: &Client,
        now: Timestamp,
    ) -> Result<(PasswordUpdated, Vec<Change>), UpdatePasswordError> {
        let step = TempStep::GiveSecondFactorAfterReset;
        let pending = second_factor::begin_login(&self.challenges, &account, step, client, now).await?;
        if let Some((required, changes)) = pending.map_err(UpdatePasswordError::MailsSpent)? {
            return Ok((PasswordUpdated::SecondFactorRequired(required), changes));
        }
        let (entropy, method) = (&*self.challenges.entropy, AuthenticationMethod::MailedCode);
        let (logged_in, open) = self.session_tokens.open(account, method, client, now, entropy)?;
        Ok((PasswordUpdated::LoggedIn(Box::new(logged_in)), vec![open]))
    }

    /// A success of the owner: whoever forgot a password has missed often, and need not wait for that now. At a first
    /// proof what networks did before was not the owner's, their successes least of all.
    async fn count_success(
        &self,
        account: &Account,
        client: &Client,
        now: Timestamp,
    ) -> Result<Vec<Change>, StoreUnavailable> {
        let (subject, network) = (AttemptSubject::account(account.id), client.network());
        if !account.ever_proved {
            let anew = PasswordBudget::empty(subject, network.clone()).after_success(now);
            return Ok(vec![
                Change::ForgetChallengesOf(account.id),
                Change::ForgetNetworkAttempts(subject),
                Change::PutNetworkAttempts(anew),
            ]);
        }
        let budget = self.challenges.store.find_password_budget(subject, network).await?;
        Ok(password_check::changes_after(&budget, PasswordVerdict::Match, now))
    }
}

/// Nothing is left of the second factors.
fn dropped(two_factor: &TwoFactor) -> TwoFactor {
    if *two_factor == (TwoFactor { version: two_factor.version, ..TwoFactor::none() }) {
        return two_factor.clone();
    }
    TwoFactor { version: two_factor.version + 1, ..TwoFactor::none() }
}
