//! `scripts/release`, in a repository made for it.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const MANIFEST: &str =
    "[workspace.package]\nversion = \"0.1.0\"\n\n[workspace.dependencies.other]\nversion = \"0.1.0\"\n";
const CHANGELOG: &str = "# Changelog\n\n## Unreleased\n\n- What is new.\n\n## 0.1.0 (2026-01-31)\n\n- What was.\n";
/// Builds a binary that says the version in the manifest.
const CARGO: &str = r#"#!/bin/sh
[ "$1" = build ] || exit 0
mkdir -p target/release
printf '#!/bin/sh\necho auth-server %s\n' "$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)" > target/release/auth-server
chmod +x target/release/auth-server
"#;

struct Repository(TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/release");
        std::fs::create_dir_all(repository.path().join("scripts")).unwrap();
        std::fs::create_dir_all(repository.path().join("target/bin")).unwrap();
        std::fs::copy(script, repository.path().join("scripts/release")).unwrap();
        let files =
            [("Cargo.toml", MANIFEST), ("Cargo.lock", ""), ("CHANGELOG.md", CHANGELOG), (".gitignore", "/target\n")];
        for (name, text) in files.into_iter().chain([("target/bin/cargo", CARGO)]) {
            std::fs::write(repository.path().join(name), text).unwrap();
        }
        assert!(
            Command::new("chmod").arg("+x").arg(repository.path().join("target/bin/cargo")).status().unwrap().success()
        );
        repository.git(&["init", "--quiet"]);
        repository.git(&["add", "."]);
        repository.git(&["commit", "--quiet", "--message", "Begin"]);
        repository
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// A command that nothing of this machine's own configuration changes, with our cargo first.
    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let path = format!("{}:{}", self.path().join("target/bin").display(), std::env::var("PATH").unwrap());
        let names = ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"];
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.path())
            .env("PATH", path)
            .envs(names.map(|name| (name, "ann@example.org")));
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").output().unwrap()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = self.run("git", arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What the script printed: `Err` where it failed.
    fn release(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self.run("scripts/release", arguments);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }
}

#[test]
fn a_dry_run_shows_what_would_change_and_changes_nothing() {
    let repository = Repository::new();
    let told = repository.release(&["--dry-run", "0.2.0"]).unwrap();
    assert!(told.contains("+## 0.2.0 (20") && told.contains("+version = \"0.2.0\""), "{told}");
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    assert_eq!(repository.git(&["tag"]), "");
}

#[test]
fn a_release_cuts_the_changelog_sets_the_version_and_is_tagged() {
    let repository = Repository::new();
    repository.release(&["0.2.0"]).unwrap();
    let changelog = repository.read("CHANGELOG.md");
    let (unreleased, rest) = changelog.split_once("## 0.2.0 (").unwrap();
    assert!(unreleased.ends_with("## Unreleased\n\n"), "{changelog}");
    assert!(rest[10..].starts_with(")\n\n- What is new.\n\n## 0.1.0 "), "{changelog}");
    assert_eq!(repository.read("Cargo.toml"), MANIFEST.replacen("0.1.0", "0.2.0", 1));
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    assert_eq!(repository.git(&["describe"]), "v0.2.0\n");
}

#[test]
fn what_cannot_be_released_is_refused() {
    let repository = Repository::new();
    let refused = |arguments: &[&str], why: &str| {
        let mistake = repository.release(arguments).unwrap_err();
        assert!(mistake.contains(why), "{arguments:?}: {mistake}");
    };
    refused(&[], "usage");
    refused(&["2"], "usage");
    refused(&["0.0.9"], "older than 0.1.0");
    std::fs::write(repository.path().join("new"), "").unwrap();
    refused(&["0.2.0"], "git status");
    std::fs::remove_file(repository.path().join("new")).unwrap();
    repository.release(&["0.2.0"]).unwrap();
    refused(&["0.2.0"], "the tag v0.2.0 already exists");
    refused(&["0.3.0"], "there is nothing under");
}
