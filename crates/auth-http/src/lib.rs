//! The HTTP API on actix-web: routes, extractors, the table of codes and statuses, OpenAPI.
//!
//! A request goes from `endpoints` (one file per handler, beside its description) to a use case of `auth-domain` and
//! back. The domain decides; the stores keep the data.

mod admin_views;
mod answer;
mod audit_context;
mod body;
mod caller;
mod charge;
mod client;
pub mod codes;
mod connection;
mod connections;
mod cookies;
mod credential;
mod credential_views;
mod cross_site;
mod cross_site_cause;
mod delivery;
mod dev_mail;
mod document_cache;
mod documents;
mod draining;
mod edge;
mod endpoint;
mod endpoints;
#[cfg(test)]
mod fuzz;
mod held_body;
mod language;
mod messages;
mod metrics;
mod middleware;
mod network_limits;
mod origins;
mod page_forms;
mod page_routes;
mod pages;
mod query;
mod resource;
mod rfc3339;
mod routes;
mod served_file;
mod server;
mod sign_in_redirect;
mod swagger;
mod tag;
mod token_answers;
mod trusted_proxies;
mod wire;

pub use audit_context::HttpAuditContext;
pub use connections::Connections;
pub use document_cache::DocumentCache;
pub use documents::{error_table, openapi};
pub use draining::Draining;
pub use edge::{Edge, ListedProvider};
pub use endpoints::is_reserved;
pub use metrics::Metrics;
pub use network_limits::{NetworkLimits, NetworkQuota};
pub use origins::{InvalidOrigin, Origins, parse_origin};
pub use pages::{Colour, InvalidColour, Logo, Pages, PagesOptions};
pub use routes::{app, metrics_app};
pub use server::{LEAVING, listen};
pub use trusted_proxies::TrustedProxies;
