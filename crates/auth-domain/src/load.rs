//! How busy the service is, for monitoring.

use std::time::Duration;

use crate::Timestamp;

/// Everything that the metrics report besides requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceLoad {
    /// When it was read.
    pub now: Timestamp,
    /// What the database reports; `None` while it is unreachable.
    pub database: Option<DatabaseLoad>,
    /// The connections of this node to its database.
    pub pool: PoolLoad,
    /// The state of the file that holds an embedded database.
    pub file: FileCheck,
    /// The password hashing on this node.
    pub hashing: HashingLoad,
}

/// What the last check of the file of an embedded database found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileCheck {
    /// No check has finished since the start, or the database is not a file of this service.
    #[default]
    Unknown,
    /// The file is intact.
    Sound,
    /// The file is damaged.
    Damaged,
}

/// What the metrics report about the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabaseLoad {
    /// The mails and events that are still to be sent, over all nodes.
    pub outbox: OutboxDepth,
    /// Since when the current signing key has been in use.
    pub signing_since: Option<Timestamp>,
    /// When a restore was last verified.
    pub verified_restore: Option<Timestamp>,
}

/// The mails and events that are still to be sent, over all nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxDepth {
    /// Mails that have not been sent yet.
    pub mails: u64,
    /// When the oldest of these mails was queued.
    pub oldest_mail: Option<Timestamp>,
    /// Mails that were given up and wait for the operator.
    pub parked_mails: u64,
    /// Deliveries of events that have not been acknowledged yet, counted once for each service.
    pub deliveries: u64,
    /// When the oldest of these events happened.
    pub oldest_delivery: Option<Timestamp>,
}

/// The connections of this node to its database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolLoad {
    /// The maximum number of connections.
    pub most: usize,
    /// The number of open connections.
    pub open: usize,
    /// The number of connections that are not in use.
    pub idle: usize,
}

/// The password hashing on this node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HashingLoad {
    /// Passwords waiting for a thread.
    pub waiting: usize,
    /// Threads that are hashing.
    pub working: usize,
    /// Networks with passwords that are waiting or being hashed.
    pub networks: usize,
    /// Networks from which someone has logged in recently, as far as this node knows.
    pub known_networks: usize,
    /// Passwords hashed or compared since the start.
    pub done: u64,
    /// The time spent on these, over all threads.
    pub busy: Duration,
    /// Passwords refused since the start, because the queue was full or they had waited in it for too long.
    pub refused: u64,
}
