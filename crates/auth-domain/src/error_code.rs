//! The codes with which a use case refuses a request. `auth-http` gives each an HTTP status and adds the codes that need no
//! use case, such as `METHOD_NOT_ALLOWED`.
//!
//! Each code has two texts: its doc comment is the hint for developers (`data.hint`), the string behind `=>` the sentence
//! for users (`data.message`).

use std::time::Duration;

use crate::account::{EmailAddress, InvalidEmail, InvalidRoles, InvalidUsername, PasswordReason, Roles, Username};
use crate::internal::Scope;
use crate::named::named;
use crate::{InvalidLocale, Locale, Timestamp};

macro_rules! error_codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $text:literal => $message:literal),+ $(,)?) => {
        /// A stable name for why a request was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ErrorCode {
            $($(#[doc = $meaning])+ $name),+
        }

        impl ErrorCode {
            /// Returns the code as answers spell it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// Returns a sentence that a page may show to its user: what happened, and what to do next.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message),+ }
            }

            /// Returns what the code means and how to fix it, for developers.
            pub const fn hint(self) -> &'static str {
                match self { $(Self::$name => concat!($($meaning),+).trim_ascii_start()),+ }
            }
        }
    };
}

error_codes! {
    /// The request is invalid: `data.errors` lists every field that is wrong and the rule that it breaks.
    ValidationFailed = "VALIDATION_FAILED" =>
        "Some of what you entered is missing or invalid. Check it and try again.",
    /// `confirmPassword` differs from the new password.
    UnmatchedPasswords = "UNMATCHED_PASSWORDS" => "The passwords do not match.",
    /// The new password breaks the password policy: `data.reasons` lists the rules that it breaks.
    PasswordPolicy = "PASSWORD_POLICY" => "Choose a stronger password.",
    /// Another account has this e-mail address or username: `data.field`, where present, says which.
    UserExists = "USER_EXISTS" => "This e-mail address or username is already in use.",
    /// No account has this e-mail address or username. With `AUTH_DISCLOSURE=concealed` the password may be wrong
    /// instead.
    InvalidCredentials = "INVALID_CREDENTIALS" => "The e-mail address, username or password is incorrect.",
    /// The account has no password: its user signs in through an identity provider.
    UserAlreadyLinked = "USER_ALREADY_LINKED" =>
        "This account has no password. Sign in with the service that is linked to it, such as Google.",
    /// The account exists, but the password is wrong.
    InvalidPassword = "INVALID_PASSWORD" => "The password is incorrect.",
    /// To change the password, send `oldPassword`, `newPassword` and `confirmPassword` together.
    PasswordsRequired = "PASSWORDS_REQUIRED" => "Enter your current password, then the new one twice.",
    /// The identity provider shared no e-mail address, or one that cannot receive mail.
    EmailRequired = "EMAIL_REQUIRED" =>
        "That service did not share an e-mail address that we can use. Allow it to share one, then try again.",
    /// The `state` was not issued here, belongs to another browser or provider, was used before, or has expired: start
    /// a new authorization.
    OauthStateInvalid = "OAUTH_STATE_INVALID" =>
        "This sign-in has expired or was started in another browser. Start again.",
    /// The provider refused the code, or what it says about the user failed a check, or an id_token was used before: start
    /// a new authorization.
    OauthCodeInvalid = "OAUTH_CODE_INVALID" => "The sign-in could not be completed. Start again.",
    /// The identity provider did not answer, or gave an unexpected answer.
    ProviderUnavailable = "PROVIDER_UNAVAILABLE" =>
        "That sign-in service is not working right now. Try again later, or sign in another way.",
    /// `resource` names no audience that can be requested here: neither the default one nor one of `AUTH_AUDIENCES`
    /// (RFC 8707). Tokens in cookies are always for the default audience. A service may exchange tokens for its
    /// `AUTH_INTERNAL__<SERVICE>__TARGETS` only.
    InvalidTarget = "INVALID_TARGET" => "This app asked for access to something that does not exist here.",
    /// `subjectToken` is not an access token that the calling service may exchange: `data.reason` says why, such as
    /// `expired`, `audience` (it is not for this service) or `session_gone`.
    SubjectTokenInvalid = "SUBJECT_TOKEN_INVALID" => "Sign in again to continue.",
    /// The identity is linked to another account, or the account already has another identity of this provider: unlink
    /// that one first.
    IdentityAlreadyLinked = "IDENTITY_ALREADY_LINKED" =>
        "That account is already linked to another user, or you have already linked a different account of this service. Unlink that one first.",
    /// The account has no linked identity of this provider.
    ProviderNotLinked = "PROVIDER_NOT_LINKED" => "Your account is not linked to this service.",
    /// Unlinking this identity would leave the account without a way to log in: link another provider first.
    LastWayIn = "LAST_WAY_IN" => "This is the only way to sign in to your account. Link another service first.",
    /// Another account has this e-mail address. An identity is linked to an existing account by its address only where
    /// both sides have verified that address.
    EmailExists = "EMAIL_EXISTS" =>
        "Another account uses this e-mail address. If it is yours, sign in to it the way you usually do.",
    /// `email` is malformed, or no account has it.
    InvalidEmail = "INVALID_EMAIL" => "No account has this e-mail address. Check it and try again.",
    /// The account has no password to reset or check: its user signs in through an identity provider.
    UserLinked = "USER_LINKED" =>
        "This account has no password. Sign in with the service that is linked to it, such as Google.",
    /// No code is waiting to be entered: it was used, was replaced, has expired, or a wrong one was entered too often.
    CodeNotSet = "CODE_NOT_SET" => "This code can no longer be used. Request a new one.",
    /// This second factor is not set up, or no setup is pending.
    TwofaNotSet = "TWOFA_NOT_SET" => "This verification method is not set up, or its setup has expired.",
    /// This second factor is set up but disabled.
    TwofaNotEnabled = "TWOFA_NOT_ENABLED" => "This verification method is turned off.",
    /// This second factor is already enabled.
    TwofaAlreadyEnabled = "TWOFA_ALREADY_ENABLED" => "This verification method is already turned on.",
    /// A setup of this second factor is already pending: finish it, cancel it with `DELETE /2fa/app/setup`, or wait
    /// until it expires after ten minutes.
    TwofaAlreadyPending = "TWOFA_ALREADY_PENDING" =>
        "This setup has already been started, perhaps in another window. Finish it there, or try again in ten minutes.",
    /// The second factor is not enrolled, or is disabled where it must be enabled.
    MethodsNotEnabled = "METHODS_NOT_ENABLED" => "This verification method is not set up or is turned off.",
    /// The account has no second factor.
    NoMethodsFound = "NO_METHODS_FOUND" => "Two-factor authentication is not set up.",
    /// No change of credentials is waiting for a code: start one with `POST /auth/update-credentials`.
    NoPendingCredentials = "NO_PENDING_CREDENTIALS" => "There is no change to confirm. Start again.",
    /// The login is older than `data.maxAge` seconds or lacks a second factor that the account has: call `POST /auth/reauthenticate`, or
    /// log in again (RFC 9470).
    ReauthenticationRequired = "REAUTHENTICATION_REQUIRED" =>
        "To protect your account, sign in again before you do this.",
    /// The code is wrong. A code from an authenticator app is accepted only once.
    OtpInvalid = "OTP_INVALID" => "The code is incorrect. Check it and try again.",
    /// The access token is not valid here; the log line of the request says why.
    AccessTokenInvalid = "ACCESS_TOKEN_INVALID" => "Sign in again to continue.",
    /// The access token is for another service: this endpoint takes those for the default audience. Get one with
    /// `POST /auth/refresh` without `resource`.
    WrongAudience = "WRONG_AUDIENCE" => "Sign in again to continue.",
    /// The access token has expired: get a new one with `POST /auth/refresh`.
    AccessTokenExpired = "ACCESS_TOKEN_EXPIRED" => "Your sign-in has expired. Sign in again.",
    /// The token is genuine, but its session, account or pending step no longer exists or is not ready for this.
    Unauthorized = "UNAUTHORIZED" => "You have been signed out, or a step is missing. Start again.",
    /// The refresh token is malformed or was replaced, or its session has ended.
    RefreshTokenInvalid = "REFRESH_TOKEN_INVALID" => "You have been signed out. Sign in again.",
    /// The session of the refresh token has expired.
    RefreshTokenExpired = "REFRESH_TOKEN_EXPIRED" => "Your sign-in has expired. Sign in again.",
    /// The temp token is not valid here: it is malformed, was used, belongs to another step, or its account no longer
    /// exists.
    TempTokenInvalid = "TEMP_TOKEN_INVALID" => "This step is no longer valid. Start again.",
    /// The temp token has expired: start the flow again.
    TempTokenExpired = "TEMP_TOKEN_EXPIRED" => "The time for this step has run out. Start again.",
    /// The internal token is not valid here: `data.reason` says why.
    InternalTokenInvalid = "INTERNAL_TOKEN_INVALID" => "The calling service's token was refused.",
    /// The internal token has expired: create a new one.
    InternalTokenExpired = "INTERNAL_TOKEN_EXPIRED" => "The calling service's token has expired.",
    /// The user lacks the role, or the calling service lacks the scope in `data.scope`.
    Forbidden = "FORBIDDEN" => "You do not have permission to do this.",
    /// `AUTH_REGISTRATION=closed`: nobody may register.
    RegistrationClosed = "REGISTRATION_CLOSED" => "New accounts cannot be created here.",
    /// `AUTH_REGISTRATION=invited`: send an `invitation`.
    InvitationRequired = "INVITATION_REQUIRED" => "You need an invitation to create an account.",
    /// The invitation was not issued here, was withdrawn, has expired, is used up, or is for another e-mail address.
    InvitationInvalid = "INVITATION_INVALID" =>
        "This invitation cannot be used. It may have expired, or be for a different e-mail address. Ask for a new one.",
    /// `AUTH_REGISTRATION_DOMAINS` does not allow the domain of the e-mail address.
    DomainNotAllowed = "DOMAIN_NOT_ALLOWED" =>
        "Accounts cannot be created with an address of this e-mail provider or organisation. Use another address.",
    /// With `AUTH_DISCLOSURE=concealed`: a rule for registration refuses this sign-in.
    RegistrationRefused = "REGISTRATION_REFUSED" => "An account could not be created.",
    /// An administrator has suspended the account. With `AUTH_DISCLOSURE=concealed` the answer is another one: that for
    /// an unknown user or an ended session.
    AccountSuspended = "ACCOUNT_SUSPENDED" => "Your account is suspended. Contact support.",
    /// The account is to be deleted, at `data.restorableUntil` at the earliest. Until then, `POST /auth/login` with
    /// `"restore": true` keeps it. With `AUTH_DISCLOSURE=concealed` the answer is another one, as for a suspended one.
    AccountDeletionScheduled = "ACCOUNT_DELETION_SCHEDULED" =>
        "Your account is about to be deleted. Restore it if you want to keep it.",
    /// The password is right, but a new one is required: reset it with `POST /auth/lost-password`.
    NewPasswordRequired = "NEW_PASSWORD_REQUIRED" =>
        "You need a new password. Choose \"Forgot password\" to set one.",
    /// This would leave no user with the role `admin` who can log in: give the role to another user first.
    LastAdmin = "LAST_ADMIN" => "This is the last administrator. Make someone else an administrator first.",
    /// No account has the id in the path.
    UserNotFound = "USER_NOT_FOUND" => "This user does not exist.",
    /// No endpoint has this path, or the caller owns nothing with this id.
    NotFound = "NOT_FOUND" => "This page or item does not exist.",
    /// Too many attempts or requests: wait for the number of seconds in `Retry-After`.
    RateLimited = "RATE_LIMITED" => "Too many attempts. Try again later.",
    /// The service is working on too many requests of this kind: wait for the number of seconds in `Retry-After`.
    Overloaded = "OVERLOADED" => "The service is busy. Try again in a moment.",
    /// The database does not answer or refuses to write: wait for the number of seconds in `Retry-After`.
    Unavailable = "UNAVAILABLE" => "The service is temporarily unavailable. Try again in a moment.",
    /// This service failed. Its log has the cause under the answer's `X-Request-Id`.
    InternalServerError = "INTERNAL_SERVER_ERROR" => "Something went wrong on our side. Try again later.",
}

named! {
    /// How a field is wrong, as a stable name, so that a form can choose its own words.
    pub enum FieldReason {
        /// It is missing.
        Required = "required",
        /// It has the wrong JSON type.
        Type = "type",
        /// It is malformed.
        Format = "format",
        /// It has too few characters or entries.
        TooShort = "too_short",
        /// It has too many characters or entries.
        TooLong = "too_long",
        /// It is out of range, or not one of the values allowed.
        Range = "range",
        /// It was given more than once.
        Duplicate = "duplicate",
        /// It refers to something that does not exist.
        Unknown = "unknown",
        /// It is not allowed here.
        NotAllowed = "not_allowed",
        /// It did not arrive completely.
        Incomplete = "incomplete",
    }
}

/// The smallest and the largest allowed value; `None` where there is no such bound.
pub type Bounds = (Option<usize>, Option<usize>);

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// A JSON pointer (RFC 6901) into the body, or `/name` for a query parameter.
    pub field: String,
    /// How it is wrong.
    pub reason: FieldReason,
    /// The rule that the field breaks, worded to follow its name: `must be …`.
    pub message: String,
    /// The allowed number of characters, entries or units.
    pub bounds: Bounds,
}

impl FieldError {
    /// Creates an error without bounds.
    pub fn new(field: &str, reason: FieldReason, message: impl ToString) -> Self {
        Self { field: field.to_owned(), reason, message: message.to_string(), bounds: (None, None) }
    }

    /// Adds the bounds that the field must keep.
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

impl From<InvalidLocale> for FieldError {
    fn from(error: InvalidLocale) -> Self {
        match error {
            InvalidLocale::TooLong => {
                Self::new("/locale", FieldReason::TooLong, error).with_bounds(None, Some(Locale::MAX))
            }
            InvalidLocale::Shape => Self::new("/locale", FieldReason::Format, error),
        }
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

/// A refused request: its code, and the details that a client may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why it was refused.
    pub code: ErrorCode,
    /// What the answer says besides the code.
    pub details: Details,
}

/// What an answer says besides its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Details {
    /// Nothing more.
    None,
    /// With [`ErrorCode::ValidationFailed`]: the fields that are wrong.
    Fields(Vec<FieldError>),
    /// With [`ErrorCode::UserExists`] and [`ErrorCode::EmailExists`]: the field that is taken, a JSON pointer.
    Taken(&'static str),
    /// With [`ErrorCode::PasswordPolicy`]: the rules that the password breaks.
    PasswordReasons(Vec<PasswordReason>),
    /// How long to wait before the next attempt.
    RetryAfter(Duration),
    /// With [`ErrorCode::ReauthenticationRequired`]: the greatest age that the login may have.
    MaxAge(Duration),
    /// With [`ErrorCode::InternalTokenInvalid`], [`ErrorCode::InternalTokenExpired`] and
    /// [`ErrorCode::SubjectTokenInvalid`]: what is wrong with the token.
    Reason(&'static str),
    /// With [`ErrorCode::AccountDeletionScheduled`]: when it is deleted.
    RestorableUntil(Timestamp),
    /// With [`ErrorCode::Forbidden`] to a service: the scope that it lacks.
    MissingScope(Scope),
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self { code, details: Details::None }
    }
}

impl Refusal {
    /// Refuses a request whose fields are wrong.
    pub const fn invalid(errors: Vec<FieldError>) -> Self {
        Self { code: ErrorCode::ValidationFailed, details: Details::Fields(errors) }
    }

    /// Refuses a name that another account has; `field` is a JSON pointer.
    pub const fn taken(code: ErrorCode, field: &'static str) -> Self {
        Self { code, details: Details::Taken(field) }
    }

    /// Refuses a login that is older than `max_age`.
    pub const fn max_age(code: ErrorCode, max_age: Duration) -> Self {
        Self { code, details: Details::MaxAge(max_age) }
    }

    /// Refuses a request that may be repeated after `wait`.
    pub const fn retry_after(code: ErrorCode, wait: Duration) -> Self {
        Self { code, details: Details::RetryAfter(wait) }
    }
}
