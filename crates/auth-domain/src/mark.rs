//! When something was last done to a database as a whole. Says nothing of any account.

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// An export of it was restored elsewhere, and everything there was found to work.
    VerifiedRestore,
    /// A move into it began; it is not fit to be served before that has ended.
    UnfinishedMove,
}

impl Mark {
    /// Its name in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifiedRestore => "verified_restore",
            Self::UnfinishedMove => "unfinished_move",
        }
    }
}
