//! Drives the built binary over HTTP on both engines.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected is to fail")]

mod access_tokens;
mod archive;
mod audit;
mod browsers;
mod budgets;
mod configuration;
mod cookies;
mod credentials;
mod database_away;
mod disclosure;
mod doctor;
mod documents;
mod events;
mod evil_provider;
mod failover;
mod http;
mod internal;
mod keys;
mod layers;
mod linking;
mod login;
mod mail;
mod master_key;
mod metrics;
mod operations;
mod others;
mod permissions;
mod provider_outage;
mod providers;
mod readme;
mod recovery;
mod refresh;
mod registration;
mod scale;
mod second_factor_steps;
mod sessions;
mod sign_in;
mod start_up;
mod traces;
mod two_factor;
mod two_factor_elsewhere;
mod users;
mod verification;
mod verifying_tokens;
