//! Registering: a new account, no session yet.

use std::sync::Arc;

use crate::account::{
    Account, CredentialVersion, EmailAddress, LoginName, Password, PasswordPolicy, PasswordReason, Roles, Username,
};
use crate::budget::AttemptSubject;
use crate::challenge::{ChallengePurpose, Challenged};
use crate::disclosure::Disclosure;
use crate::error_code::{Details, ErrorCode, FieldError, Refusal};
use crate::event::EventKind;
use crate::mail::{MailRequest, NoticeKind};
use crate::ports::{Change, CommitError, HashingError, NameDigest, PasswordHasher, StoreUnavailable, UniqueKey};
use crate::session::Client;
use crate::temp_token::{IssuedTempToken, TempStep};
use crate::{AccountId, ChallengeId, MailId, Randomness, Timestamp};

use super::announcements::Announcements;
use super::challenges::Challenges;
use super::mail_budgets;

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
    /// Stands for addresses in answers that conceal.
    pub name_digest: Arc<dyn NameDigest>,
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
        let Challenges { store, clock, entropy, .. } = &*self.challenges;
        let password_hash = self.hasher.hash(request.password, salt(entropy.bytes())).await?;
        let now = clock.now();
        let account = Account {
            id: AccountId::generate(now, entropy.bytes()),
            username,
            email,
            email_verified: false,
            password_hash: Some(password_hash),
            credential_version: CredentialVersion::FIRST,
            roles: Roles::of_new_account(),
            created_at: now,
            updated_at: now,
        };
        let purpose = ChallengePurpose::VerifyEmail;
        let (challenge, begun) = self.challenges.begin_for(&account, purpose, &request.client, now);
        let mut changes = vec![Change::InsertAccount(account.clone())];
        changes.extend(begun);
        changes.push(self.announcements.announce(EventKind::UserRegistered, account.id, now));
        match store.commit(changes).await {
            Ok(()) => Ok(self.registered(account, challenge.id, now)),
            Err(CommitError::Duplicate(UniqueKey::Email)) if self.disclosure == Disclosure::Concealed => {
                self.pretend(account, &request.client, now).await
            }
            Err(CommitError::Duplicate(UniqueKey::Email | UniqueKey::Username)) => Err(RegisterError::Taken),
            Err(_) => Err(RegisterError::Unavailable(StoreUnavailable)),
        }
    }

    fn registered(&self, account: Account, challenge_id: ChallengeId, now: Timestamp) -> Registered {
        let token = || self.challenges.temp_token(challenge_id, TempStep::GiveVerifyEmailCode, now);
        Registered { account, temp_token: self.require_verified_email.then(token) }
    }

    /// The address is taken, and the caller is not told: its owner is, by a mail. A taken username cannot be
    /// concealed, since a new account could not have it either.
    async fn pretend(&self, account: Account, client: &Client, now: Timestamp) -> Result<Registered, RegisterError> {
        let store = &*self.challenges.store;
        if let Some(username) = &account.username
            && store.find_account_by_name(&LoginName::Username(username.clone())).await?.is_some()
        {
            return Err(RegisterError::Taken);
        }
        let name = LoginName::Email(account.email.clone());
        let subject = AttemptSubject::unknown_name(self.name_digest.digest(&name));
        let purpose = ChallengePurpose::VerifyEmail;
        let (challenge, [insert, _]) = self.challenges.begin(subject, Challenged::Nobody, purpose, client, now);
        let mut changes = vec![insert];
        if let Some(owner) = store.find_account_by_name(&name).await? {
            let budget =
                mail_budgets::for_strangers(store, AttemptSubject::account(owner.id), client.network()).await?;
            // Past the budget there is no mail, but no other answer either.
            if budget.check(now).is_ok() {
                changes.extend(budget.after_mail(now).map(Change::PutTally));
                let id = MailId::generate(now, self.challenges.entropy.bytes());
                let kind = NoticeKind::RegistrationAttempted;
                changes.push(Change::Mail(MailRequest::notice(id, owner.email, kind, now, client.clone())));
            }
        }
        match store.commit(changes).await {
            // A conflict: another attempt at this moment has the owner mailed, and the challenge is nobody's.
            Ok(()) | Err(CommitError::Conflict { .. }) => Ok(self.registered(account, challenge.id, now)),
            Err(_) => Err(RegisterError::Unavailable(StoreUnavailable)),
        }
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
