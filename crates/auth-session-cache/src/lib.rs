//! A cache of live sessions in memory: a decorator of the `Store` port that caches what is read and committed, and the
//! `KeptSessions` port, which returns it while it may be used.
//!
//! An engine reports through `SessionNews` what other nodes do, and up to when its report is complete. The cache is
//! used only while that time is less than a second ago, by a clock that nobody sets; without a reporting engine it is
//! never used. `auth-postgres` (`listener.rs`) and `auth-sqlite` (`watcher.rs`) explain why their reports are complete.

mod moved;
mod sessions;
mod store;

pub use sessions::SessionCache;
pub use store::CachedStore;

#[cfg(test)]
mod tests;
