//! `internal-token`: prints a token of a configured service, to try things out.

use auth_crypto::{SystemClock, SystemEntropy, mint_internal_token};
use auth_domain::internal::Scope;
use auth_domain::ports::{Clock as _, Entropy as _};

use crate::Failure;
use crate::output::print;
use crate::settings::Settings;

pub(crate) fn run(settings: &Settings, service: &str, scopes: &[String]) -> Result<(), Failure> {
    let registration = settings.services.iter().find(|registration| registration.name == service).ok_or_else(|| {
        let known: Vec<&str> = settings.services.iter().map(|registration| registration.name.as_str()).collect();
        let known = if known.is_empty() {
            "no service is configured".to_owned()
        } else {
            format!("configured: {}", known.join(", "))
        };
        let variable = service.to_uppercase().replace('-', "_");
        format!(
            "unknown service {service:?}: {known}. Set AUTH_INTERNAL__{variable}__SECRET and \
             AUTH_INTERNAL__{variable}__SCOPES"
        )
    })?;
    let parse = |text: &String| {
        let all = Scope::ALL.map(Scope::as_str).join(", ");
        Scope::parse(text).ok_or_else(|| format!("unknown scope {text:?}; the scopes are {all}"))
    };
    let scopes = scopes.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let token = mint_internal_token(registration, &scopes, SystemClock.now(), SystemEntropy.bytes())?;
    print(token.reveal())
}
