//! Events: what other services are told, at least once each, in order per user.

use uuid::Uuid;

use crate::named::named;
use crate::{AccountId, DeletionId, EventId, SessionId, Timestamp};

named! {
    /// The name of an event: its `type` on the wire, its stored name, and its name in the configuration.
    pub enum EventName {
        /// A user was registered.
        UserRegistered = "user.registered",
        /// A user was deleted.
        UserDeleted = "user.deleted",
        /// A refresh token that was already replaced was used again.
        SessionReuseDetected = "session.reuse_detected",
        /// The password was changed or reset.
        PasswordChanged = "password.changed",
        /// The e-mail address was changed.
        EmailChanged = "email.changed",
        /// A user was suspended.
        UserSuspended = "user.suspended",
        /// A suspended user was resumed.
        UserResumed = "user.resumed",
        /// The roles of a user were changed.
        UserRolesChanged = "user.roles_changed",
        /// A user is to be deleted, and can be restored until then.
        UserDeletionScheduled = "user.deletion_scheduled",
        /// A user who was to be deleted was restored.
        UserRestored = "user.restored",
        /// A user asked for a copy of all their data.
        UserExportRequested = "user.export_requested",
    }
}

/// What happened, with the ids that a service may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A user was registered.
    UserRegistered,
    /// A user was deleted: delete everything that belongs to them.
    UserDeleted(DeletionId),
    /// A refresh token that was already replaced was used again, which ended its session.
    SessionReuseDetected(SessionId),
    /// The password was changed or reset.
    PasswordChanged,
    /// The e-mail address was changed.
    EmailChanged,
    /// A user was suspended: nobody can log in as this user, and every session has ended.
    UserSuspended,
    /// A suspended user was resumed.
    UserResumed,
    /// The roles of a user were changed.
    UserRolesChanged,
    /// A user is to be deleted: nobody can log in as this user, and every session has ended. Keep what belongs to them until
    /// `user.deleted`.
    UserDeletionScheduled,
    /// A user who was to be deleted was restored.
    UserRestored,
    /// A user asked for a copy of all their data: upload what belongs to them.
    UserExportRequested,
}

impl EventKind {
    /// Returns the name of the event.
    pub const fn name(self) -> EventName {
        match self {
            Self::UserRegistered => EventName::UserRegistered,
            Self::UserDeleted(_) => EventName::UserDeleted,
            Self::SessionReuseDetected(_) => EventName::SessionReuseDetected,
            Self::PasswordChanged => EventName::PasswordChanged,
            Self::EmailChanged => EventName::EmailChanged,
            Self::UserSuspended => EventName::UserSuspended,
            Self::UserResumed => EventName::UserResumed,
            Self::UserRolesChanged => EventName::UserRolesChanged,
            Self::UserDeletionScheduled => EventName::UserDeletionScheduled,
            Self::UserRestored => EventName::UserRestored,
            Self::UserExportRequested => EventName::UserExportRequested,
        }
    }

    /// Returns the `type` on the wire, which is also the stored name.
    pub const fn as_str(self) -> &'static str {
        self.name().as_str()
    }

    /// Returns the id, besides the account's, that the event is about, to store.
    pub const fn related_id(self) -> Option<Uuid> {
        match self {
            Self::UserDeleted(id) => Some(id.as_uuid()),
            Self::SessionReuseDetected(id) => Some(id.as_uuid()),
            Self::UserRegistered
            | Self::PasswordChanged
            | Self::EmailChanged
            | Self::UserSuspended
            | Self::UserResumed
            | Self::UserRolesChanged
            | Self::UserDeletionScheduled
            | Self::UserRestored
            | Self::UserExportRequested => None,
        }
    }

    /// Creates the kind from its stored name and `related_id`.
    pub fn parse(name: &str, related_id: Option<Uuid>) -> Option<Self> {
        Some(match EventName::parse(name)? {
            EventName::UserRegistered => Self::UserRegistered,
            EventName::UserDeleted => Self::UserDeleted(DeletionId::from(related_id?)),
            EventName::SessionReuseDetected => Self::SessionReuseDetected(SessionId::from(related_id?)),
            EventName::PasswordChanged => Self::PasswordChanged,
            EventName::EmailChanged => Self::EmailChanged,
            EventName::UserSuspended => Self::UserSuspended,
            EventName::UserResumed => Self::UserResumed,
            EventName::UserRolesChanged => Self::UserRolesChanged,
            EventName::UserDeletionScheduled => Self::UserDeletionScheduled,
            EventName::UserRestored => Self::UserRestored,
            EventName::UserExportRequested => Self::UserExportRequested,
        })
    }
}

/// Something that happened to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The id of the event, the same at every delivery.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// The account it happened to, which may have been deleted since.
    pub account_id: AccountId,
    /// When it happened. Times of the changes of one account increase even across nodes with different clocks. The
    /// reuse of a token changes no account and has the time of its node.
    pub occurred_at: Timestamp,
}

/// A service that receives events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its name in the configuration.
    pub service: String,
    /// The events that it receives.
    pub events: Vec<EventName>,
}

/// A delivery that one worker may try. No other worker gets it meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeasedEvent {
    /// The event.
    pub event: Event,
    /// The number of the attempt, from 1.
    pub attempt: u32,
}
