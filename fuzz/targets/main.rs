//! The parsers of outside text that other crates can call. Those that are private have their target beside them, in
//! `src/fuzz.rs` of their crate. Run one with `scripts/fuzz NAME`.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is to fail")]

mod archive;
mod codes;
mod jwt;
mod names;
mod tokens;
