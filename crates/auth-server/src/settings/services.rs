//! The services beside this one: `AUTH_INTERNAL__<SERVICE>__…` may call it, `AUTH_WEBHOOKS__<SERVICE>__…` are told of
//! events. `BACKUPS_SERVICE` is the service `backups-service`.

use std::collections::BTreeSet;

use auth_crypto::{InternalTokenVerifier, ServiceKey, ServiceRegistration};
use auth_domain::audience::{Audience, AudienceName, Audiences};
use auth_domain::event::{EventName, Subscription};
use auth_domain::internal::Scope;
use auth_domain::token_exchange::{ExchangeRule, ExchangeRules};
use auth_webhooks::{Webhook, WebhookSecret};
use zeroize::Zeroizing;

use super::reader::Reader;
use super::value::list;

/// A service that is told of events.
pub(crate) struct WebhookRegistration {
    pub(crate) webhook: Webhook,
    pub(crate) subscription: Subscription,
}

impl Reader {
    /// Returns the services that may call, and what each may exchange.
    pub(super) fn services(&mut self, audiences: &Audiences) -> (Vec<ServiceRegistration>, ExchangeRules) {
        let (mut services, mut rules) = (Vec::new(), ExchangeRules::new());
        for name in self.service_names("INTERNAL") {
            let (own, targets) = self.exchange(&name, audiences);
            let Some(service) = self.service(&name) else { continue };
            let may_exchange = service.scopes.contains(&Scope::TokensExchange);
            if may_exchange == targets.is_empty() {
                self.mistake(format!(
                    "AUTH_INTERNAL__{name}__… needs both or neither: the scope tokens:exchange, and …__TARGETS"
                ));
            }
            if may_exchange {
                rules.insert(service.name.clone(), ExchangeRule { own, targets });
            }
            services.push(service);
        }
        (services, rules)
    }

    fn exchange(&mut self, name: &str, audiences: &Audiences) -> (Audience, BTreeSet<AudienceName>) {
        let field = |field: &str| format!("INTERNAL__{name}__{field}");
        let own = self.parse(&field("AUDIENCE"), Audience::Default, |text| {
            audiences.find(text).ok_or_else(|| format!("must be one of AUTH_AUDIENCES, not {text:?}"))
        });
        let targets = self.parse(&field("TARGETS"), BTreeSet::new(), |text| {
            let target = |part: &str| match audiences.find(part) {
                Some(Audience::Other(name)) if own != Audience::Other(name.clone()) => Ok(name),
                Some(Audience::Other(_)) => Err(format!("must not contain {part:?}, the audience of the service itself")),
                Some(Audience::Default) => Err(format!(
                    "must not contain the default audience, {part:?}: with tokens for it, a service could change accounts"
                )),
                None => Err(format!("must contain only names in AUTH_AUDIENCES, not {part:?}")),
            };
            list(text).map(target).collect()
        });
        (own, targets)
    }

    fn service(&mut self, name: &str) -> Option<ServiceRegistration> {
        let field = |field: &str| format!("INTERNAL__{name}__{field}");
        let secret = self.take(&field("SECRET"));
        let public_key = self.take(&field("PUBLIC_KEY"));
        let scopes = self.parse(&field("SCOPES"), BTreeSet::new(), scopes);
        let (key, place) = match (secret, public_key) {
            (Some(secret), None) => (ServiceKey::Secret(Zeroizing::new(secret.text.as_bytes().to_vec())), secret.place),
            (None, Some(pem)) => (ServiceKey::PublicKey(pem.text.to_string()), pem.place),
            (secret, _) => {
                let problem = if secret.is_some() {
                    "has both a secret and a public key"
                } else {
                    "has neither a secret nor a public key"
                };
                self.mistake(format!("AUTH_INTERNAL__{name}__… {problem}: set either …__SECRET or …__PUBLIC_KEY"));
                return None;
            }
        };
        let registration = ServiceRegistration { name: service_name(name), key, scopes };
        if let Err(error) = InternalTokenVerifier::new(std::slice::from_ref(&registration)) {
            self.mistake(format!("{place}: {error}"));
            return None;
        }
        Some(registration)
    }

    pub(super) fn webhooks(&mut self) -> Vec<WebhookRegistration> {
        self.service_names("WEBHOOKS").iter().filter_map(|name| self.webhook(name)).collect()
    }

    fn webhook(&mut self, name: &str) -> Option<WebhookRegistration> {
        let field = |field: &str| format!("WEBHOOKS__{name}__{field}");
        let events = self.parse(&field("EVENTS"), unless_named(), events);
        let secret = self.parse(&field("SECRET"), None, |text| {
            WebhookSecret::parse(text).map(Some).map_err(|mistake| mistake.to_string())
        });
        let (Some(url), Some(secret)) = (self.take(&field("URL")), secret) else {
            self.mistake(format!("AUTH_WEBHOOKS__{name}__… needs both …__URL and …__SECRET"));
            return None;
        };
        let service = service_name(name);
        match Webhook::new(service.clone(), &url.text, secret) {
            Ok(webhook) => Some(WebhookRegistration { webhook, subscription: Subscription { service, events } }),
            Err(mistake) => {
                self.mistake(format!("{} {mistake}", url.place));
                None
            }
        }
    }
}

fn service_name(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

/// Returns the events of a service that names none: those that ask nothing of it.
fn unless_named() -> Vec<EventName> {
    EventName::ALL.into_iter().filter(|name| *name != EventName::UserExportRequested).collect()
}

fn events(text: &str) -> Result<Vec<EventName>, String> {
    let all = || EventName::ALL.map(EventName::as_str).join(", ");
    let parse = |name: &str| {
        EventName::parse(name).ok_or_else(|| format!("contains an unknown event, {name:?}; the events are {}", all()))
    };
    list(text).map(parse).collect()
}

fn scopes(text: &str) -> Result<BTreeSet<Scope>, String> {
    let all = || Scope::ALL.map(Scope::as_str).join(", ");
    let parse = |name: &str| {
        Scope::parse(name).ok_or_else(|| format!("contains an unknown scope, {name:?}; the scopes are {}", all()))
    };
    list(text).map(parse).collect()
}
