//! The state of a session's refresh token. [`super::refresh`] has the rules.

use std::time::Duration;

use super::Client;
use crate::Timestamp;
use crate::version::RowVersion;

/// Numbers the refresh tokens of a session, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u32);

impl Generation {
    /// The generation of the token that a login issues.
    pub const FIRST: Self = Self(1);

    /// Returns the generation after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Creates a generation from its number.
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Returns the number.
    pub const fn as_number(self) -> u32 {
        self.0
    }
}

/// Which refresh token of a session is current, and who received it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rotation {
    /// The generation whose token is current.
    pub generation: Generation,
    /// The generation for which the current one was issued; `None` before the first refresh.
    pub parent: Option<Generation>,
    /// When the current token was first issued.
    pub rotated_at: Timestamp,
    /// When the current token was last issued.
    pub served_at: Timestamp,
    /// Whether the current generation was used, so that its holder is known to have it.
    pub proved: bool,
    /// The client that received it first.
    pub client: Client,
    /// The generations that forks left behind, whose access tokens must stay invalid too.
    pub left_behind: Option<LeftBehind>,
    /// The latest joins.
    pub joins: Joins,
    /// The latest generations whose parent was presented late.
    pub late: Option<LateRepeats>,
    /// How many joins and late repeats were recorded, so that one of two at the same time is decided again.
    pub notes: RowVersion,
}

/// The state of a rotation on which a change was based. If the rotation has moved on, the change is a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationVersion {
    /// The current generation.
    pub generation: Generation,
    /// Whether it was used.
    pub proved: bool,
    /// How many joins and late repeats were recorded.
    pub notes: RowVersion,
}

/// Generations that are dead: those strictly between the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeftBehind {
    /// The last valid one before.
    pub after: Generation,
    /// The first valid one after.
    pub before: Generation,
}

/// A second client received the token that the client which rotated last had received.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Join {
    /// When this first happened.
    pub at: Timestamp,
    /// The generation of the token.
    pub generation: Generation,
    /// The other client.
    pub client: Client,
}

/// The latest joins of a session, oldest first: as many as a session may have in [`Joins::PERIOD`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Joins(Vec<Join>);

impl Joins {
    /// How many joins a session may have in [`Joins::PERIOD`].
    pub const MAX: usize = 3;
    /// How long a join counts.
    pub const PERIOD: Duration = Duration::from_secs(24 * 3_600);

    /// Creates joins from what was stored; `None` if there are more than [`Joins::MAX`].
    pub fn from_stored(joins: Vec<Join>) -> Option<Self> {
        (joins.len() <= Self::MAX).then_some(Self(joins))
    }

    /// Returns the joins, oldest first.
    pub fn as_slice(&self) -> &[Join] {
        &self.0
    }

    /// Tells whether `client` was counted for that generation.
    pub(super) fn include(&self, generation: Generation, client: &Client) -> bool {
        self.0.iter().any(|join| join.generation == generation && join.client == *client)
    }

    /// Adds a join; `None` if the session has none left.
    pub(super) fn with(&self, join: Join) -> Option<Self> {
        // A join from before the clock was set back no longer counts, so nobody waits longer than the period.
        let counts = |at: Timestamp| at.measured_at(join.at).is_some_and(|at| join.at.since(at) < Self::PERIOD);
        let mut joins: Vec<Join> = self.0.iter().filter(|earlier| counts(earlier.at)).cloned().collect();
        (joins.len() < Self::MAX).then(|| {
            joins.push(join);
            Self(joins)
        })
    }
}

/// Consecutive generations whose parent was presented late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LateRepeats {
    /// The latest one.
    pub generation: Generation,
    /// How many there are, from 1.
    pub running: u32,
}

impl LateRepeats {
    /// The number of consecutive generations that makes it likely that two clients share the session.
    pub const SUSPICIOUS: u32 = 3;
}

impl Rotation {
    /// Creates the rotation of a new session, whose token goes to `client`.
    pub fn first(client: Client, now: Timestamp) -> Self {
        Self {
            generation: Generation::FIRST,
            parent: None,
            rotated_at: now,
            served_at: now,
            proved: false,
            client,
            left_behind: None,
            joins: Joins::default(),
            late: None,
            notes: RowVersion::NONE,
        }
    }

    /// Returns the version that guards a change based on this rotation.
    pub const fn version(&self) -> RotationVersion {
        RotationVersion { generation: self.generation, proved: self.proved, notes: self.notes }
    }

    /// Returns the newest generation that a client is known to have: an access token proves nothing about later ones.
    pub fn newest_proved(&self) -> Generation {
        if self.proved { self.generation } else { self.parent.unwrap_or(self.generation) }
    }

    /// Tells whether an access token minted with `generation` belongs to the live branch: it was issued, and no fork
    /// left it behind.
    pub fn accepts_access_token_of(&self, generation: Generation) -> bool {
        let dead = self.left_behind.is_some_and(|gap| gap.after < generation && generation < gap.before);
        generation <= self.generation && !dead
    }
}
