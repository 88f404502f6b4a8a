//! What is known of particular providers: an entry each. `docs/adding-a-provider.md` says how to add one.

use std::num::NonZeroU32;

use crate::claims::Proof;
use crate::profile::{Api, Email, Profile};

/// A provider whose ways are known, so that an operator only tells id and secret.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// In settings, and in paths where nothing else is said: a `ProviderName`.
    pub name: &'static str,
    /// On pages.
    pub display_name: &'static str,
    /// Its issuer, or the base of its endpoints.
    pub url: &'static str,
    /// What is asked of it (`scope`).
    pub scope: &'static str,
    /// How many requests a second it allows, where it says so.
    pub rate: Option<NonZeroU32>,
    /// What it speaks.
    pub protocol: Protocol,
}

/// What a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// OpenID Connect, perhaps in a way of its own.
    OpenId(OpenId),
    /// OAuth 2.0, and a page that says whose access token it is.
    Profile(Profile),
}

/// What an OpenID provider does its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenId {
    /// When it has proved an address.
    pub proof: Proof,
    /// It says `"true"` where it should say `true`.
    pub text_booleans: bool,
    /// It sends browsers back by POST (`response_mode=form_post`).
    pub answers_by_post: bool,
    /// Its issuer has the tenant of each user in it.
    pub issuer_per_tenant: bool,
    /// Its client secret is a JWT that we sign.
    pub signed_secret: bool,
}

impl OpenId {
    /// One that does what the standard says.
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

/// The intranet of 42, configured by `AUTH_42__…`. What it says of an address proves nothing: it is the school's, not
/// checked for whoever is logged in. It allows two requests a second.
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

/// GitHub, and GitHub Enterprise by its base URL.
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

/// GitLab, and one of one's own by its issuer.
const GITLAB: Preset = Preset {
    name: "gitlab",
    display_name: "GitLab",
    url: "https://gitlab.com",
    scope: OPENID_SCOPE,
    rate: None,
    protocol: Protocol::OpenId(OpenId::STANDARD),
};

/// Apple comes back by POST, wants a secret that we sign, and has texts for truth values.
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

/// Microsoft Entra. Whoever runs a tenant writes any address into the accounts there: none is proved.
const MICROSOFT: Preset = Preset {
    name: "microsoft",
    display_name: "Microsoft",
    url: "https://login.microsoftonline.com/common/v2.0",
    scope: OPENID_SCOPE,
    rate: None,
    protocol: Protocol::OpenId(OpenId { proof: Proof::Never, issuer_per_tenant: true, ..OpenId::STANDARD }),
};

/// All of them.
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
        let from = source.find("/// GitHub, and GitHub Enterprise").unwrap();
        let entry = &source[from..from + source[from..].find("\n};\n").unwrap() + 3];
        assert!(page.contains(entry), "docs/adding-a-provider.md is not up to date");
    }
}
