//! Accounts: who users are and how they prove it.

mod email;
mod foreign_hash;
mod password;
mod role;
mod state;
mod username;

pub(crate) use email::ascii_domain;
pub use email::{EmailAddress, InvalidEmail};
pub use foreign_hash::{Argon2Variant, Digest, ForeignHash, UnusableHash};
pub use password::{HashCost, Password, PasswordHash, PasswordPolicy, PasswordReason};
pub use role::{InvalidRoles, Role, Roles};
pub use state::{AccountFilter, AccountState, Admins, Blocked, SearchText};
pub use username::{InvalidUsername, Username};

use std::time::Duration;

use crate::deletion::ScheduledDeletion;
use crate::identity::{LinkedIdentity, ProviderName};
use crate::two_factor::TwoFactor;
use crate::version::AccountRevision;
use crate::{AccountId, Language, Locale, Timestamp};

/// Counts the changes of an account's credentials. A session that was opened for one version is inserted only while
/// that version is current, so a login that races a password change leaves nothing behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialVersion(i64);

impl CredentialVersion {
    /// The version of a new account.
    pub const FIRST: Self = Self(1);

    /// Returns the version after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// Creates a version from its stored number.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Returns the number, to store.
    pub const fn as_number(self) -> i64 {
        self.0
    }
}

/// An account as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The permanent id.
    pub id: AccountId,
    /// The username to log in with, if the user chose one.
    pub username: Option<Username>,
    /// The address at which the user is reached, which also serves to log in.
    pub email: EmailAddress,
    /// Whether the user has verified the address.
    pub email_verified: bool,
    /// The address that replaces the verified one as soon as it is verified itself.
    pub pending_email: Option<PendingEmail>,
    /// Whether the user has ever verified an address of this account. Until then, the account may belong to a squatter.
    pub ever_proved: bool,
    /// Whether an identity provider supplied the address when the account was created.
    pub email_told: bool,
    /// `None` for an account that only signs in through identity providers.
    pub password_hash: Option<PasswordHash>,
    /// Whether an administrator requires a new password: until it is reset by mail, the present one opens nothing.
    pub new_password_required: bool,
    /// Increases with each change of the password, and when a login that is under way must fail.
    pub credential_version: CredentialVersion,
    /// The roles that other services assign a meaning to.
    pub roles: Roles,
    /// Its second factors.
    pub two_factor: TwoFactor,
    /// The linked identities, ordered by the name of their provider; at most one of each provider.
    pub identities: Vec<LinkedIdentity>,
    /// The language that the user prefers, if that is known.
    pub locale: Option<Locale>,
    /// Whether it may be used.
    pub state: AccountState,
    /// The deletion that is to become final, if there is one. It blocks the account, too.
    pub deletion: Option<Box<ScheduledDeletion>>,
    /// When the account was registered.
    pub created_at: Timestamp,
    /// When any of the above last changed.
    pub updated_at: Timestamp,
}

/// An address that is to replace a verified one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingEmail {
    /// The address.
    pub email: EmailAddress,
    /// When the offer to verify it ends.
    pub until: Timestamp,
}

impl PendingEmail {
    /// How long the user has to verify it.
    pub const LIFETIME: Duration = Duration::from_secs(24 * 3_600);

    /// Creates a pending address, named at `now`.
    pub fn named(email: EmailAddress, now: Timestamp) -> Self {
        Self { email, until: now + Self::LIFETIME }
    }
}

impl Account {
    /// Returns the pending address, if it can still be verified.
    pub fn pending_email(&self, now: Timestamp) -> Option<&EmailAddress> {
        self.pending_email.as_ref().filter(|pending| now < pending.until).map(|pending| &pending.email)
    }

    /// Returns the language in which its owner is written to; `None` for the default one.
    pub fn language(&self) -> Option<Language> {
        self.locale.as_ref().and_then(Locale::language)
    }

    /// Returns the account as it is at `now`: without a pending address that has expired.
    #[must_use]
    pub fn as_of(self, now: Timestamp) -> Self {
        let pending_email = self.pending_email.filter(|pending| now < pending.until);
        Self { pending_email, ..self }
    }

    /// Returns the time of a change that happens at `now`: later than the one before, even if that has the time of
    /// another node, so that the events of an account keep their order.
    pub fn next_change_at(&self, now: Timestamp) -> Timestamp {
        now.max(self.updated_at + Duration::from_micros(1))
    }

    /// Returns the revision that guards a change based on this account.
    pub const fn revision(&self) -> AccountRevision {
        AccountRevision::changed_at(self.updated_at)
    }

    /// Tells whether a reset by mail may give the account a password. An account without one gets one only if a user
    /// typed its address and nobody verified it, or if no identity is linked to it: otherwise the owner of the address
    /// may not be the person who signs in through the provider.
    pub const fn is_recoverable(&self) -> bool {
        let typed = !self.email_verified && !self.email_told;
        let only_by_mail = (self.email_verified || self.new_password_required) && self.identities.is_empty();
        self.password_hash.is_some() || typed || only_by_mail
    }

    /// Returns why nobody can use it. A deletion that is to come counts more than a suspension.
    pub fn blocked(&self) -> Option<Blocked> {
        match (&self.deletion, self.state) {
            (Some(deletion), _) => Some(Blocked::DeletionScheduled { due: deletion.due }),
            (None, AccountState::Suspended { .. }) => Some(Blocked::Suspended),
            (None, AccountState::Active) => None,
        }
    }

    /// Returns the name of its state for answers.
    pub fn state_name(&self) -> &'static str {
        match self.deletion {
            Some(_) => "deletion_scheduled",
            None => self.state.as_str(),
        }
    }

    /// Tells whether its owner can administer the service.
    pub fn is_active_admin(&self) -> bool {
        self.blocked().is_none() && self.roles.contains(Role::ADMIN)
    }

    /// Returns the identity at that provider.
    pub fn identity_at(&self, provider: &ProviderName) -> Option<&LinkedIdentity> {
        self.identities.iter().find(|identity| identity.provider == *provider)
    }

    /// Adds an identity.
    #[must_use]
    pub fn with_identity(mut self, identity: LinkedIdentity) -> Self {
        self.identities.push(identity);
        self.identities.sort_by(|a, b| a.provider.cmp(&b.provider));
        self
    }
}

/// The name that a user typed to log in. It is looked up among the e-mail addresses if it contains an `@`, which no
/// username does, and otherwise among the usernames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginName {
    /// The normalised address.
    Email(EmailAddress),
    /// The lower-cased username.
    Username(Username),
    /// A name that no account can have, in lower case. It is kept so that guessing it is limited too.
    Impossible(String),
}

impl LoginName {
    /// Parses a name. This never fails: a name that no account can have is a failed login, not a validation error.
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

    /// Returns one text for all spellings of the same name.
    pub fn canonical(&self) -> &str {
        match self {
            Self::Email(email) => email.key(),
            Self::Username(username) => username.key(),
            Self::Impossible(text) => text,
        }
    }
}
