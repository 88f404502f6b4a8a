//! The second factors of an account, as a state machine. Each method for itself goes
//! `NotSet → Pending → Enabled ⇄ Disabled`; over all, a primary exists exactly when a method is enabled: it is
//! computed, never stored. `docs/two-factor.md` has the diagram, and a test holds the two together.
//!
//! What a code is and whether it is right lives elsewhere: [`crate::ports::Totp`], [`crate::challenge`].

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
        /// Codes by mail.
        Email = "email",
    }
}

/// How long the session that began to set up an app has to wait before it may begin anew.
const REPLACED_AFTER: Duration = Duration::from_secs(60);

impl Method {
    const fn other(self) -> Self {
        match self {
            Self::App => Self::Email,
            Self::Email => Self::App,
        }
    }
}

/// A TOTP secret, sealed: it opens only with the master key and the account's id.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SealedSecret(Vec<u8>);

impl SealedSecret {
    /// From the sealed bytes.
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The sealed bytes, to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedSecret(…)")
    }
}

/// Where one method stands. `S` is what it needs to recognise a code: a secret for an app, nothing for e-mail.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MethodState<S> {
    /// Never set up, or begun and left.
    NotSet,
    /// Set up but not proved yet.
    Pending(Pending<S>),
    /// Asked for at login.
    Enabled(Enrolment<S>),
    /// Still enrolled, not asked for; perhaps being set up anew.
    Disabled(Enrolment<S>, Option<Pending<S>>),
}

/// A set-up that waits for its first code.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pending<S> {
    /// Until when.
    pub until: Timestamp,
    /// What the code is to be recognised by.
    pub secret: S,
    /// Which session began it: that one may begin anew.
    pub session_id: Option<SessionId>,
}

/// A set-up that was proved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Enrolment<S> {
    /// When.
    pub since: Timestamp,
    /// What codes are recognised by.
    pub secret: S,
}

impl<S> MethodState<S> {
    /// The pending set-up, if it has not run out.
    pub fn pending(&self, now: Timestamp) -> Option<&Pending<S>> {
        let pending = match self {
            Self::Pending(pending) | Self::Disabled(_, Some(pending)) => Some(pending),
            Self::NotSet | Self::Enabled(_) | Self::Disabled(_, None) => None,
        };
        pending.filter(|pending| now < pending.until)
    }

    /// The proved set-up, enabled or not.
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

/// Why a set-up is not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotBegun {
    /// The method is enabled.
    #[error("the method is enabled already")]
    AlreadyEnabled,
    /// A set-up is pending.
    #[error("a set-up is pending already")]
    AlreadyPending,
}

/// Why a set-up is not proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPending {
    /// None is pending, or it ran out.
    #[error("no set-up is pending")]
    NothingPending,
    /// The method is enabled, and no set-up is pending.
    #[error("the method is enabled already")]
    AlreadyEnabled,
}

/// The method is not enrolled, or not enabled where it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the method is not enrolled or not enabled")]
pub struct NotEnrolled;

/// How one method looks from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Waits for its first code.
    Pending,
    /// Asked for at login.
    Enabled,
    /// Still enrolled, not asked for.
    Disabled,
}

impl Status {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }
}

/// A method that is set up, or is being set up, as its owner sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodOverview {
    /// Which method it is.
    pub method: Method,
    /// Where it stands.
    pub status: Status,
    /// Whether it is offered first.
    pub primary: bool,
    /// Since when it is enrolled; `None` while its first set-up is pending.
    pub enrolled_at: Option<Timestamp>,
}

/// Which 30 seconds a TOTP code was made for: counted from the Unix epoch (RFC 6238 section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TotpStep(i64);

impl TotpStep {
    /// From its number.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn as_number(self) -> i64 {
        self.0
    }
}

/// A keyed hash of a recovery code: `<key id>:<base64url>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecoveryCodeHash(String);

impl RecoveryCodeHash {
    /// From its text.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// Its text, to store.
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
    /// Which of two enabled methods is primary; of one enabled method, that one is, and of none, none.
    pub preferred: Method,
    /// The recovery codes that are left.
    pub recovery_codes: Vec<RecoveryCodeHash>,
    /// Goes up with each write.
    pub version: RowVersion,
}

impl TwoFactor {
    /// Nothing is set up.
    pub const fn none() -> Self {
        Self {
            app: MethodState::NotSet,
            email: MethodState::NotSet,
            preferred: Method::App,
            recovery_codes: Vec::new(),
            version: RowVersion::NONE,
        }
    }

    /// Whether a method is asked for at login.
    pub const fn is_enabled(&self, method: Method) -> bool {
        match method {
            Method::App => self.app.is_enabled(),
            Method::Email => self.email.is_enabled(),
        }
    }

    /// Whether a method is enrolled, enabled or not.
    pub const fn is_enrolled(&self, method: Method) -> bool {
        match method {
            Method::App => self.app.enrolment().is_some(),
            Method::Email => self.email.enrolment().is_some(),
        }
    }

    /// Whether any method is enrolled.
    pub fn any_enrolled(&self) -> bool {
        Method::ALL.into_iter().any(|method| self.is_enrolled(method))
    }

    /// The methods that are asked for at login.
    pub fn enabled(&self) -> impl Iterator<Item = Method> {
        Method::ALL.into_iter().filter(|method| self.is_enabled(*method))
    }

    /// The method that is offered first: there is one exactly when a method is enabled.
    pub fn primary(&self) -> Option<Method> {
        [self.preferred, self.preferred.other()].into_iter().find(|method| self.is_enabled(*method))
    }

    /// Returns how the methods look at `now`, those left out that are not set.
    pub fn overview(&self, now: Timestamp) -> Vec<MethodOverview> {
        let overview = |method| {
            let (status, enrolled_at) = self.status(method, now)?;
            Some(MethodOverview { method, status, primary: self.primary() == Some(method), enrolled_at })
        };
        Method::ALL.into_iter().filter_map(overview).collect()
    }

    /// How a method looks at `now`, and since when it is enrolled; `None` when it is not set.
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

    /// Sets up the app, to be proved before `until`. One that is pending stands in the way, but not for long of the
    /// session that began it.
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
        // One that was begun before the clock was put back would stand in the way for longer than it may.
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

    /// Gives up the app's set-up that is pending.
    pub fn cancel_app(self, now: Timestamp) -> Result<Self, NotPending> {
        if self.app.pending(now).is_none() {
            return Err(if self.app.is_enabled() { NotPending::AlreadyEnabled } else { NotPending::NothingPending });
        }
        Ok(Self { app: self.app.cancelled(), ..self }.written())
    }

    /// Sets up e-mail, to be proved before `until`. One that is pending begins anew: its code is mailed again.
    pub fn begin_email(self, until: Timestamp) -> Result<Self, NotBegun> {
        if self.email.is_enabled() {
            return Err(NotBegun::AlreadyEnabled);
        }
        Ok(Self { email: self.email.begun(Pending { until, secret: (), session_id: None }), ..self }.written())
    }

    /// After the first right code: the method is enabled, and primary if no other one is.
    pub fn proved(self, method: Method, now: Timestamp) -> Result<Self, NotPending> {
        let preferred = self.primary().unwrap_or(method);
        let proved = match method {
            Method::App => Self { app: self.app.proved(now)?, ..self },
            Method::Email => Self { email: self.email.proved(now)?, ..self },
        };
        Ok(Self { preferred, ..proved }.written())
    }

    /// Asks for an enrolled method at login; it is primary if no other one is enabled.
    pub fn enable(self, method: Method) -> Result<Self, NotEnrolled> {
        let preferred = self.primary().unwrap_or(method);
        let enabled = match method {
            Method::App => Self { app: self.app.enabled()?, ..self },
            Method::Email => Self { email: self.email.enabled()?, ..self },
        };
        Ok(Self { preferred, ..enabled }.written())
    }

    /// Asks for an enabled method no more; if it was primary, another enabled one is now.
    pub fn disable(self, method: Method) -> Result<Self, NotEnrolled> {
        let disabled = match method {
            Method::App => Self { app: self.app.disabled()?, ..self },
            Method::Email => Self { email: self.email.disabled()?, ..self },
        };
        let preferred = disabled.primary().unwrap_or(disabled.preferred);
        Ok(Self { preferred, ..disabled }.written())
    }

    /// Offers an enabled method first.
    pub fn make_primary(self, method: Method) -> Result<Self, NotEnrolled> {
        if !self.is_enabled(method) {
            return Err(NotEnrolled);
        }
        Ok(Self { preferred: method, ..self }.written())
    }

    /// With these recovery codes instead of those before.
    #[must_use]
    pub fn with_recovery_codes(self, recovery_codes: Vec<RecoveryCodeHash>) -> Self {
        Self { recovery_codes, ..self }.written()
    }

    /// Without one recovery code; `None` when it is not there.
    pub fn without_recovery_code(mut self, hash: &RecoveryCodeHash) -> Option<Self> {
        let index = self.recovery_codes.iter().position(|one| one == hash)?;
        self.recovery_codes.remove(index);
        Some(self.written())
    }

    fn written(self) -> Self {
        Self { version: self.version.next(), ..self }
    }
}
