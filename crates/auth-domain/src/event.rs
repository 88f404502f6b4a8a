//! Events: what the services beside this one are told, at least once each, in order per user.

use uuid::Uuid;

use crate::named::named;
use crate::{AccountId, DeletionId, EventId, SessionId, Timestamp};

named! {
    /// The name of what happened: the `type` on the wire, the stored name, and what the configuration lists.
    pub enum EventName {
        /// A user was registered.
        UserRegistered = "user.registered",
        /// A user was deleted.
        UserDeleted = "user.deleted",
        /// A refresh token came back after its time.
        SessionReuseDetected = "session.reuse_detected",
        /// The password was changed or reset.
        PasswordChanged = "password.changed",
        /// The e-mail address was changed.
        EmailChanged = "email.changed",
    }
}

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
    /// Returns its name.
    pub const fn name(self) -> EventName {
        match self {
            Self::UserRegistered => EventName::UserRegistered,
            Self::UserDeleted(_) => EventName::UserDeleted,
            Self::SessionReuseDetected(_) => EventName::SessionReuseDetected,
            Self::PasswordChanged => EventName::PasswordChanged,
            Self::EmailChanged => EventName::EmailChanged,
        }
    }

    /// Returns its `type` on the wire, which is its stored name.
    pub const fn as_str(self) -> &'static str {
        self.name().as_str()
    }

    /// Returns what it is about beside the account, to store.
    pub const fn related_id(self) -> Option<Uuid> {
        match self {
            Self::UserDeleted(id) => Some(id.as_uuid()),
            Self::SessionReuseDetected(id) => Some(id.as_uuid()),
            Self::UserRegistered | Self::PasswordChanged | Self::EmailChanged => None,
        }
    }

    /// Returns the kind with that stored name that is about `related_id`.
    pub fn parse(name: &str, related_id: Option<Uuid>) -> Option<Self> {
        Some(match EventName::parse(name)? {
            EventName::UserRegistered => Self::UserRegistered,
            EventName::UserDeleted => Self::UserDeleted(DeletionId::from(related_id?)),
            EventName::SessionReuseDetected => Self::SessionReuseDetected(SessionId::from(related_id?)),
            EventName::PasswordChanged => Self::PasswordChanged,
            EventName::EmailChanged => Self::EmailChanged,
        })
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
    /// What it wants to hear of.
    pub events: Vec<EventName>,
}

/// A delivery that one worker may try. While it tries, no other one gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeasedEvent {
    /// The event.
    pub event: Event,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}
