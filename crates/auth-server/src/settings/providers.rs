//! Identity providers and browsers: `AUTH_GOOGLE__…`, `AUTH_42__…`, `AUTH_COOKIES`, `AUTH_ALLOWED_ORIGINS`.

use auth_http::parse_origin;
use auth_oauth::{ClientSecret, PROVIDERS, ProviderKind, ProviderUrl};
use zeroize::Zeroizing;

use super::reader::Reader;
use super::value::list;

/// An identity provider that this service is registered with.
pub(crate) struct ProviderRegistration {
    pub(crate) kind: ProviderKind,
    pub(crate) client_id: String,
    pub(crate) client_secret: ClientSecret,
    pub(crate) url: ProviderUrl,
}

const CLIENT_ID: &str = "CLIENT_ID";
const CLIENT_SECRET: &str = "CLIENT_SECRET";

/// Names the setting of a provider, without `AUTH_`.
fn setting(kind: &ProviderKind, field: &str) -> String {
    format!("{}__{field}", kind.name.to_uppercase().replace('-', "_"))
}

impl Reader {
    pub(super) fn providers(&mut self) -> Vec<ProviderRegistration> {
        PROVIDERS.iter().filter_map(|kind| self.provider(kind)).collect()
    }

    fn provider(&mut self, kind: &ProviderKind) -> Option<ProviderRegistration> {
        let not_empty = |text: &str| match text.trim() {
            "" => Err("must not be empty".to_owned()),
            text => Ok(Some(Zeroizing::new(text.to_owned()))),
        };
        let client_id = self.parse(&setting(kind, CLIENT_ID), None, not_empty);
        let client_secret = self.parse(&setting(kind, CLIENT_SECRET), None, not_empty);
        let url = self.parse(&setting(kind, kind.url_setting), None, |text| {
            ProviderUrl::parse(text).map(Some).map_err(|mistake| mistake.to_string())
        });
        match (client_id, client_secret) {
            (Some(client_id), Some(client_secret)) => Some(ProviderRegistration {
                kind: *kind,
                client_id: client_id.to_string(),
                client_secret: ClientSecret::new(client_secret.to_string()),
                url: url.or_else(|| ProviderUrl::parse(kind.default_url).ok())?,
            }),
            (None, None) if url.is_none() => None,
            _ => {
                let needed = [CLIENT_ID, CLIENT_SECRET].map(|field| format!("AUTH_{}", setting(kind, field)));
                self.mistake(format!("sign-in with {} needs both {}", kind.name, needed.join(" and ")));
                None
            }
        }
    }
}

/// Reads origins, which are compared exactly.
pub(super) fn origins(text: &str) -> Result<Vec<String>, String> {
    let mistake = |part: &str| format!("must be origins such as https://app.example.org, without a path, not {part:?}");
    list(text).map(|part| parse_origin(part).map_err(|_| mistake(part))).collect()
}

#[cfg(test)]
mod tests {
    use auth_domain::identity::ProviderName;

    use super::super::source::gather;
    use super::super::tests::load;
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn every_kind_of_provider_can_be_configured() {
        for kind in PROVIDERS {
            assert!(ProviderName::parse(kind.name).is_some(), "{}", kind.name);
            assert!(ProviderUrl::parse(kind.default_url).is_ok(), "{}", kind.default_url);
            // Paths and settings that mean something else.
            assert!(!["login", "me", "doc", "events", "sessions", "internal", "webhooks"].contains(&kind.name));
        }
    }

    #[test]
    fn a_file_configures_a_provider_too() {
        let dir = tempfile::tempdir().unwrap();
        let (toml, secret) = (dir.path().join("auth.toml"), dir.path().join("secret"));
        std::fs::write(&secret, "s-s4t2\n").unwrap();
        std::fs::write(&toml, "[google]\nclient_id = 'g'\nclient_secret = 's'\n[42]\nclient_id = 'u-s4t2'\n").unwrap();
        let variables = [("AUTH_42__CLIENT_SECRET_FILE".into(), secret.into_os_string())];
        let settings = gather(Some(&toml), variables.into_iter()).and_then(Settings::from_raw).unwrap();
        let ids: Vec<_> = settings.providers.iter().map(|provider| provider.client_id.as_str()).collect();
        assert_eq!(ids, ["g", "u-s4t2"]);
        assert_eq!(settings.providers[1].client_secret.reveal(), "s-s4t2");
    }

    #[test]
    fn a_provider_needs_its_id_and_its_secret() {
        let settings = load(&[
            ("AUTH_GOOGLE__CLIENT_ID", "id"),
            ("AUTH_GOOGLE__CLIENT_SECRET", "secret"),
            ("AUTH_42__CLIENT_ID", "u-s4t2"),
            ("AUTH_42__CLIENT_SECRET", "s-s4t2"),
            ("AUTH_42__BASE_URL", "http://127.0.0.1:9/"),
        ]);
        let providers = settings.unwrap().providers;
        let urls: Vec<_> = providers.iter().map(|provider| (provider.kind.name, provider.url.as_str())).collect();
        assert_eq!(urls, [("google", "https://accounts.google.com"), ("42", "http://127.0.0.1:9/")]);

        let mistake = |settings: &[(&str, &str)]| load(settings).err().unwrap();
        assert!(mistake(&[("AUTH_GOOGLE__CLIENT_ID", "id")]).contains("AUTH_GOOGLE__CLIENT_SECRET"));
        assert!(mistake(&[("AUTH_42__BASE_URL", "https://x")]).contains("AUTH_42__CLIENT_ID"));
        assert!(mistake(&[("AUTH_42__CLIENT_SECRET", "")]).contains("AUTH_42__CLIENT_SECRET must not be empty"));
        let open = [
            ("AUTH_GOOGLE__CLIENT_ID", "id"),
            ("AUTH_GOOGLE__CLIENT_SECRET", "hunter2"),
            ("AUTH_GOOGLE__ISSUER", "http://idp.example.org"),
        ];
        assert!(mistake(&open).contains("https") && !mistake(&open).contains("hunter2"));
        assert!(mistake(&[("AUTH_GOOGLE__BASE_URL", "x")]).contains("AUTH_GOOGLE__ISSUER"));
        assert!(mistake(&[("AUTH_GOGLE__CLIENT_ID", "x")]).contains("AUTH_GOOGLE__CLIENT_ID"));
    }

    #[test]
    fn cookies_and_providers_need_a_public_url_that_browsers_call_secure() {
        let on = ("AUTH_COOKIES", "on");
        assert!(load(&[on]).unwrap().cookies, "on loopback");
        assert!(load(&[on, ("AUTH_PUBLIC_URL", "https://auth.example.org")]).is_ok());
        assert!(load(&[on, ("AUTH_PUBLIC_URL", "https://auth.example.org"), ("AUTH_LISTEN", "0.0.0.0:1")]).is_ok());
        for bad in [("AUTH_PUBLIC_URL", "http://auth.example.org"), ("AUTH_LISTEN", "0.0.0.0:1")] {
            assert!(load(&[on, bad]).err().unwrap().contains("AUTH_PUBLIC_URL"), "{bad:?}");
            let provider = [("AUTH_42__CLIENT_ID", "x"), ("AUTH_42__CLIENT_SECRET", "x"), bad];
            assert!(load(&provider).err().unwrap().contains("AUTH_PUBLIC_URL"), "{bad:?}");
        }
        let origins = ("AUTH_ALLOWED_ORIGINS", "https://app.example.org, http://localhost:3000/");
        assert_eq!(load(&[origins]).unwrap().allowed_origins, ["https://app.example.org", "http://localhost:3000"]);
        for bad in ["*", "app.example.org", "https://app.example.org/x"] {
            assert!(load(&[("AUTH_ALLOWED_ORIGINS", bad)]).err().unwrap().contains("AUTH_ALLOWED_ORIGINS"), "{bad}");
        }
    }
}
