//! Signing in with an id_token that a native app, or a page with One Tap, obtained from a provider. The outcomes are those
//! of a return from the provider.

use std::sync::Arc;

use crate::audience::Audience;
use crate::authorization::IdToken;
use crate::identity::ProviderName;
use crate::ports::{Change, IdentifyError, VouchedIdentity};
use crate::services::{Admission, Environment};
use crate::session::Client;
use crate::{AuthorizationId, Language};

use super::all::Parts;
use super::begin_authorization::IdentityProviders;
use super::finish_authorization::{AuthorizationOutcome, FinishAuthorizationError};
use super::provider_sign_in::{ProviderSignIn, SignInFrom};

/// The use case.
pub struct SignInByToken {
    env: Environment,
    providers: Arc<IdentityProviders>,
    admission: Arc<Admission>,
    sign_in: ProviderSignIn,
}

impl SignInByToken {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            env: parts.env.clone(),
            providers: parts.identity_providers.clone(),
            admission: parts.admission.clone(),
            sign_in: ProviderSignIn::new(parts),
        }
    }

    /// Logs in, links or registers the owner of the token. `nonce` is the value for which the client requested it. A token
    /// can be used once: it is marked as used before anything else happens. A new user may register with `invitation`. The
    /// access token is for the audience that comes with the client. A new account gets the language that the client prefers,
    /// if it is known.
    pub async fn execute(
        &self,
        provider: &ProviderName,
        token: &IdToken,
        nonce: &str,
        invitation: Option<&str>,
        (client, audience, accepted): (&Client, &Audience, Option<Language>),
    ) -> Result<AuthorizationOutcome, FinishAuthorizationError> {
        let provider = self.providers.get(provider).ok_or(FinishAuthorizationError::UnknownProvider)?;
        let VouchedIdentity { identity, digest, expires_at } = provider.identify_by_token(token, nonce).await?;
        let id = AuthorizationId::from(uuid::Builder::from_custom_bytes(digest).into_uuid());
        if !self.env.commit_unless_lost(Change::UseAuthorization { id, expires_at }).await? {
            return Err(IdentifyError::CodeRefused.into());
        }
        let from = SignInFrom { client, audience, accepted };
        self.sign_in.execute(&identity, self.admission.read(invitation), from).await
    }
}
