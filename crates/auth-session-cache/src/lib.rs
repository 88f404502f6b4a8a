//! Live sessions kept in memory: a decorator of the `Store` port that keeps what is read and committed, and the
//! `KeptSessions` port that says what is kept while it may be used.
//!
//! An engine tells through `SessionNews` what other nodes do, and up to when that is all. What is kept is used only as long
//! as the last time of which that is known lies less than a second back, by a clock that nobody sets; without an engine
//! that tells, never. `auth-postgres` (`listener.rs`) and `auth-sqlite` (`watcher.rs`) say why what they tell is true.

mod moved;
mod sessions;
mod store;

pub use sessions::SessionCache;
pub use store::CachedStore;

#[cfg(test)]
mod tests;
