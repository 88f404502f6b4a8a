//! Fuzz targets for what an operator writes: the environment and `auth.toml`. `auth_fuzz` runs them.

use std::net::SocketAddr;
use std::path::Path;

use auth_fuzz::{Verdict, check_text};
use auth_http::parse_origin;

use super::source::gather;
use super::{Kind, Settings, SettingsError, table};

/// Stands for a secret in the corpus.
const CANARY: &str = "hunter2";

/// What holds of settings, and of what is said where they are wrong.
fn assert_well_behaved(settings: &Result<Settings, SettingsError>, canary_is_secret: bool) -> Verdict {
    match settings {
        Ok(settings) => {
            let base = |path: &String| path.starts_with('/') && path.ends_with('/') && !path.contains("//");
            assert!(!settings.base_paths.is_empty() && settings.base_paths.iter().all(base));
            assert!(settings.allowed_origins.iter().all(|origin| parse_origin(origin).as_ref() == Ok(origin)));
            assert!((1..=86_400).contains(&settings.lifetimes.access.as_secs()));
            assert!((8..=128).contains(&settings.password_min));
            assert!(settings.hashing.threads >= 1 && settings.hashing.memory_kib >= 8_192);
            assert!(settings.services.iter().all(|service| !service.name.is_empty()));
            Verdict::Accepted
        }
        Err(mistakes) => {
            let mistakes = mistakes.to_string();
            assert!(!mistakes.is_empty());
            assert!(!canary_is_secret || !mistakes.contains(CANARY), "a secret is told: {mistakes}");
            Verdict::Refused
        }
    }
}

/// Lines of `AUTH_NAME=value`. Files are not read, nor are names of hosts looked up.
#[test]
fn settings_environment() {
    check_text("settings_environment", &[], |text| {
        let is_kept = |(name, value): &(&str, &str)| {
            let looked_up = ["AUTH_LISTEN", "AUTH_METRICS_LISTEN"].contains(name);
            !name.ends_with("_FILE") && (!looked_up || value.parse::<SocketAddr>().is_ok())
        };
        let variables: Vec<(&str, &str)> =
            text.lines().filter_map(|line| line.split_once('=')).filter(is_kept).collect();
        let is_secret = |(name, value): &(&str, &str)| {
            let setting = name.strip_prefix("AUTH_").and_then(table::find);
            !name.contains(CANARY)
                && (!value.contains(CANARY) || setting.is_none_or(|setting| matches!(setting.kind, Kind::Secret(_))))
        };
        let canary_is_secret = variables.iter().all(is_secret);
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
        let settings = Settings::read(gather(Some(Path::new("/dev/null")), variables));
        assert_well_behaved(&settings, canary_is_secret)
    });
}

/// The text of `auth.toml`.
#[test]
fn settings_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    check_text("settings_file", &[], |text| {
        let upper = text.to_uppercase();
        if upper.contains("FILE") || upper.contains("LISTEN") {
            return Verdict::Refused;
        }
        std::fs::write(file.path(), text).unwrap();
        let settings = Settings::read(gather(Some(file.path()), std::iter::empty()));
        // What cannot be read as TOML has no secrets: where one begins and ends is not known.
        let table: Option<toml::Table> = text.parse().ok();
        let of_secret = |table: toml::Table| {
            table.get("secret_key").is_some_and(|key| key.as_str().is_some_and(|key| key.contains(CANARY)))
        };
        let canary_is_secret = text.matches(CANARY).count() == 1 && table.is_some_and(of_secret);
        assert_well_behaved(&settings, canary_is_secret)
    });
}
