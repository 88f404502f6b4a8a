//! A logged-in user changes their e-mail address, their password, or both.

use std::sync::Arc;
use std::time::Duration;

use crate::account::{Account, EmailAddress, LoginName, Password, PasswordHash, PasswordPolicy, PasswordReason};
use crate::budget::{AttemptSubject, Spent};
use crate::challenge::ChallengePurpose;
use crate::error_code::{Details, ErrorCode, FieldError, Refusal};
use crate::event::EventKind;
use crate::mail::NoticeKind;
use crate::pending_credentials::PendingCredentials;
use crate::ports::{Change, CommitError, HashingError, PasswordHasher, StoreUnavailable, UniqueKey};
use crate::session::{Client, Revocation, RevocationReason, Session};
use crate::two_factor::Method;
use crate::{AccountId, Timestamp};

use super::announcements::Announcements;
use super::authenticate::Authenticated;
use super::challenges::Challenges;
use super::notices::notice;
use super::password_check::{PasswordCheck, PasswordCheckError};
use super::register::salt;
use super::step_up::{ReauthenticationRequired, StepUp};
use super::{MAX_ATTEMPTS, mail_budgets};

/// What somebody typed, and from where.
#[derive(Clone, Debug)]
pub struct UpdateCredentialsRequest {
    /// The new address, if it is to change.
    pub email: Option<String>,
    /// The present password; needed with the next two.
    pub old_password: Option<Password>,
    /// The new password.
    pub new_password: Option<Password>,
    /// The same again.
    pub confirm_password: Option<Password>,
    /// Who is calling.
    pub client: Client,
}

/// What became of the wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialsOutcome {
    /// It was done; the account as it is now.
    Updated(Box<Account>),
    /// A second factor is to confirm it first.
    SecondFactorRequired {
        /// Which.
        method: Method,
        /// Until when.
        expires_in: Duration,
    },
}

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateCredentialsError {
    /// The address is malformed, or nothing is to be changed.
    #[error("a field is malformed")]
    Malformed(FieldError),
    /// Some of the three passwords are there, but not all.
    #[error("all three passwords are needed")]
    PasswordsRequired,
    /// The two new passwords differ.
    #[error("the passwords differ")]
    UnmatchedPasswords,
    /// The new password is too weak.
    #[error("the password is too weak: {0:?}")]
    WeakPassword(Vec<PasswordReason>),
    /// The old password was not accepted.
    #[error(transparent)]
    OldPassword(#[from] PasswordCheckError),
    /// Another account has that address.
    #[error("another account has that address")]
    EmailTaken,
    /// The budget for mails is spent.
    #[error("the budget for mails is spent for {:?}", .0.retry_after)]
    Spent(Spent),
    /// The login is too long ago.
    #[error(transparent)]
    Stale(#[from] ReauthenticationRequired),
    /// The session has ended, or its account is gone.
    #[error("the session has ended")]
    SessionGone,
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<UpdateCredentialsError> for Refusal {
    fn from(error: UpdateCredentialsError) -> Self {
        match error {
            UpdateCredentialsError::Malformed(field) => Self::invalid(vec![field]),
            UpdateCredentialsError::PasswordsRequired => ErrorCode::PasswordsRequired.into(),
            UpdateCredentialsError::UnmatchedPasswords => ErrorCode::UnmatchedPasswords.into(),
            UpdateCredentialsError::WeakPassword(reasons) => {
                Self { code: ErrorCode::PasswordPolicy, details: Details::PasswordReasons(reasons) }
            }
            // An account without a password has none that could be right.
            UpdateCredentialsError::OldPassword(PasswordCheckError::NoPassword) => ErrorCode::InvalidPassword.into(),
            UpdateCredentialsError::OldPassword(error) => error.into(),
            UpdateCredentialsError::EmailTaken => ErrorCode::EmailExists.into(),
            UpdateCredentialsError::Spent(spent) => Self::retry_after(ErrorCode::RateLimited, spent.retry_after),
            UpdateCredentialsError::Stale(error) => error.into(),
            UpdateCredentialsError::SessionGone => ErrorCode::Unauthorized.into(),
            UpdateCredentialsError::Hashing(error) => error.into(),
            UpdateCredentialsError::Unavailable(error) => error.into(),
        }
    }
}

/// The use case.
pub struct UpdateCredentials {
    /// Compares the old password.
    pub password_check: Arc<PasswordCheck>,
    /// Hashes the new one.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Mails the new address its code; brings store, clock and entropy.
    pub challenges: Arc<Challenges>,
    /// Tells other services.
    pub announcements: Arc<Announcements>,
    /// What a password must meet.
    pub policy: PasswordPolicy,
    /// A change of address needs a fresh login.
    pub step_up: StepUp,
}

/// What is to change, checked as far as it can be without the database.
struct Wanted {
    email: Option<EmailAddress>,
    passwords: Option<(Password, Password)>,
}

impl UpdateCredentials {
    /// Changes what was asked for, in one commit; answers the account.
    pub async fn execute(
        &self,
        caller: &Authenticated,
        request: UpdateCredentialsRequest,
    ) -> Result<CredentialsOutcome, UpdateCredentialsError> {
        let client = request.client.clone();
        let wanted = self.wanted(caller.account(), request)?;
        if wanted.email.is_some() {
            self.step_up.require(caller, self.challenges.clock.now())?;
        }
        let mut account = caller.account().clone();
        let mut password_hash = None;
        if let Some((old, new)) = wanted.passwords {
            account = self.password_check.of_account(account, old, client.network()).await?.account().clone();
            password_hash = Some(self.hasher.hash(new, salt(self.challenges.entropy.bytes())).await?);
        }
        let checked_version = account.credential_version;
        for _ in 0..MAX_ATTEMPTS {
            if account.credential_version != checked_version {
                return Err(match password_hash {
                    Some(_) => PasswordCheckError::WrongPassword.into(),
                    None => UpdateCredentialsError::SessionGone,
                });
            }
            let (email, hash) = (&wanted.email, &password_hash);
            let outcome = match account.two_factor.primary() {
                Some(method) => self.ask(&account, caller.session(), method, email, hash, &client).await,
                None => self.apply(&account, caller.session(), email, hash, &client).await,
            };
            match outcome? {
                Some(outcome) => return Ok(outcome),
                None => account = self.still_there(caller).await?,
            }
        }
        Err(StoreUnavailable.into())
    }

    /// The account as it is now, of a session that has not ended.
    pub(super) async fn still_there(&self, caller: &Authenticated) -> Result<Account, UpdateCredentialsError> {
        let Challenges { store, clock, .. } = &*self.challenges;
        caller.still_there(&**store, clock.now()).await?.ok_or(UpdateCredentialsError::SessionGone)
    }

    fn wanted(&self, account: &Account, request: UpdateCredentialsRequest) -> Result<Wanted, UpdateCredentialsError> {
        let UpdateCredentialsRequest { email, old_password, new_password, confirm_password, client: _ } = request;
        let email = email.as_deref().map(EmailAddress::parse).transpose();
        let email = email.map_err(|error| UpdateCredentialsError::Malformed(error.into()))?;
        let passwords = match (old_password, new_password, confirm_password) {
            (None, None, None) => None,
            (Some(old), Some(new), Some(confirm)) => Some((old, new, confirm)),
            _ => return Err(UpdateCredentialsError::PasswordsRequired),
        };
        if let Some((_, new, confirm)) = &passwords {
            if new != confirm {
                return Err(UpdateCredentialsError::UnmatchedPasswords);
            }
            let email = email.as_ref().unwrap_or(&account.email);
            let reasons = self.policy.reasons_against(new, email, account.username.as_ref());
            if !reasons.is_empty() {
                return Err(UpdateCredentialsError::WeakPassword(reasons));
            }
        } else if email.is_none() {
            let missing = FieldError::new("/email", "is required, or the three passwords, or both");
            return Err(UpdateCredentialsError::Malformed(missing));
        }
        Ok(Wanted { email, passwords: passwords.map(|(old, new, _)| (old, new)) })
    }

    /// Decides on the account as it was read and commits; `None` when it is another one by now.
    async fn apply(
        &self,
        account: &Account,
        session: &Session,
        email: &Option<EmailAddress>,
        password_hash: &Option<PasswordHash>,
        client: &Client,
    ) -> Result<Option<CredentialsOutcome>, UpdateCredentialsError> {
        let (changed, changes) = self.changes(account, session, email, password_hash, client).await?;
        let changed = self.commit(changes).await?.then_some(changed);
        Ok(changed.map(|changed| CredentialsOutcome::Updated(Box::new(changed))))
    }

    /// Whether it was committed; if not, something is another than it was decided on.
    pub(super) async fn commit(&self, changes: Vec<Change>) -> Result<bool, UpdateCredentialsError> {
        match self.challenges.store.commit(changes).await {
            Ok(()) => Ok(true),
            Err(CommitError::Conflict { .. }) => Ok(false),
            Err(CommitError::Duplicate(UniqueKey::Email)) => Err(UpdateCredentialsError::EmailTaken),
            Err(_) => Err(StoreUnavailable.into()),
        }
    }

    /// What the change makes of the account, and the changes that do it: first one of the account, then the demand that
    /// the session has not ended.
    pub(super) async fn changes(
        &self,
        account: &Account,
        session: &Session,
        email: &Option<EmailAddress>,
        password_hash: &Option<PasswordHash>,
        client: &Client,
    ) -> Result<(Account, Vec<Change>), UpdateCredentialsError> {
        let now = self.challenges.clock.now();
        let mut changed = account.clone();
        let mut changes = Vec::new();
        if let Some(password_hash) = password_hash {
            changes.extend(self.change_password(&mut changed, session, password_hash, client, now));
        }
        if let Some(email) = email {
            changes.extend(self.change_email(&mut changed, email, client, now).await?);
        }
        // Its owner may have ended the session since: a request can be held back for long once it was let in.
        changes.insert(changes.len().min(1), Change::RequireSession(session.id));
        Ok((changed, changes))
    }

    /// Keeps the change until a second factor confirms it; nothing is changed yet.
    async fn ask(
        &self,
        account: &Account,
        session: &Session,
        method: Method,
        email: &Option<EmailAddress>,
        password_hash: &Option<PasswordHash>,
        client: &Client,
    ) -> Result<Option<CredentialsOutcome>, UpdateCredentialsError> {
        let now = self.challenges.clock.now();
        let counted = match email.as_ref().filter(|email| email.key() != account.email.key()) {
            Some(email) => Some(self.count_address(account.id, email, now).await?),
            None if method == Method::Email => Some(self.count_mail(account.id, now).await?),
            None => None,
        };
        let (account_id, purpose) = (account.id, ChallengePurpose::ChangeCredentials);
        let (challenge, [insert, mail]) = self.challenges.begin_for(account, purpose, client, now);
        let mut changes = vec![Change::ForgetChallengesFor { account_id, purpose }];
        changes.extend(match method {
            Method::Email => vec![insert, mail],
            Method::App => vec![Change::InsertChallenge(challenge.clone().not_sent())],
        });
        changes.push(Change::KeepPendingCredentials(PendingCredentials {
            challenge_id: challenge.id,
            session_id: session.id,
            method,
            email: email.clone(),
            password_hash: password_hash.clone(),
        }));
        changes.push(Change::RequireSession(session.id));
        changes.extend(counted);
        let expires_in = self.challenges.lifetimes.code;
        let kept =
            self.commit(changes).await?.then_some(CredentialsOutcome::SecondFactorRequired { method, expires_in });
        Ok(kept)
    }

    fn change_password(
        &self,
        account: &mut Account,
        session: &Session,
        password_hash: &PasswordHash,
        client: &Client,
        now: Timestamp,
    ) -> [Change; 4] {
        let (account_id, from_version) = (account.id, account.credential_version);
        let (as_of, at) = (account.updated_at, account.next_change_at(now));
        account.updated_at = at;
        account.credential_version = from_version.next();
        [
            Change::ChangePassword { account_id, from_version, as_of, password_hash: password_hash.clone(), at },
            Change::RevokeSessionsOf {
                account_id,
                except: Some(session.id),
                revocation: Revocation { at: now, reason: RevocationReason::PasswordChanged },
            },
            self.announcements.announce(EventKind::PasswordChanged, account_id, at),
            notice(&*self.challenges.entropy, &account.email, NoticeKind::PasswordChanged, client, now),
        ]
    }

    /// The old address gets a notice, the new one a code; codes that went to the old one are void.
    async fn change_email(
        &self,
        account: &mut Account,
        to: &EmailAddress,
        client: &Client,
        now: Timestamp,
    ) -> Result<Vec<Change>, UpdateCredentialsError> {
        let (account_id, from) = (account.id, account.email.clone());
        let (as_of, at) = (account.updated_at, account.next_change_at(now));
        let same = from.key() == to.key();
        let verified = same && account.email_verified;
        let told = notice(&*self.challenges.entropy, &account.email, NoticeKind::EmailChanged, client, now);
        account.updated_at = at;
        account.email = to.clone();
        account.email_verified = verified;
        let mut changes = vec![Change::ChangeEmail { account_id, from, as_of, to: to.clone(), verified, at }];
        if !same {
            let of_owner = self.count_address(account_id, to, now).await?;
            let of_address =
                mail_budgets::to_named_address(&*self.challenges.store, self.challenges.subject(to)).await?;
            of_address.check(now).map_err(UpdateCredentialsError::Spent)?;
            let (_, begun) = self.challenges.begin_for(account, ChallengePurpose::VerifyEmail, client, now);
            changes.push(Change::ForgetChallengesOf(account_id));
            changes.extend(begun);
            changes.extend([of_owner, Change::PutTally(of_address.after_one(now))]);
            changes.extend([self.announcements.announce(EventKind::EmailChanged, account_id, at), told]);
        }
        Ok(changes)
    }

    async fn count_mail(&self, account_id: AccountId, now: Timestamp) -> Result<Change, UpdateCredentialsError> {
        let mails = mail_budgets::for_owner(&*self.challenges.store, AttemptSubject::account(account_id)).await?;
        mails.check(now).map_err(UpdateCredentialsError::Spent)?;
        Ok(Change::PutTally(mails.after_one(now)))
    }

    /// Whether an address is taken is told only within the budget for mails, and counts.
    async fn count_address(
        &self,
        account_id: AccountId,
        to: &EmailAddress,
        now: Timestamp,
    ) -> Result<Change, UpdateCredentialsError> {
        let store = &*self.challenges.store;
        for _ in 0..MAX_ATTEMPTS {
            let counted = self.count_mail(account_id, now).await?;
            if store.find_account_by_name(&LoginName::Email(to.clone())).await?.is_none() {
                return Ok(counted);
            }
            match store.commit(vec![counted]).await {
                Ok(()) => return Err(UpdateCredentialsError::EmailTaken),
                // Not counted yet, so not told.
                Err(CommitError::Conflict { .. }) => {}
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }
}
