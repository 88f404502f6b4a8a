//! Drives the built binary over HTTP on both engines.
//!
//! What stays here needs a process, and each test here costs the start of one: the main flow of each area on both engines,
//! with real tokens, hashes and codes; what happens at once, on the locks of a real database; sockets, signals, restarts,
//! logs and commands; and what runs beside the service: mail servers, identity providers, proxies, browsers. Answers, limits
//! and time need none of that and are tried in the process, by a clock that tests move: `crates/auth-http/tests/whole_app`.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected is to fail")]

mod access_tokens;
mod account_pages;
mod any_provider;
mod archive;
mod audit;
mod browsers;
mod clean_stop;
mod configuration;
mod cookies;
mod credentials;
mod database_away;
mod database_settings;
mod dependencies;
mod disclosure;
mod doctor;
mod documents;
mod events;
mod evil_provider;
mod examples;
mod failover;
mod gateways;
mod generated_clients;
mod http;
mod idle;
mod idle_connections;
mod importing;
mod internal;
mod internal_calls;
mod keys;
mod layers;
mod linking;
mod login;
mod login_storms;
mod mail;
mod mail_templates;
mod many_connections;
mod master_key;
mod metrics;
mod network_limits;
mod notices;
mod operations;
mod others;
mod password_limits;
mod permissions;
mod provider_outage;
mod providers;
mod proxies;
mod readme;
mod recovery;
mod refresh;
mod registration;
mod release;
mod rolling_restart;
mod round_trips;
mod scale;
mod second_factor_steps;
mod session_cache;
mod sessions;
mod sign_in;
mod sqlite_file;
mod start_up;
mod stuck_database;
mod traces;
mod two_factor;
mod two_factor_elsewhere;
mod typescript_client;
mod unfinished_bodies;
mod users;
mod verification;
mod verifying_tokens;
mod webhooks;
