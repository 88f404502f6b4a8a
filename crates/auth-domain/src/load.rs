//! How busy the service is, for those who watch it.

use std::time::Duration;

use crate::Timestamp;

/// Everything that the metrics tell of beyond requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceLoad {
    /// When it was read.
    pub now: Timestamp,
    /// What the database says; `None` while it is away.
    pub database: Option<DatabaseLoad>,
    /// The connections of this node to its database.
    pub pool: PoolLoad,
    /// What is known of the file that an embedded database is in.
    pub file: FileCheck,
    /// The hashing of passwords on this node.
    pub hashing: HashingLoad,
}

/// What the last check of the file found that an embedded database is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileCheck {
    /// No check has ended since the start, or the database is in no file of ours.
    #[default]
    Unknown,
    /// Nothing is wrong with it.
    Sound,
    /// It is damaged.
    Damaged,
}

/// What the metrics tell of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabaseLoad {
    /// What is owed, over all nodes.
    pub outbox: OutboxDepth,
    /// Since when the signing key that is in use signs.
    pub signing_since: Option<Timestamp>,
    /// When a restore was last found to work.
    pub verified_restore: Option<Timestamp>,
}

/// What is owed to mail servers and to the services beside this one, over all nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxDepth {
    /// Mails that are not sent yet.
    pub mails: u64,
    /// When the oldest of them became owed.
    pub oldest_mail: Option<Timestamp>,
    /// Mails that were given up and wait for the operator.
    pub parked_mails: u64,
    /// Events that a service has not acknowledged yet; one for each service counts.
    pub deliveries: u64,
    /// When the oldest of them happened.
    pub oldest_delivery: Option<Timestamp>,
}

/// The connections of this node to its database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolLoad {
    /// As many as there may be.
    pub most: usize,
    /// As many as there are.
    pub open: usize,
    /// Those that nobody uses now.
    pub idle: usize,
}

/// The hashing of passwords on this node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HashingLoad {
    /// Passwords that wait for a thread.
    pub waiting: usize,
    /// Threads that hash.
    pub working: usize,
    /// Networks whose passwords wait or are hashed.
    pub networks: usize,
    /// Networks that have logged somebody in lately, as far as this node knows.
    pub known_networks: usize,
    /// Passwords hashed or compared since the start.
    pub done: u64,
    /// The time that those took, over all threads.
    pub busy: Duration,
    /// Passwords that were turned away since the start: the queue was full, or they had waited too long in it.
    pub refused: u64,
}
