//! A change of credentials that waits for a second factor.

use crate::account::{EmailAddress, PasswordHash};
use crate::two_factor::Method;
use crate::{ChallengeId, SessionId};

/// Exactly what was asked for; the challenge that confirms it is good for nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingCredentials {
    /// The challenge that confirms it; it goes with that.
    pub challenge_id: ChallengeId,
    /// The session that asked: no other one may confirm.
    pub session_id: SessionId,
    /// The second factor that is to confirm it.
    pub method: Method,
    /// The new address, if it is to change.
    pub email: Option<EmailAddress>,
    /// The hash of the new password, if it is to change.
    pub password_hash: Option<PasswordHash>,
}
