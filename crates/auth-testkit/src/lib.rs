//! For tests only: what a store must do ([`mod@store_contract`]), fixtures, and a throw-away PostgreSQL.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot be set up is to fail")]

pub mod fixtures;
pub mod pgbouncer;
pub mod postgres;
mod processes;
pub mod store_contract;
