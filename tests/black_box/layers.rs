//! The arrows of the architecture: which crate may depend on what.

use std::collections::{BTreeMap, BTreeSet};
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
    let allowed = [
        "async-lock",
        "async-trait",
        "icu_properties",
        "idna",
        "mockall",
        "thiserror",
        "unicode-normalization",
        "uuid",
        "zeroize",
    ];
    assert_eq!(dependencies("auth-domain"), allowed.map(str::to_owned).into());
}

#[test]
fn adapters_know_the_domain_and_not_each_other() {
    let crates = crates();
    assert!(crates.len() >= 7);
    for krate in crates.iter().filter(|krate| *krate != "auth-server") {
        let known: Vec<String> = dependencies(krate).into_iter().filter(|name| name.starts_with("auth-")).collect();
        let allowed: &[&str] = match krate.as_str() {
            "auth-domain" | "outbound-http" | "request-scope" | "supervisor" | "thread-scheduling" => &[],
            // A library of the two engines, not an adapter of its own.
            "auth-postgres" | "auth-sqlite" => &["auth-domain", "auth-store"],
            _ => &["auth-domain"],
        };
        assert_eq!(known, allowed, "{krate}");
    }
}

#[test]
fn each_heavy_dependency_has_its_room() {
    for (dependency, rooms) in [
        ("diesel", &["auth-postgres", "auth-sqlite", "auth-store"][..]),
        ("diesel-async", &["auth-postgres", "auth-store"]),
        ("actix-http", &["auth-http"]),
        ("actix-server", &["auth-http"]),
        ("actix-web", &["auth-http", "auth-server"]),
        ("argon2", &["auth-crypto"]),
        ("jsonwebtoken", &["auth-crypto", "auth-oauth"]),
        ("lettre", &["auth-smtp"]),
        ("minijinja", &["auth-smtp"]),
        ("reqwest", &["auth-oauth", "auth-webhooks", "outbound-http"]),
    ] {
        let mut found: Vec<String> =
            crates().into_iter().filter(|krate| dependencies(krate).contains(dependency)).collect();
        found.sort();
        assert_eq!(found, rooms, "{dependency}");
    }
}

/// The Rust files under a folder, each with its path of modules: `endpoints/login.rs` is `endpoints::login`.
fn modules(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        if path.is_dir() {
            modules(&path, &format!("{prefix}{name}::"), found);
        } else if let Some(stem) = name.strip_suffix(".rs").filter(|stem| !["lib", "main", "tests"].contains(stem)) {
            let module =
                if stem == "mod" { prefix.trim_end_matches("::").to_owned() } else { format!("{prefix}{stem}") };
            let text = std::fs::read_to_string(path).unwrap();
            found.insert(module, text.split("#[cfg(test)]").next().unwrap().to_owned());
        }
    }
}

/// What follows `keyword` in each path of a text, `{…}` taken apart: of `crate::{a, b::c}`, it is `a` and `b::c`.
fn paths_after(text: &str, keyword: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for (at, _) in text.match_indices(keyword) {
        let rest = &text[at + keyword.len()..];
        let list = rest.strip_prefix('{').map(|rest| rest.split('}').next().unwrap());
        let path_of = |text: &str| -> String {
            text.trim().chars().take_while(|letter| letter.is_alphanumeric() || "_:".contains(*letter)).collect()
        };
        paths.extend(list.map_or_else(|| vec![path_of(rest)], |list| list.split(',').map(path_of).collect()));
    }
    paths
}

/// The modules that each module names.
fn imports(modules: &BTreeMap<String, String>) -> BTreeMap<&str, BTreeSet<&str>> {
    let known = |path: &str| {
        let mut path = path.trim_end_matches(':');
        while !path.is_empty() && !modules.contains_key(path) {
            path = path.rsplit_once("::").map_or("", |(parent, _)| parent);
        }
        modules.get_key_value(path).map(|(module, _)| module.as_str())
    };
    let of = |module: &str, text: &str| {
        let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
        let beside = |path: String| if parent.is_empty() { path } else { format!("{parent}::{path}") };
        let children = text.lines().filter_map(|line| line.trim_start_matches("pub(crate) ").strip_prefix("mod "));
        let children = children.filter_map(|line| line.strip_suffix(';')).map(|child| format!("{module}::{child}"));
        let named = paths_after(text, "crate::").into_iter();
        let named = named.chain(paths_after(text, " super::").into_iter().map(beside)).chain(children);
        named.filter_map(|path| known(&path)).filter(|other| *other != module).collect()
    };
    modules.iter().map(|(module, text)| (module.as_str(), of(module, text))).collect()
}

#[test]
fn the_files_of_the_edge_and_the_binary_do_not_import_each_other_in_a_circle() {
    for krate in ["auth-http", "auth-server"] {
        let mut files = BTreeMap::new();
        modules(&Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../crates/{krate}/src")), "", &mut files);
        let mut left = imports(&files);
        assert!(left.values().map(BTreeSet::len).sum::<usize>() > 40, "{krate}: {left:?}");
        // Whoever imports nothing that is left is in no circle.
        while let Some(leaf) = left.iter().find(|(_, imported)| imported.is_empty()).map(|(module, _)| *module) {
            left.remove(leaf);
            for imported in left.values_mut() {
                imported.remove(leaf);
            }
        }
        assert!(left.is_empty(), "in a circle, or behind one, in {krate}: {left:#?}");
    }
}
