//! Invitations: who may register although registration is not open, with which roles, how often and until when. The text
//! that an invited person enters is derived from the id, never stored: see [`crate::ports::InvitationTokens`].

use std::time::Duration;

use crate::account::{EmailAddress, Roles};
use crate::named::named;
use crate::session::KeyId;
use crate::{InvitationId, Timestamp};

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The id of the invitation.
    pub id: InvitationId,
    /// The only address that it is for; `None` if it is for anyone.
    pub email: Option<EmailAddress>,
    /// What accounts get besides the roles of every new account.
    pub roles: Roles,
    /// How many accounts it allows.
    pub uses: u32,
    /// How many of them are left.
    pub uses_left: u32,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it: an [`Administrator`](crate::use_cases::Administrator) by name.
    pub created_by: String,
    /// The key from which its text is derived.
    pub key_id: KeyId,
}

impl Invitation {
    /// The number of uses if none is given.
    pub const DEFAULT_USES: u32 = 1;
    /// The maximum number of uses.
    pub const MAX_USES: u32 = 100_000;
    /// The lifetime if none is given: a week.
    pub const DEFAULT_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3_600);
    /// The shortest lifetime: a minute.
    pub const MIN_LIFETIME: Duration = Duration::from_secs(60);
    /// The longest lifetime: a year.
    pub const MAX_LIFETIME: Duration = Duration::from_secs(365 * 24 * 3_600);

    /// Tells whether it can be used at `now`.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        self.uses_left > 0 && now < self.expires_at
    }

    /// Tells whether someone with this address may use it.
    pub fn is_for(&self, email: &EmailAddress) -> bool {
        self.email.as_ref().is_none_or(|invited| invited.key() == email.key())
    }
}

named! {
    /// How the text of an invitation reaches the invited person.
    pub enum InvitationChannel {
        /// Whoever created it passes it on.
        HandedOver = "invitation",
        /// Only the mail to its address contains it, so whoever has it reads that address's mail.
        Mailed = "mailed_invitation",
    }
}

/// What the text of a genuine invitation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvitationClaims {
    /// The invitation.
    pub id: InvitationId,
    /// How the text reached its bearer.
    pub channel: InvitationChannel,
}

/// The invitation that came with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenInvitation {
    /// There was none.
    None,
    /// It was issued by this service.
    Genuine(InvitationClaims),
    /// It was not.
    Forged,
}

impl From<Option<InvitationClaims>> for GivenInvitation {
    fn from(claims: Option<InvitationClaims>) -> Self {
        claims.map_or(Self::None, Self::Genuine)
    }
}
