//! Lets a logged-in user change their e-mail address, their password, or both, and the language that they prefer.
//! `address.rs` says what happens to the address.

mod address;

use std::sync::Arc;
use std::time::Duration;

use crate::account::{Account, EmailAddress, Password, PasswordHash, PasswordPolicy, PasswordReason};
use crate::challenge::ChallengePurpose;
use crate::error_code::{Details, ErrorCode, FieldError, FieldReason, Refusal};
use crate::event::EventKind;
use crate::mail::NoticeKind;
use crate::pending_credentials::PendingCredentials;
use crate::ports::{Change, HashingError, PasswordHasher, StoreError};
use crate::rate_limit::RateLimited;
use crate::services::{
    Announcements, Challenges, Decision, Environment, FreshLogin, FreshLoginError, PasswordCheck, PasswordCheckError,
    StepUp, notice, salt,
};
use crate::session::{Client, Revocation, RevocationReason, Session};
use crate::two_factor::Method;
use crate::{Locale, Timestamp};

use super::all::Parts;
use super::authenticate::Authenticated;

/// What the user entered, and who sent it.
#[derive(Clone, Debug)]
pub struct UpdateCredentialsRequest {
    /// The new address, if it is to change.
    pub email: Option<String>,
    /// The current password. It is required with the next two, and for an address if the login is not fresh.
    pub old_password: Option<Password>,
    /// The new password.
    pub new_password: Option<Password>,
    /// The new password, repeated.
    pub confirm_password: Option<Password>,
    /// The language to prefer, if that is to change; `Some(None)` to prefer none.
    pub locale: Option<Option<String>>,
    /// Who is calling.
    pub client: Client,
}

/// The outcome of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialsOutcome {
    /// The change was made; the account as it is now.
    Updated(Box<Account>),
    /// A second factor must confirm it first.
    SecondFactorRequired {
        /// The method to use.
        method: Method,
        /// How long it can be confirmed.
        expires_in: Duration,
    },
}

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateCredentialsError {
    /// The address or the language is malformed, or nothing is to be changed.
    #[error("a field is malformed")]
    Malformed(Vec<FieldError>),
    /// Only some of the three passwords were given.
    #[error("all three passwords are required")]
    PasswordsRequired,
    /// The two new passwords differ.
    #[error("the passwords do not match")]
    UnmatchedPasswords,
    /// The new password is too weak.
    #[error("the password breaks the password policy")]
    WeakPassword(Vec<PasswordReason>),
    /// The old password was not accepted.
    #[error(transparent)]
    OldPassword(#[from] PasswordCheckError),
    /// Another account has the address.
    #[error("another account has this e-mail address")]
    EmailTaken,
    /// The limit for mails is reached.
    #[error("too many mails: try again in {} s", .0.retry_after.as_secs())]
    RateLimited(RateLimited),
    /// The login is no longer fresh, or its session has ended.
    #[error(transparent)]
    Login(#[from] FreshLoginError),
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<UpdateCredentialsError> for Refusal {
    fn from(error: UpdateCredentialsError) -> Self {
        match error {
            UpdateCredentialsError::Malformed(fields) => Self::invalid(fields),
            UpdateCredentialsError::PasswordsRequired => ErrorCode::PasswordsRequired.into(),
            UpdateCredentialsError::UnmatchedPasswords => ErrorCode::UnmatchedPasswords.into(),
            UpdateCredentialsError::WeakPassword(reasons) => {
                Self { code: ErrorCode::PasswordPolicy, details: Details::PasswordReasons(reasons) }
            }
            // An account without a password has none that could be right.
            UpdateCredentialsError::OldPassword(PasswordCheckError::NoPassword) => ErrorCode::InvalidPassword.into(),
            UpdateCredentialsError::OldPassword(error) => error.into(),
            UpdateCredentialsError::EmailTaken => Self::taken(ErrorCode::EmailExists, "/email"),
            UpdateCredentialsError::RateLimited(limited) => {
                Self::retry_after(ErrorCode::RateLimited, limited.retry_after)
            }
            UpdateCredentialsError::Login(error) => error.into(),
            UpdateCredentialsError::Hashing(error) => error.into(),
            UpdateCredentialsError::Store(error) => error.into(),
        }
    }
}

/// Changes credentials.
pub struct UpdateCredentials {
    env: Environment,
    password_check: Arc<PasswordCheck>,
    hasher: Arc<dyn PasswordHasher>,
    challenges: Arc<Challenges>,
    announcements: Arc<Announcements>,
    policy: PasswordPolicy,
    step_up: StepUp,
}

/// The requested change, checked as far as possible without the database.
struct Wanted {
    email: Option<EmailAddress>,
    old_password: Option<Password>,
    new_password: Option<Password>,
    locale: Option<Option<Locale>>,
}

/// A change that was checked: the new address, the hash of the new password, the language, or several of them.
pub(super) struct NewCredentials {
    pub(super) email: Option<EmailAddress>,
    pub(super) password_hash: Option<PasswordHash>,
    pub(super) locale: Option<Option<Locale>>,
}

impl UpdateCredentials {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            env: parts.env.clone(),
            password_check: parts.password_check.clone(),
            hasher: parts.ports.password_hasher.clone(),
            challenges: parts.challenges.clone(),
            announcements: parts.announcements.clone(),
            policy: parts.policy.password,
            step_up: parts.policy.step_up,
        }
    }

    /// Makes the requested change in one commit, and returns the account.
    pub async fn execute(
        &self,
        caller: &Authenticated,
        request: UpdateCredentialsRequest,
    ) -> Result<CredentialsOutcome, UpdateCredentialsError> {
        let client = request.client.clone();
        let Wanted { email, old_password, new_password, locale } = self.wanted(caller.account(), request)?;
        if let (None, None, Some(locale)) = (&email, &new_password, &locale) {
            return self.set_locale(caller, locale).await;
        }
        let (mut checked, mut password_hash) = (caller.account().clone(), None);
        let fresh_login = match old_password {
            None => Some(FreshLogin::of(caller.clone(), self.step_up, self.env.now()).map_err(FreshLoginError::from)?),
            Some(old) => {
                checked = self.password_check.of_account(checked, old, client.network()).await?.account().clone();
                None
            }
        };
        if let Some(new) = new_password {
            password_hash = Some(self.hasher.hash(new, salt(self.env.random()), client.network()).await?);
        }
        let wanted = NewCredentials { email, password_hash, locale };
        self.env
            .decide(async |lost| {
                // An address that is taken in this moment is a lost round: the next one reports it, within the limit.
                let account = match (lost, &fresh_login) {
                    (None, _) => checked.clone(),
                    (Some(_), Some(fresh_login)) => {
                        fresh_login.account_now::<UpdateCredentialsError>(&self.env).await?
                    }
                    (Some(_), None) => self.still_there(caller).await?,
                };
                if fresh_login.is_none() && account.credential_version != checked.credential_version {
                    return Err(PasswordCheckError::WrongPassword.into());
                }
                match account.two_factor.primary() {
                    Some(method) => self.ask(&account, caller.session(), method, &wanted, &client).await,
                    None => {
                        let (changed, changes) = self.changes(&account, caller.session(), &wanted, &client).await?;
                        Ok(Decision::commit(CredentialsOutcome::Updated(Box::new(changed)), changes))
                    }
                }
            })
            .await
    }

    /// Changes the language alone, which needs neither a fresh login nor a second factor: it opens nothing.
    async fn set_locale(
        &self,
        caller: &Authenticated,
        locale: &Option<Locale>,
    ) -> Result<CredentialsOutcome, UpdateCredentialsError> {
        self.env
            .decide(async |lost| {
                let mut account = match lost {
                    None => caller.account().clone(),
                    Some(_) => self.still_there(caller).await?,
                };
                let change = change_locale(&mut account, locale, self.env.now());
                let changes = vec![Change::require(caller.session()), change];
                Ok(Decision::commit(CredentialsOutcome::Updated(Box::new(account)), changes))
            })
            .await
    }

    /// Returns the account as it is now, for a session that has not ended.
    pub(super) async fn still_there(&self, caller: &Authenticated) -> Result<Account, UpdateCredentialsError> {
        caller.still_there(&self.env).await?.ok_or(FreshLoginError::SessionGone.into())
    }

    fn wanted(&self, account: &Account, request: UpdateCredentialsRequest) -> Result<Wanted, UpdateCredentialsError> {
        let UpdateCredentialsRequest { email, old_password, new_password, confirm_password, locale, client: _ } =
            request;
        let (email, locale) = parse(email.as_deref(), locale).map_err(UpdateCredentialsError::Malformed)?;
        match (&old_password, &new_password, &confirm_password) {
            (None, None, None) | (Some(_), Some(_), Some(_)) => {}
            (Some(_), None, None) if email.is_some() => {}
            _ => return Err(UpdateCredentialsError::PasswordsRequired),
        }
        if let Some(new) = &new_password {
            if Some(new) != confirm_password.as_ref() {
                return Err(UpdateCredentialsError::UnmatchedPasswords);
            }
            let email = email.as_ref().unwrap_or(&account.email);
            let reasons = self.policy.reasons_against(new, email, account.username.as_ref());
            if !reasons.is_empty() {
                return Err(UpdateCredentialsError::WeakPassword(reasons));
            }
        } else if email.is_none() && locale.is_none() {
            let missing =
                FieldError::new("/email", FieldReason::Required, "is required unless all three passwords are given");
            return Err(UpdateCredentialsError::Malformed(vec![missing]));
        }
        Ok(Wanted { email, old_password, new_password, locale })
    }

    /// Returns the changed account, and the changes that make it so.
    pub(super) async fn changes(
        &self,
        account: &Account,
        session: &Session,
        wanted: &NewCredentials,
        client: &Client,
    ) -> Result<(Account, Vec<Change>), UpdateCredentialsError> {
        let now = self.env.now();
        let mut changed = account.clone();
        // The user may have ended the session meanwhile: a request can be held back for long after it was let in.
        let mut changes = vec![Change::require(session)];
        if let Some(password_hash) = &wanted.password_hash {
            changes.extend(self.change_password(&mut changed, session, password_hash, client, now));
        }
        if let Some(email) = &wanted.email {
            changes.extend(self.change_email(&mut changed, email, client, now).await?);
        }
        if let Some(locale) = &wanted.locale {
            changes.push(change_locale(&mut changed, locale, now));
        }
        Ok((changed, changes))
    }

    /// Stores the change until a second factor confirms it; nothing is changed yet.
    async fn ask(
        &self,
        account: &Account,
        session: &Session,
        method: Method,
        wanted: &NewCredentials,
        client: &Client,
    ) -> Result<Decision<CredentialsOutcome, UpdateCredentialsError>, UpdateCredentialsError> {
        let now = self.env.now();
        let counted = match wanted.email.as_ref().filter(|email| email.key() != account.email.key()) {
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
            email: wanted.email.clone(),
            password_hash: wanted.password_hash.clone(),
            locale: wanted.locale.clone(),
        }));
        changes.push(Change::require(session));
        changes.extend(counted);
        let expires_in = self.challenges.lifetimes.code;
        Ok(Decision::commit(CredentialsOutcome::SecondFactorRequired { method, expires_in }, changes))
    }

    fn change_password(
        &self,
        account: &mut Account,
        session: &Session,
        password_hash: &PasswordHash,
        client: &Client,
        now: Timestamp,
    ) -> Vec<Change> {
        let (account_id, from_version) = (account.id, account.credential_version);
        let (revision, at) = (account.revision(), account.next_change_at(now));
        account.updated_at = at;
        account.credential_version = from_version.next();
        // The person who named another address may be the one against whom the owner changes the password.
        let withdrawn = account.pending_email.take().map(|_| {
            let revision = account.revision();
            Change::PutPendingEmail { account_id, revision, pending: None, at }
        });
        let purpose = ChallengePurpose::VerifyEmail;
        let forgotten = withdrawn.is_some().then_some(Change::ForgetChallengesFor { account_id, purpose });
        let mut changes = vec![
            Change::ChangePassword { account_id, from_version, revision, password_hash: password_hash.clone(), at },
            Change::RevokeSessionsOf {
                account_id,
                except: Some(session.id),
                revocation: Revocation { at: now, reason: RevocationReason::PasswordChanged },
            },
            self.announcements.announce(EventKind::PasswordChanged, account_id, at),
            notice(&*self.env.entropy, account, NoticeKind::PasswordChanged, client, now),
        ];
        changes.extend(withdrawn);
        changes.extend(forgotten);
        changes
    }
}

/// A new address and a new language, if they are to change.
type Named = (Option<EmailAddress>, Option<Option<Locale>>);

/// Parses what is to be changed, or returns what is wrong with it.
fn parse(email: Option<&str>, locale: Option<Option<String>>) -> Result<Named, Vec<FieldError>> {
    let email = email.map(EmailAddress::parse).transpose();
    let locale = locale.map(|locale| locale.as_deref().map(Locale::parse).transpose()).transpose();
    match (email, locale) {
        (Ok(email), Ok(locale)) => Ok((email, locale)),
        (email, locale) => {
            let errors = [email.err().map(FieldError::from), locale.err().map(FieldError::from)];
            Err(errors.into_iter().flatten().collect())
        }
    }
}

/// Sets the language that the user prefers, even if it seems to be that one: what was read may be a moment old.
fn change_locale(account: &mut Account, locale: &Option<Locale>, now: Timestamp) -> Change {
    let (account_id, revision, at) = (account.id, account.revision(), account.next_change_at(now));
    account.updated_at = at;
    account.locale = locale.clone();
    Change::SetLocale { account_id, revision, locale: locale.clone(), at }
}
