//! `config check`, `config print`, `config reference` and `healthcheck`, as an operator types them.

use std::process::{Command, Output};

use auth_black_box::{Engine, Server, binary};
use serde_json::Value;

fn run(arguments: &[&str], settings: &[(&str, &str)], file: &str) -> Output {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("auth.toml"), file).unwrap();
    std::fs::write(dir.path().join("secret"), "0123456789abcdef0123456789abcdef\n").unwrap();
    let mut command = Command::new(binary());
    let output =
        command.args(arguments).env_clear().envs(settings.iter().copied()).current_dir(dir.path()).output().unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "it makes nothing");
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn check_says_every_mistake_in_a_line() {
    let good = run(&["config", "check"], &[("AUTH_ACCESS_TTL", "60")], "retry_window = 5\n");
    assert!(good.status.success(), "{}", text(&good.stderr));
    assert_eq!(text(&good.stdout), "the settings are valid\n");
    let mute = run(&["config", "check"], &[("AUTH_PUBLIC_URL", "https://auth.example.org")], "");
    assert!(mute.status.success() && text(&mute.stdout).starts_with("warning: no mail server is set"));
    let settings = [
        ("AUTH_ACCESS_TTL", "soon"),
        ("AUTH_GOOGLE__CLIENT_ID", "x"),
        ("AUTH_COOKIES", "on"),
        ("AUTH_PUBLIC_URL", "http://auth.example.org"),
    ];
    let bad = run(&["config", "check"], &settings, "retry_window = 301\ndisclosure = 'none'\n");
    assert_eq!(bad.status.code(), Some(1));
    let lines = text(&bad.stderr);
    for (place, said) in [
        ("AUTH_ACCESS_TTL", "of seconds from 1 to 86400"),
        ("AUTH_GOOGLE__CLIENT_SECRET", "needs both"),
        ("AUTH_PUBLIC_URL", "https"),
        ("retry_window in auth.toml", "of seconds from 0 to 300"),
        ("disclosure in auth.toml", "explicit or concealed"),
    ] {
        assert!(lines.lines().any(|line| line.contains(place) && line.contains(said)), "{place}: {lines}");
    }
    assert_eq!(lines.lines().count(), 5, "{lines}");
    let typo = text(&run(&["config", "check"], &[("AUTH_ACCES_TTL", "60")], "").stderr);
    assert!(typo.contains("AUTH_ACCES_TTL is not a setting. Did you mean AUTH_ACCESS_TTL"), "{typo}");
    for (setting, said) in [
        (("AUTH_SECRET_KEY", "c2hvcnQ="), "32"),
        (("AUTH_DATABASE_URL", "postgres://h/d"), "AUTH_SECRET_KEY is required"),
    ] {
        let mistake = text(&run(&["config", "check"], &[setting], "").stderr);
        assert!(mistake.contains(said), "{mistake}");
    }
}

#[test]
fn print_says_where_each_value_comes_from_and_no_secret() {
    let settings = [
        ("AUTH_ACCESS_TTL", "60"),
        ("AUTH_DATABASE_URL", "postgres://auth:canary-1@127.0.0.1/auth"),
        ("AUTH_INTERNAL__USERS__SECRET_FILE", "secret"),
        ("AUTH_42__CLIENT_SECRET", "canary-2"),
        ("AUTH_42__CLIENT_ID", "u-s4t2"),
    ];
    let printed = run(
        &["config", "print"],
        &settings,
        "access_ttl = 5\nretry_window = 7\n[internal.users]\nscopes = ['credentials:read']\n",
    );
    assert!(printed.status.success(), "{}", text(&printed.stderr));
    let printed = text(&printed.stdout);
    for (name, value, place) in [
        ("AUTH_ACCESS_TTL ", "60", "AUTH_ACCESS_TTL"),
        ("AUTH_RETRY_WINDOW ", "7", "retry_window in auth.toml"),
        ("AUTH_HASH_PASSES ", "2", "default"),
        ("AUTH_DATABASE_URL ", "(secret)", "AUTH_DATABASE_URL"),
        ("AUTH_INTERNAL__USERS__SECRET ", "(secret)", "AUTH_INTERNAL__USERS__SECRET_FILE"),
        ("AUTH_INTERNAL__USERS__SCOPES ", "credentials:read", "internal.users.scopes in auth.toml"),
        ("AUTH_42__CLIENT_ID ", "u-s4t2", "AUTH_42__CLIENT_ID"),
        ("AUTH_42__CLIENT_SECRET ", "(secret)", "AUTH_42__CLIENT_SECRET"),
    ] {
        let line = printed.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name} in {printed}"));
        assert!(line.contains(value) && line.ends_with(&format!("# {place}")), "{line}");
    }
    assert!(!printed.contains("canary") && !printed.contains("0123456789abcdef"));
}

#[test]
fn the_reference_is_up_to_date() {
    let file = |name: &str| std::fs::read_to_string(format!("{}/../docs/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let made = |arguments: &[&str]| text(&run(arguments, &[], "").stdout);
    assert_eq!(made(&["config", "reference"]), file("configuration.md"), "run: just generate");
    let schema = made(&["config", "reference", "--schema"]);
    assert_eq!(schema, file("configuration.schema.json"), "run: just generate");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let properties = &schema["properties"];
    assert_eq!(properties["access_ttl"]["maximum"], 86_400);
    assert_eq!(properties["google"]["properties"]["client_secret_file"]["type"], "string");
    let service = &properties["internal"]["additionalProperties"]["properties"];
    assert!(service["scopes"].is_object() && service["secret_file"].is_object());
}

#[test]
fn a_command_beside_the_server_makes_no_database() {
    for arguments in [
        &["user", "list"][..],
        &["user", "unlock", "ann"],
        &["keys", "list"],
        &["keys", "rotate"],
        &["parked-mails"],
        &["mails"],
    ] {
        let output = run(arguments, &[], "");
        let error = text(&output.stderr);
        assert!(
            !output.status.success() && error.contains("there is no database at data/auth.db"),
            "{arguments:?} {error}"
        );
    }
}

#[tokio::test]
async fn healthcheck_asks_whether_it_is_ready() {
    let mut server = Server::start(Engine::Sqlite).await;
    let listen = server.url.strip_prefix("http://").unwrap().to_owned();
    let check = |listen: &str| run(&["healthcheck"], &[("AUTH_LISTEN", listen), ("AUTH_BASE_PATHS", "/,/api")], "");
    let ready = check(&listen);
    assert!(ready.status.success(), "{}", text(&ready.stderr));
    assert_eq!(text(&ready.stdout), "ready\n");
    assert!(check(&listen.replace("127.0.0.1", "0.0.0.0")).status.success(), "also where it listens everywhere");
    server.kill();
    let away = check(&listen);
    assert_eq!(away.status.code(), Some(1));
    assert!(text(&away.stderr).contains("no answer from"), "{}", text(&away.stderr));
}
