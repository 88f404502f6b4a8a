//! The second factors of an account, as a state machine. Each method goes `NotSet → Pending → Enabled ⇄ Disabled`. A
//! primary method exists exactly when a method is enabled: it is computed, never stored. `docs/two-factor.md` has the
//! diagram, and a test compares the two.
//!
//! What a code is, and whether it is right, is decided elsewhere: [`crate::ports::Totp`], [`crate::challenge`].

use std::fmt;
use std::time::Duration;

use crate::named::named;
use crate::version::RowVersion;
use crate::{SessionId, Timestamp};

named! {
    /// A second factor.
    pub enum Method {
        /// An authenticator app (TOTP, RFC 6238).
        App = "app",
        /// Codes by e-mail.
        Email = "email",
    }
}

/// How long the session that began to set up an app must wait before it may start over.
const REPLACED_AFTER: Duration = Duration::from_secs(60);

impl Method {
    const fn other(self) -> Self {
        match self {
            Self::App => Self::Email,
            Self::Email => Self::App,
        }
    }
}

/// A sealed TOTP secret: opening it takes the master key and the account's id.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SealedSecret(Vec<u8>);

impl SealedSecret {
    /// Wraps the sealed bytes.
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Returns the sealed bytes, to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedSecret(…)")
    }
}

/// The state of one method. `S` is what recognises a code: a secret for an app, nothing for e-mail.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MethodState<S> {
    /// It was never set up, or its setup was abandoned.
    NotSet,
    /// It was set up, but its first code was not entered yet.
    Pending(Pending<S>),
    /// It is required at login.
    Enabled(Enrolment<S>),
    /// It is still enrolled but not required, and perhaps being set up again.
    Disabled(Enrolment<S>, Option<Pending<S>>),
}

/// A setup that waits for its first code.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pending<S> {
    /// When it expires.
    pub until: Timestamp,
    /// What recognises its code.
    pub secret: S,
    /// The session that began it, which may start over.
    pub session_id: Option<SessionId>,
}

/// A completed setup.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Enrolment<S> {
    /// When it was completed.
    pub since: Timestamp,
    /// What recognises its codes.
    pub secret: S,
}

impl<S> MethodState<S> {
    /// Returns the pending setup, if it has not expired.
    pub fn pending(&self, now: Timestamp) -> Option<&Pending<S>> {
        let pending = match self {
            Self::Pending(pending) | Self::Disabled(_, Some(pending)) => Some(pending),
            Self::NotSet | Self::Enabled(_) | Self::Disabled(_, None) => None,
        };
        pending.filter(|pending| now < pending.until)
    }

    /// Returns the completed setup, enabled or not.
    pub const fn enrolment(&self) -> Option<&Enrolment<S>> {
        match self {
            Self::Enabled(enrolment) | Self::Disabled(enrolment, _) => Some(enrolment),
            Self::NotSet | Self::Pending(_) => None,
        }
    }

    const fn is_enabled(&self) -> bool {
        matches!(self, Self::Enabled(_))
    }

    fn begun(self, pending: Pending<S>) -> Self {
        match self {
            Self::NotSet | Self::Pending(_) => Self::Pending(pending),
            Self::Disabled(enrolment, _) => Self::Disabled(enrolment, Some(pending)),
            enabled @ Self::Enabled(_) => enabled,
        }
    }

    fn proved(self, now: Timestamp) -> Result<Self, NotPending> {
        match self {
            Self::Pending(pending) | Self::Disabled(_, Some(pending)) if now < pending.until => {
                Ok(Self::Enabled(Enrolment { since: now, secret: pending.secret }))
            }
            Self::Enabled(_) => Err(NotPending::AlreadyEnabled),
            _ => Err(NotPending::NothingPending),
        }
    }

    fn cancelled(self) -> Self {
        match self {
            Self::Pending(_) => Self::NotSet,
            Self::Disabled(enrolment, _) => Self::Disabled(enrolment, None),
            other @ (Self::NotSet | Self::Enabled(_)) => other,
        }
    }

    fn enabled(self) -> Result<Self, NotEnrolled> {
        match self {
            Self::Enabled(enrolment) | Self::Disabled(enrolment, _) => Ok(Self::Enabled(enrolment)),
            Self::NotSet | Self::Pending(_) => Err(NotEnrolled),
        }
    }

    fn disabled(self) -> Result<Self, NotEnrolled> {
        match self {
            Self::Enabled(enrolment) => Ok(Self::Disabled(enrolment, None)),
            Self::NotSet | Self::Pending(_) | Self::Disabled(..) => Err(NotEnrolled),
        }
    }
}

/// Why a setup cannot begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotBegun {
    /// The method is already enabled.
    #[error("the method is already enabled")]
    AlreadyEnabled,
    /// A setup is already pending.
    #[error("a setup is already pending")]
    AlreadyPending,
}

/// Why a setup cannot be completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPending {
    /// No setup is pending, or it has expired.
    #[error("no setup is pending")]
    NothingPending,
    /// The method is already enabled, and no setup is pending.
    #[error("the method is already enabled")]
    AlreadyEnabled,
}

/// The method is not enrolled, or not enabled where it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the method is not set up or not enabled")]
pub struct NotEnrolled;

/// The status of one method, as its owner sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It waits for its first code.
    Pending,
    /// It is required at login.
    Enabled,
    /// It is still enrolled, but not required.
    Disabled,
}

impl Status {
    /// Returns the name that answers use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }
}

/// A method that is set up or being set up, as its owner sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodOverview {
    /// Which method it is.
    pub method: Method,
    /// Its status.
    pub status: Status,
    /// Whether it is offered first.
    pub primary: bool,
    /// When it was enrolled; `None` while its first setup is pending.
    pub enrolled_at: Option<Timestamp>,
}

/// The 30 seconds for which a TOTP code was made, counted from the Unix epoch (RFC 6238 section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TotpStep(i64);

impl TotpStep {
    /// Creates a step from its number.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Returns the number of the step.
    pub const fn as_number(self) -> i64 {
        self.0
    }
}

/// A keyed hash of a recovery code: `<key id>:<base64url>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecoveryCodeHash(String);

impl RecoveryCodeHash {
    /// Wraps the text of a hash.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// Returns the text, to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The second factors of an account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TwoFactor {
    /// The authenticator app.
    pub app: MethodState<SealedSecret>,
    /// Codes by mail.
    pub email: MethodState<()>,
    /// The primary method if both are enabled. If only one is, that one is primary.
    pub preferred: Method,
    /// The recovery codes that were not used yet.
    pub recovery_codes: Vec<RecoveryCodeHash>,
    /// Increases with each write.
    pub version: RowVersion,
}

impl TwoFactor {
    /// Creates the state in which nothing is set up.
    pub const fn none() -> Self {
        Self {
            app: MethodState::NotSet,
            email: MethodState::NotSet,
            preferred: Method::App,
            recovery_codes: Vec::new(),
            version: RowVersion::NONE,
        }
    }

    /// Returns the state in which nothing is set up any more; the same if nothing was.
    #[must_use]
    pub fn dropped(self) -> Self {
        if self == (Self { version: self.version, ..Self::none() }) {
            return self;
        }
        Self { version: self.version.next(), ..Self::none() }
    }

    /// Tells whether a method is required at login.
    pub const fn is_enabled(&self, method: Method) -> bool {
        match method {
            Method::App => self.app.is_enabled(),
            Method::Email => self.email.is_enabled(),
        }
    }

    /// Tells whether a method is enrolled, enabled or not.
    pub const fn is_enrolled(&self, method: Method) -> bool {
        match method {
            Method::App => self.app.enrolment().is_some(),
            Method::Email => self.email.enrolment().is_some(),
        }
    }

    /// Tells whether any method is enrolled.
    pub fn any_enrolled(&self) -> bool {
        Method::ALL.into_iter().any(|method| self.is_enrolled(method))
    }

    /// Returns the methods that are required at login.
    pub fn enabled(&self) -> impl Iterator<Item = Method> {
        Method::ALL.into_iter().filter(|method| self.is_enabled(*method))
    }

    /// Returns the method that is offered first. There is one exactly when a method is enabled.
    pub fn primary(&self) -> Option<Method> {
        [self.preferred, self.preferred.other()].into_iter().find(|method| self.is_enabled(*method))
    }

    /// Returns the status of each method at `now`, except of those that are not set.
    pub fn overview(&self, now: Timestamp) -> Vec<MethodOverview> {
        let overview = |method| {
            let (status, enrolled_at) = self.status(method, now)?;
            Some(MethodOverview { method, status, primary: self.primary() == Some(method), enrolled_at })
        };
        Method::ALL.into_iter().filter_map(overview).collect()
    }

    /// Returns the status of a method at `now`, and since when it is enrolled; `None` if it is not set.
    pub fn status(&self, method: Method, now: Timestamp) -> Option<(Status, Option<Timestamp>)> {
        let since = match method {
            Method::App => self.app.enrolment().map(|enrolment| enrolment.since),
            Method::Email => self.email.enrolment().map(|enrolment| enrolment.since),
        };
        let pending = match method {
            Method::App => self.app.pending(now).is_some(),
            Method::Email => self.email.pending(now).is_some(),
        };
        match (self.is_enabled(method), since, pending) {
            (true, since, _) => Some((Status::Enabled, since)),
            (false, since, true) => Some((Status::Pending, since)),
            (false, Some(since), false) => Some((Status::Disabled, Some(since))),
            (false, None, false) => None,
        }
    }

    /// Begins the setup of the app, which must be completed before `until`. A pending setup prevents this, but only
    /// briefly for the session that began it.
    pub fn begin_app(
        self,
        now: Timestamp,
        until: Timestamp,
        secret: SealedSecret,
        session_id: SessionId,
    ) -> Result<Self, NotBegun> {
        if self.app.is_enabled() {
            return Err(NotBegun::AlreadyEnabled);
        }
        // A setup that began before the clock was set back would be in the way for too long.
        let begun = |pending: &Pending<_>| (pending.until - until.since(now)).measured_at(now);
        if let Some(pending) = self.app.pending(now)
            && let Some(begun_at) = begun(pending)
            && (pending.session_id != Some(session_id) || now < begun_at + REPLACED_AFTER)
        {
            return Err(NotBegun::AlreadyPending);
        }
        let pending = Pending { until, secret, session_id: Some(session_id) };
        Ok(Self { app: self.app.begun(pending), ..self }.written())
    }

    /// Cancels the pending setup of the app.
    pub fn cancel_app(self, now: Timestamp) -> Result<Self, NotPending> {
        if self.app.pending(now).is_none() {
            return Err(if self.app.is_enabled() { NotPending::AlreadyEnabled } else { NotPending::NothingPending });
        }
        Ok(Self { app: self.app.cancelled(), ..self }.written())
    }

    /// Begins the setup of e-mail, which must be completed before `until`. A pending setup starts over with a new code.
    pub fn begin_email(self, until: Timestamp) -> Result<Self, NotBegun> {
        if self.email.is_enabled() {
            return Err(NotBegun::AlreadyEnabled);
        }
        Ok(Self { email: self.email.begun(Pending { until, secret: (), session_id: None }), ..self }.written())
    }

    /// Completes a setup: the method is enabled, and primary if no other one is.
    pub fn proved(self, method: Method, now: Timestamp) -> Result<Self, NotPending> {
        let preferred = self.primary().unwrap_or(method);
        let proved = match method {
            Method::App => Self { app: self.app.proved(now)?, ..self },
            Method::Email => Self { email: self.email.proved(now)?, ..self },
        };
        Ok(Self { preferred, ..proved }.written())
    }

    /// Requires an enrolled method at login; it becomes primary if no other one is enabled.
    pub fn enable(self, method: Method) -> Result<Self, NotEnrolled> {
        let preferred = self.primary().unwrap_or(method);
        let enabled = match method {
            Method::App => Self { app: self.app.enabled()?, ..self },
            Method::Email => Self { email: self.email.enabled()?, ..self },
        };
        Ok(Self { preferred, ..enabled }.written())
    }

    /// Stops requiring an enabled method. If it was primary, another enabled one becomes primary.
    pub fn disable(self, method: Method) -> Result<Self, NotEnrolled> {
        let disabled = match method {
            Method::App => Self { app: self.app.disabled()?, ..self },
            Method::Email => Self { email: self.email.disabled()?, ..self },
        };
        // One method at most is left, which is primary whatever is preferred; enabling another one prefers this one.
        Ok(disabled.written())
    }

    /// Makes an enabled method the primary one.
    pub fn make_primary(self, method: Method) -> Result<Self, NotEnrolled> {
        if !self.is_enabled(method) {
            return Err(NotEnrolled);
        }
        Ok(Self { preferred: method, ..self }.written())
    }

    /// Replaces the recovery codes.
    #[must_use]
    pub fn with_recovery_codes(self, recovery_codes: Vec<RecoveryCodeHash>) -> Self {
        Self { recovery_codes, ..self }.written()
    }

    /// Removes one recovery code; `None` if it does not exist.
    pub fn without_recovery_code(mut self, hash: &RecoveryCodeHash) -> Option<Self> {
        let index = self.recovery_codes.iter().position(|one| one == hash)?;
        self.recovery_codes.remove(index);
        Some(self.written())
    }

    fn written(self) -> Self {
        Self { version: self.version.next(), ..self }
    }
}

#[cfg(test)]
mod tests;
