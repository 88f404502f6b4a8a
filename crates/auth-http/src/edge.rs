//! What the edge needs for itself, beside the use cases.

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

/// An identity provider, as clients and the documents see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedProvider {
    /// In paths.
    pub name: ProviderName,
    /// On pages.
    pub display_name: String,
    /// Where pages find its picture.
    pub icon: Option<String>,
    /// Whether clients may bring id_tokens of it.
    pub takes_id_tokens: bool,
    /// Whether it sends browsers back by POST.
    pub answers_by_post: bool,
    /// Whether one can sign in with it.
    pub is_configured: bool,
}

/// How requests are taken and answered, whatever they ask for.
pub struct Edge {
    /// Counts requests; what else Prometheus reads is measured by a use case.
    pub metrics: Metrics,
    /// How many log lines found no place on their way to stderr.
    pub log_lines_dropped: Arc<AtomicU64>,
    /// What works in the background.
    pub workers: Supervisor,
    /// Whether this node is about to stop.
    pub draining: Draining,
    /// Whether `/metrics` has an address of its own.
    pub metrics_elsewhere: bool,
    /// Makes request ids, and the cookies of browsers that go to an identity provider.
    pub entropy: Arc<dyn Entropy>,
    /// Whose word on the client's address is believed.
    pub trusted_proxies: TrustedProxies,
    /// How many connections there are.
    pub connections: Connections,
    /// How much strangers may ask for.
    pub network_limits: NetworkLimits,
    /// Whether browsers get tokens as cookies too.
    pub cookies: bool,
    /// Which pages of other origins may call with credentials, and be where a sign-in ends.
    pub origins: Origins,
    /// The OpenAPI documents, made when somebody asks for them.
    pub documents: DocumentCache,
    /// The identity providers that are configured, and those that the documents show anyway.
    pub providers: Vec<ListedProvider>,
    /// `iss` of access tokens, which introspection tells.
    pub issuer: String,
    /// `aud` of access tokens, which introspection tells.
    pub audience: String,
    /// Where everything is served: `/` and others, each beginning and ending with `/`.
    pub base_paths: Vec<String>,
}
