//! What the HTTP layer needs for itself, besides the use cases.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use auth_domain::identity::ProviderName;
use auth_domain::ports::Entropy;
use supervisor::Supervisor;

use crate::connections::Connections;
use crate::document_cache::DocumentCache;
use crate::draining::Draining;
use crate::metrics::Metrics;
use crate::network_limits::NetworkLimits;
use crate::origins::Origins;
use crate::trusted_proxies::TrustedProxies;

/// How requests are accepted and answered, whatever they ask for.
pub struct Edge {
    /// Counts requests; a use case measures everything else that Prometheus reads.
    pub metrics: Metrics,
    /// How many log lines were dropped because stderr was too slow.
    pub log_lines_dropped: Arc<AtomicU64>,
    /// The workers in the background.
    pub workers: Supervisor,
    /// Whether this node is about to stop.
    pub draining: Draining,
    /// Whether `/metrics` is served at an address of its own.
    pub metrics_elsewhere: bool,
    /// Creates request ids, and the cookies of browsers that go to an identity provider.
    pub entropy: Arc<dyn Entropy>,
    /// The proxies that are believed about the client's address.
    pub trusted_proxies: TrustedProxies,
    /// The open connections.
    pub connections: Connections,
    /// How much strangers may request.
    pub network_limits: NetworkLimits,
    /// Whether browsers receive tokens as cookies, too.
    pub cookies: bool,
    /// The other origins whose pages may call with credentials, and on which a sign-in may end.
    pub origins: Origins,
    /// The OpenAPI documents, generated on demand.
    pub documents: DocumentCache,
    /// Every identity provider that can be configured, whether or not it is.
    pub providers: Vec<ProviderName>,
    /// The `iss` of access tokens, as introspection reports it.
    pub issuer: String,
    /// The `aud` of access tokens, as introspection reports it.
    pub audience: String,
    /// The base paths under which everything is served: `/` and others, each beginning and ending with `/`.
    pub base_paths: Vec<String>,
}
