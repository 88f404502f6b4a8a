//! Settings as operators write them.

use auth_crypto::ServiceKey;
use auth_domain::account::EmailAddress;
use auth_domain::audience::Audience;

use super::*;

pub(crate) fn load(variables: &[(&str, &str)]) -> Result<Settings, String> {
    let dir = tempfile::tempdir().unwrap();
    let none = dir.path().join("none.toml");
    std::fs::write(&none, "").unwrap();
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
    Settings::read(gather(Some(&none), variables)).map_err(|error| error.to_string())
}

#[test]
fn without_any_setting_the_embedded_default() {
    let settings = load(&[("PATH", "/bin")]).unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert!(matches!(settings.database, Database::Sqlite(path) if path == Path::new("data/auth.db")));
    assert_eq!(settings.base_paths, ["/", "/api/"]);
}

#[test]
fn who_serves_others_without_a_mail_server_is_warned() {
    let warning = |variables: &[(&str, &str)]| load(variables).unwrap().mail_warning();
    let public = ("AUTH_PUBLIC_URL", "https://auth.example.org");
    for variables in [&[public][..], &[("AUTH_DATABASE_URL", "postgres://u@h/d")]] {
        let warning = warning(variables).unwrap();
        assert!(warning.contains("AUTH_MAIL_URL") && warning.contains("data/mail"), "{warning}");
    }
    for variables in [
        &[][..],
        &[("AUTH_PUBLIC_URL", "http://localhost:8000")],
        &[public, ("AUTH_MAIL_URL", "smtp://mail.example.org:587")],
        &[public, ("AUTH_MAIL_URL", "file:mails")],
    ] {
        assert_eq!(warning(variables), None, "{variables:?}");
    }
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let mistakes = load(&[
        ("AUTH_LISTEN", "here"),
        ("AUTH_ACCESS_TTL", "0"),
        ("AUTH_DATABASE_URL", "mysql://u:hunter2@h/d"),
        ("AUTH_INTERNAL__A__SECRET", "short"),
        ("AUTH_INTERNAL__B__SCOPES", "credentials:read"),
        ("AUTH_INTERNAL__C__SECRET", "0123456789012345678901234567890123"),
        ("AUTH_INTERNAL__C__SCOPES", "all"),
        ("AUTH_DISCLOSURE", "off"),
        ("AUTH_REQUIRE_VERIFIED_EMAIL", "maybe"),
        ("AUTH_WEBHOOKS__A__URL", "http://127.0.0.1/"),
        ("AUTH_WEBHOOKS__B__URL", "ftp://u:hunter2@h/"),
        ("AUTH_WEBHOOKS__B__SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("AUTH_WEBHOOKS__B__EVENTS", "user.deleted,user.died"),
        ("AUTH_ACCES_TTL", "600"),
        ("AUTH_SECRET_KEY_FILE", "/nowhere"),
    ])
    .err()
    .unwrap();
    assert_eq!(mistakes.lines().count(), 13, "{mistakes}");
    for name in [
        "AUTH_LISTEN",
        "AUTH_ACCESS_TTL",
        "AUTH_DATABASE_URL",
        "AUTH_INTERNAL__A__SECRET",
        "AUTH_INTERNAL__B__",
        "AUTH_INTERNAL__C__SCOPES",
        "AUTH_DISCLOSURE",
        "AUTH_REQUIRE_VERIFIED_EMAIL",
        "AUTH_WEBHOOKS__A__",
        "AUTH_WEBHOOKS__B__URL",
        "AUTH_WEBHOOKS__B__EVENTS",
    ] {
        assert!(mistakes.contains(name), "{name} in {mistakes}");
    }
    assert!(!mistakes.contains("hunter2") && !mistakes.contains("short"));
}

#[test]
fn proxies_are_neither_everybody_nor_nobody() {
    let proxies = |text: &str| load(&[("AUTH_TRUSTED_PROXIES", text)]).map(|settings| settings.trusted_proxies.len());
    for (good, count) in
        [("", 0), ("10.0.0.0/8, ::1", 2), ("127.0.0.1", 1), ("fd00::/8,192.0.2.7/32", 2), ("0.0.0.0/1", 1)]
    {
        assert_eq!(proxies(good), Ok(count), "{good}");
    }
    for (bad, hint) in [
        ("0.0.0.0/0", "every address"),
        ("::/0", "every address"),
        ("10.0.0.0/8,::/0", "every address"),
        ("0.0.0.0/1,128.0.0.0/1", "0.0.0.0/0, which is every address"),
        ("10.0.0.1/8", "10.0.0.0/8"),
        ("10.0.0.1/8", "10.0.0.1/32"),
        ("fd00::1/64", "fd00::/64"),
        ("0.0.0.0", "never matches"),
        ("::", "never matches"),
        ("224.0.0.0/4", "never matches"),
        ("ff00::/8", "never matches"),
        ("255.255.255.255", "never matches"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:10.0.0.1", "10.0.0.1/32"),
        (",", "names no network"),
        ("proxy.example.org", "must be networks"),
    ] {
        let mistake = proxies(bad).err().unwrap();
        assert!(mistake.contains("AUTH_TRUSTED_PROXIES") && mistake.contains(hint), "{bad}: {mistake}");
    }
}

#[test]
fn further_audiences_are_names_that_nothing_else_has() {
    let audiences = |text: &str| load(&[("AUTH_AUDIENCES", text), ("AUTH_AUDIENCE", "all of us")]);
    let names: Vec<String> = audiences("orders, https://mail.example.org/v1")
        .map(|settings| settings.audiences.iter().map(|name| name.as_str().to_owned()).collect())
        .unwrap();
    assert_eq!(names, ["https://mail.example.org/v1", "orders"]);
    for (bad, hint) in [
        ("", "must be names"),
        ("orders,", "must be names"),
        ("all of us", "must be names"),
        ("https://a.example/#b", "must be names"),
        ("orders,mail,orders", "orders twice"),
        ("auth-service", "internal tokens"),
    ] {
        let mistake = audiences(bad).err().unwrap();
        assert!(mistake.contains("AUTH_AUDIENCES") && mistake.contains(hint), "{bad}: {mistake}");
    }
    for (default, name) in [
        ("AUTH_AUDIENCE", "orders"),
        ("AUTH_PUBLIC_URL", "https://auth.example.org"),
        ("AUTH_LISTEN", "127.0.0.1:7001"),
    ] {
        let further = if default == "AUTH_LISTEN" { format!("http://{name}") } else { name.to_owned() };
        let mistake = load(&[(default, name), ("AUTH_AUDIENCES", &further)]).err().unwrap();
        assert!(mistake.contains("the default audience"), "{mistake}");
    }
}

#[test]
fn a_service_exchanges_tokens_of_its_audience_for_those_of_others() {
    const SECRET: (&str, &str) = ("AUTH_INTERNAL__SHOP__SECRET", "0123456789012345678901234567890123");
    const SCOPE: (&str, &str) = ("AUTH_INTERNAL__SHOP__SCOPES", "tokens:exchange");
    let load_with = |more: &[(&str, &str)]| {
        let known = [SECRET, ("AUTH_AUDIENCES", "orders,mail"), ("AUTH_AUDIENCE", "all")];
        load(&[&known, more].concat())
    };
    let exchange =
        load_with(&[SCOPE, ("AUTH_INTERNAL__SHOP__AUDIENCE", "orders"), ("AUTH_INTERNAL__SHOP__TARGETS", "mail")]);
    let rule = exchange.unwrap().exchange.remove("shop").unwrap();
    assert!(matches!(rule.own, Audience::Other(name) if name.as_str() == "orders"));
    assert_eq!(rule.targets.iter().map(AudienceName::as_str).collect::<Vec<_>>(), ["mail"]);
    let rule = load_with(&[SCOPE, ("AUTH_INTERNAL__SHOP__TARGETS", "mail,orders")]).unwrap().exchange.remove("shop");
    assert_eq!(rule.unwrap().own, Audience::Default);
    let own = ("AUTH_INTERNAL__SHOP__AUDIENCE", "orders");
    for (more, hint) in [
        (&[SCOPE][..], "both or neither"),
        (&[("AUTH_INTERNAL__SHOP__TARGETS", "mail")], "both or neither"),
        (&[SCOPE, ("AUTH_INTERNAL__SHOP__TARGETS", "all")], "the default audience"),
        (&[SCOPE, ("AUTH_INTERNAL__SHOP__TARGETS", "billing")], "only names in AUTH_AUDIENCES"),
        (&[SCOPE, own, ("AUTH_INTERNAL__SHOP__TARGETS", "orders")], "the service itself"),
        (
            &[SCOPE, ("AUTH_INTERNAL__SHOP__AUDIENCE", "billing"), ("AUTH_INTERNAL__SHOP__TARGETS", "mail")],
            "one of AUTH_AUDIENCES",
        ),
    ] {
        let mistake = load_with(more).err().unwrap();
        assert!(mistake.contains("AUTH_INTERNAL__SHOP__") && mistake.contains(hint), "{more:?}: {mistake}");
    }
}

#[test]
fn a_blank_audience_and_parameters_of_sqlite_are_refused() {
    for (name, value) in [
        ("AUTH_AUDIENCE", ""),
        ("AUTH_AUDIENCE", " \t"),
        ("AUTH_DATABASE_URL", "sqlite:auth.db?mode=ro"),
        ("AUTH_DATABASE_URL", "sqlite://data/auth.db?mode=memory&cache=shared"),
        ("AUTH_DATABASE_URL", "sqlite:?mode=rwc"),
        ("AUTH_DATABASE_URL", "sqlite:"),
    ] {
        let mistake = load(&[(name, value)]).err().unwrap();
        assert!(mistake.starts_with(name) && mistake.lines().count() == 1, "{value}: {mistake}");
    }
    assert_eq!(load(&[("AUTH_AUDIENCE", "shop")]).unwrap().audience.as_deref(), Some("shop"));
    assert!(load(&[("AUTH_DATABASE_URL", "sqlite:data/other.db")]).is_ok());
}

#[test]
fn a_sender_that_mail_servers_refuse_is_refused_at_the_start_and_a_name_is_found() {
    let from = |from: &str| load(&[("AUTH_MAIL_FROM", from)]).map(|_| ());
    assert_eq!(from("Bücher <no-reply@bücher.example>"), Ok(()));
    let mistake = from("Auth <nö-reply@example.org>").err().unwrap();
    assert_eq!(mistake.lines().count(), 1, "{mistake}");
    assert!(mistake.contains("AUTH_MAIL_FROM must contain only ASCII before the @"), "{mistake}");
    assert!(load(&[("AUTH_MAIL_HOSTNAME", "mail.example.org")]).is_ok());
    let mistake = load(&[("AUTH_MAIL_HOSTNAME", "https://mail.example.org")]).err().unwrap();
    assert!(mistake.contains("AUTH_MAIL_HOSTNAME must be a host name"), "{mistake}");
}

#[test]
fn public_urls_give_mails_their_hostname() {
    let hostname = |url: &str| load(&[("AUTH_PUBLIC_URL", url)]).ok().unwrap().public_hostname();
    assert_eq!(hostname("https://auth.example.org/x"), MailHostname::Name("auth.example.org".to_owned()));
    assert_eq!(hostname("http://192.0.2.1:8080"), MailHostname::Address([192, 0, 2, 1].into()));
    assert_eq!(hostname("http://[::1]:8080"), MailHostname::Address("::1".parse().unwrap()));
    let listening = load(&[("AUTH_LISTEN", "0.0.0.0:80")]).ok().unwrap().public_hostname();
    assert_eq!(listening, MailHostname::Address([127, 0, 0, 1].into()));
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest_known_one() {
    let mistake = |name: &str| load(&[(name, "1")]).err().unwrap();
    assert!(mistake("AUTH_LISTN").contains("AUTH_LISTEN"));
    assert!(mistake("AUTH_RETRY_WINDOWS").contains("AUTH_RETRY_WINDOW "));
    assert!(mistake("AUTH_INTERNAL__BACKUPS__SCOPE").contains("SCOPES"));
    assert!(mistake("AUTH_WEBHOOKS__USERS__EVENT").contains("AUTH_WEBHOOKS__USERS__EVENTS"));
    assert!(mistake("AUTH_LISTEN_FILE").contains("AUTH_LISTEN_FILE"));
}

#[test]
fn a_file_gives_way_to_the_environment_and_secrets_come_from_files() {
    let dir = tempfile::tempdir().unwrap();
    let (toml, secret) = (dir.path().join("auth.toml"), dir.path().join("secret"));
    std::fs::write(&secret, "0123456789abcdef0123456789abcdef\n").unwrap();
    let text = "listen = '127.0.0.1:1'\naccess_ttl = 5\nbase_paths = ['/', '/x']\n[internal.backups-service]\nscopes = ['credentials:read']\n";
    std::fs::write(&toml, text).unwrap();
    let variables =
        [("AUTH_LISTEN", "127.0.0.1:2"), ("AUTH_INTERNAL__BACKUPS_SERVICE__SECRET_FILE", secret.to_str().unwrap())];
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
    let settings = Settings::read(gather(Some(&toml), variables)).unwrap();
    assert_eq!(settings.listen.port(), 2);
    assert_eq!(settings.lifetimes.access.as_secs(), 5);
    assert_eq!(settings.base_paths, ["/", "/x/"]);
    assert_eq!(settings.services[0].name, "backups-service");
    assert!(matches!(&settings.services[0].key, ServiceKey::Secret(bytes) if bytes.len() == 32));
}

#[test]
fn a_mistake_in_the_file_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let toml = dir.path().join("auth.toml");
    let mistake = |text: &str| {
        std::fs::write(&toml, text).unwrap();
        Settings::read(gather(Some(&toml), std::iter::empty())).err().unwrap().to_string()
    };
    assert!(mistake("lisen = 'x'").contains("listen"));
    assert!(mistake("listen = ").contains("auth.toml"));
    assert!(mistake("access_ttl = 'soon'").contains("auth.toml"));
    assert!(Settings::read(gather(Some(&dir.path().join("absent.toml")), std::iter::empty())).is_err());
}

fn named_any(name: &str) -> String {
    name.replace("<SERVICE>", "ANY").replace("<NAME>", "ANY")
}

/// Returns the other settings that a provider needs.
fn companions(variable: &str) -> Vec<(String, &'static str)> {
    let Some((prefix, field)) = variable.rsplit_once("__") else { return Vec::new() };
    let of_any = prefix == "AUTH_OIDC__ANY";
    let needed = [("CLIENT_ID", "id"), ("CLIENT_SECRET", "secret"), ("ISSUER", "https://idp.example.org")];
    let is_needed = |(name, _): &(&str, _)| match *name {
        "ISSUER" => of_any && !["ISSUER", "PRESET"].contains(&field),
        name => (of_any || ["AUTH_GOOGLE", "AUTH_42"].contains(&prefix)) && name != field,
    };
    needed.into_iter().filter(is_needed).map(|(name, value)| (format!("{prefix}__{name}"), value)).collect()
}

#[test]
fn the_table_says_what_is_so() {
    for Setting { name, kind, default, meaning } in all_settings() {
        let variable = format!("AUTH_{}", named_any(&name));
        assert!(meaning.ends_with('.'), "{name}: {meaning}");
        let others = companions(&variable);
        let loaded = |value: &str| {
            let mut all: Vec<(&str, &str)> = others.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            all.push((&variable, value));
            load(&all)
        };
        let accepted = |value: &str| loaded(value).is_ok();
        let refused = |value: u64| {
            let mistake = loaded(&value.to_string()).err().unwrap_or_default();
            mistake.contains(&variable) && mistake.contains("must be a whole number")
        };
        // Those of services and providers come in pairs.
        if !default.starts_with('(') && !name.contains("__") {
            assert!(accepted(&default), "{name}: {default}");
        }
        match kind {
            Kind::Number(least, most)
            | Kind::NumberOrOff(least, most)
            | Kind::Seconds(least, most)
            | Kind::SecondsOrOff(least, most) => {
                assert!(accepted(&least.to_string()) && accepted(&most.to_string()), "{name}");
                assert!(refused(most + 1) && (least == 0 || refused(least - 1)), "{name}");
                assert!(!accepted("soon") && !accepted("-1") && !accepted(""), "{name}");
            }
            Kind::Switch => assert!(accepted("on") && accepted("off") && !accepted("yes"), "{name}"),
            Kind::Choice(names) => {
                assert!(names.iter().all(|choice| accepted(choice)) && !accepted("other"), "{name}");
            }
            Kind::Text(_) | Kind::Secret(_) | Kind::List(_) => {}
        }
    }
}

#[test]
fn no_setting_goes_unread() {
    let text = |kind: Kind| match kind {
        Kind::Number(least, _)
        | Kind::NumberOrOff(least, _)
        | Kind::Seconds(least, _)
        | Kind::SecondsOrOff(least, _) => least.to_string(),
        Kind::Switch => "off".to_owned(),
        Kind::Choice(names) => names[0].to_owned(),
        // What is wrong with it is told; that it was read is what counts here.
        Kind::Text(_) | Kind::Secret(_) | Kind::List(_) => "something".to_owned(),
    };
    let set = |setting: Setting| (format!("AUTH_{}", named_any(&setting.name)), text(setting.kind));
    let every: Vec<(String, String)> = all_settings().into_iter().map(set).collect();
    let variables: Vec<(&str, &str)> = every.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let mistakes = load(&variables).err().unwrap();
    let unread: Vec<&str> = mistakes.lines().filter(|line| line.contains("the service does not read it")).collect();
    assert!(unread.is_empty(), "{unread:#?}");
}

#[test]
fn who_may_register() {
    let loaded = |settings: &[(&str, &str)]| load(settings).unwrap().registration;
    assert_eq!(loaded(&[]), RegistrationPolicy::open());
    assert_eq!(loaded(&[("AUTH_REGISTRATION", "invited")]).mode, RegistrationMode::Invited);
    let domains = loaded(&[("AUTH_REGISTRATION_DOMAINS", "*.example.org, !old.example.org")]).domains;
    let allows = |email: &str| domains.allow(&EmailAddress::parse(email).unwrap());
    assert!(allows("ann@a.example.org") && !allows("ann@old.example.org") && !allows("ann@example.org"));
    for (name, bad) in [("AUTH_REGISTRATION", "off"), ("AUTH_REGISTRATION_DOMAINS", "example.org,*")] {
        let mistake = load(&[(name, bad)]).err().unwrap();
        assert!(mistake.contains(name) && mistake.contains("must be"), "{mistake}");
    }
}

#[test]
fn a_suspicious_session_goes_on_unless_that_is_set() {
    let loaded = |settings: &[(&str, &str)]| load(settings).unwrap().suspicious_session;
    assert_eq!(loaded(&[]), SuspiciousSession::GoesOn);
    assert_eq!(loaded(&[("AUTH_REFRESH_STRICT", "on")]), SuspiciousSession::Ends);
}

#[test]
fn this_machine_is_limited_only_where_the_rate_is_written_down() {
    let loaded = |settings: &[(&str, &str)]| {
        let limit = load(settings).unwrap().network_limits?;
        Some((limit.quota.rate.get(), limit.quota.burst.get(), limit.loopback))
    };
    assert_eq!(loaded(&[]), Some((20, 200, false)));
    assert_eq!(loaded(&[("AUTH_NETWORK_BURST", "7")]), Some((20, 7, false)));
    assert_eq!(loaded(&[("AUTH_NETWORK_RATE", "20")]), Some((20, 200, true)));
    assert_eq!(loaded(&[("AUTH_NETWORK_RATE", "5"), ("AUTH_NETWORK_BURST", "6")]), Some((5, 6, true)));
    assert_eq!(loaded(&[("AUTH_NETWORK_RATE", "off")]), None);
    assert_eq!(loaded(&[("AUTH_NETWORK_RATE", "off"), ("AUTH_NETWORK_BURST", "6")]), None);
    for (name, bad) in [("AUTH_NETWORK_RATE", "0"), ("AUTH_NETWORK_RATE", "on"), ("AUTH_NETWORK_BURST", "off")] {
        let mistake = load(&[(name, bad)]).err().unwrap();
        assert!(mistake.contains(name) && mistake.contains("must be a whole number"), "{mistake}");
    }
}

#[test]
fn services_take_part_in_exports_by_name_and_only_where_they_can_upload() {
    const CHAT: [(&str, &str); 2] = [
        ("AUTH_WEBHOOKS__CHAT__URL", "http://127.0.0.1:9000/"),
        ("AUTH_WEBHOOKS__CHAT__SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ];
    let upload = ("AUTH_EXPORT_UPLOAD_URL", "https://exports.example.org/{exportId}");
    let named = ("AUTH_WEBHOOKS__CHAT__EVENTS", "user.deleted,user.export_requested");
    let loaded = |more: &[(&str, &str)]| load(&[&CHAT[..], more].concat());
    let unnamed = loaded(&[]).unwrap();
    assert!(!unnamed.subscriptions()[0].events.contains(&EventName::UserExportRequested));
    assert_eq!(unnamed.export_upload, None);
    let both = loaded(&[upload, named]).unwrap();
    assert!(both.subscriptions()[0].events.contains(&EventName::UserExportRequested) && both.export_upload.is_some());
    for one in [upload, named] {
        let mistake = loaded(&[one]).err().unwrap();
        assert!(mistake.contains("AUTH_EXPORT_UPLOAD_URL") && mistake.contains("EVENTS"), "{mistake}");
    }
    for url in ["https://exports.example.org/", "ftp://h/{exportId}", "https://u:hunter2@h/{exportId}", "{exportId}"] {
        let mistake = loaded(&[("AUTH_EXPORT_UPLOAD_URL", url), named]).err().unwrap();
        assert!(mistake.contains("AUTH_EXPORT_UPLOAD_URL") && !mistake.contains("hunter2"), "{mistake}");
    }
}
