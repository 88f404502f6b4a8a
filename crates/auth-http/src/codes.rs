//! The one table of codes and HTTP statuses. `docs/errors.md` and the OpenAPI file come from it.

use actix_web::http::StatusCode;
use auth_domain::error_code::ErrorCode;

/// The status of a refused request.
pub const fn status_of(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::ValidationFailed
        | ErrorCode::UnmatchedPasswords
        | ErrorCode::PasswordPolicy
        | ErrorCode::UserExists
        | ErrorCode::InvalidCredentials
        | ErrorCode::UserAlreadyLinked
        | ErrorCode::InvalidPassword
        | ErrorCode::PasswordsRequired
        | ErrorCode::EmailExists
        | ErrorCode::EmailRequired
        | ErrorCode::AuthCodeRequired
        | ErrorCode::OauthStateInvalid
        | ErrorCode::OauthCodeInvalid
        | ErrorCode::IdentityAlreadyLinked
        | ErrorCode::LastWayIn
        | ErrorCode::InvalidEmail
        | ErrorCode::UserLinked
        | ErrorCode::CodeNotSet
        | ErrorCode::TwofaNotSet
        | ErrorCode::TwofaNotEnabled
        | ErrorCode::TwofaAlreadyEnabled
        | ErrorCode::TwofaAlreadyPending
        | ErrorCode::MethodsNotEnabled
        | ErrorCode::NoPendingCredentials => StatusCode::BAD_REQUEST,
        ErrorCode::TokenRequired
        | ErrorCode::AccessTokenInvalid
        | ErrorCode::AccessTokenExpired
        | ErrorCode::Unauthorized
        | ErrorCode::RefreshTokenRequired
        | ErrorCode::RefreshTokenInvalid
        | ErrorCode::RefreshTokenExpired
        | ErrorCode::TempTokenInvalid
        | ErrorCode::TempTokenExpired
        | ErrorCode::OtpRequired
        | ErrorCode::OtpInvalid
        | ErrorCode::ReauthenticationRequired
        | ErrorCode::InternalTokenInvalid
        | ErrorCode::InternalTokenExpired => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden | ErrorCode::CrossSiteRequest => StatusCode::FORBIDDEN,
        ErrorCode::UserNotFound | ErrorCode::NotFound | ErrorCode::NoMethodsFound | ErrorCode::ProviderNotLinked => {
            StatusCode::NOT_FOUND
        }
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::ProviderUnavailable => StatusCode::BAD_GATEWAY,
        ErrorCode::Overloaded | ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

macro_rules! success_codes {
    ($($name:ident = $status:ident $text:literal),+ $(,)?) => {
        /// A stable name for what was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the names say it; each endpoint describes its answer")]
        pub enum SuccessCode { $($name),+ }

        impl SuccessCode {
            /// The name in answers.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// The status of the answer.
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
    ScanQr = OK "SCAN_QR",
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
    TokenRefreshed = OK "TOKEN_REFRESHED",
    SessionsFetched = OK "SESSIONS_FETCHED",
    SessionRevoked = OK "SESSION_REVOKED",
    CredentialsFetched = OK "CREDENTIALS_FETCHED",
    UserDataDeleted = OK "USER_DATA_DELETED",
    RolesUpdated = OK "ROLES_UPDATED",
    AuthorizationStarted = OK "AUTHORIZATION_STARTED",
    ProviderLinked = OK "PROVIDER_LINKED",
    ProviderUnlinked = OK "PROVIDER_UNLINKED",
}
