//! Coming back from an identity provider. First its `state` is opened, which says what somebody went there for; then,
//! once, the code is exchanged. What becomes of a sign-in is in `provider_sign_in.rs`, of a link in
//! `link_identity.rs`.

use std::sync::Arc;

use crate::SessionId;
use crate::access_token::BearerToken;
use crate::account::Account;
use crate::authorization::{AuthorizationCode, AuthorizationPurpose, AuthorizationState, BrowserBinding};
use crate::error_code::{ErrorCode, Refusal};
use crate::identity::{ProviderIdentity, ProviderName};
use crate::ports::{
    AuthorizationSecrets, AuthorizationStates, Change, IdentifyError, NoSigningKey, StoreError, VerifiedState,
};
use crate::rate_limit::RateLimited;
use crate::services::{
    Environment, IssuedAccessToken, LoggedIn, ReauthenticationRequired, RequireVerificationError, SecondFactorRequired,
};
use crate::session::Client;
use crate::temp_token::IssuedTempToken;

use super::all::Parts;
use super::authenticate::Authenticated;
use super::begin_authorization::IdentityProviders;
use super::link_identity::LinkIdentity;
use super::provider_sign_in::ProviderSignIn;
use super::reauthenticate::{Reauthenticate, ReauthenticateError, ReauthenticationOutcome, Shown};

/// What coming back led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizationOutcome {
    /// A session was opened.
    LoggedIn(Box<LoggedIn>),
    /// An account was made, and a session opened.
    Registered(Box<LoggedIn>),
    /// A second factor is to be given first.
    SecondFactorRequired(SecondFactorRequired),
    /// The address is to be proved first: with this token and the code that was mailed.
    EmailVerificationRequired(IssuedTempToken),
    /// The identity logs in to this account from now on.
    Linked(Box<Account>),
    /// The owner of the session proved who they are.
    Reauthenticated(IssuedAccessToken),
}

/// Why coming back led to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinishAuthorizationError {
    /// That provider is not configured.
    #[error("the provider is not configured")]
    UnknownProvider,
    /// The `state` is not ours, not this provider's, not this browser's, used or expired.
    #[error("the state is not acceptable")]
    StateRefused,
    /// The code identifies nobody.
    #[error(transparent)]
    Identify(#[from] IdentifyError),
    /// The provider names no address to register with.
    #[error("the provider names no e-mail address")]
    NoEmail,
    /// The address belongs to an account, and not both sides have proved it.
    #[error("an account has that address")]
    EmailTaken,
    /// The identity, or the account's place for one of this provider, is taken.
    #[error("the identity is linked already")]
    AlreadyLinked,
    /// The session that began it has ended.
    #[error("the session has ended")]
    SessionGone,
    /// The identity is not one that logs in to the account of the session.
    #[error("the identity is not linked to the account")]
    NotLinked,
    /// The login of the session that wanted the link is too long ago.
    #[error(transparent)]
    Stale(#[from] ReauthenticationRequired),
    /// The limit for mails is reached.
    #[error("the limit for mails is reached for {:?}", .0.retry_after)]
    MailsLimited(RateLimited),
    /// No access token could be signed.
    #[error(transparent)]
    NoSigningKey(#[from] NoSigningKey),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RequireVerificationError> for FinishAuthorizationError {
    fn from(error: RequireVerificationError) -> Self {
        match error {
            RequireVerificationError::MailsLimited(limited) => Self::MailsLimited(limited),
            RequireVerificationError::Store(error) => error.into(),
        }
    }
}

impl From<ReauthenticateError> for FinishAuthorizationError {
    fn from(error: ReauthenticateError) -> Self {
        match error {
            ReauthenticateError::NoSigningKey(error) => error.into(),
            ReauthenticateError::Store(error) => error.into(),
            ReauthenticateError::MailsLimited(limited) => Self::MailsLimited(limited),
            // The provider has vouched: nothing else is asked for.
            ReauthenticateError::SessionGone
            | ReauthenticateError::Password(_)
            | ReauthenticateError::PasswordRequired
            | ReauthenticateError::OnlyByProvider => Self::SessionGone,
        }
    }
}

impl From<FinishAuthorizationError> for Refusal {
    fn from(error: FinishAuthorizationError) -> Self {
        match error {
            FinishAuthorizationError::UnknownProvider => ErrorCode::NotFound.into(),
            FinishAuthorizationError::StateRefused => ErrorCode::OauthStateInvalid.into(),
            FinishAuthorizationError::Identify(error) => error.into(),
            FinishAuthorizationError::NoEmail => ErrorCode::EmailRequired.into(),
            FinishAuthorizationError::EmailTaken => Self::taken(ErrorCode::EmailExists, "/email"),
            FinishAuthorizationError::AlreadyLinked => ErrorCode::IdentityAlreadyLinked.into(),
            FinishAuthorizationError::SessionGone => ErrorCode::Unauthorized.into(),
            FinishAuthorizationError::NotLinked => ErrorCode::ProviderNotLinked.into(),
            FinishAuthorizationError::Stale(error) => error.into(),
            FinishAuthorizationError::MailsLimited(limited) => {
                Self::retry_after(ErrorCode::RateLimited, limited.retry_after)
            }
            FinishAuthorizationError::NoSigningKey(error) => error.into(),
            FinishAuthorizationError::Store(error) => error.into(),
        }
    }
}

/// A `state` that came back.
#[derive(Debug)]
pub enum Opened {
    /// By whoever was sent.
    Authorization(OpenedAuthorization),
    /// Another browser than the one that the session began in, or none that can be told.
    Unconfirmed(UnconfirmedAuthorization),
}

/// A link or a reauthentication that its session is to confirm: who is sent to a provider by somebody else must not have
/// their identity linked to that one's account, nor vouch for that one's session.
#[derive(Debug)]
pub struct UnconfirmedAuthorization {
    authorization: OpenedAuthorization,
    session_id: SessionId,
}

impl UnconfirmedAuthorization {
    /// By the session that began it.
    pub fn confirm(self, caller: &Authenticated) -> Result<OpenedAuthorization, FinishAuthorizationError> {
        let same = caller.session().id == self.session_id;
        if same { Ok(self.authorization) } else { Err(FinishAuthorizationError::StateRefused) }
    }
}

/// Proof that whoever was sent to a provider came back. Only [`FinishAuthorization::open`] makes one.
#[derive(Debug)]
pub struct OpenedAuthorization {
    state: AuthorizationState,
    secrets: AuthorizationSecrets,
    same_browser: bool,
}

impl OpenedAuthorization {
    /// Where this browser wants to go in the end. `None` for clients without cookies: they read the answer.
    pub fn redirect(&self) -> Option<&str> {
        self.state.redirect.as_deref().filter(|_| self.same_browser)
    }

    /// Whether cookies may be set: only where it is certain that this browser began.
    pub const fn is_of_this_browser(&self) -> bool {
        self.same_browser
    }
}

/// The use case.
pub struct FinishAuthorization {
    env: Environment,
    providers: Arc<IdentityProviders>,
    states: Arc<dyn AuthorizationStates>,
    sign_in: ProviderSignIn,
    link: LinkIdentity,
    reauthenticate: Reauthenticate,
}

impl FinishAuthorization {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            env: parts.env.clone(),
            providers: parts.identity_providers.clone(),
            states: parts.ports.authorization_states.clone(),
            sign_in: ProviderSignIn::new(parts),
            link: LinkIdentity::new(parts),
            reauthenticate: Reauthenticate::new(parts),
        }
    }

    /// Opens the `state` that came back to `provider`'s callback, with the secret of the browser's cookie. Touches neither
    /// database nor provider.
    pub fn open(
        &self,
        provider: &ProviderName,
        state: &str,
        browser: Option<BearerToken>,
    ) -> Result<Opened, FinishAuthorizationError> {
        let verified = self.states.verify(state, browser, self.env.now());
        let VerifiedState { state, browser, secrets } = verified.map_err(|_| FinishAuthorizationError::StateRefused)?;
        if state.provider != *provider {
            return Err(FinishAuthorizationError::StateRefused);
        }
        let purpose = state.purpose;
        let authorization = OpenedAuthorization { state, secrets, same_browser: browser == BrowserBinding::Same };
        match (browser, purpose) {
            (BrowserBinding::Same, _) | (BrowserBinding::Unbound, AuthorizationPurpose::SignIn) => {
                Ok(Opened::Authorization(authorization))
            }
            (_, AuthorizationPurpose::Link(session_id) | AuthorizationPurpose::Reauthenticate(session_id)) => {
                Ok(Opened::Unconfirmed(UnconfirmedAuthorization { authorization, session_id }))
            }
            (BrowserBinding::Other, AuthorizationPurpose::SignIn) => Err(FinishAuthorizationError::StateRefused),
        }
    }

    /// Exchanges the code, once for each `state`, and does what somebody went there for.
    pub async fn execute(
        &self,
        opened: OpenedAuthorization,
        code: &AuthorizationCode,
        client: &Client,
    ) -> Result<AuthorizationOutcome, FinishAuthorizationError> {
        let OpenedAuthorization { state, secrets, .. } = opened;
        let identity = self.identify(&state, code, &secrets).await?;
        match state.purpose {
            AuthorizationPurpose::SignIn => self.sign_in.execute(&identity, client).await,
            AuthorizationPurpose::Link(session_id) => {
                let account = self.link.execute(session_id, &identity, client).await?;
                Ok(AuthorizationOutcome::Linked(Box::new(account)))
            }
            AuthorizationPurpose::Reauthenticate(session_id) => {
                self.reauthenticate(session_id, &identity, client).await
            }
        }
    }

    async fn reauthenticate(
        &self,
        session_id: SessionId,
        identity: &ProviderIdentity,
        client: &Client,
    ) -> Result<AuthorizationOutcome, FinishAuthorizationError> {
        let outcome = self
            .env
            .decide(async |_| {
                let found = self.env.store.find_session(session_id).await?;
                let (_, account) = found.ok_or(FinishAuthorizationError::SessionGone)?;
                let linked = account.identity_at(&identity.provider);
                if linked.is_none_or(|linked| linked.subject != identity.subject) {
                    return Err(FinishAuthorizationError::NotLinked);
                }
                let round = self.reauthenticate.round(session_id, Shown::Identity, client).await?;
                Ok(round.map_error(FinishAuthorizationError::from))
            })
            .await?;
        Ok(match outcome {
            ReauthenticationOutcome::Reauthenticated(token) => AuthorizationOutcome::Reauthenticated(token),
            ReauthenticationOutcome::SecondFactorRequired(required) => {
                AuthorizationOutcome::SecondFactorRequired(required)
            }
        })
    }

    /// The `state` is used up before the provider hears of the code: of many at once one gets so far. Whoever is told to
    /// wait for the provider has used up nothing, and may bring the same again.
    async fn identify(
        &self,
        state: &AuthorizationState,
        code: &AuthorizationCode,
        secrets: &AuthorizationSecrets,
    ) -> Result<ProviderIdentity, FinishAuthorizationError> {
        let provider = self.providers.get(&state.provider).ok_or(FinishAuthorizationError::StateRefused)?;
        let turn = provider.turn().map_err(IdentifyError::from)?;
        let used = Change::UseAuthorization { id: state.id, expires_at: state.expires_at };
        if !self.env.commit_unless_lost(used).await? {
            return Err(FinishAuthorizationError::StateRefused);
        }
        Ok(provider.identify(turn, code, secrets).await?)
    }
}
