//! Where the refresh token of a session stands. [`super::refresh`] holds the rules.

use std::time::Duration;

use super::Client;
use crate::Timestamp;
use crate::version::RowVersion;

/// Counts the refresh tokens of a session, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u32);

impl Generation {
    /// That of the token handed out at login.
    pub const FIRST: Self = Self(1);

    /// The generation after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// From its number.
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn as_number(self) -> u32 {
        self.0
    }
}

/// Which refresh token of a session is good, and to whom its last answer went.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rotation {
    /// The generation whose token is current.
    pub generation: Generation,
    /// The generation that the current one was handed out for; `None` before the first refresh.
    pub parent: Option<Generation>,
    /// When the current token was first handed out.
    pub rotated_at: Timestamp,
    /// When the current token was last handed out.
    pub served_at: Timestamp,
    /// Whether the current generation was used: its holder got the answer.
    pub proved: bool,
    /// Who got it first.
    pub client: Client,
    /// The generations that forks left behind, so that their access tokens stay dead too.
    pub left_behind: Option<LeftBehind>,
    /// The latest joins.
    pub joins: Joins,
    /// The latest generations whose parent was asked for again late.
    pub late: Option<LateRepeats>,
    /// How many joins and late repeats were noted, so that of two at once one is decided anew.
    pub notes: RowVersion,
}

/// What a change of a rotation was decided on. Whatever moves it on since makes that change a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationVersion {
    /// The current generation.
    pub generation: Generation,
    /// Whether it was proved.
    pub proved: bool,
    /// How many joins and late repeats were noted.
    pub notes: RowVersion,
}

/// Generations that are dead: those strictly between the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeftBehind {
    /// The last good one before.
    pub after: Generation,
    /// The first good one after.
    pub before: Generation,
}

/// Another client was handed the token that the one which rotated last had got.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Join {
    /// When it was first.
    pub at: Timestamp,
    /// The token's generation.
    pub generation: Generation,
    /// The other client.
    pub client: Client,
}

/// The latest joins of a session, oldest first: as many as a session has in [`Joins::PERIOD`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Joins(Vec<Join>);

impl Joins {
    /// How many a session has in [`Joins::PERIOD`].
    pub const MAX: usize = 3;
    /// How long a join counts.
    pub const PERIOD: Duration = Duration::from_secs(24 * 3_600);

    /// From what was stored; `None` where those are more than [`Joins::MAX`].
    pub fn from_stored(joins: Vec<Join>) -> Option<Self> {
        (joins.len() <= Self::MAX).then_some(Self(joins))
    }

    /// Oldest first.
    pub fn as_slice(&self) -> &[Join] {
        &self.0
    }

    /// Whether `client` was counted for that generation.
    pub(super) fn include(&self, generation: Generation, client: &Client) -> bool {
        self.0.iter().any(|join| join.generation == generation && join.client == *client)
    }

    /// With one more; `None` where the session has none left.
    pub(super) fn with(&self, join: Join) -> Option<Self> {
        // One from before the clock was put back counts no more: nobody waits longer for a join than the period.
        let counts = |at: Timestamp| at.measured_at(join.at).is_some_and(|at| join.at.since(at) < Self::PERIOD);
        let mut joins: Vec<Join> = self.0.iter().filter(|earlier| counts(earlier.at)).cloned().collect();
        (joins.len() < Self::MAX).then(|| {
            joins.push(join);
            Self(joins)
        })
    }
}

/// Generations running whose parent was asked for again late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LateRepeats {
    /// The last one.
    pub generation: Generation,
    /// How many they are, from 1.
    pub running: u32,
}

impl LateRepeats {
    /// How many generations running make it likely that two share the session.
    pub const SUSPICIOUS: u32 = 3;
}

impl Rotation {
    /// That of a new session, whose token `client` is handed.
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

    /// What a change that is decided on this is guarded by.
    pub const fn version(&self) -> RotationVersion {
        RotationVersion { generation: self.generation, proved: self.proved, notes: self.notes }
    }

    /// The newest generation that a client is known to have: an access token of it says nothing about a later one.
    pub fn newest_proved(&self) -> Generation {
        if self.proved { self.generation } else { self.parent.unwrap_or(self.generation) }
    }

    /// Whether an access token minted with `generation` belongs to the live branch: it was handed out,
    /// and no fork left it behind.
    pub fn accepts_access_token_of(&self, generation: Generation) -> bool {
        let dead = self.left_behind.is_some_and(|gap| gap.after < generation && generation < gap.before);
        generation <= self.generation && !dead
    }
}
