//! The arrows of the architecture: which crate may depend on what.

use std::collections::BTreeSet;
use std::path::Path;

/// The dependencies of a crate, without those of its tests.
fn dependencies(krate: &str) -> BTreeSet<String> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../crates/{krate}/Cargo.toml"));
    let text = std::fs::read_to_string(manifest).unwrap();
    let section = text.split("\n[dependencies]\n").nth(1).unwrap().split("\n[").next().unwrap();
    section
        .lines()
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn crates() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let entries = std::fs::read_dir(folder).unwrap().flatten().filter(|entry| entry.path().join("Cargo.toml").exists());
    entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

#[test]
fn the_domain_depends_on_nothing_that_does_something() {
    let allowed = ["async-trait", "idna", "mockall", "thiserror", "unicode-normalization", "uuid", "zeroize"];
    assert_eq!(dependencies("auth-domain"), allowed.map(str::to_owned).into());
}

#[test]
fn adapters_know_the_domain_and_not_each_other() {
    let crates = crates();
    assert!(crates.len() >= 7);
    for krate in crates.iter().filter(|krate| *krate != "auth-server") {
        let known: Vec<String> = dependencies(krate).into_iter().filter(|name| name.starts_with("auth-")).collect();
        let allowed: &[&str] = if krate == "auth-domain" { &[] } else { &["auth-domain"] };
        assert_eq!(known, allowed, "{krate}");
    }
}

#[test]
fn each_heavy_dependency_has_its_room() {
    for (dependency, rooms) in [
        ("diesel", &["auth-postgres", "auth-sqlite"][..]),
        ("diesel-async", &["auth-postgres", "auth-sqlite"]),
        ("actix-http", &["auth-http"]),
        ("actix-server", &["auth-http"]),
        ("actix-web", &["auth-http", "auth-server"]),
        ("argon2", &["auth-crypto"]),
        ("jsonwebtoken", &["auth-crypto", "auth-oauth"]),
        ("lettre", &["auth-smtp"]),
        ("reqwest", &["auth-oauth", "auth-webhooks"]),
    ] {
        let mut found: Vec<String> =
            crates().into_iter().filter(|krate| dependencies(krate).contains(dependency)).collect();
        found.sort();
        assert_eq!(found, rooms, "{dependency}");
    }
}
