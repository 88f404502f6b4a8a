//! What settings of providers are accepted, and what each mistake is called.

use super::super::source::gather;
use super::super::tests::load;
use super::*;
use crate::settings::Settings;

#[test]
fn every_preset_can_be_configured_by_its_name() {
    for preset in PRESETS {
        let prefix = format!("AUTH_OIDC__{}__", preset.name.to_uppercase());
        let of = |field: &str| format!("{prefix}{field}");
        let settings = match preset.protocol {
            Protocol::OpenId(OpenId { signed_secret: true, .. }) => vec![
                (of("CLIENT_ID"), "id"),
                (of("TEAM_ID"), "TEAM"),
                (of("KEY_ID"), "KEY1"),
                (of("PRIVATE_KEY"), include_str!("../../../../auth-oauth/tests/apple/test_key.p8")),
            ],
            _ => vec![(of("CLIENT_ID"), "id"), (of("CLIENT_SECRET"), "secret")],
        };
        let settings: Vec<_> = settings.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let provider = load(&settings).unwrap().providers.remove(0);
        assert_eq!((provider.name.as_str(), provider.display_name.as_str()), (preset.name, preset.display_name));
        assert_eq!((provider.url.as_str(), provider.scope.as_str()), (preset.url, preset.scope));
        assert_eq!(provider.rate, preset.rate);
    }
}

#[test]
fn any_openid_provider_can_be_configured() {
    let settings = load(&[
        ("AUTH_OIDC__MY_IDP__ISSUER", "https://idp.example.org/realms/a"),
        ("AUTH_OIDC__MY_IDP__CLIENT_ID", "id"),
        ("AUTH_OIDC__MY_IDP__CLIENT_SECRET", "secret"),
        ("AUTH_OIDC__MY_IDP__SCOPES", "openid, email profile"),
        ("AUTH_OIDC__MY_IDP__DISPLAY_NAME", "Université"),
        ("AUTH_OIDC__MY_IDP__ICON", "/pictures/university.svg"),
        ("AUTH_OIDC__MY_IDP__AUDIENCES", "ios-app, android-app"),
        ("AUTH_OIDC__MY_IDP__RATE", "7"),
        ("AUTH_OIDC__MY_IDP__SUBJECT_CLAIM", "oid"),
        ("AUTH_OIDC__MY_IDP__EMAIL_CLAIM", "mail"),
        ("AUTH_OIDC__MY_IDP__EMAIL_VERIFIED", "always"),
        ("AUTH_OIDC__WORK__PRESET", "gitlab"),
        ("AUTH_OIDC__WORK__ISSUER", "https://gitlab.example.org"),
        ("AUTH_OIDC__WORK__CLIENT_ID", "id"),
        ("AUTH_OIDC__WORK__CLIENT_SECRET", "secret"),
        ("AUTH_OIDC__GITHUB__BASE_URL", "https://github.example.org"),
        ("AUTH_OIDC__GITHUB__CLIENT_ID", "id"),
        ("AUTH_OIDC__GITHUB__CLIENT_SECRET", "secret"),
    ]);
    let providers = settings.unwrap().providers;
    let names: Vec<_> = providers.iter().map(|provider| provider.name.as_str()).collect();
    assert_eq!(names, ["github", "my-idp", "work"]);
    let [github, idp, work] = &providers[..] else { panic!("three") };
    assert_eq!(github.url.as_str(), "https://github.example.org");
    assert_eq!((work.display_name.as_str(), work.url.as_str()), ("GitLab", "https://gitlab.example.org"));
    assert_eq!((idp.display_name.as_str(), idp.scope.as_str()), ("Université", "openid email profile"));
    assert_eq!((idp.icon.as_deref(), idp.rate), (Some("/pictures/university.svg"), NonZeroU32::new(7)));
    let Dialect::OpenId(options) = &idp.dialect else { panic!("OpenID") };
    assert_eq!(options.audiences, ["ios-app", "android-app"]);
    let expected = ClaimNames {
        subject: "oid".to_owned(),
        email: "mail".to_owned(),
        proof: Proof::Always,
        ..ClaimNames::default()
    };
    assert_eq!(options.claims, expected);
}

#[test]
fn a_mistake_names_the_setting_and_what_to_do() {
    let mistake = |settings: &[(&str, &str)]| {
        let with: Vec<_> = [("AUTH_OIDC__X__CLIENT_ID", "id"), ("AUTH_OIDC__X__CLIENT_SECRET", "hunter2")].into();
        let mistake = load(&[&with[..], settings].concat()).err().unwrap();
        assert!(!mistake.contains("hunter2"), "{mistake}");
        mistake
    };
    let issuer = ("AUTH_OIDC__X__ISSUER", "https://idp.example.org");
    assert_eq!(
        mistake(&[]),
        "AUTH_OIDC__X__ISSUER is missing: set the issuer, or AUTH_OIDC__X__PRESET to one of google, 42, apple, \
         discord, github, gitlab, microsoft"
    );
    for (setting, value, says) in [
        ("AUTH_OIDC__X__PRESET", "gihub", "must be one of google, 42,"),
        ("AUTH_OIDC__X__SCOPES", "email", "must include openid"),
        ("AUTH_OIDC__X__ICON", "javascript:alert(1)", "must be an https:// URL"),
        ("AUTH_OIDC__X__DISPLAY_NAME", "a\nb", "must have 1 to 64 characters on one line"),
        ("AUTH_OIDC__X__EMAIL_VERIFIED", "yes", "must be claim, always or never"),
        ("AUTH_OIDC__X__RATE", "0", "must be a whole number from 1 to 1000"),
        ("AUTH_OIDC__X__BASE_URL", "https://x", "set AUTH_OIDC__X__ISSUER"),
        ("AUTH_OIDC__X__KEY_ID", "x", "set one or the other"),
    ] {
        let told = mistake(&[issuer, (setting, value)]);
        assert!(told.contains(says), "{setting}: {told}");
        let named = if setting.ends_with("KEY_ID") { "AUTH_OIDC__X__CLIENT_SECRET" } else { setting };
        assert!(told.starts_with(named), "{setting}: {told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
    let of_preset = mistake(&[("AUTH_OIDC__X__PRESET", "github"), issuer]);
    assert!(of_preset.contains("AUTH_OIDC__X__BASE_URL"), "{of_preset}");
    let audiences = mistake(&[("AUTH_OIDC__X__PRESET", "discord"), ("AUTH_OIDC__X__AUDIENCES", "a")]);
    assert!(audiences.contains("AUTH_OIDC__X__AUDIENCES"), "{audiences}");
    let key = [("AUTH_OIDC__APPLE__CLIENT_ID", "id"), ("AUTH_OIDC__APPLE__KEY_ID", "x")];
    let told = load(&key).err().unwrap();
    assert!(told.contains("AUTH_OIDC__APPLE__PRIVATE_KEY") && told.lines().count() == 1, "{told}");
    let bad = [key[0], key[1], ("AUTH_OIDC__APPLE__TEAM_ID", "T"), ("AUTH_OIDC__APPLE__PRIVATE_KEY", "hunter2")];
    let told = load(&bad).err().unwrap();
    assert!(told.starts_with("AUTH_OIDC__APPLE__PRIVATE_KEY must be a P-256") && !told.contains("hunter2"), "{told}");
}

#[test]
fn names_are_of_one_provider_and_of_nothing_else() {
    let of = |name: &str| {
        let fields = [("ISSUER", "https://idp.example.org"), ("CLIENT_ID", "id"), ("CLIENT_SECRET", "s")];
        fields.map(|(field, value)| (format!("AUTH_OIDC__{name}__{field}"), value))
    };
    let mistake = |name: &str, more: &[(&str, &str)]| {
        let own = of(name);
        let own: Vec<_> = own.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        load(&[&own[..], more].concat()).err().unwrap()
    };
    for name in ["LOGIN", "ME", "DOC", "LOST_PASSWORD", "PROVIDERS"] {
        let told = mistake(name, &[]);
        assert!(told.starts_with(&format!("AUTH_OIDC__{name}__…: ")) && told.contains("is another endpoint"), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
    assert!(mistake(&"A".repeat(33), &[]).contains("1 to 32"));
    let google = [("AUTH_GOOGLE__CLIENT_ID", "id"), ("AUTH_GOOGLE__CLIENT_SECRET", "s")];
    assert!(mistake("GOOGLE", &google).contains("name the same provider"));
}

#[test]
fn a_file_configures_a_provider_too() {
    let dir = tempfile::tempdir().unwrap();
    let (toml, secret) = (dir.path().join("auth.toml"), dir.path().join("secret"));
    std::fs::write(&secret, "s-s4t2\n").unwrap();
    std::fs::write(&toml, "[google]\nclient_id = 'g'\nclient_secret = 's'\n[42]\nclient_id = 'u-s4t2'\n").unwrap();
    let variables = [("AUTH_42__CLIENT_SECRET_FILE".into(), secret.into_os_string())];
    let settings = Settings::read(gather(Some(&toml), variables.into_iter())).unwrap();
    let ids: Vec<_> = settings.providers.iter().map(|provider| provider.client_id.as_str()).collect();
    assert_eq!(ids, ["g", "u-s4t2"]);
    let secret = &settings.providers[1].client_secret;
    let revealed = secret.reveal("https://api.intra.42.fr", "u-s4t2", auth_domain::Timestamp::from_seconds(0));
    assert_eq!(revealed.as_ref().map(|text| text.as_str()), Some("s-s4t2"));
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
    let urls: Vec<_> = providers.iter().map(|provider| (provider.name.as_str(), provider.url.as_str())).collect();
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
