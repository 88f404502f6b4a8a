//! Creates an account, for an administrator.

use std::sync::Arc;

use crate::account::{
    Account, AccountState, CredentialVersion, EmailAddress, Password, PasswordHash, PasswordPolicy, PasswordReason,
    Roles, Username,
};
use crate::error_code::{Details, ErrorCode, FieldError, Refusal};
use crate::event::EventKind;
use crate::internal::UsersWrite;
use crate::mail::NoticeKind;
use crate::ports::{Change, HashingError, PasswordHasher, StoreError, UniqueKey};
use crate::services::{Announcements, Decision, Environment, Lost, notice, salt};
use crate::session::Client;
use crate::two_factor::TwoFactor;
use crate::{AccountId, Locale};

use super::{AdminCaller, Register};

/// The account to create, and who sent it.
#[derive(Clone, Debug)]
pub struct CreateAccountRequest {
    /// The username, if the account is to have one.
    pub username: Option<String>,
    /// The e-mail address.
    pub email: String,
    /// Whether the administrator knows the address to be the owner's.
    pub email_verified: bool,
    /// The password; without one, the owner is told how to choose it.
    pub password: Option<Password>,
    /// The roles; without them, those of a new account.
    pub roles: Option<Vec<String>>,
    /// The language that the owner prefers, as a language tag.
    pub locale: Option<String>,
    /// Who is calling.
    pub client: Client,
}

/// Why no account was created.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreateAccountError {
    /// These fields are malformed.
    #[error("the e-mail address, the username, a role or the language is malformed")]
    Malformed(Vec<FieldError>),
    /// The password is too weak.
    #[error("the password breaks the password policy")]
    WeakPassword(Vec<PasswordReason>),
    /// Another account has the e-mail address.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// Another account has the username.
    #[error("the username is taken")]
    UsernameTaken,
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CreateAccountError> for Refusal {
    fn from(error: CreateAccountError) -> Self {
        match error {
            CreateAccountError::Malformed(fields) => Self::invalid(fields),
            CreateAccountError::WeakPassword(reasons) => {
                Self { code: ErrorCode::PasswordPolicy, details: Details::PasswordReasons(reasons) }
            }
            CreateAccountError::EmailTaken => Self::taken(ErrorCode::UserExists, "/email"),
            CreateAccountError::UsernameTaken => Self::taken(ErrorCode::UserExists, "/username"),
            CreateAccountError::Hashing(error) => error.into(),
            CreateAccountError::Store(error) => error.into(),
        }
    }
}

/// Creates accounts.
pub struct CreateAccount {
    env: Environment,
    hasher: Arc<dyn PasswordHasher>,
    announcements: Arc<Announcements>,
    policy: PasswordPolicy,
}

/// The parts of an account that an administrator names.
struct Named {
    email: EmailAddress,
    username: Option<Username>,
    roles: Roles,
    locale: Option<Locale>,
}

impl CreateAccount {
    pub(super) fn new(
        env: Environment,
        hasher: Arc<dyn PasswordHasher>,
        announcements: Arc<Announcements>,
        policy: PasswordPolicy,
    ) -> Self {
        Self { env, hasher, announcements, policy }
    }

    /// Creates an account, whether or not people may register, and tells its owner. Without a password, the owner sets one
    /// through the recovery by mail.
    pub async fn execute(
        &self,
        _: &AdminCaller<UsersWrite>,
        request: CreateAccountRequest,
    ) -> Result<Account, CreateAccountError> {
        let named = named(&request)?;
        let client = request.client;
        let password_hash = match request.password {
            Some(password) => Some(self.hash(password, &named, &client).await?),
            None => None,
        };
        let account = self.new_account(named, request.email_verified, password_hash);
        self.env
            .decide(async |lost| match lost {
                Some(Lost::Duplicate(UniqueKey::Email)) => Err(CreateAccountError::EmailTaken),
                Some(Lost::Duplicate(UniqueKey::Username)) => Err(CreateAccountError::UsernameTaken),
                _ => Ok(Decision::commit(account.clone(), self.changes(&account, &client))),
            })
            .await
    }

    async fn hash(
        &self,
        password: Password,
        named: &Named,
        client: &Client,
    ) -> Result<PasswordHash, CreateAccountError> {
        let reasons = self.policy.reasons_against(&password, &named.email, named.username.as_ref());
        if !reasons.is_empty() {
            return Err(CreateAccountError::WeakPassword(reasons));
        }
        Ok(self.hasher.hash(password, salt(self.env.random()), client.network()).await?)
    }

    fn new_account(&self, named: Named, email_verified: bool, password_hash: Option<PasswordHash>) -> Account {
        let now = self.env.now();
        Account {
            id: AccountId::generate(now, self.env.random()),
            username: named.username,
            email: named.email,
            email_verified,
            ever_proved: email_verified,
            email_told: false,
            pending_email: None,
            new_password_required: password_hash.is_none(),
            password_hash,
            credential_version: CredentialVersion::FIRST,
            roles: named.roles,
            two_factor: TwoFactor::none(),
            identities: Vec::new(),
            locale: named.locale,
            state: AccountState::Active,
            deletion: None,
            created_at: now,
            updated_at: now,
        }
    }

    fn changes(&self, account: &Account, client: &Client) -> Vec<Change> {
        let kind = match account.password_hash {
            Some(_) => NoticeKind::AccountCreated,
            None => NoticeKind::AccountAwaitsPassword,
        };
        vec![
            Change::InsertAccount(account.clone()),
            self.announcements.announce(EventKind::UserRegistered, account.id, account.created_at),
            notice(&*self.env.entropy, account, kind, client, self.env.now()),
        ]
    }
}

fn named(request: &CreateAccountRequest) -> Result<Named, CreateAccountError> {
    let (username, locale) = (request.username.as_deref(), request.locale.as_deref());
    let roles = request.roles.as_deref().map_or_else(|| Ok(Roles::of_new_account()), Roles::parse);
    let parsed = (
        EmailAddress::parse(&request.email),
        username.map(Username::parse).transpose(),
        locale.map(Locale::parse).transpose(),
        roles,
    );
    match parsed {
        (Ok(email), Ok(username), Ok(locale), Ok(roles)) => Ok(Named { email, username, roles, locale }),
        (_, _, _, roles) => {
            let mut fields = Register::malformed_names(&request.email, username, locale);
            fields.extend(roles.err().map(FieldError::from));
            Err(CreateAccountError::Malformed(fields))
        }
    }
}
