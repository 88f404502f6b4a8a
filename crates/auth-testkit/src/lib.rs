//! Tools for tests: what a store must do ([`mod@store_contract`]), a store in memory that does it ([`memory_store`]),
//! the use cases on that and on doubles of every other port ([`test_service`]), fixtures, and a throw-away PostgreSQL.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot be set up is to fail")]

mod citus;
pub mod doubles;
pub mod fixtures;
pub mod kept_first;
pub mod memory_store;
pub mod patroni;
pub mod pgbouncer;
pub mod postgres;
mod processes;
pub mod store_contract;
pub mod test_service;
