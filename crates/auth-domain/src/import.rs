//! Accounts that come from another system, as they are read and before anything is checked, and why one is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use uuid::Uuid;
use zeroize::Zeroizing;

use crate::Timestamp;
use crate::account::{ForeignHash, HashCost, InvalidEmail, InvalidRoles, InvalidUsername, PasswordHash, UnusableHash};
use crate::identity::ProviderName;
use crate::ports::UniqueKey;
use crate::two_factor::{Method, SealedSecret};

/// An account as another system describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportCandidate {
    /// Its id, if that is a UUID: the account keeps it.
    pub id: Option<Uuid>,
    /// The e-mail address.
    pub email: Option<String>,
    /// Whether the user has verified the address.
    pub email_verified: bool,
    /// The username.
    pub username: Option<String>,
    /// What a password is compared with.
    pub password: Option<ImportedPassword>,
    /// The roles; `None` for those of a new account.
    pub roles: Option<Vec<String>>,
    /// The identities at providers.
    pub identities: Vec<ImportedIdentity>,
    /// The second factors.
    pub factors: Vec<ImportedFactor>,
    /// Keyed hashes of recovery codes that this service made.
    pub recovery_codes: Vec<String>,
    /// The language that the user prefers, as a language tag; one that is malformed is left out.
    pub locale: Option<String>,
    /// Whether the other system lets the user log in.
    pub state: ImportedState,
    /// Whether the password only counts once it was reset.
    pub new_password_required: bool,
    /// When the account was registered.
    pub created_at: Option<Timestamp>,
}

/// Whether another system lets a user log in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImportedState {
    /// It does.
    #[default]
    Active,
    /// It is disabled, blocked, banned or suspended.
    Disabled {
        /// Since when, if that is known.
        since: Option<Timestamp>,
    },
    /// It is deleted, and only its record is left.
    Deleted,
}

impl ImportedState {
    /// Returns the state of a record that says only whether it is disabled.
    pub const fn of_flag(disabled: bool) -> Self {
        if disabled { Self::Disabled { since: None } } else { Self::Active }
    }
}

/// What a password is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportedPassword {
    /// A hash of another system.
    Foreign(ForeignHash),
    /// A hash that this service stored before.
    Own(PasswordHash),
}

/// An identity at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedIdentity {
    /// The provider.
    pub provider: ImportedProvider,
    /// The user's id at the provider.
    pub subject: String,
}

/// A provider as another system names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportedProvider {
    /// By a name that means the same issuer here.
    Known(String),
    /// By a name that the operator of the other system chose. Here the same name may mean another issuer, whose users
    /// would get into the accounts.
    Alias(String),
}

/// A second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedFactor {
    /// Which one it is.
    pub method: Method,
    /// Whether it is required at login.
    pub enabled: bool,
    /// Whether it is offered first.
    pub primary: bool,
    /// What recognises its codes.
    pub secret: ImportedSecret,
    /// When it was set up.
    pub since: Option<Timestamp>,
}

/// What recognises the codes of a second factor.
#[derive(Clone, PartialEq, Eq)]
pub enum ImportedSecret {
    /// Nothing, for codes by mail.
    None,
    /// The key of an authenticator app: SHA-1, six digits, 30 seconds.
    Key(Zeroizing<Vec<u8>>),
    /// A key that this service sealed before.
    Sealed(SealedSecret),
    /// One that cannot be used here, with the reason.
    Unusable(&'static str),
}

impl fmt::Debug for ImportedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ImportedSecret(…)")
    }
}

/// What the operator decided about an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportPolicy {
    /// Leaves out usernames that are not valid here.
    pub drop_invalid_usernames: bool,
    /// Leaves out second factors that cannot be used here.
    pub drop_unusable_factors: bool,
    /// Gives every account the roles of a new one.
    pub without_roles: bool,
    /// The configured providers.
    pub providers: BTreeSet<ProviderName>,
    /// What aliases of the other system mean here.
    pub aliases: BTreeMap<String, ProviderName>,
    /// The cost of own password hashes.
    pub hash_cost: HashCost,
}

/// Why an account is not imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportRefusal {
    /// It has no e-mail address.
    #[error("it has no e-mail address")]
    NoEmail,
    /// The e-mail address is malformed.
    #[error("the e-mail address {0}")]
    Email(InvalidEmail),
    /// The username is malformed.
    #[error("the username {0} (--drop-invalid-usernames leaves it out)")]
    Username(InvalidUsername),
    /// The roles are malformed.
    #[error("roles {0} (--without-roles leaves them out)")]
    Roles(InvalidRoles),
    /// The name of a provider or the id there is malformed.
    #[error("the identity at {0:?} is malformed")]
    Identity(String),
    /// Nobody said which provider an alias means here.
    #[error(
        "the other system's name {0:?} for an identity provider means nothing here: say which it is (--provider {0}=NAME)"
    )]
    UnknownAlias(String),
    /// It has two identities of one provider.
    #[error("it has two identities at {0}: an account has at most one of each provider")]
    TwoIdentities(ProviderName),
    /// The password hash cannot be used.
    #[error("{0}")]
    Hash(#[from] UnusableHash),
    /// The master key of an own hash, secret or code is missing.
    #[error("{0} was made with a master key that AUTH_SECRET_KEY does not contain, or belongs to another account")]
    MissingKey(&'static str),
    /// A second factor cannot be used.
    #[error("its second factor cannot be used here: {0} (--drop-second-factors leaves it out)")]
    Factor(&'static str),
    /// It is deleted in the other system.
    #[error("the account is deleted there")]
    Deleted,
    /// A comparison with its own hash would take more work than this service allows.
    #[error(
        "a comparison with its password hash costs far more than is configured (AUTH_HASH_MEMORY_KIB, AUTH_HASH_PASSES)"
    )]
    OwnHashTooDear,
    /// Nobody could ever log in to the account.
    #[error("nobody could log in: it has no password hash, no identity at a provider, and no verified e-mail address")]
    NoWayToLogIn,
    /// Nobody could log in to the account with the configured providers.
    #[error("nobody could log in: its only way is {0}, which is not configured here")]
    ProviderNotConfigured(ProviderName),
    /// Another account has something that only one can have.
    #[error("{0} belongs to another account")]
    Taken(UniqueKey),
    /// It could not be read.
    #[error("{0}")]
    Unreadable(String),
}
