//! Last step of recovery: sets the new password and logs the user in.

use std::sync::Arc;
use std::time::Duration;

use crate::account::{Account, Blocked, EmailAddress, Password, PasswordHash, PasswordPolicy, PasswordReason};
use crate::audience::Audience;
use crate::challenge::{Challenge, ChallengePurpose, ChallengeState, Challenged};
use crate::disclosure::Disclosure;
use crate::error_code::{Details, ErrorCode, Refusal};
use crate::event::EventKind;
use crate::mail::{Notice, NoticeDetails, NoticeKind, Removed};
use crate::password_limit::PasswordLimit;
use crate::ports::{Change, HashingError, NoSigningKey, PasswordHasher, StoreError};
use crate::rate_limit::AttemptSubject;
use crate::services::{
    Announcements, Challenges, Decision, Environment, LoggedIn, SecondFactorRequired, SessionTokens, Success,
    notice_to, salt,
};
use crate::session::{AuthenticationMethod, Client, Revocation, RevocationReason};
use crate::temp_token::TempStep;
use crate::two_factor::{Method, TwoFactor};
use crate::version::RowVersion;
use crate::{ChallengeId, Timestamp};

use super::PendingStep;
use super::all::Parts;

/// What the user entered, and who sent it.
#[derive(Clone, Debug)]
pub struct UpdatePasswordRequest {
    /// The new password.
    pub password: Password,
    /// The new password, repeated.
    pub confirm_password: Password,
    /// For whom the access token is to be.
    pub audience: Audience,
    /// Who is calling.
    pub client: Client,
}

/// The password was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordUpdated {
    /// A session was opened as well.
    LoggedIn(Box<LoggedIn>),
    /// A second factor must be given before there is a session.
    SecondFactorRequired(SecondFactorRequired),
}

/// Why the password was not set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdatePasswordError {
    /// The token belongs to another step, or was used.
    #[error("the token is for another step, or was already used")]
    WrongToken,
    /// The code was not entered yet.
    #[error("the code was not entered yet")]
    NotVerified,
    /// The password was changed after the code was requested.
    #[error("the credentials were changed after the reset began")]
    Overtaken,
    /// The account was blocked, and the caller may know.
    #[error(transparent)]
    Blocked(#[from] Blocked),
    /// The account has no password any more.
    #[error("the account has no password")]
    NoPassword,
    /// The two passwords differ.
    #[error("the passwords do not match")]
    UnmatchedPasswords,
    /// The password is too weak.
    #[error("the password breaks the password policy")]
    WeakPassword(Vec<PasswordReason>),
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// No access token could be signed.
    #[error(transparent)]
    NoSigningKey(#[from] NoSigningKey),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<UpdatePasswordError> for Refusal {
    fn from(error: UpdatePasswordError) -> Self {
        match error {
            UpdatePasswordError::WrongToken => ErrorCode::TempTokenInvalid.into(),
            UpdatePasswordError::NotVerified | UpdatePasswordError::Overtaken => ErrorCode::Unauthorized.into(),
            UpdatePasswordError::Blocked(blocked) => blocked.into(),
            UpdatePasswordError::NoPassword => ErrorCode::UserLinked.into(),
            UpdatePasswordError::UnmatchedPasswords => ErrorCode::UnmatchedPasswords.into(),
            UpdatePasswordError::WeakPassword(reasons) => {
                Self { code: ErrorCode::PasswordPolicy, details: Details::PasswordReasons(reasons) }
            }
            UpdatePasswordError::Hashing(error) => error.into(),
            UpdatePasswordError::NoSigningKey(error) => error.into(),
            UpdatePasswordError::Store(error) => error.into(),
        }
    }
}

/// How long a second factor counts as new. By then its owner, if someone else set it up, has had a mail about it for
/// that long.
const NEW_FACTOR: Duration = Duration::from_secs(24 * 3_600);

/// Proof that the code of a reset was entered and that the reset is not outdated. Only [`UpdatePassword::verified`]
/// creates it.
struct PasswordResetVerified {
    challenge_id: ChallengeId,
    version: RowVersion,
    /// The address to which the code was mailed.
    email: EmailAddress,
    account: Account,
}

/// Sets new passwords after a recovery.
pub struct UpdatePassword {
    env: Environment,
    challenges: Arc<Challenges>,
    hasher: Arc<dyn PasswordHasher>,
    session_tokens: Arc<SessionTokens>,
    announcements: Arc<Announcements>,
    policy: PasswordPolicy,
    disclosure: Disclosure,
}

impl UpdatePassword {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            env: parts.env.clone(),
            challenges: parts.challenges.clone(),
            hasher: parts.ports.password_hasher.clone(),
            session_tokens: parts.session_tokens.clone(),
            announcements: parts.announcements.clone(),
            policy: parts.policy.password,
            disclosure: parts.policy.disclosure,
        }
    }

    /// Sets the password, ends every session of the account and opens a new one, in one commit.
    pub async fn execute(
        &self,
        step: &PendingStep,
        request: UpdatePasswordRequest,
    ) -> Result<PasswordUpdated, UpdatePasswordError> {
        let UpdatePasswordRequest { password, confirm_password, audience, client } = request;
        let reset = self.verified(step).await?;
        if password != confirm_password {
            return Err(UpdatePasswordError::UnmatchedPasswords);
        }
        let account = &reset.account;
        let reasons = self.policy.reasons_against(&password, &account.email, account.username.as_ref());
        if !reasons.is_empty() {
            return Err(UpdatePasswordError::WeakPassword(reasons));
        }
        let password_hash = self.hasher.hash(password, salt(self.env.random()), client.network()).await?;
        let asked = (&client, &audience);
        let decided = self
            .env
            .decide(async |lost| match lost {
                None => self.decision(&reset, &password_hash, asked).await,
                Some(_) => self.decision(&self.verified(step).await?, &password_hash, asked).await,
            })
            .await;
        if matches!(decided, Ok(PasswordUpdated::LoggedIn(_))) {
            self.session_tokens.opened(&client, self.env.now());
        }
        decided
    }

    async fn verified(&self, step: &PendingStep) -> Result<PasswordResetVerified, UpdatePasswordError> {
        match step.step() {
            TempStep::SetPassword => {}
            TempStep::GivePasswordResetCode => return Err(UpdatePasswordError::NotVerified),
            _ => return Err(UpdatePasswordError::WrongToken),
        }
        let found = self.env.store.find_challenge(step.challenge_id()).await?;
        let (challenge, account) = found.ok_or(UpdatePasswordError::WrongToken)?;
        let Challenge { id: challenge_id, version, purpose, state, challenged, .. } = challenge;
        let given = purpose == ChallengePurpose::PasswordReset && state == ChallengeState::CodeGiven;
        let (Challenged::Account { email, credential_version, .. }, Some(account), true) = (challenged, account, given)
        else {
            return Err(UpdatePasswordError::WrongToken);
        };
        if let (Some(blocked), Disclosure::Explicit) = (account.blocked(), self.disclosure) {
            return Err(blocked.into());
        }
        if credential_version != account.credential_version || email.key() != account.email.key() {
            return Err(UpdatePasswordError::Overtaken);
        }
        if !account.is_recoverable() {
            return Err(UpdatePasswordError::NoPassword);
        }
        Ok(PasswordResetVerified { challenge_id, version, email, account })
    }

    /// Decides the reset. The code came through the account's address, so the reset verifies it, too. If this is the
    /// first verification, everything that was added before is removed: someone else may have registered with the
    /// address.
    async fn decision(
        &self,
        reset: &PasswordResetVerified,
        password_hash: &PasswordHash,
        (client, audience): (&Client, &Audience),
    ) -> Result<Decision<PasswordUpdated, UpdatePasswordError>, UpdatePasswordError> {
        let PasswordResetVerified { challenge_id, version, email, account } = reset;
        let now = self.env.now();
        let at = account.next_change_at(now);
        let account_id = account.id;
        // At the first verification everything that was added before is removed: someone else may have added it.
        let two_factor = if account.ever_proved {
            without_mailed_codes(account.two_factor.clone(), now)
        } else {
            account.two_factor.clone().dropped()
        };
        // Decided by this address, whichever was verified before it: an identity is a way to log in, which someone may
        // have linked before they gave the account another person's address.
        let identities = if account.email_verified { account.identities.clone() } else { Vec::new() };
        let changed = Account {
            email_verified: true,
            ever_proved: true,
            pending_email: None,
            password_hash: Some(password_hash.clone()),
            new_password_required: false,
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
                revision: account.revision(),
                password_hash: password_hash.clone(),
                at,
            },
            Change::ProveEmail { account_id, email: email.clone(), revision: changed.revision(), at },
        ];
        // The person who named another address may be the one against whom the owner resets the password.
        if account.pending_email.is_some() {
            changes.push(Change::PutPendingEmail { account_id, revision: changed.revision(), pending: None, at });
        }
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
            self.told(account, &changed, client, now),
        ]);
        changes.extend(self.count_success(account, client, now).await?);
        let (outcome, opened) = self.log_in(changed, (client, audience), now).await?;
        changes.extend(opened);
        Ok(Decision::commit(outcome, changes))
    }

    /// Returns the notice that tells the owner what the reset did to the account.
    fn told(&self, before: &Account, after: &Account, client: &Client, now: Timestamp) -> Change {
        let notice = Notice { details: details(before, after), ..Notice::new(NoticeKind::PasswordReset, true) };
        notice_to(&*self.env.entropy, (after, &after.email), notice, client, now)
    }

    /// Logs in after the reset, which never bypasses a second factor.
    async fn log_in(
        &self,
        account: Account,
        (client, audience): (&Client, &Audience),
        now: Timestamp,
    ) -> Result<(PasswordUpdated, Vec<Change>), UpdatePasswordError> {
        let step = TempStep::GiveSecondFactorAfterReset;
        let pending = self.challenges.begin_login(&account, step, client, now).await?;
        if let Some((required, changes)) = pending {
            return Ok((PasswordUpdated::SecondFactorRequired(required), changes));
        }
        let method = AuthenticationMethod::MailedCode;
        let (logged_in, open) = self.session_tokens.open(account, method, (client, audience), now)?;
        Ok((PasswordUpdated::LoggedIn(Box::new(logged_in)), vec![open]))
    }

    /// Records a success of the owner, who has often missed before forgetting the password and need not wait for that
    /// now. At the first verification, what networks did before was not the owner's doing, least of all their
    /// successes.
    async fn count_success(
        &self,
        account: &Account,
        client: &Client,
        now: Timestamp,
    ) -> Result<Vec<Change>, StoreError> {
        let (subject, network) = (AttemptSubject::Account(account.id), client.network());
        if !account.ever_proved {
            let anew = PasswordLimit::empty(subject, network.clone()).after_success(now);
            return Ok(vec![
                Change::ForgetChallengesOf(account.id),
                Change::ForgetNetworkAttempts(subject),
                Change::PutNetworkAttempts(anew),
            ]);
        }
        let limit = self.env.store.find_password_limit(subject, network).await?;
        let success = match account.two_factor.primary() {
            Some(_) => Success::FirstFactor,
            None => Success::Login,
        };
        Ok(success.changes(&limit, now))
    }
}

/// Returns what the owner of `before` has lost in `after`.
fn details(before: &Account, after: &Account) -> NoticeDetails {
    let [was, is] = [before, after].map(|account| &account.two_factor);
    let factors = Method::ALL.into_iter().filter(|method| {
        was.is_enrolled(*method) && !is.is_enrolled(*method) || was.is_enabled(*method) && !is.is_enabled(*method)
    });
    let unlinked = before.identities.iter().filter(|identity| !after.identities.contains(identity));
    let mut removed: Vec<Removed> = factors.map(Removed::SecondFactor).collect();
    removed.extend(unlinked.map(|identity| Removed::Identity(identity.provider.clone())));
    removed.extend(before.pending_email.as_ref().map(|_| Removed::PendingEmail));
    NoticeDetails {
        about: None,
        removed,
        providers: after.identities.iter().map(|identity| identity.provider.clone()).collect(),
        until: None,
    }
}

/// Disables codes by mail if there is an app: otherwise the mailbox that reset the password would also be the second
/// factor of the next login. They stay if the app was set up after them within the last day: it may belong to a thief
/// against whom the owner resets the password, and would be the only factor left.
fn without_mailed_codes(two_factor: TwoFactor, now: Timestamp) -> TwoFactor {
    let (Some((_, Some(app))), Some((_, Some(email)))) =
        (two_factor.status(Method::App, now), two_factor.status(Method::Email, now))
    else {
        return two_factor;
    };
    let enabled = Method::ALL.into_iter().all(|method| two_factor.is_enabled(method));
    if !enabled || app > email && now < app + NEW_FACTOR {
        return two_factor;
    }
    two_factor.clone().disable(Method::Email).unwrap_or(two_factor)
}
