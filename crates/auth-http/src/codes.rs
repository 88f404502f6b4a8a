//! The single table of codes and HTTP statuses, from which `docs/errors.md` and the OpenAPI document are generated.

use actix_web::http::StatusCode;
use auth_domain::error_code::ErrorCode;

macro_rules! http_codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $text:literal => $message:literal),+ $(,)?) => {
        /// A stable name for why a request was refused before it reached a use case.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum HttpCode {
            $($(#[doc = $meaning])+ $name),+
        }

        impl HttpCode {
            const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            const fn message(self) -> &'static str {
                match self { $(Self::$name => $message),+ }
            }

            const fn hint(self) -> &'static str {
                match self { $(Self::$name => concat!($($meaning),+).trim_ascii_start()),+ }
            }
        }
    };
}

http_codes! {
    /// The provider's answer has no `code`: the user did not finish the sign-in there, or did not agree to it.
    AuthCodeRequired = "AUTH_CODE_REQUIRED" =>
        "The sign-in was not completed. Try again and agree to share your details.",
    /// The body has no code: send `otpCode`, or `recoveryCode` where one is expected.
    OtpRequired = "OTP_REQUIRED" => "Enter the code.",
    /// The request has no token: send it as `Authorization: Bearer …` or, where cookies are on, in its cookie.
    TokenRequired = "TOKEN_REQUIRED" => "Sign in to continue.",
    /// The request has no refresh token: send it as `token` in the body or, where cookies are on, in its cookie.
    RefreshTokenRequired = "REFRESH_TOKEN_REQUIRED" => "Sign in to continue.",
    /// Request refused: the page's origin is unknown, or is neither this service's own nor in `AUTH_ALLOWED_ORIGINS`.
    CrossSiteRequest = "CROSS_SITE_REQUEST" => "This page is not allowed to do that.",
    /// This path does not support the request's method: `Allow` lists those that it supports.
    MethodNotAllowed = "METHOD_NOT_ALLOWED" => "This action is not supported.",
    /// The body is larger than 64 KiB.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE" => "You entered too much text. Shorten it and try again.",
    /// The endpoint cannot read this `Content-Type` or `Content-Encoding`.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE" => "This format is not supported.",
}

/// A stable name for why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A use case refused the request.
    UseCase(ErrorCode),
    /// The request did not reach a use case.
    Http(HttpCode),
}

impl From<ErrorCode> for Code {
    fn from(code: ErrorCode) -> Self {
        Self::UseCase(code)
    }
}

impl From<HttpCode> for Code {
    fn from(code: HttpCode) -> Self {
        Self::Http(code)
    }
}

impl Code {
    /// Returns the code as answers spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UseCase(code) => code.as_str(),
            Self::Http(code) => code.as_str(),
        }
    }

    /// Returns a sentence that a page may show to its user: what happened, and what to do next.
    pub const fn message(self) -> &'static str {
        match self {
            Self::UseCase(code) => code.message(),
            Self::Http(code) => code.message(),
        }
    }

    /// Returns what the code means and how to fix it, for developers.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::UseCase(code) => code.hint(),
            Self::Http(code) => code.hint(),
        }
    }

    /// Returns the position in [`Self::ALL`].
    pub(crate) fn position(self) -> usize {
        Self::ALL.iter().position(|code| *code == self).unwrap_or(Self::ALL.len())
    }
}

macro_rules! statuses {
    ($($kind:ident($code:path) = $status:ident),+ $(,)?) => {
        impl Code {
            /// All codes, in the order of `docs/errors.md`.
            pub const ALL: &'static [Self] = &[$(Self::$kind($code)),+];

            /// Returns the HTTP status of the refusal.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$kind($code) => StatusCode::$status),+ }
            }
        }
    };
}

statuses! {
    UseCase(ErrorCode::ValidationFailed) = BAD_REQUEST,
    UseCase(ErrorCode::UnmatchedPasswords) = BAD_REQUEST,
    UseCase(ErrorCode::PasswordPolicy) = BAD_REQUEST,
    UseCase(ErrorCode::UserExists) = BAD_REQUEST,
    UseCase(ErrorCode::InvalidCredentials) = BAD_REQUEST,
    UseCase(ErrorCode::UserAlreadyLinked) = BAD_REQUEST,
    UseCase(ErrorCode::InvalidPassword) = BAD_REQUEST,
    UseCase(ErrorCode::PasswordsRequired) = BAD_REQUEST,
    UseCase(ErrorCode::EmailRequired) = BAD_REQUEST,
    Http(HttpCode::AuthCodeRequired) = BAD_REQUEST,
    UseCase(ErrorCode::OauthStateInvalid) = BAD_REQUEST,
    UseCase(ErrorCode::OauthCodeInvalid) = BAD_REQUEST,
    UseCase(ErrorCode::ProviderUnavailable) = BAD_GATEWAY,
    UseCase(ErrorCode::InvalidTarget) = BAD_REQUEST,
    UseCase(ErrorCode::SubjectTokenInvalid) = BAD_REQUEST,
    UseCase(ErrorCode::IdentityAlreadyLinked) = BAD_REQUEST,
    UseCase(ErrorCode::ProviderNotLinked) = NOT_FOUND,
    UseCase(ErrorCode::LastWayIn) = BAD_REQUEST,
    UseCase(ErrorCode::LastAdmin) = BAD_REQUEST,
    UseCase(ErrorCode::EmailExists) = BAD_REQUEST,
    UseCase(ErrorCode::InvalidEmail) = BAD_REQUEST,
    UseCase(ErrorCode::UserLinked) = BAD_REQUEST,
    UseCase(ErrorCode::CodeNotSet) = BAD_REQUEST,
    UseCase(ErrorCode::TwofaNotSet) = BAD_REQUEST,
    UseCase(ErrorCode::TwofaNotEnabled) = BAD_REQUEST,
    UseCase(ErrorCode::TwofaAlreadyEnabled) = BAD_REQUEST,
    UseCase(ErrorCode::TwofaAlreadyPending) = BAD_REQUEST,
    UseCase(ErrorCode::MethodsNotEnabled) = BAD_REQUEST,
    UseCase(ErrorCode::NoMethodsFound) = NOT_FOUND,
    UseCase(ErrorCode::NoPendingCredentials) = BAD_REQUEST,
    UseCase(ErrorCode::ReauthenticationRequired) = UNAUTHORIZED,
    Http(HttpCode::OtpRequired) = UNAUTHORIZED,
    UseCase(ErrorCode::OtpInvalid) = UNAUTHORIZED,
    Http(HttpCode::TokenRequired) = UNAUTHORIZED,
    UseCase(ErrorCode::AccessTokenInvalid) = UNAUTHORIZED,
    UseCase(ErrorCode::WrongAudience) = UNAUTHORIZED,
    UseCase(ErrorCode::AccessTokenExpired) = UNAUTHORIZED,
    UseCase(ErrorCode::Unauthorized) = UNAUTHORIZED,
    Http(HttpCode::RefreshTokenRequired) = UNAUTHORIZED,
    UseCase(ErrorCode::RefreshTokenInvalid) = UNAUTHORIZED,
    UseCase(ErrorCode::RefreshTokenExpired) = UNAUTHORIZED,
    UseCase(ErrorCode::TempTokenInvalid) = UNAUTHORIZED,
    UseCase(ErrorCode::TempTokenExpired) = UNAUTHORIZED,
    UseCase(ErrorCode::InternalTokenInvalid) = UNAUTHORIZED,
    UseCase(ErrorCode::InternalTokenExpired) = UNAUTHORIZED,
    Http(HttpCode::CrossSiteRequest) = FORBIDDEN,
    UseCase(ErrorCode::Forbidden) = FORBIDDEN,
    UseCase(ErrorCode::RegistrationClosed) = FORBIDDEN,
    UseCase(ErrorCode::InvitationRequired) = FORBIDDEN,
    UseCase(ErrorCode::InvitationInvalid) = FORBIDDEN,
    UseCase(ErrorCode::DomainNotAllowed) = FORBIDDEN,
    UseCase(ErrorCode::RegistrationRefused) = FORBIDDEN,
    UseCase(ErrorCode::AccountSuspended) = FORBIDDEN,
    UseCase(ErrorCode::AccountDeletionScheduled) = FORBIDDEN,
    UseCase(ErrorCode::NewPasswordRequired) = FORBIDDEN,
    UseCase(ErrorCode::UserNotFound) = NOT_FOUND,
    UseCase(ErrorCode::NotFound) = NOT_FOUND,
    Http(HttpCode::MethodNotAllowed) = METHOD_NOT_ALLOWED,
    Http(HttpCode::PayloadTooLarge) = PAYLOAD_TOO_LARGE,
    Http(HttpCode::UnsupportedMediaType) = UNSUPPORTED_MEDIA_TYPE,
    UseCase(ErrorCode::RateLimited) = TOO_MANY_REQUESTS,
    UseCase(ErrorCode::Overloaded) = SERVICE_UNAVAILABLE,
    UseCase(ErrorCode::Unavailable) = SERVICE_UNAVAILABLE,
    UseCase(ErrorCode::InternalServerError) = INTERNAL_SERVER_ERROR,
}

macro_rules! success_codes {
    ($($name:ident = $status:ident $text:literal),+ $(,)?) => {
        /// A stable name for what was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the names say it, and each endpoint describes its answer")]
        pub enum SuccessCode { $($name),+ }

        impl SuccessCode {
            /// Returns the code as answers spell it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// Returns the status of the answer.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),+ }
            }
        }
    };
}

success_codes! {
    UserRegistered = CREATED "USER_REGISTERED",
    UserLoggedIn = OK "USER_LOGGED_IN",
    TwofaRequired = PARTIAL_CONTENT "TWOFA_REQUIRED",
    Reauthenticated = OK "REAUTHENTICATED",
    ScanQr = OK "SCAN_QR",
    SetupCancelled = OK "SETUP_CANCELLED",
    TwofaEnabled = OK "TWOFA_ENABLED",
    MethodsFetched = OK "METHODS_FETCHED",
    MethodEnabled = OK "METHOD_ENABLED",
    MethodDisabled = OK "METHOD_DISABLED",
    PrimaryMethodUpdated = OK "PRIMARY_METHOD_UPDATED",
    RecoveryCodesCreated = OK "RECOVERY_CODES_CREATED",
    EmailVerificationRequired = PARTIAL_CONTENT "EMAIL_VERIFICATION_REQUIRED",
    EmailVerified = OK "EMAIL_VERIFIED",
    CodeSent = OK "CODE_SENT",
    CodeVerified = OK "CODE_VERIFIED",
    CredentialsUpdated = OK "CREDENTIALS_UPDATED",
    DeletionFetched = OK "DELETION_FETCHED",
    EventsFetched = OK "EVENTS_FETCHED",
    UserLoggedOut = OK "USER_LOGGED_OUT",
    UserFetched = OK "USER_FETCHED",
    UserDataExported = OK "USER_DATA_EXPORTED",
    ExportRequested = ACCEPTED "EXPORT_REQUESTED",
    TokenRefreshed = OK "TOKEN_REFRESHED",
    TokenExchanged = OK "TOKEN_EXCHANGED",
    SessionsFetched = OK "SESSIONS_FETCHED",
    SessionRevoked = OK "SESSION_REVOKED",
    CredentialsFetched = OK "CREDENTIALS_FETCHED",
    UserDataDeleted = OK "USER_DATA_DELETED",
    UserDeletionScheduled = ACCEPTED "USER_DELETION_SCHEDULED",
    RolesUpdated = OK "ROLES_UPDATED",
    InvitationCreated = CREATED "INVITATION_CREATED",
    InvitationsFetched = OK "INVITATIONS_FETCHED",
    InvitationWithdrawn = OK "INVITATION_WITHDRAWN",
    AuthorizationStarted = OK "AUTHORIZATION_STARTED",
    ProviderLinked = OK "PROVIDER_LINKED",
    ProviderUnlinked = OK "PROVIDER_UNLINKED",
    ProvidersFetched = OK "PROVIDERS_FETCHED",
    UsersFetched = OK "USERS_FETCHED",
    UserCreated = CREATED "USER_CREATED",
    UserUpdated = OK "USER_UPDATED",
    SessionsEnded = OK "SESSIONS_ENDED",
    AuditFetched = OK "AUDIT_FETCHED",
    StatusFetched = OK "STATUS_FETCHED",
}
