//! Authorization requests to identity providers.

use auth_domain::access_token::{BearerToken, TokenRejection};
use auth_domain::audience::{Audience, AudienceName};
use auth_domain::authorization::{AuthorizationPurpose, AuthorizationState, BrowserBinding};
use auth_domain::identity::ProviderName;
use auth_domain::invitation::{InvitationChannel, InvitationClaims};
use auth_domain::ports::{AuthorizationRequest, AuthorizationSecrets, AuthorizationStates, VerifiedState};
use auth_domain::{AuthorizationId, Timestamp};

use super::tokens::until;
use super::{id, join, micros, split, timestamp};

/// `state|<id>|<provider>|<purpose>|<session, or nothing>|<redirect>|<audience>|<invitation>|<channel>|<iat>|<exp>|<browser's secret>`.
#[derive(Debug)]
pub struct TestAuthorizationStates;

/// 43 characters, as the real ones have.
fn secret(name: &str, id: AuthorizationId) -> String {
    format!("{:-<43}", format!("{name}-{}", id.as_uuid().simple()))
}

fn secrets(id: AuthorizationId) -> AuthorizationSecrets {
    AuthorizationSecrets { code_verifier: BearerToken::new(secret("verifier", id)), nonce: secret("nonce", id) }
}

impl AuthorizationStates for TestAuthorizationStates {
    fn issue(&self, state: &AuthorizationState, browser: Option<BearerToken>) -> AuthorizationRequest {
        let (purpose, session) = match state.purpose {
            AuthorizationPurpose::SignIn => ("sign-in", String::new()),
            AuthorizationPurpose::Link(session_id) => ("link", session_id.to_string()),
            AuthorizationPurpose::Reauthenticate(session_id) => ("reauthenticate", session_id.to_string()),
        };
        let text = join(&[
            "state",
            &state.id.to_string(),
            state.provider.as_str(),
            purpose,
            &session,
            state.redirect.as_deref().unwrap_or_default(),
            match &state.audience {
                Audience::Default => "",
                Audience::Other(name) => name.as_str(),
            },
            &state.invitation.map(|claims| claims.id.to_string()).unwrap_or_default(),
            state.invitation.map_or("", |claims| claims.channel.as_str()),
            &micros(state.issued_at),
            &micros(state.expires_at),
            browser.as_ref().map_or("", BearerToken::reveal),
        ]);
        let code_challenge = secret("challenge", state.id);
        AuthorizationRequest { state: BearerToken::new(text), code_challenge, nonce: secrets(state.id).nonce }
    }

    fn verify(
        &self,
        state: &str,
        browser: Option<BearerToken>,
        now: Timestamp,
    ) -> Result<VerifiedState, TokenRejection> {
        let (state, began_in) =
            until(parse(state).map(|(state, began)| ((state.clone(), began), state.expires_at)), now)?;
        let browser = match (began_in, browser) {
            ("", _) => BrowserBinding::Unbound,
            (began_in, Some(came)) if began_in == came.reveal() => BrowserBinding::Same,
            _ => BrowserBinding::Other,
        };
        let secrets = secrets(state.id);
        Ok(VerifiedState { state, browser, secrets })
    }
}

fn parse(text: &str) -> Option<(AuthorizationState, &str)> {
    let [request, provider, purpose, session, redirect, audience, invitation, channel, issued_at, expires_at, browser] =
        split("state", text)?;
    let purpose = match purpose {
        "link" => AuthorizationPurpose::Link(id(session)?),
        "reauthenticate" => AuthorizationPurpose::Reauthenticate(id(session)?),
        _ => AuthorizationPurpose::SignIn,
    };
    let state = AuthorizationState {
        id: id(request)?,
        provider: ProviderName::parse(provider)?,
        purpose,
        redirect: (!redirect.is_empty()).then(|| redirect.to_owned()),
        audience: match audience {
            "" => Audience::Default,
            name => Audience::Other(AudienceName::parse(name)?),
        },
        invitation: InvitationChannel::parse(channel)
            .and_then(|channel| Some(InvitationClaims { id: id(invitation)?, channel })),
        issued_at: timestamp(issued_at)?,
        expires_at: timestamp(expires_at)?,
    };
    Some((state, browser))
}
