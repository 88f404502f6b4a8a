//! Accounts: who somebody is and how they prove it.

mod email;
mod password;
mod role;
mod username;

pub use email::{EmailAddress, InvalidEmail};
pub use password::{HashCost, Password, PasswordHash, PasswordPolicy, PasswordReason};
pub use role::{InvalidRoles, Role, Roles};
pub use username::{InvalidUsername, Username};

use std::time::Duration;

use crate::identity::{LinkedIdentity, ProviderName};
use crate::two_factor::TwoFactor;
use crate::version::AccountRevision;
use crate::{AccountId, Timestamp};

/// Counts the changes of an account's credentials. A session opened on one version is inserted only
/// while that version still stands, so a login that races a password change leaves nothing behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialVersion(i64);

impl CredentialVersion {
    /// The version of a new account.
    pub const FIRST: Self = Self(1);

    /// The version after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// From its stored number.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Its number, to store.
    pub const fn as_number(self) -> i64 {
        self.0
    }
}

/// An account as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name for good.
    pub id: AccountId,
    /// The name chosen to log in with, if any.
    pub username: Option<Username>,
    /// Where its owner is reached, and a name to log in with.
    pub email: EmailAddress,
    /// Whether its owner has proved to read that address.
    pub email_verified: bool,
    /// The address that is to replace a proved one, once it is proved itself.
    pub pending_email: Option<PendingEmail>,
    /// Whether they ever proved an address, this one or one before: until then the account may be a squatter's.
    pub ever_proved: bool,
    /// Whether an identity provider told that address, when the account was made.
    pub email_told: bool,
    /// `None` for an account that only signs in through identity providers.
    pub password_hash: Option<PasswordHash>,
    /// Goes up with each change of password.
    pub credential_version: CredentialVersion,
    /// What other services let it do.
    pub roles: Roles,
    /// Its second factors.
    pub two_factor: TwoFactor,
    /// The identities that log in to it, by the name of their provider; one of each provider at most.
    pub identities: Vec<LinkedIdentity>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When any of the above last changed.
    pub updated_at: Timestamp,
}

/// An address that somebody named in place of a proved one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingEmail {
    /// The address.
    pub email: EmailAddress,
    /// Until when it can be proved.
    pub until: Timestamp,
}

impl PendingEmail {
    /// How long somebody has to prove it.
    pub const LIFETIME: Duration = Duration::from_secs(24 * 3_600);

    /// One that was named at `now`.
    pub fn named(email: EmailAddress, now: Timestamp) -> Self {
        Self { email, until: now + Self::LIFETIME }
    }
}

impl Account {
    /// The address that is to replace the proved one, if its time is not over.
    pub fn pending_email(&self, now: Timestamp) -> Option<&EmailAddress> {
        self.pending_email.as_ref().filter(|pending| now < pending.until).map(|pending| &pending.email)
    }

    /// The account as it shows itself at `now`: without a pending address whose time is over.
    #[must_use]
    pub fn as_of(self, now: Timestamp) -> Self {
        let pending_email = self.pending_email.filter(|pending| now < pending.until);
        Self { pending_email, ..self }
    }

    /// When a change that happens at `now` is dated: later than the one before, whichever node's clock that was
    /// dated with, so that the events of an account keep their order.
    pub fn next_change_at(&self, now: Timestamp) -> Timestamp {
        now.max(self.updated_at + Duration::from_micros(1))
    }

    /// Returns what a change that is decided on this account is guarded by.
    pub const fn revision(&self) -> AccountRevision {
        AccountRevision::changed_at(self.updated_at)
    }

    /// Whether a reset by mail may give it a password. Where it has none, only at an address that somebody typed and nobody
    /// proved: its owner may be another one than who signs in through the provider.
    pub const fn is_recoverable(&self) -> bool {
        self.password_hash.is_some() || !self.email_verified && !self.email_told
    }

    /// Its identity at that provider.
    pub fn identity_at(&self, provider: &ProviderName) -> Option<&LinkedIdentity> {
        self.identities.iter().find(|identity| identity.provider == *provider)
    }

    /// The same, with one more identity.
    #[must_use]
    pub fn with_identity(mut self, identity: LinkedIdentity) -> Self {
        self.identities.push(identity);
        self.identities.sort_by(|a, b| a.provider.cmp(&b.provider));
        self
    }
}

/// What somebody typed to say who they are: looked up among the e-mail addresses when it holds an `@`
/// (a username never does), else among the usernames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginName {
    /// The lower-cased, IDNA-mapped address.
    Email(EmailAddress),
    /// The lower-cased username.
    Username(Username),
    /// No account can have this name. Kept, lower-cased, so that guessing at it has a limit too.
    Impossible(String),
}

impl LoginName {
    /// Never fails: a name that nobody can have is a login that misses, not a validation error.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        if text.contains('@') {
            if let Ok(email) = EmailAddress::parse(text) {
                return Self::Email(email);
            }
        } else if let Ok(username) = Username::parse(text) {
            return Self::Username(username);
        }
        Self::Impossible(text.to_lowercase())
    }

    /// One text for all spellings of the same name.
    pub fn canonical(&self) -> &str {
        match self {
            Self::Email(email) => email.key(),
            Self::Username(username) => username.key(),
            Self::Impossible(text) => text,
        }
    }
}
