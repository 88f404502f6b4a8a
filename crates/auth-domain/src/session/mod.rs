//! Sessions: one row each, however often the refresh token rotates.

mod client;
pub mod refresh;
mod rotation;

pub use client::{Client, Network};
pub use rotation::{Generation, Join, Joins, LateRepeats, LeftBehind, Rotation, RotationVersion};

use std::time::Duration;

use crate::named::named;
use crate::{AccountId, SessionId, Timestamp};

/// Identifies the master key from which a secret was derived: 8 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// Wraps the text of an id.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How the user of a session logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthenticationMethod {
    /// By password.
    Password,
    /// With a mailed code, which also set a new password.
    MailedCode,
    /// By password and a second factor.
    PasswordAndSecondFactor,
    /// With a mailed code, a new password and a second factor.
    MailedCodeAndSecondFactor,
    /// Through an identity provider.
    IdentityProvider,
    /// Through an identity provider and with a second factor.
    IdentityProviderAndSecondFactor,
}

impl AuthenticationMethod {
    const ALL: [Self; 6] = [
        Self::Password,
        Self::MailedCode,
        Self::PasswordAndSecondFactor,
        Self::MailedCodeAndSecondFactor,
        Self::IdentityProvider,
        Self::IdentityProviderAndSecondFactor,
    ];

    /// Returns the `amr` values (RFC 8176 section 2; it has none for identity providers, for which `fed` is common).
    pub const fn amr(self) -> &'static [&'static str] {
        match self {
            Self::Password => &["pwd"],
            Self::MailedCode => &["otp"],
            Self::PasswordAndSecondFactor => &["pwd", "otp", "mfa"],
            Self::MailedCodeAndSecondFactor => &["otp", "mfa"],
            Self::IdentityProvider => &["fed"],
            Self::IdentityProviderAndSecondFactor => &["fed", "otp", "mfa"],
        }
    }

    /// Parses the `amr` values.
    pub fn from_amr<S: AsRef<str>>(amr: &[S]) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.amr().iter().copied().eq(amr.iter().map(AsRef::as_ref)))
    }

    /// Tells whether a second factor was given.
    pub const fn passed_second_factor(self) -> bool {
        match self {
            Self::PasswordAndSecondFactor | Self::MailedCodeAndSecondFactor | Self::IdentityProviderAndSecondFactor => {
                true
            }
            Self::Password | Self::MailedCode | Self::IdentityProvider => false,
        }
    }

    /// Adds a second factor to the method.
    #[must_use]
    pub const fn and_second_factor(self) -> Self {
        match self {
            Self::Password | Self::PasswordAndSecondFactor => Self::PasswordAndSecondFactor,
            Self::MailedCode | Self::MailedCodeAndSecondFactor => Self::MailedCodeAndSecondFactor,
            Self::IdentityProvider | Self::IdentityProviderAndSecondFactor => Self::IdentityProviderAndSecondFactor,
        }
    }
}

named! {
    /// Why a session ended early.
    pub enum RevocationReason {
        /// The user logged out, here or everywhere.
        LoggedOut = "logged_out",
        /// A refresh token that was already replaced came back: someone else may have a copy.
        TokenReused = "token_reused",
        /// The password was changed or reset.
        PasswordChanged = "password_changed",
        /// An identity was unlinked from the account.
        IdentityUnlinked = "identity_unlinked",
        /// The account got its first second factor, and this session had not used one.
        SecondFactorEnabled = "second_factor_enabled",
        /// An administrator suspended the account.
        AccountSuspended = "account_suspended",
        /// The account is to be deleted.
        DeletionScheduled = "deletion_scheduled",
        /// An administrator ended every session of the account.
        EndedByAdmin = "ended_by_admin",
    }
}

/// The early end of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Revocation {
    /// When it ended.
    pub at: Timestamp,
    /// Why it ended.
    pub reason: RevocationReason,
}

/// A session as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The id of the session.
    pub id: SessionId,
    /// The account of the session.
    pub account_id: AccountId,
    /// The state of the refresh token.
    pub rotation: Rotation,
    /// The master key from which the current refresh token is derived.
    pub key_id: KeyId,
    /// How the user last proved who they are.
    pub method: AuthenticationMethod,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When the user last proved who they are, at login or later: the `auth_time` claim.
    pub authenticated_at: Timestamp,
    /// When it ends unless it is refreshed.
    pub idle_expires_at: Timestamp,
    /// When it ends at the latest.
    pub absolute_expires_at: Timestamp,
    /// Set if it ended early.
    pub revocation: Option<Revocation>,
}

/// How long sessions and their tokens live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLifetimes {
    /// The lifetime of an access token.
    pub access: Duration,
    /// The lifetime of a session that is not refreshed.
    pub idle: Duration,
    /// The lifetime of a session, however often it is refreshed.
    pub absolute: Duration,
    /// How long after the last answer a refresh token may be presented again by the client that proved to have its
    /// successor, or by a second exit of that client. Zero makes refresh tokens strictly single-use.
    pub retry_window: Duration,
}

impl Session {
    /// Tells whether the session is neither revoked nor expired at `now`.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.revocation.is_none() && now < self.refresh_expires_at()
    }

    /// Returns when the refresh token stops working unless it is used.
    pub fn refresh_expires_at(&self) -> Timestamp {
        self.idle_expires_at.min(self.absolute_expires_at)
    }
}
