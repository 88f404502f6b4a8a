//! Versions of rows and revisions of accounts, which guarded writes compare.

use crate::Timestamp;

/// How often a row was written. A write is guarded by the version that was read, so only one of two writers that read
/// the same version succeeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowVersion(i64);

impl RowVersion {
    /// Nothing is stored yet.
    pub const NONE: Self = Self(0);
    /// The row was written once.
    pub const FIRST: Self = Self(1);

    /// Returns the version after one more write.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// Returns the version that a write of this one replaces; [`Self::NONE`] if it is the first.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0 - 1)
    }

    /// Creates a version from its stored number.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Returns the number, to store.
    pub const fn as_number(self) -> i64 {
        self.0
    }
}

/// The state of an account that was read. Each change of the account moves it on, so that a write based on an older
/// state conflicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountRevision(Timestamp);

impl AccountRevision {
    /// Returns the revision of an account that was last changed at that time.
    pub const fn changed_at(at: Timestamp) -> Self {
        Self(at)
    }

    /// Returns the time of that change in microseconds since the Unix epoch, to store.
    pub const fn as_micros(self) -> i64 {
        self.0.as_micros()
    }
}
