//! Drives the built binary over HTTP on both engines.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected is to fail")]

mod access_tokens;
mod budgets;
mod credentials;
mod database_away;
mod disclosure;
mod events;
mod http;
mod internal;
mod layers;
mod login;
mod mail;
mod operations;
mod others;
mod permissions;
mod readme;
mod recovery;
mod refresh;
mod registration;
mod scale;
mod second_factor_steps;
mod sessions;
mod start_up;
mod two_factor;
mod two_factor_elsewhere;
mod verification;
