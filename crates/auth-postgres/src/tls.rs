//! TLS to PostgreSQL: what the URL requests, and what is required if it does not say.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// How to talk to the server, in libpq's terms (`sslmode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `disable`: unencrypted.
    Disable,
    /// `require`: encrypted, without authenticating the server. This only protects against eavesdropping.
    Require,
    /// `verify-full`: encrypted, to a server whose certificate is trusted and names the host.
    VerifyFull,
}

/// What a URL says about TLS, and the URL without that, because the driver knows fewer options.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) url: String,
    pub(crate) mode: Option<Mode>,
    /// `sslrootcert`: a file of certificates in PEM that are trusted besides those of the system.
    pub(crate) roots: Option<String>,
}

/// Takes `sslmode` and `sslrootcert` out of the query of `url`. The error names a value that is unknown.
pub(crate) fn asked(url: &str) -> Result<Asked, String> {
    let Some((base, query)) = url.split_once('?') else {
        return Ok(Asked { url: url.to_owned(), mode: None, roots: None });
    };
    let (mut mode, mut roots, mut rest) = (None, None, Vec::new());
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", "disable")) => mode = Some(Mode::Disable),
            Some(("sslmode", "require")) => mode = Some(Mode::Require),
            Some(("sslmode", "verify-full")) => mode = Some(Mode::VerifyFull),
            Some(("sslmode", other)) => {
                return Err(format!("sslmode must be disable, require or verify-full, not {other:?}"));
            }
            Some(("sslrootcert", file)) => roots = Some(file.replace("%2F", "/").replace("%2f", "/")),
            _ => rest.push(pair),
        }
    }
    let url = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    Ok(Asked { url, mode, roots })
}

/// Returns the TLS client for a mode.
pub(crate) fn client(mode: Mode, roots: Option<&str>) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    if mode == Mode::Require {
        let anybody = Arc::new(Anybody(algorithms));
        return Ok(builder.dangerous().with_custom_certificate_verifier(anybody).with_no_client_auth());
    }
    let mut trusted = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    // The roots of the system are added for companies with their own certificates. There may be none.
    trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = roots {
        let unreadable =
            |error: &dyn std::fmt::Display| format!("sslrootcert {file} contains no PEM certificates: {error}");
        for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unreadable(&error))? {
            let certificate = certificate.map_err(|error| unreadable(&error))?;
            trusted.add(certificate).map_err(|error| unreadable(&error))?;
        }
    }
    Ok(builder.with_root_certificates(trusted).with_no_client_auth())
}

/// Accepts any certificate, as `sslmode=require` does in libpq; the handshake itself is verified.
#[derive(Debug)]
struct Anybody(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_what_of_tls() {
        let asked = |url: &str| asked(url).unwrap();
        let plain = "postgres://u:p@h/d";
        assert_eq!(asked(plain), Asked { url: plain.to_owned(), mode: None, roots: None });
        let full = asked("postgres://u:p@h/d?connect_timeout=3&sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem");
        let roots = Some("/etc/ca.pem".to_owned());
        assert_eq!(full, Asked { url: format!("{plain}?connect_timeout=3"), mode: Some(Mode::VerifyFull), roots });
        assert_eq!(asked("postgres://u:p@h/d?sslmode=disable").mode, Some(Mode::Disable));
        for unknown in ["prefer", "allow", "verify-ca", "Require", ""] {
            let error = super::asked(&format!("{plain}?sslmode={unknown}")).unwrap_err();
            assert!(error.contains("verify-full"), "{error}");
        }
    }

    #[test]
    fn a_file_without_certificates_is_told() {
        let error = client(Mode::VerifyFull, Some("/nonexistent/ca.pem")).unwrap_err();
        assert!(error.contains("/nonexistent/ca.pem"), "{error}");
    }
}
