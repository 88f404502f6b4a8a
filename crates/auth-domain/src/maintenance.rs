//! When something was last done to a database as a whole. Says nothing of any account.

use crate::named::named;

named! {
    /// What was done.
    pub enum Maintenance {
        /// An export of it was restored elsewhere, and everything there was found to work.
        VerifiedRestore = "verified_restore",
        /// A move into it began; it is not fit to be served before that has ended.
        UnfinishedMove = "unfinished_move",
        /// Expired rows were removed: up to that time, which follows the clock a day at a time.
        PurgedUntil = "purged_until",
        /// No node that reads no refresh tokens with an account in them serves it any more, so that they may be handed out. A
        /// migration notes it.
        AccountsInRefreshTokens = "accounts_in_refresh_tokens",
    }
}
