//! The port to the texts of invitations.

use crate::access_token::BearerToken;
use crate::invitation::InvitationClaims;
use crate::session::KeyId;

/// Derives the texts of invitations from the master key, so that none is ever stored.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait InvitationTokens: Send + Sync {
    /// Returns the key from which the texts of new invitations are derived.
    fn current_key(&self) -> KeyId;

    /// Derives the text, which is always the same for the same arguments; `None` if the key is no longer in the ring.
    fn issue(&self, claims: &InvitationClaims, key_id: &KeyId) -> Option<BearerToken>;

    /// Returns what a text says; `None` if this service did not create it. Does not touch the database.
    fn verify(&self, text: &str) -> Option<InvitationClaims>;
}
