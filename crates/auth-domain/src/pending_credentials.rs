//! A change of credentials that waits for a second factor.

use crate::account::{EmailAddress, PasswordHash};
use crate::two_factor::Method;
use crate::{ChallengeId, Locale, SessionId};

/// Exactly what was requested. The challenge that confirms it can be used for nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingCredentials {
    /// The challenge that confirms it, and with which it is deleted.
    pub challenge_id: ChallengeId,
    /// The session that requested it. No other session may confirm it.
    pub session_id: SessionId,
    /// The second factor that must confirm it.
    pub method: Method,
    /// The new address, if it is to change.
    pub email: Option<EmailAddress>,
    /// The hash of the new password, if it is to change.
    pub password_hash: Option<PasswordHash>,
    /// The language that the user will prefer, if that is to change; `Some(None)` to prefer none.
    pub locale: Option<Option<Locale>>,
}
