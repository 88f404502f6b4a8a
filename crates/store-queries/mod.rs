//! The queries of both stores, written once; compiled in each store against its `crate::dialect` and
//! its `crate::Engine`, which hands out connections.

pub(crate) mod archive;
pub(crate) mod audit;
mod budgets;
pub(crate) mod challenges;
pub(crate) mod commit;
pub(crate) mod events;
pub(crate) mod identities;
pub(crate) mod keys;
pub(crate) mod load;
pub(crate) mod mails;
pub(crate) mod marks;
pub(crate) mod migrations;
pub(crate) mod purge;
pub(crate) mod reads;
mod rows;
mod schema;
pub(crate) mod snapshot;
mod store;
pub(crate) mod tallies;
pub(crate) mod two_factor;
