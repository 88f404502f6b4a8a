//! Registering: a new account, no session yet.

use std::sync::Arc;

use crate::account::{
    Account, CredentialVersion, EmailAddress, LoginName, Password, PasswordPolicy, PasswordReason, Roles, Username,
};
use crate::budget::Spent;
use crate::challenge::{ChallengePurpose, Challenged};
use crate::disclosure::Disclosure;
use crate::error_code::{Details, ErrorCode, FieldError, Refusal};
use crate::event::EventKind;
use crate::mail::NoticeKind;
use crate::ports::{Change, CommitError, HashingError, PasswordHasher, StoreUnavailable, UniqueKey};
use crate::session::Client;
use crate::temp_token::{IssuedTempToken, TempStep};
use crate::two_factor::TwoFactor;
use crate::{AccountId, ChallengeId, Randomness, Timestamp};

use super::announcements::Announcements;
use super::challenges::Challenges;
use super::notices::notice;
use super::{MAX_ATTEMPTS, mail_budgets};

/// What somebody typed.
#[derive(Clone, Debug)]
pub struct RegisterRequest {
    /// Optional.
    pub username: Option<String>,
    /// Required.
    pub email: String,
    /// Required.
    pub password: Password,
    /// Compared with `password` when it is there.
    pub confirm_password: Option<Password>,
    /// Who is calling.
    pub client: Client,
}

/// Somebody was registered, or is to believe so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The new account.
    pub account: Account,
    /// To prove the address with, where that is required before the first login.
    pub temp_token: Option<IssuedTempToken>,
}

/// Why nobody was registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// The e-mail address or the username is malformed.
    #[error("{} fields are malformed", .0.len())]
    Malformed(Vec<FieldError>),
    /// The two passwords differ.
    #[error("the passwords differ")]
    UnmatchedPasswords,
    /// The password is too weak.
    #[error("the password is too weak: {0:?}")]
    WeakPassword(Vec<PasswordReason>),
    /// The e-mail address or the username is taken.
    #[error("the e-mail address or the username is taken")]
    Taken,
    /// The budget for mails to that address is spent.
    #[error("the budget for mails is spent for {:?}", .0.retry_after)]
    Spent(Spent),
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<RegisterError> for Refusal {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Malformed(fields) => Self::invalid(fields),
            RegisterError::UnmatchedPasswords => ErrorCode::UnmatchedPasswords.into(),
            RegisterError::WeakPassword(reasons) => {
                Self { code: ErrorCode::PasswordPolicy, details: Details::PasswordReasons(reasons) }
            }
            RegisterError::Taken => ErrorCode::UserExists.into(),
            RegisterError::Spent(spent) => Self::retry_after(ErrorCode::RateLimited, spent.retry_after),
            RegisterError::Hashing(error) => error.into(),
            RegisterError::Unavailable(error) => error.into(),
        }
    }
}

/// The use case.
pub struct Register {
    /// Hashes the password.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Mails the code that proves the address; brings store, clock and entropy.
    pub challenges: Arc<Challenges>,
    /// Tells other services.
    pub announcements: Arc<Announcements>,
    /// What a password must meet.
    pub policy: PasswordPolicy,
    /// Whether strangers are told who has an account.
    pub disclosure: Disclosure,
    /// Whether an address must be proved before its owner may log in.
    pub require_verified_email: bool,
}

impl Register {
    /// Registers an account. A taken name costs a hash too, so that it takes as long as a free one.
    pub async fn execute(&self, request: RegisterRequest) -> Result<Registered, RegisterError> {
        let (email, username) = parse_names(&request)?;
        if request.confirm_password.is_some_and(|confirm| confirm != request.password) {
            return Err(RegisterError::UnmatchedPasswords);
        }
        let reasons = self.policy.reasons_against(&request.password, &email, username.as_ref());
        if !reasons.is_empty() {
            return Err(RegisterError::WeakPassword(reasons));
        }
        let Challenges { clock, entropy, .. } = &*self.challenges;
        let password_hash = self.hasher.hash(request.password, salt(entropy.bytes())).await?;
        let now = clock.now();
        let account = Account {
            id: AccountId::generate(now, entropy.bytes()),
            username,
            email,
            email_verified: false,
            ever_proved: false,
            password_hash: Some(password_hash),
            credential_version: CredentialVersion::FIRST,
            roles: Roles::of_new_account(),
            two_factor: TwoFactor::none(),
            identities: Vec::new(),
            created_at: now,
            updated_at: now,
        };
        for _ in 0..MAX_ATTEMPTS {
            let outcome = match self.insert(&account, &request.client).await {
                Err(CommitError::Duplicate(UniqueKey::Email)) if self.disclosure == Disclosure::Concealed => {
                    self.pretend(&account, &request.client).await
                }
                outcome => outcome,
            };
            match outcome {
                Ok(outcome) => return outcome,
                Err(CommitError::Duplicate(UniqueKey::Email | UniqueKey::Username)) => {
                    return Err(RegisterError::Taken);
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }

    async fn insert(
        &self,
        account: &Account,
        client: &Client,
    ) -> Result<Result<Registered, RegisterError>, CommitError> {
        let now = self.challenges.clock.now();
        let counted = match self.count_mail(&account.email, now).await? {
            Ok(counted) => counted,
            Err(spent) => return Ok(Err(RegisterError::Spent(spent))),
        };
        let (challenge, begun) = self.challenges.begin_for(account, ChallengePurpose::VerifyEmail, client, now);
        let mut changes = vec![Change::InsertAccount(account.clone())];
        changes.extend(begun);
        changes.push(counted);
        changes.push(self.announcements.announce(EventKind::UserRegistered, account.id, account.created_at));
        self.challenges.store.commit(changes).await?;
        Ok(Ok(self.registered(account, challenge.id, now)))
    }

    async fn count_mail(&self, to: &EmailAddress, now: Timestamp) -> Result<Result<Change, Spent>, StoreUnavailable> {
        let subject = self.challenges.subject(to);
        let mails = mail_budgets::to_named_address(&*self.challenges.store, subject).await?;
        Ok(mails.check(now).map(|()| Change::PutTally(mails.after_one(now))))
    }

    fn registered(&self, account: &Account, challenge_id: ChallengeId, now: Timestamp) -> Registered {
        let token = || self.challenges.temp_token(challenge_id, TempStep::GiveVerifyEmailCode, now);
        Registered { account: account.clone(), temp_token: self.require_verified_email.then(token) }
    }

    /// The address is taken, and the caller is not told: its owner is, by a mail. A taken username cannot be
    /// concealed, since a new account could not have it either.
    async fn pretend(
        &self,
        account: &Account,
        client: &Client,
    ) -> Result<Result<Registered, RegisterError>, CommitError> {
        let (store, now) = (&*self.challenges.store, self.challenges.clock.now());
        if let Some(username) = &account.username
            && store.find_account_by_name(&LoginName::Username(username.clone())).await?.is_some()
        {
            return Ok(Err(RegisterError::Taken));
        }
        let counted = match self.count_mail(&account.email, now).await? {
            Ok(counted) => counted,
            Err(spent) => return Ok(Err(RegisterError::Spent(spent))),
        };
        let (subject, purpose) = (self.challenges.subject(&account.email), ChallengePurpose::VerifyEmail);
        let (challenge, [insert, _]) = self.challenges.begin(subject, Challenged::Nobody, purpose, client, now);
        let mut changes = vec![insert, counted];
        if let Some(owner) = store.find_account_by_name(&LoginName::Email(account.email.clone())).await? {
            let kind = NoticeKind::RegistrationAttempted;
            changes.push(notice(&*self.challenges.entropy, &owner.email, kind, client, now));
        }
        store.commit(changes).await?;
        Ok(Ok(self.registered(account, challenge.id, now)))
    }
}

/// The salt of an Argon2 hash: the first 16 of the random bytes.
pub(super) fn salt(randomness: Randomness) -> [u8; 16] {
    let mut salt = [0; 16];
    salt.copy_from_slice(&randomness[..16]);
    salt
}

fn parse_names(request: &RegisterRequest) -> Result<(EmailAddress, Option<Username>), RegisterError> {
    let email = EmailAddress::parse(&request.email);
    let username = request.username.as_deref().map(Username::parse).transpose();
    match (email, username) {
        (Ok(email), Ok(username)) => Ok((email, username)),
        (email, username) => {
            let errors = [email.err().map(FieldError::from), username.err().map(FieldError::from)];
            Err(RegisterError::Malformed(errors.into_iter().flatten().collect()))
        }
    }
}
