//! Registering: a new account, no session yet.

use std::sync::Arc;

use crate::account::{
    Account, CredentialVersion, EmailAddress, Password, PasswordPolicy, PasswordReason, Roles, Username,
};
use crate::error_code::{Details, ErrorCode, FieldError, Refusal};
use crate::ports::{
    Change, Clock, CommitError, Entropy, HashingError, PasswordHasher, Store, StoreUnavailable, UniqueKey,
};
use crate::{AccountId, Randomness};

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
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Hashes the password.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Dates the account.
    pub clock: Arc<dyn Clock>,
    /// Salts the hash, names the account.
    pub entropy: Arc<dyn Entropy>,
    /// What a password must meet.
    pub policy: PasswordPolicy,
}

impl Register {
    /// Registers an account. A taken name costs a hash too, so that it takes as long as a free one.
    pub async fn execute(&self, request: RegisterRequest) -> Result<Account, RegisterError> {
        let (email, username) = parse_names(&request)?;
        if request.confirm_password.is_some_and(|confirm| confirm != request.password) {
            return Err(RegisterError::UnmatchedPasswords);
        }
        let reasons = self.policy.reasons_against(&request.password, &email, username.as_ref());
        if !reasons.is_empty() {
            return Err(RegisterError::WeakPassword(reasons));
        }
        let password_hash = self.hasher.hash(request.password, salt(self.entropy.bytes())).await?;
        let now = self.clock.now();
        let account = Account {
            id: AccountId::generate(now, self.entropy.bytes()),
            username,
            email,
            email_verified: false,
            password_hash: Some(password_hash),
            credential_version: CredentialVersion::FIRST,
            roles: Roles::of_new_account(),
            created_at: now,
            updated_at: now,
        };
        match self.store.commit(vec![Change::InsertAccount(account.clone())]).await {
            Ok(()) => Ok(account),
            Err(CommitError::Duplicate(UniqueKey::Email | UniqueKey::Username)) => Err(RegisterError::Taken),
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
