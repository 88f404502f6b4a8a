//! The codes that a use case can refuse a request with. Their HTTP statuses are `auth-http`'s, and so are the codes that
//! HTTP alone answers, such as `METHOD_NOT_ALLOWED`.

use std::time::Duration;

use crate::account::{EmailAddress, InvalidEmail, InvalidRoles, InvalidUsername, PasswordReason, Roles, Username};
use crate::internal::Scope;
use crate::named::named;

macro_rules! error_codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $text:literal),+ $(,)?) => {
        /// A stable name for why a request was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ErrorCode {
            $($(#[doc = $meaning])+ $name),+
        }

        impl ErrorCode {
            /// Returns the name in answers.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// Says what it means, for people.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($meaning),+).trim_ascii_start()),+ }
            }
        }
    };
}

error_codes! {
    /// The request is malformed; `data.errors` says where and why.
    ValidationFailed = "VALIDATION_FAILED",
    /// `password` and `confirmPassword` differ.
    UnmatchedPasswords = "UNMATCHED_PASSWORDS",
    /// The new password is too weak; `data.reasons` says why.
    PasswordPolicy = "PASSWORD_POLICY",
    /// The e-mail address or the username is taken.
    UserExists = "USER_EXISTS",
    /// Nobody has that e-mail address or username.
    InvalidCredentials = "INVALID_CREDENTIALS",
    /// The account has no password: it signs in through an identity provider.
    UserAlreadyLinked = "USER_ALREADY_LINKED",
    /// The password is wrong.
    InvalidPassword = "INVALID_PASSWORD",
    /// To change the password, all of `oldPassword`, `newPassword` and `confirmPassword` are needed.
    PasswordsRequired = "PASSWORDS_REQUIRED",
    /// The provider names no e-mail address, or one that mail cannot reach: let it tell yours, and try again.
    EmailRequired = "EMAIL_REQUIRED",
    /// The `state` is not one of this service, of another browser or provider, used, or expired: begin again.
    OauthStateInvalid = "OAUTH_STATE_INVALID",
    /// The provider refuses the code, or what it says of its owner is not to be believed: begin again.
    OauthCodeInvalid = "OAUTH_CODE_INVALID",
    /// The identity provider does not answer as it should; try again later, or log in another way.
    ProviderUnavailable = "PROVIDER_UNAVAILABLE",
    /// That identity logs in to another account, or another identity of the provider to this one: unlink that first.
    IdentityAlreadyLinked = "IDENTITY_ALREADY_LINKED",
    /// No identity of that provider is linked to the account.
    ProviderNotLinked = "PROVIDER_NOT_LINKED",
    /// Without it nobody could log in to the account any more: link another provider first.
    LastWayIn = "LAST_WAY_IN",
    /// Another account has that e-mail address. If it is yours, log in to it another way.
    EmailExists = "EMAIL_EXISTS",
    /// The e-mail address is malformed, or nobody has it.
    InvalidEmail = "INVALID_EMAIL",
    /// The account has no password to reset: it signs in through an identity provider.
    UserLinked = "USER_LINKED",
    /// No code is outstanding any more: used, expired, replaced, or its tries are spent.
    CodeNotSet = "CODE_NOT_SET",
    /// This second factor is not set up, or no set-up is pending.
    TwofaNotSet = "TWOFA_NOT_SET",
    /// This second factor is set up but disabled.
    TwofaNotEnabled = "TWOFA_NOT_ENABLED",
    /// This second factor is enabled already.
    TwofaAlreadyEnabled = "TWOFA_ALREADY_ENABLED",
    /// A set-up of this second factor is pending already: finish it, or wait ten minutes.
    TwofaAlreadyPending = "TWOFA_ALREADY_PENDING",
    /// The method is not enrolled, or not enabled.
    MethodsNotEnabled = "METHODS_NOT_ENABLED",
    /// No second factor is set up.
    NoMethodsFound = "NO_METHODS_FOUND",
    /// No change of credentials waits for a code.
    NoPendingCredentials = "NO_PENDING_CREDENTIALS",
    /// This needs a fresh login: `POST /auth/reauthenticate`, or log in again (RFC 9470).
    ReauthenticationRequired = "REAUTHENTICATION_REQUIRED",
    /// The code is wrong.
    OtpInvalid = "OTP_INVALID",
    /// The access token is not valid here.
    AccessTokenInvalid = "ACCESS_TOKEN_INVALID",
    /// The access token has expired: refresh it.
    AccessTokenExpired = "ACCESS_TOKEN_EXPIRED",
    /// The token verifies, but what it stands for is gone or not there yet.
    Unauthorized = "UNAUTHORIZED",
    /// The refresh token is not valid, or not any more.
    RefreshTokenInvalid = "REFRESH_TOKEN_INVALID",
    /// The session of the refresh token has expired: log in again.
    RefreshTokenExpired = "REFRESH_TOKEN_EXPIRED",
    /// The temp token is not valid here, or used up.
    TempTokenInvalid = "TEMP_TOKEN_INVALID",
    /// The temp token has expired: begin again.
    TempTokenExpired = "TEMP_TOKEN_EXPIRED",
    /// The token of the calling service is not valid here.
    InternalTokenInvalid = "INTERNAL_TOKEN_INVALID",
    /// The token of the calling service has expired.
    InternalTokenExpired = "INTERNAL_TOKEN_EXPIRED",
    /// The caller is known but may not do this.
    Forbidden = "FORBIDDEN",
    /// No user has that id.
    UserNotFound = "USER_NOT_FOUND",
    /// Nothing is at this address, or nothing that is yours.
    NotFound = "NOT_FOUND",
    /// Too many attempts or requests; `Retry-After` says when to try again.
    RateLimited = "RATE_LIMITED",
    /// Too much of this at once; `Retry-After` says when to try again.
    Overloaded = "OVERLOADED",
    /// The database does not answer; `Retry-After` says when to try again.
    Unavailable = "UNAVAILABLE",
    /// A fault of this service. The log has it under the request id.
    InternalServerError = "INTERNAL_SERVER_ERROR",
}

named! {
    /// In which way a field is wrong: stable names, so that a form can word it itself.
    pub enum FieldReason {
        /// It is missing.
        Required = "required",
        /// It is of another JSON type.
        Type = "type",
        /// It has another form.
        Format = "format",
        /// It has too few characters or entries.
        TooShort = "too_short",
        /// It has too many characters or entries.
        TooLong = "too_long",
        /// It is out of range, or none of the values that there are.
        Range = "range",
        /// It is there more than once.
        Duplicate = "duplicate",
        /// Nothing is known by that name.
        Unknown = "unknown",
        /// It must not be given here.
        NotAllowed = "not_allowed",
        /// It did not arrive whole.
        Incomplete = "incomplete",
    }
}

/// The fewest and the most that are allowed; `None` where there is no such bound.
pub type Bounds = (Option<usize>, Option<usize>);

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Where: a JSON pointer (RFC 6901) into the body, or `/name` of a query parameter.
    pub field: String,
    /// In which way.
    pub reason: FieldReason,
    /// What is wrong, and what is allowed.
    pub message: String,
    /// How many characters, entries or units there may be.
    pub bounds: Bounds,
}

impl FieldError {
    /// From its parts.
    pub fn new(field: &str, reason: FieldReason, message: impl ToString) -> Self {
        Self { field: field.to_owned(), reason, message: message.to_string(), bounds: (None, None) }
    }

    /// The same with what is allowed.
    #[must_use]
    pub fn with_bounds(self, min: Option<usize>, max: Option<usize>) -> Self {
        Self { bounds: (min, max), ..self }
    }
}

impl From<InvalidEmail> for FieldError {
    fn from(error: InvalidEmail) -> Self {
        let of = |reason| Self::new("/email", reason, error);
        match error {
            InvalidEmail::Empty => of(FieldReason::Required),
            InvalidEmail::TooLong => of(FieldReason::TooLong).with_bounds(None, Some(EmailAddress::MAX_OCTETS)),
            InvalidEmail::Shape | InvalidEmail::LocalPart | InvalidEmail::Domain => of(FieldReason::Format),
        }
    }
}

impl From<InvalidUsername> for FieldError {
    fn from(error: InvalidUsername) -> Self {
        let reason = match error {
            InvalidUsername::TooShort => FieldReason::TooShort,
            InvalidUsername::TooLong => FieldReason::TooLong,
            InvalidUsername::Character => FieldReason::Format,
        };
        Self::new("/username", reason, error).with_bounds(Some(Username::MIN), Some(Username::MAX))
    }
}

impl From<InvalidRoles> for FieldError {
    fn from(error: InvalidRoles) -> Self {
        match error {
            InvalidRoles::Malformed { index } => Self::new(&format!("/roles/{index}"), FieldReason::Format, error),
            InvalidRoles::TooMany => {
                Self::new("/roles", FieldReason::TooLong, error).with_bounds(None, Some(Roles::MAX))
            }
        }
    }
}

/// A refused request: the code and what a client may know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub code: ErrorCode,
    /// More about it.
    pub details: Details,
}

/// What goes with a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Details {
    /// Nothing.
    None,
    /// With [`ErrorCode::ValidationFailed`].
    Fields(Vec<FieldError>),
    /// With [`ErrorCode::UserExists`] and [`ErrorCode::EmailExists`]: the field that is taken, a JSON pointer.
    Taken(&'static str),
    /// With [`ErrorCode::PasswordPolicy`].
    PasswordReasons(Vec<PasswordReason>),
    /// When to try again.
    RetryAfter(Duration),
    /// With [`ErrorCode::ReauthenticationRequired`]: how long ago the login may be.
    MaxAge(Duration),
    /// With [`ErrorCode::InternalTokenInvalid`] and [`ErrorCode::InternalTokenExpired`]: what is wrong with the token.
    Reason(&'static str),
    /// With [`ErrorCode::Forbidden`], to a service: the scope that it lacks.
    MissingScope(Scope),
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self { code, details: Details::None }
    }
}

impl Refusal {
    /// A malformed request.
    pub const fn invalid(errors: Vec<FieldError>) -> Self {
        Self { code: ErrorCode::ValidationFailed, details: Details::Fields(errors) }
    }

    /// A name that another account has: `field` is a JSON pointer.
    pub const fn taken(code: ErrorCode, field: &'static str) -> Self {
        Self { code, details: Details::Taken(field) }
    }

    /// A refusal that a fresh login answers.
    pub const fn max_age(code: ErrorCode, max_age: Duration) -> Self {
        Self { code, details: Details::MaxAge(max_age) }
    }

    /// A refusal that passes with time.
    pub const fn retry_after(code: ErrorCode, wait: Duration) -> Self {
        Self { code, details: Details::RetryAfter(wait) }
    }
}
