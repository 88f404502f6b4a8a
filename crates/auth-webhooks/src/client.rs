//! The HTTP client: short deadlines, no redirects, no proxy from the environment, TLS with the roots that are built in
//! and those of the system.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// One delivery in all. `DeliverEvents` reckons with it.
const DEADLINE: Duration = Duration::from_secs(5);

/// Why no client can be built: its text is the library's.
pub(crate) fn client() -> Result<reqwest::Client, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    // The system's too, for the certificates of a company of its own. None at all is fine: there are those above.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .timeout(DEADLINE)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent(concat!("auth-service/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| error.to_string())
}
