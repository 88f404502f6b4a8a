//! What the HTTP layer needs for itself, besides the use cases.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use auth_domain::identity::ProviderName;
use auth_domain::ports::{Entropy, SentMails};
use supervisor::Supervisor;
use url::Url;

use crate::connections::Connections;
use crate::document_cache::DocumentCache;
use crate::draining::Draining;
use crate::metrics::Metrics;
use crate::network_limits::NetworkLimits;
use crate::origins::Origins;
use crate::pages::Pages;
use crate::trusted_proxies::TrustedProxies;

/// An identity provider, as clients and the documents see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedProvider {
    /// The name in paths.
    pub name: ProviderName,
    /// The name for people.
    pub display_name: String,
    /// The URL of its icon.
    pub icon: Option<String>,
    /// Whether clients may sign in with its id_tokens.
    pub takes_id_tokens: bool,
    /// Whether it sends browsers back by POST.
    pub answers_by_post: bool,
    /// Whether it is configured, so that users can sign in with it.
    pub is_configured: bool,
}

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
    /// The sign-in, account and administration pages, if they are on. They need cookies.
    pub pages: Option<Pages>,
    /// The sent mails, if a page shows them: only where nobody but this machine's users reaches the service.
    pub sent_mails: Option<Arc<dyn SentMails>>,
    /// The OpenAPI documents, generated on demand.
    pub documents: DocumentCache,
    /// The configured identity providers, and those that are documented in any case.
    pub providers: Vec<ListedProvider>,
    /// The `iss` of access tokens, as introspection reports it.
    pub issuer: String,
    /// The base paths under which everything is served: `/` and others, each beginning and ending with `/`.
    pub base_paths: Vec<String>,
}

impl Edge {
    /// Returns the address of the sign-in page, if the pages are on.
    pub(crate) fn sign_in_page(&self) -> Option<Url> {
        let base = self.pages.as_ref().and(self.base_paths.iter().min_by_key(|path| path.len()))?;
        Url::parse(&format!("{}{base}account/login", self.issuer)).ok()
    }
}
