//! Identity providers and browsers: `AUTH_GOOGLE__…`, `AUTH_42__…`, `AUTH_OIDC__<NAME>__…`, `AUTH_COOKIES`,
//! `AUTH_ALLOWED_ORIGINS`.

use std::num::NonZeroU32;

use auth_domain::identity::ProviderName;
use auth_http::{is_reserved, parse_origin};
use auth_oauth::{
    ClaimNames, ClientSecret, Dialect, FORTYTWO, GOOGLE, OpenId, OpenIdOptions, PRESETS, Preset, Proof, Protocol,
    ProviderUrl,
};

use super::reader::Reader;
use super::table;
use super::value::list;

/// An identity provider that this service is registered with.
pub(crate) struct ProviderRegistration {
    pub(crate) name: ProviderName,
    pub(crate) display_name: String,
    /// The URL of its icon.
    pub(crate) icon: Option<String>,
    pub(crate) dialect: Dialect,
    pub(crate) client_id: String,
    pub(crate) client_secret: ClientSecret,
    pub(crate) scope: String,
    pub(crate) url: ProviderUrl,
    /// How many requests a second a node sends it at most.
    pub(crate) rate: Option<NonZeroU32>,
}

const SIGNING: [&str; 3] = ["TEAM_ID", "KEY_ID", "PRIVATE_KEY"];
const CLAIMS: [&str; 4] = ["SUBJECT_CLAIM", "EMAIL_CLAIM", "EMAIL_VERIFIED_CLAIM", "EMAIL_VERIFIED"];

/// The settings of one provider, which begin with `prefix`.
struct Fields<'a> {
    reader: &'a mut Reader,
    prefix: String,
    preset: Option<Preset>,
}

impl Reader {
    pub(super) fn providers(&mut self) -> Vec<ProviderRegistration> {
        let mut all: Vec<ProviderRegistration> = Vec::new();
        for preset in [GOOGLE, FORTYTWO] {
            let prefix = format!("{}__", preset.name.to_uppercase());
            if self.has_any(&prefix) {
                let mut fields = Fields { reader: self, prefix, preset: Some(preset) };
                all.extend(ProviderName::parse(preset.name).and_then(|name| fields.provider(name)));
            }
        }
        for name in self.service_names("OIDC") {
            let Some(provider) = self.openid_provider(&name) else { continue };
            if all.iter().any(|other| other.name == provider.name) {
                let own = name.as_str();
                self.mistake(format!(
                    "AUTH_OIDC__{own}__… and AUTH_{own}__… name the same provider: keep one of them, or give this one \
                     another name"
                ));
            }
            all.push(provider);
        }
        all
    }

    fn openid_provider(&mut self, name: &str) -> Option<ProviderRegistration> {
        let prefix = format!("OIDC__{name}__");
        let lower = name.to_lowercase().replace('_', "-");
        let known = |wanted: &str| PRESETS.iter().find(|preset| preset.name == wanted).copied();
        let preset = self.parse(&format!("{prefix}PRESET"), known(&lower), |text| match known(text) {
            Some(preset) => Ok(Some(preset)),
            None => Err(format!("must be one of {}", preset_names().join(", "))),
        });
        let mut fields = Fields { reader: self, prefix, preset };
        match ProviderName::parse(&lower) {
            Some(name) if !is_reserved(&name) => fields.provider(name),
            Some(_) => {
                fields.forget(format!("{lower:?} cannot be the name of a provider: /auth/{lower} is another endpoint"))
            }
            None => fields.forget(format!(
                "{lower:?} cannot be the name of a provider: use 1 to 32 letters, digits and underscores"
            )),
        }
    }
}

impl Fields<'_> {
    fn setting(&self, field: &str) -> String {
        format!("{}{field}", self.prefix)
    }

    fn variable(&self, field: &str) -> String {
        format!("AUTH_{}{field}", self.prefix)
    }

    fn mistake(&mut self, field: &str, what: &str) {
        let variable = self.variable(field);
        self.reader.mistake(format!("{variable} {what}"));
    }

    /// Takes all settings of the provider, so that the only message about them is why they cannot be used.
    fn forget(&mut self, why: String) -> Option<ProviderRegistration> {
        for name in table::fields("OIDC") {
            let setting = self.setting(name);
            self.reader.take(&setting);
        }
        let name = self.prefix.trim_start_matches("OIDC__").trim_end_matches("__").to_owned();
        self.reader.mistake(format!("AUTH_OIDC__{name}__…: {why}"));
        None
    }

    /// Reads a field, if this provider has a setting of that name.
    fn read<T>(&mut self, field: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let setting = self.setting(field);
        table::find(&setting)?;
        self.reader.parse(&setting, None, |text| parse(text).map(Some))
    }

    fn text(&mut self, field: &str) -> Option<String> {
        self.read(field, |text| match text.trim() {
            "" => Err("must not be empty".to_owned()),
            text => Ok(text.to_owned()),
        })
    }

    fn provider(&mut self, name: ProviderName) -> Option<ProviderRegistration> {
        let preset = self.preset;
        let protocol = preset.map_or(Protocol::OpenId(OpenId::STANDARD), |preset| preset.protocol);
        let url = self.url(&protocol);
        let client_id = self.text("CLIENT_ID");
        let client_secret = self.client_secret(&protocol, client_id.is_some());
        let scope = self.scope(&protocol);
        let display_name = self.read("DISPLAY_NAME", display_name);
        let icon = self.read("ICON", icon);
        let rate = self.rate();
        let dialect = self.dialect(&protocol);
        Some(ProviderRegistration {
            display_name: display_name.unwrap_or_else(|| match preset {
                Some(preset) => preset.display_name.to_owned(),
                None => name.as_str().to_owned(),
            }),
            name,
            icon,
            dialect,
            client_id: client_id?,
            client_secret: client_secret?,
            scope,
            url: url?,
            rate,
        })
    }

    fn url(&mut self, protocol: &Protocol) -> Option<ProviderUrl> {
        let parse = |text: &str| ProviderUrl::parse(text).map_err(|mistake| mistake.to_string());
        let issuer_is_set = self.reader.is_set(&self.setting("ISSUER"));
        let (issuer, base) = (self.read("ISSUER", parse), self.read("BASE_URL", parse));
        let (set, other, right, wrong) = match protocol {
            Protocol::OpenId(_) => (issuer, base, "ISSUER", "BASE_URL"),
            Protocol::Profile(_) => (base, issuer, "BASE_URL", "ISSUER"),
        };
        if other.is_some() {
            let right = self.variable(right);
            self.mistake(wrong, &format!("does not apply to this kind of provider: set {right}"));
        }
        if set.is_none() && self.preset.is_none() && !issuer_is_set {
            let (preset, names) = (self.variable("PRESET"), preset_names().join(", "));
            self.mistake("ISSUER", &format!("is missing: set the issuer, or {preset} to one of {names}"));
        }
        set.or_else(|| self.preset.and_then(|preset| ProviderUrl::parse(preset.url).ok()))
    }

    /// Reads the client secret, or the key that signs client secrets.
    fn client_secret(&mut self, protocol: &Protocol, has_id: bool) -> Option<ClientSecret> {
        let secret = self.text("CLIENT_SECRET");
        let [team_id, key_id, key] = SIGNING.map(|field| self.text(field));
        let signs = matches!(protocol, Protocol::OpenId(OpenId { signed_secret: true, .. }));
        let of_key = SIGNING.map(|field| self.variable(field)).join(", ");
        match (secret, team_id, key_id, key) {
            (Some(secret), None, None, None) if has_id => Some(ClientSecret::new(secret)),
            (None, Some(team_id), Some(key_id), Some(key)) if has_id => {
                let signed = ClientSecret::signed(team_id, key_id, &key);
                signed.map_err(|mistake| self.mistake("PRIVATE_KEY", &mistake.to_string())).ok()
            }
            (Some(_), ..) if has_id => {
                self.mistake("CLIENT_SECRET", &format!("cannot be combined with {of_key}: set one or the other"));
                None
            }
            _ => {
                let (id, secret) = (self.variable("CLIENT_ID"), self.variable("CLIENT_SECRET"));
                let prefix = self.prefix.trim_end_matches("__").to_owned();
                let needed = if signs { format!("{id} and {of_key}") } else { format!("both {id} and {secret}") };
                self.reader.mistake(format!("sign-in with AUTH_{prefix}__… needs {needed}"));
                None
            }
        }
    }

    fn scope(&mut self, protocol: &Protocol) -> String {
        let usual = self.preset.map_or(GOOGLE.scope, |preset| preset.scope);
        let needs_openid = matches!(protocol, Protocol::OpenId(_));
        let set = self.read("SCOPES", |text| {
            let scopes: Vec<&str> = text.split([',', ' ']).filter(|scope| !scope.is_empty()).collect();
            let plain = |scope: &&str| scope.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte));
            match scopes.iter().all(plain) {
                false => Err("must be scopes separated by commas or spaces".to_owned()),
                true if needs_openid && !scopes.contains(&"openid") => Err("must include openid".to_owned()),
                true => Ok(scopes.join(" ")),
            }
        });
        set.unwrap_or_else(|| usual.to_owned())
    }

    fn rate(&mut self) -> Option<NonZeroU32> {
        let setting = self.setting("RATE");
        if self.reader.is_set(&setting) {
            return self.reader.number_or_off(&setting).and_then(NonZeroU32::new);
        }
        self.preset.and_then(|preset| preset.rate)
    }

    fn dialect(&mut self, protocol: &Protocol) -> Dialect {
        let audiences = self.read("AUDIENCES", |text| list(text).map(|part| Ok(part.to_owned())).collect());
        let [subject, email, email_verified] = [CLAIMS[0], CLAIMS[1], CLAIMS[2]].map(|field| self.text(field));
        let proof = self.read(CLAIMS[3], |text| match text {
            "claim" => Ok(Proof::Claim),
            "always" => Ok(Proof::Always),
            "never" => Ok(Proof::Never),
            _ => Err("must be claim, always or never".to_owned()),
        });
        match protocol {
            Protocol::OpenId(openid) => {
                let usual = ClaimNames::default();
                Dialect::OpenId(OpenIdOptions {
                    claims: ClaimNames {
                        subject: subject.unwrap_or(usual.subject),
                        email: email.unwrap_or(usual.email),
                        email_verified: email_verified.unwrap_or(usual.email_verified),
                        proof: proof.unwrap_or(openid.proof),
                        text_booleans: openid.text_booleans,
                    },
                    audiences: audiences.unwrap_or_default(),
                    answers_by_post: openid.answers_by_post,
                    issuer_per_tenant: openid.issuer_per_tenant,
                })
            }
            Protocol::Profile(profile) => {
                if audiences.is_some()
                    || [subject, email, email_verified].iter().any(Option::is_some)
                    || proof.is_some()
                {
                    let fields = CLAIMS.map(|field| self.variable(field)).join(", ");
                    self.mistake(
                        "AUDIENCES",
                        &format!("and {fields} apply only to OpenID providers, which this one is not"),
                    );
                }
                Dialect::Profile(*profile, self.preset.map_or("", |preset| preset.url))
            }
        }
    }
}

pub(super) fn preset_names() -> Vec<&'static str> {
    PRESETS.iter().map(|preset| preset.name).collect()
}

fn display_name(text: &str) -> Result<String, String> {
    let text = text.trim();
    let good = (1..=64).contains(&text.chars().count()) && !text.contains(char::is_control);
    if good { Ok(text.to_owned()) } else { Err("must have 1 to 64 characters on one line".to_owned()) }
}

/// Reads an icon: a URL that a page can use as an image, and that cannot run a script.
fn icon(text: &str) -> Result<String, String> {
    let good = ["https://", "/", "data:image/"].iter().any(|beginning| text.starts_with(beginning));
    let plain = text.len() <= 16_384 && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>".contains(&byte));
    if good && plain {
        return Ok(text.to_owned());
    }
    Err("must be an https:// URL, a path on this host or a data:image/… URL, of at most 16,384 ASCII characters"
        .to_owned())
}

/// Reads origins, which are compared exactly.
pub(super) fn origins(text: &str) -> Result<Vec<String>, String> {
    let mistake = |part: &str| format!("must be origins such as https://app.example.org, without a path, not {part:?}");
    list(text).map(|part| parse_origin(part).map_err(|_| mistake(part))).collect()
}

#[cfg(test)]
mod tests;
