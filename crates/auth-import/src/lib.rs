//! Reads accounts that come from other systems: their exports as NDJSON, JSON or CSV, and their spellings of password
//! hashes. `docs/import.md` describes what each map reads. Whether an account is imported is decided in the domain.

mod fields;
mod hashes;
mod maps;
mod reader;

pub use maps::{Dialect, FirebaseHashConfig, MapOptions};
pub use reader::{Entry, Position, ReadError, Stop, read};
