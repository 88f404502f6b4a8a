//! Sessions: one row each, however often their refresh token rotates.

mod client;
pub mod refresh;

pub use client::{Client, Network};

use std::time::Duration;

use crate::named::named;
use crate::{AccountId, SessionId, Timestamp};

/// Counts the refresh tokens of a session, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u32);

impl Generation {
    /// That of the token handed out at login.
    pub const FIRST: Self = Self(1);

    /// The generation after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// From its number.
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn as_number(self) -> u32 {
        self.0
    }
}

/// Names the master key that a secret was derived from: 8 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// From its text.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How the owner of a session came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthenticationMethod {
    /// By password.
    Password,
    /// By a code that was mailed, and a new password set with it.
    MailedCode,
    /// By password and a second factor.
    PasswordAndSecondFactor,
    /// By a code that was mailed, a new password, and a second factor.
    MailedCodeAndSecondFactor,
    /// Through an identity provider.
    IdentityProvider,
    /// Through an identity provider, and by a second factor.
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

    /// Its `amr` values (RFC 8176 section 2; that has none for an identity provider, `fed` is what others use).
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

    /// From its `amr` values.
    pub fn from_amr<S: AsRef<str>>(amr: &[S]) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.amr().iter().copied().eq(amr.iter().map(AsRef::as_ref)))
    }

    /// Whether a second factor was given.
    pub const fn passed_second_factor(self) -> bool {
        match self {
            Self::PasswordAndSecondFactor | Self::MailedCodeAndSecondFactor | Self::IdentityProviderAndSecondFactor => {
                true
            }
            Self::Password | Self::MailedCode | Self::IdentityProvider => false,
        }
    }

    /// The same, and a second factor after it.
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
    /// Why a session ended before its time.
    pub enum RevocationReason {
        /// Its owner logged out, here or everywhere.
        LoggedOut = "logged_out",
        /// A refresh token that was no longer good came back: somebody else may hold a copy.
        TokenReused = "token_reused",
        /// The password was changed or reset.
        PasswordChanged = "password_changed",
        /// An identity was unlinked from the account.
        IdentityUnlinked = "identity_unlinked",
        /// The account got its first second factor, and this session had passed none.
        SecondFactorEnabled = "second_factor_enabled",
    }
}

/// An end before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Revocation {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
}

/// Which refresh token of a session is good, and to whom its last answer went.
/// [`refresh`] holds the rules.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rotation {
    /// The generation whose token is current.
    pub generation: Generation,
    /// The generation that the current one was handed out for; `None` before the first refresh.
    pub parent: Option<Generation>,
    /// When the current token was last handed out.
    pub served_at: Timestamp,
    /// Whether the current generation was used: its holder got the answer.
    pub proved: bool,
    /// Who got it.
    pub client: Client,
    /// The generations that forks left behind, so that their access tokens stay dead too.
    pub left_behind: Option<LeftBehind>,
}

/// Generations that are dead: those strictly between the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeftBehind {
    /// The last good one before.
    pub after: Generation,
    /// The first good one after.
    pub before: Generation,
}

impl Rotation {
    /// The newest generation that a client is known to have: an access token of it says nothing about a later one.
    pub fn newest_proved(&self) -> Generation {
        if self.proved { self.generation } else { self.parent.unwrap_or(self.generation) }
    }

    /// Whether an access token minted with `generation` belongs to the live branch: it was handed out,
    /// and no fork left it behind.
    pub fn accepts_access_token_of(&self, generation: Generation) -> bool {
        let dead = self.left_behind.is_some_and(|gap| gap.after < generation && generation < gap.before);
        generation <= self.generation && !dead
    }
}

/// A session as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its name.
    pub id: SessionId,
    /// Whose it is.
    pub account_id: AccountId,
    /// Where its refresh token stands.
    pub rotation: Rotation,
    /// The master key that its current refresh token is derived from.
    pub key_id: KeyId,
    /// How its owner last proved who they are.
    pub method: AuthenticationMethod,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When its owner last proved who they are, at login or since: the `auth_time` claim.
    pub authenticated_at: Timestamp,
    /// When it ends unless it is refreshed before.
    pub idle_expires_at: Timestamp,
    /// When it ends in any case.
    pub absolute_expires_at: Timestamp,
    /// Set when it ended before its time.
    pub revocation: Option<Revocation>,
}

/// How long sessions and their tokens live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLifetimes {
    /// Of an access token.
    pub access: Duration,
    /// Of a session that is not refreshed.
    pub idle: Duration,
    /// Of a session, however often refreshed.
    pub absolute: Duration,
    /// How long after the last answer a client that proved to have it may ask for it again; zero
    /// makes refresh tokens strictly single use.
    pub retry_window: Duration,
}

impl Session {
    /// Neither revoked nor expired at `now`.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.revocation.is_none() && now < self.refresh_expires_at()
    }

    /// When its refresh token stops working unless used before.
    pub fn refresh_expires_at(&self) -> Timestamp {
        self.idle_expires_at.min(self.absolute_expires_at)
    }
}
