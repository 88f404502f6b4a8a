//! Events: what the services beside this one are told, at least once each, in order per user.

use crate::{AccountId, DeletionId, EventId, SessionId, Timestamp};

/// What happened, with what else a service may want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A user was registered.
    UserRegistered,
    /// A user was deleted: forget all that belongs to them.
    UserDeleted(DeletionId),
    /// A refresh token came back after its time; that session was ended.
    SessionReuseDetected(SessionId),
    /// The password was changed or reset.
    PasswordChanged,
    /// The e-mail address was changed.
    EmailChanged,
}

impl EventKind {
    /// The names of all of them, for the configuration.
    pub const NAMES: [&str; 5] =
        ["user.registered", "user.deleted", "session.reuse_detected", "password.changed", "email.changed"];

    /// Its `type` on the wire, and its stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserRegistered => Self::NAMES[0],
            Self::UserDeleted(_) => Self::NAMES[1],
            Self::SessionReuseDetected(_) => Self::NAMES[2],
            Self::PasswordChanged => Self::NAMES[3],
            Self::EmailChanged => Self::NAMES[4],
        }
    }
}

/// Something that happened to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its name, the same at every delivery.
    pub id: EventId,
    /// What.
    pub kind: EventKind,
    /// To whom. The account may be gone by now.
    pub account_id: AccountId,
    /// When. Of two changes of an account the later has the later time, whichever node's clock dated them; a token that
    /// was used again changes no account, and is dated by its node.
    pub occurred_at: Timestamp,
}

/// A service that is told of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its name in the configuration.
    pub service: String,
    /// The [`EventKind::NAMES`] that it wants to hear of.
    pub events: Vec<String>,
}

/// A delivery that one worker may try. While it tries, no other one gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeasedEvent {
    /// The event.
    pub event: Event,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}
