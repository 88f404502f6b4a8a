//! The REST edge on actix-web: routes, extractors, the one table of codes and statuses, OpenAPI.
//!
//! A request goes from `endpoints` (one file a handler, each beside its description) to a use case
//! of `auth-domain` and back. What is decided is the domain's; where things are kept is the stores'.

mod answer;
mod app;
mod body;
mod caller;
mod client;
pub mod codes;
mod connection;
mod cookies;
mod cross_site;
mod documents;
mod draining;
mod edge;
mod endpoint;
mod endpoints;
#[cfg(test)]
mod fuzz;
mod metrics;
mod origin;
mod origins;
mod query;
mod server;
mod swagger;
mod token_answers;
mod wire;

pub use app::{App, configure, configure_metrics};
pub use client::TrustedProxies;
pub use cross_site::cors;
pub use documents::{error_table, openapi};
pub use draining::Draining;
pub use edge::{edge, guard, not_found};
pub use metrics::Metrics;
pub use origin::HttpOrigin;
pub use origins::{InvalidOrigin, Origins, parse_origin};
pub use server::listen;
