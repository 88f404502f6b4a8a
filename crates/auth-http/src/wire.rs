//! The JSON of answers, and how it is made from the domain's values.

use auth_domain::access_token::BearerToken;
use auth_domain::account::Account;
use auth_domain::session::Session;
use auth_domain::temp_token::IssuedTempToken;
use auth_domain::use_cases::{IssuedAccessToken, IssuedTokens, LoggedIn, Registered, SecondFactorRequired};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::delivery::Delivery;
pub(crate) use crate::rfc3339::rfc3339;

/// A user as the API shows one.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
pub(crate) struct UserView {
    pub(crate) id: Uuid,
    #[schema(required = true)]
    pub(crate) username: Option<String>,
    pub(crate) email: String,
    pub(crate) email_verified: bool,
    /// The address that replaces `email` once it is verified.
    #[schema(required = true)]
    pub(crate) pending_email: Option<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) linked_providers: Vec<String>,
    pub(crate) has_password: bool,
    pub(crate) two_fa: TwoFaView,
    /// The language that the user prefers (BCP 47).
    #[schema(required = true)]
    pub(crate) locale: Option<String>,
    #[schema(format = DateTime)]
    pub(crate) created_at: String,
}

/// A way to prove a second factor. A recovery code takes the place of either.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the values of a field")]
pub(crate) enum TwoFactorMethod {
    App,
    Email,
}

/// The kind of an access token (RFC 6750).
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the value of a field")]
enum TokenType {
    Bearer,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TwoFa)]
pub(crate) struct TwoFaView {
    enabled: bool,
    /// The one to offer first; null if none is enabled.
    #[schema(required = true, value_type = Option<TwoFactorMethod>)]
    primary: Option<String>,
}

pub(crate) fn pending_email(account: &Account) -> Option<String> {
    account.pending_email.as_ref().map(|pending| pending.email.as_str().to_owned())
}

pub(crate) fn locale(account: &Account) -> Option<String> {
    account.locale.as_ref().map(|locale| locale.as_str().to_owned())
}

impl From<&Account> for UserView {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.as_uuid(),
            username: account.username.as_ref().map(|name| name.as_str().to_owned()),
            email: account.email.as_str().to_owned(),
            email_verified: account.email_verified,
            pending_email: pending_email(account),
            roles: account.roles.iter().map(str::to_owned).collect(),
            linked_providers: account.identities.iter().map(|identity| identity.provider.to_string()).collect(),
            has_password: account.password_hash.is_some(),
            two_fa: TwoFaView {
                enabled: account.two_factor.primary().is_some(),
                primary: account.two_factor.primary().map(|method| method.as_str().to_owned()),
            },
            locale: locale(account),
            created_at: rfc3339(account.created_at),
        }
    }
}

/// `data` with a user.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserData {
    pub(crate) user: UserView,
}

/// The pair of tokens of a session. Both are there unless cookies alone carry them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Tokens)]
pub(crate) struct TokensView {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    access_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refresh_token: Option<String>,
    #[schema(value_type = TokenType)]
    token_type: &'static str,
    /// Seconds until the access token expires.
    expires_in: u64,
    /// Seconds until the refresh token expires unless it is used before.
    refresh_expires_in: u64,
}

/// The text of a token, where the body may carry it.
pub(crate) fn shown(token: &BearerToken, delivery: Delivery) -> Option<String> {
    delivery.in_body().then(|| token.reveal().to_owned())
}

impl TokensView {
    pub(crate) fn new(tokens: &IssuedTokens, delivery: Delivery) -> Self {
        Self {
            access_token: shown(&tokens.access, delivery),
            refresh_token: shown(&tokens.refresh, delivery),
            token_type: "Bearer",
            expires_in: tokens.access_expires_in.as_secs(),
            refresh_expires_in: tokens.refresh_expires_in.as_secs(),
        }
    }
}

/// The access token of a session whose owner confirmed again who they are; its refresh token stays as it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AccessTokenOnly)]
struct AccessTokenView {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    access_token: Option<String>,
    #[schema(value_type = TokenType)]
    token_type: &'static str,
    /// Seconds until the access token expires.
    expires_in: u64,
}

/// `data` of a reauthentication.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReauthenticatedData {
    tokens: AccessTokenView,
}

impl ReauthenticatedData {
    pub(crate) fn new(token: &IssuedAccessToken, delivery: Delivery) -> Self {
        let (access_token, expires_in) = (shown(&token.token, delivery), token.expires_in.as_secs());
        Self { tokens: AccessTokenView { access_token, token_type: "Bearer", expires_in } }
    }
}

/// `data` with tokens.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokensData {
    pub(crate) tokens: TokensView,
}

/// `data` of a login.
#[derive(Serialize, ToSchema)]
#[schema(as = TokensAndUser)]
pub(crate) struct LoginData {
    tokens: TokensView,
    user: UserView,
}

impl LoginData {
    pub(crate) fn new(logged_in: &LoggedIn, delivery: Delivery) -> Self {
        Self { tokens: TokensView::new(&logged_in.tokens, delivery), user: (&logged_in.account).into() }
    }
}

/// `data` with the token of a pending step.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TempTokenData {
    /// There unless a cookie alone carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    temp_token: Option<String>,
    /// Seconds until it expires.
    expires_in: u64,
}

impl TempTokenData {
    pub(crate) fn new(token: &IssuedTempToken, delivery: Delivery) -> Self {
        Self { temp_token: shown(&token.token, delivery), expires_in: token.expires_in.as_secs() }
    }
}

/// `data` of a registration. The token is there where an address must be verified before the first login.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegisteredData {
    user: UserView,
    /// For `/auth/verify-email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    temp_token: Option<String>,
    /// Seconds until the token expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    expires_in: Option<u64>,
}

impl RegisteredData {
    pub(crate) fn new(registered: &Registered, delivery: Delivery) -> Self {
        let token = registered.temp_token.as_ref();
        Self {
            user: (&registered.account).into(),
            temp_token: token.and_then(|token| shown(&token.token, delivery)),
            expires_in: token.map(|token| token.expires_in.as_secs()),
        }
    }
}

/// A session as its owner sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub(crate) struct SessionView {
    id: Uuid,
    /// Whether it is the one that asks.
    current: bool,
    /// The IPv4 /24 or IPv6 /64 that refreshed it last.
    network: String,
    user_agent: String,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_refreshed_at: String,
    #[schema(format = DateTime)]
    expires_at: String,
}

impl SessionView {
    pub(crate) fn new(session: &Session, current: bool) -> Self {
        Self {
            id: session.id.as_uuid(),
            current,
            network: session.rotation.client.network().to_string(),
            user_agent: session.rotation.client.user_agent().to_owned(),
            created_at: rfc3339(session.created_at),
            last_refreshed_at: rfc3339(session.rotation.served_at),
            expires_at: rfc3339(session.refresh_expires_at()),
        }
    }
}

/// `data` with sessions.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionsData {
    pub(crate) sessions: Vec<SessionView>,
}

/// `data` of a login that waits for its second factor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecondFactorData {
    /// For `/2fa/…/verify-login`. There unless a cookie alone carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    temp_token: Option<String>,
    /// Seconds until it expires.
    expires_in: u64,
    /// Any of these may finish the login.
    #[schema(value_type = Vec<TwoFactorMethod>)]
    methods: Vec<&'static str>,
    /// The one to offer first. If it is `email`, the code has been mailed.
    #[schema(value_type = TwoFactorMethod)]
    primary: &'static str,
}

impl SecondFactorData {
    pub(crate) fn new(required: &SecondFactorRequired, delivery: Delivery) -> Self {
        Self {
            temp_token: shown(&required.token.token, delivery),
            expires_in: required.token.expires_in.as_secs(),
            methods: required.methods.iter().map(|method| method.as_str()).collect(),
            primary: required.primary.as_str(),
        }
    }
}

/// `data` of a deletion that can be undone.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeletionScheduledData {
    /// The id that the deletion will have.
    pub(crate) deletion_id: Uuid,
    /// When the account is deleted.
    #[schema(format = DateTime)]
    pub(crate) restorable_until: String,
}

/// `data` of a deletion.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeletionData {
    pub(crate) deletion_id: Uuid,
}
