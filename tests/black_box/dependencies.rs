//! Dependencies that nothing uses, each of which costs time to build and is one more to watch, and those that need a
//! newer Rust than `rust-version` promises.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Those that no source names, each with what it is for.
const NOT_NAMED: [(&str, &str, &str); 1] =
    [("crates/auth-store", "libsqlite3-sys", "has diesel link the bundled SQLite, whatever the system has")];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The members of the workspace, as its manifest lists them.
fn members() -> Vec<String> {
    let manifest = std::fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
    let list = manifest.split("members = [").nth(1).unwrap().split(']').next().unwrap();
    list.split(',')
        .map(|member| member.trim().trim_matches('"').to_owned())
        .filter(|member| !member.is_empty())
        .collect()
}

/// The names in every section of a manifest whose heading ends like that.
fn names_in(manifest: &str, heading: &str) -> BTreeSet<String> {
    let (mut names, mut inside) = (BTreeSet::new(), false);
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with(heading);
        } else if inside && line.starts_with(|first: char| first.is_ascii_lowercase()) {
            names.extend(line.split(['.', ' ', '=']).next().map(str::to_owned));
        }
    }
    names
}

/// Every Rust file below `folder`.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("target") {
            text += &sources(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text += &std::fs::read_to_string(&path).unwrap();
        }
    }
    text
}

/// Whether `text` has `name` as the beginning of a path or a macro, and not `std::time` for `time`.
fn is_named(text: &str, name: &str) -> bool {
    let name = name.replace('-', "_");
    text.match_indices(&name).any(|(at, _)| {
        let (before, after) = (text[..at].chars().next_back(), &text[at + name.len()..]);
        let begins = before.is_none_or(|before| !before.is_alphanumeric() && !"_:".contains(before));
        begins && ["::", "!", ";"].iter().any(|next| after.starts_with(next))
    })
}

#[test]
fn every_dependency_is_named_by_the_crate_that_has_it() {
    let mut found = BTreeSet::new();
    for member in members() {
        let folder = workspace().join(&member);
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let text = sources(&folder);
        let unused = names_in(&manifest, "dependencies]").into_iter().filter(|name| !is_named(&text, name));
        found.extend(unused.map(|name| (member.clone(), name)));
    }
    let expected = NOT_NAMED.map(|(member, name, _)| (member.to_owned(), name.to_owned()));
    assert_eq!(found, expected.into());
}

#[test]
fn every_dependency_of_the_workspace_is_one_of_a_member() {
    let manifest = std::fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
    let of_member = |member: String| {
        let manifest = std::fs::read_to_string(workspace().join(member).join("Cargo.toml")).unwrap();
        names_in(&manifest, "dependencies]")
    };
    let used: BTreeSet<String> = members().into_iter().flat_map(of_member).collect();
    let listed = names_in(&manifest, "[workspace.dependencies]");
    assert!(listed.len() > 50, "{listed:?}");
    assert_eq!(listed.difference(&used).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// What cargo or rustc prints.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(workspace()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// `1.89` and `1.89.0` as numbers that compare.
fn release(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap()).chain([0]).take(3).collect()
}

#[test]
fn no_dependency_needs_a_newer_rust() {
    let cargo = std::env::var("CARGO").unwrap();
    let version = output(&cargo, &["--version", "--verbose"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let arguments = ["metadata", "--format-version=1", "--locked", "--offline", "--filter-platform", host];
    let metadata: Value = serde_json::from_str(&output(&cargo, &arguments)).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let asks_for = |package: &Value| package["rust_version"].as_str().map(release);
    let promised = packages.iter().find(|package| package["name"] == "auth-server").and_then(asks_for).unwrap();
    let newer = packages.iter().filter(|package| asks_for(package).is_some_and(|version| version > promised));
    assert_eq!(newer.map(|package| &package["name"]).collect::<Vec<_>>(), Vec::<&Value>::new());
    assert!(packages.len() > 200);
}
