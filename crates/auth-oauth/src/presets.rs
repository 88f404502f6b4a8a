//! Presets for well-known providers. `docs/adding-a-provider.md` says how to add one.

use std::num::NonZeroU32;

use crate::claims::Proof;
use crate::profile::{Api, Email, Profile};

/// A well-known provider, for which an operator only sets id and secret.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// The name in settings and, by default, in paths: a valid `ProviderName`.
    pub name: &'static str,
    /// The name for people.
    pub display_name: &'static str,
    /// The issuer, or the base of the endpoints.
    pub url: &'static str,
    /// The requested scopes (`scope`), separated by spaces.
    pub scope: &'static str,
    /// How many requests a second the provider allows, if it is documented.
    pub rate: Option<NonZeroU32>,
    /// The protocol.
    pub protocol: Protocol,
}

/// The protocol of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// OpenID Connect, possibly with deviations.
    OpenId(OpenId),
    /// OAuth 2.0, and an API endpoint that returns the user of an access token.
    Profile(Profile),
}

/// How an OpenID provider deviates from the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenId {
    /// When an address counts as proved.
    pub proof: Proof,
    /// Whether it sends `"true"` for `true`.
    pub text_booleans: bool,
    /// Whether it sends browsers back by POST (`response_mode=form_post`).
    pub answers_by_post: bool,
    /// Whether its issuer contains the user's tenant.
    pub issuer_per_tenant: bool,
    /// Whether the client secret is a JWT that we sign.
    pub signed_secret: bool,
}

impl OpenId {
    /// A provider that follows the standard.
    pub const STANDARD: Self = Self {
        proof: Proof::Claim,
        text_booleans: false,
        answers_by_post: false,
        issuer_per_tenant: false,
        signed_secret: false,
    };
}

const OPENID_SCOPE: &str = "openid email";

/// Google, configured by `AUTH_GOOGLE__…`.
pub const GOOGLE: Preset = Preset {
    name: "google",
    display_name: "Google",
    url: "https://accounts.google.com",
    scope: OPENID_SCOPE,
    rate: None,
    protocol: Protocol::OpenId(OpenId::STANDARD),
};

/// The 42 intranet, configured by `AUTH_42__…`. The address that 42 reports proves nothing: it belongs to the school, and
/// is not verified for the user. 42 allows two requests a second.
pub const FORTYTWO: Preset = Preset {
    name: "42",
    display_name: "42",
    url: "https://api.intra.42.fr",
    scope: "public",
    rate: NonZeroU32::new(2),
    protocol: Protocol::Profile(Profile {
        authorize: "/oauth/authorize",
        token: "/oauth/token",
        api: Api::Here,
        profile: "/v2/me",
        subject: "/id",
        email: Email::Unproved("/email"),
    }),
};

/// GitHub, or GitHub Enterprise with its base URL.
pub const GITHUB: Preset = Preset {
    name: "github",
    display_name: "GitHub",
    url: "https://github.com",
    scope: "user:email",
    rate: None,
    protocol: Protocol::Profile(Profile {
        authorize: "/login/oauth/authorize",
        token: "/login/oauth/access_token",
        api: Api::Elsewhere { url: "https://api.github.com", self_hosted: "/api/v3" },
        profile: "/user",
        subject: "/id",
        email: Email::List { path: "/user/emails", address: "/email", primary: "/primary", proved: "/verified" },
    }),
};

const DISCORD: Preset = Preset {
    name: "discord",
    display_name: "Discord",
    url: "https://discord.com",
    scope: "identify email",
    rate: None,
    protocol: Protocol::Profile(Profile {
        authorize: "/oauth2/authorize",
        token: "/api/oauth2/token",
        api: Api::Here,
        profile: "/api/users/@me",
        subject: "/id",
        email: Email::Proved { address: "/email", proved: "/verified" },
    }),
};

/// GitLab, or a self-hosted GitLab with its issuer.
const GITLAB: Preset = Preset {
    name: "gitlab",
    display_name: "GitLab",
    url: "https://gitlab.com",
    scope: OPENID_SCOPE,
    rate: None,
    protocol: Protocol::OpenId(OpenId::STANDARD),
};

/// Apple sends browsers back by POST, requires a secret that we sign, and sends booleans as strings.
const APPLE: Preset = Preset {
    name: "apple",
    display_name: "Apple",
    url: "https://appleid.apple.com",
    scope: OPENID_SCOPE,
    rate: None,
    protocol: Protocol::OpenId(OpenId {
        text_booleans: true,
        answers_by_post: true,
        signed_secret: true,
        ..OpenId::STANDARD
    }),
};

/// Microsoft Entra. The administrator of a tenant can write any address into its accounts, so none counts as proved.
const MICROSOFT: Preset = Preset {
    name: "microsoft",
    display_name: "Microsoft",
    url: "https://login.microsoftonline.com/common/v2.0",
    scope: OPENID_SCOPE,
    rate: None,
    protocol: Protocol::OpenId(OpenId { proof: Proof::Never, issuer_per_tenant: true, ..OpenId::STANDARD }),
};

/// All presets.
pub const PRESETS: &[Preset] = &[GOOGLE, FORTYTWO, APPLE, DISCORD, GITHUB, GITLAB, MICROSOFT];

#[cfg(test)]
mod tests {
    use auth_domain::identity::ProviderName;
    use reqwest::Url;

    use super::*;
    use crate::registration::ProviderUrl;

    #[test]
    fn every_entry_is_in_order() {
        for preset in PRESETS {
            assert!(ProviderName::parse(preset.name).is_some(), "{preset:?}");
            let url = ProviderUrl::parse(preset.url).unwrap();
            assert!(url.as_str().starts_with("https://") && !url.as_str().ends_with('/'), "{preset:?}");
            assert_eq!(PRESETS.iter().filter(|other| other.name == preset.name).count(), 1, "{preset:?}");
            match preset.protocol {
                Protocol::OpenId(_) => assert!(preset.scope.split(' ').any(|scope| scope == "openid"), "{preset:?}"),
                Protocol::Profile(Profile { authorize, token, api, profile, subject, .. }) => {
                    assert!([authorize, token, profile, subject].iter().all(|path| path.starts_with('/')));
                    if let Api::Elsewhere { url, .. } = api {
                        assert_eq!(Url::parse(url).unwrap().scheme(), "https");
                    }
                }
            }
        }
    }

    #[test]
    fn the_page_prints_an_entry() {
        let (page, source) = (include_str!("../../../docs/adding-a-provider.md"), include_str!("presets.rs"));
        let from = source.find("/// GitHub, or GitHub Enterprise").unwrap();
        let entry = &source[from..from + source[from..].find("\n};\n").unwrap() + 3];
        assert!(page.contains(entry), "docs/adding-a-provider.md is not up to date");
    }
}
