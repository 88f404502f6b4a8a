//! The texts of invitations.

use std::sync::Arc;

use auth_domain::access_token::BearerToken;
use auth_domain::invitation::{InvitationChannel, InvitationClaims};
use auth_domain::ports::InvitationTokens;
use auth_domain::session::KeyId;

use super::{TestKeys, id, join, split};

/// `invitation|<id>|<channel>|<key>`.
#[derive(Debug)]
pub struct TestInvitations(pub Arc<TestKeys>);

impl InvitationTokens for TestInvitations {
    fn current_key(&self) -> KeyId {
        self.0.newest()
    }

    fn issue(&self, claims: &InvitationClaims, key_id: &KeyId) -> Option<BearerToken> {
        let text = join(&["invitation", &claims.id.to_string(), claims.channel.as_str(), key_id.as_str()]);
        self.0.has(key_id.as_str()).then(|| BearerToken::new(text))
    }

    fn verify(&self, text: &str) -> Option<InvitationClaims> {
        let [invitation, channel, key_id] = split("invitation", text)?;
        let claims = InvitationClaims { id: id(invitation)?, channel: InvitationChannel::parse(channel)? };
        self.0.has(key_id).then_some(claims)
    }
}
