//! Identifiers: UUIDv7 (RFC 9562 section 5.7), with one type for each kind of row.

use std::fmt;

use uuid::Uuid;

use crate::Timestamp;

/// 32 bytes of fresh randomness, passed down as a value so that pure code stays pure.
pub type Randomness = [u8; 32];

fn uuid_v7(now: Timestamp, randomness: Randomness) -> Uuid {
    let mut tail = [0; 10];
    tail.copy_from_slice(&randomness[..10]);
    uuid::Builder::from_unix_timestamp_millis(now.as_millis(), &tail).into_uuid()
}

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Creates a UUIDv7 for the time `now`, with the first 10 bytes of `randomness`.
            pub fn generate(now: Timestamp, randomness: Randomness) -> Self {
                Self(uuid_v7(now, randomness))
            }

            /// Returns the UUID.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }
    )+};
}

identifiers! {
    /// Identifies an account for good; the `sub` of its access tokens.
    AccountId,
    /// Identifies a session; the `sid` of its access tokens.
    SessionId,
    /// Identifies one deletion of an account, so that its progress can be queried.
    DeletionId,
    /// Identifies a record of the audit trail.
    AuditRecordId,
    /// Identifies what is kept of a retired master key.
    RetiredKeyId,
    /// Identifies a mail, the same at every attempt to send it.
    MailId,
    /// Identifies a challenge; the `jti` of its temp tokens.
    ChallengeId,
    /// Identifies an authorization request to an identity provider.
    AuthorizationId,
    /// Identifies an event, the same at every delivery; the cursor of `GET /auth/events`.
    EventId,
    /// Identifies an invitation to register.
    InvitationId,
    /// Identifies a signing key; the `kid` of the tokens that it signed.
    SigningKeyId,
}
