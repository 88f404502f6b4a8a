//! When maintenance was last done on the database as a whole. This concerns no single account.

use crate::named::named;

named! {
    /// A kind of maintenance.
    pub enum Maintenance {
        /// An export of the database was restored elsewhere and found to work.
        VerifiedRestore = "verified_restore",
        /// A move into the database has begun. The database must not be served before it ends.
        UnfinishedMove = "unfinished_move",
        /// Expired rows were removed up to this time, which follows the clock by at most a day at a time.
        PurgedUntil = "purged_until",
        /// No node that reads no refresh tokens with an account in them serves it any more, so that they may be handed out. A
        /// migration notes it.
        AccountsInRefreshTokens = "accounts_in_refresh_tokens",
    }
}
