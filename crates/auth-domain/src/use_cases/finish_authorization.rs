//! Handles the return from an identity provider. First the `state` is opened, which says why the user went there; then
//! the code is exchanged, once. `provider_sign_in.rs` handles sign-ins, `link_identity.rs` links.

use std::sync::Arc;

use crate::access_token::BearerToken;
use crate::account::{Account, Blocked};
use crate::audience::{Audience, Audiences};
use crate::authorization::{AuthorizationCode, AuthorizationPurpose, AuthorizationState, BrowserBinding};
use crate::error_code::{ErrorCode, Refusal};
use crate::identity::{ProviderIdentity, ProviderName};
use crate::ports::{
    AuthorizationSecrets, AuthorizationStates, Change, IdentifyError, NoSigningKey, StoreError, VerifiedState,
};
use crate::rate_limit::RateLimited;
use crate::registration::RegistrationRefused;
use crate::services::{
    Environment, IssuedAccessToken, LoggedIn, ReauthenticationRequired, RequireVerificationError, SecondFactorRequired,
};
use crate::session::Client;
use crate::temp_token::IssuedTempToken;
use crate::{Language, SessionId};

use super::all::Parts;
use super::authenticate::Authenticated;
use super::begin_authorization::IdentityProviders;
use super::link_identity::LinkIdentity;
use super::provider_sign_in::{ProviderSignIn, SignInFrom};
use super::reauthenticate::{Reauthenticate, ReauthenticateError, ReauthenticationOutcome, Shown};

/// The outcome of a return from a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizationOutcome {
    /// A session was opened.
    LoggedIn(Box<LoggedIn>),
    /// An account was created, and a session opened.
    Registered(Box<LoggedIn>),
    /// A second factor must be given first.
    SecondFactorRequired(SecondFactorRequired),
    /// The address must be verified first, with this token and the code that was mailed.
    EmailVerificationRequired(IssuedTempToken),
    /// The identity is now linked to this account.
    Linked(Box<Account>),
    /// The user of the session has reauthenticated.
    Reauthenticated(IssuedAccessToken),
}

/// Why a return from a provider failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinishAuthorizationError {
    /// The provider is not configured.
    #[error("the provider is not configured")]
    UnknownProvider,
    /// The `state` was not made here, belongs to another provider or browser, was used, or has expired.
    #[error("the state is invalid")]
    StateRefused,
    /// The code does not identify anyone.
    #[error(transparent)]
    Identify(#[from] IdentifyError),
    /// The provider reports no address to register with.
    #[error("the provider shared no e-mail address")]
    NoEmail,
    /// The account was blocked, and the caller may know.
    #[error(transparent)]
    Blocked(#[from] Blocked),
    /// An account has the address, and not both sides have verified it.
    #[error("an account has this e-mail address")]
    EmailTaken,
    /// Nobody may register, or not this user.
    #[error(transparent)]
    Refused(#[from] RegistrationRefused),
    /// The identity is linked to another account, or the account already has one of this provider.
    #[error("the identity is already linked")]
    AlreadyLinked,
    /// The session in which it began has ended.
    #[error("the session has ended")]
    SessionGone,
    /// The identity is not linked to the account of the session.
    #[error("the identity is not linked to the account")]
    NotLinked,
    /// The login of the session that wants the link is too old.
    #[error(transparent)]
    Stale(#[from] ReauthenticationRequired),
    /// The limit for mails is reached.
    #[error("too many mails: try again in {} s", .0.retry_after.as_secs())]
    MailsLimited(RateLimited),
    /// No access token could be signed.
    #[error(transparent)]
    NoSigningKey(#[from] NoSigningKey),
    /// The database did not answer, or failed.
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
            // The provider has confirmed the identity, so nothing else is required.
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
            FinishAuthorizationError::Blocked(blocked) => blocked.into(),
            FinishAuthorizationError::EmailTaken => Self::taken(ErrorCode::EmailExists, "/email"),
            FinishAuthorizationError::Refused(refused) => refused.into(),
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

/// A `state` that was returned.
#[derive(Debug)]
pub enum Opened {
    /// The browser or session that began it has returned.
    Authorization(OpenedAuthorization),
    /// Another browser than the one of the session returned, or one that cannot be recognised.
    Unconfirmed(UnconfirmedAuthorization),
}

/// A link or a reauthentication that its session must confirm: if someone is lured to a provider, their identity must
/// neither be linked to the other's account nor vouch for the other's session.
#[derive(Debug)]
pub struct UnconfirmedAuthorization {
    authorization: OpenedAuthorization,
    session_id: SessionId,
}

impl UnconfirmedAuthorization {
    /// Confirms it as the session that began it.
    pub fn confirm(self, caller: &Authenticated) -> Result<OpenedAuthorization, FinishAuthorizationError> {
        let same = caller.session().id == self.session_id;
        if same { Ok(self.authorization) } else { Err(FinishAuthorizationError::StateRefused) }
    }
}

/// Proof that the user who was sent to a provider has returned. Only [`FinishAuthorization::open`] creates it.
#[derive(Debug)]
pub struct OpenedAuthorization {
    state: AuthorizationState,
    secrets: AuthorizationSecrets,
    same_browser: bool,
}

impl OpenedAuthorization {
    /// Returns the page on which this browser ends. `None` for clients without cookies, which read the answer.
    pub fn redirect(&self) -> Option<&str> {
        self.state.redirect.as_deref().filter(|_| self.same_browser)
    }

    /// Returns for whom the access token at the end of a sign-in is.
    pub const fn audience(&self) -> &Audience {
        &self.state.audience
    }

    /// Tells whether cookies may be set: only if this browser certainly began the request.
    pub const fn is_of_this_browser(&self) -> bool {
        self.same_browser
    }
}

/// Handles the return from an identity provider.
pub struct FinishAuthorization {
    env: Environment,
    providers: Arc<IdentityProviders>,
    states: Arc<dyn AuthorizationStates>,
    audiences: Audiences,
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
            audiences: parts.policy.audiences.clone(),
            sign_in: ProviderSignIn::new(parts),
            link: LinkIdentity::new(parts),
            reauthenticate: Reauthenticate::new(parts),
        }
    }

    /// Opens the `state` that was returned to `provider`'s callback, with the secret of the browser's cookie. Touches
    /// neither the database nor the provider.
    pub fn open(
        &self,
        provider: &ProviderName,
        state: &str,
        browser: Option<BearerToken>,
    ) -> Result<Opened, FinishAuthorizationError> {
        let verified = self.states.verify(state, browser, self.env.now());
        let VerifiedState { state, browser, secrets } = verified.map_err(|_| FinishAuthorizationError::StateRefused)?;
        // An audience may have been removed since.
        let issued_for = self.audiences.find(self.audiences.text(&state.audience));
        if state.provider != *provider || issued_for.as_ref() != Some(&state.audience) {
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

    /// Exchanges the code, once for each `state`, and does what the user went there for. A new account gets the language that
    /// the browser prefers, if it is known.
    pub async fn execute(
        &self,
        opened: OpenedAuthorization,
        code: &AuthorizationCode,
        client: &Client,
        accepted: Option<Language>,
    ) -> Result<AuthorizationOutcome, FinishAuthorizationError> {
        let OpenedAuthorization { state, secrets, .. } = opened;
        let identity = self.identify(&state, code, &secrets).await?;
        match state.purpose {
            AuthorizationPurpose::SignIn => {
                let from = SignInFrom { client, audience: &state.audience, accepted };
                self.sign_in.execute(&identity, state.invitation.into(), from).await
            }
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
                let found = self.env.store.find_session_by_id(session_id).await?;
                let (_, account) = found.ok_or(FinishAuthorizationError::SessionGone)?;
                let linked = account.identity_at(&identity.provider);
                if linked.is_none_or(|linked| linked.subject != identity.subject) {
                    return Err(FinishAuthorizationError::NotLinked);
                }
                let round = self.reauthenticate.round((account.id, session_id), Shown::Identity, client).await?;
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

    /// Identifies the user. The `state` is used up before the provider sees the code, so that only one of many
    /// simultaneous requests gets this far.
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
