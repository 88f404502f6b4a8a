//! What the README has its reader type, in either shell, and what it says is seen then.

use std::process::Command;

use auth_black_box::{Engine, Server};

/// The section of that name.
fn section(name: &str) -> String {
    let readme = std::fs::read_to_string(format!("{}/../README.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    readme.split("\n## ").find(|section| section.starts_with(name)).unwrap().to_owned()
}

/// What to type, and the lines that are shown below it.
fn steps(section: &str) -> Vec<(String, Vec<String>)> {
    let blocks = section.split("```sh\n").skip(1).map(|block| {
        let (typed, rest) = block.split_once("```").unwrap();
        let shown = rest.split_once("```text\n").and_then(|(_, shown)| shown.split("```").next());
        (typed.to_owned(), shown.unwrap_or_default().lines().map(str::to_owned).collect())
    });
    blocks.collect()
}

/// A line is seen when its parts are there in this order: what an ellipsis stands for differs each time.
fn is_seen(output: &str, line: &str) -> bool {
    let mut rest = output;
    line.split('…').all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

async fn try_in(shell: &str) {
    let server = Server::start(Engine::Sqlite).await;
    let steps = steps(&section("A first login"));
    let mut script = String::from("set -euo pipefail\n");
    for (number, (typed, _)) in steps.iter().enumerate() {
        script.push_str(&format!("{typed}\necho '@@{number}'\n"));
    }
    let script = script.replace("http://127.0.0.1:8080", &server.url);
    let output =
        Command::new("timeout").current_dir(server.dir.path()).args(["600", shell, "-c", &script]).output().unwrap();
    let (text, errors) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{shell}: {text}\n{errors}");
    let outputs: Vec<&str> = text.split("@@").collect();
    let mut count = 0;
    for (output, (_, shown)) in outputs.iter().zip(&steps) {
        let printed: Vec<&str> = output.lines().skip_while(|line| line.chars().all(char::is_numeric)).collect();
        assert_eq!(printed.len(), shown.len(), "{shell}: {output}");
        for (printed, shown) in printed.iter().zip(shown) {
            assert!(is_seen(printed, shown), "{shell}: {shown} is not what is seen: {printed}");
            count += 1;
        }
    }
    assert!(count >= 10, "the tour shrank: {count}");
}

#[tokio::test]
async fn the_first_login_is_as_shown_in_bash() {
    try_in("bash").await;
}

#[tokio::test]
async fn the_first_login_is_as_shown_in_zsh() {
    try_in("zsh").await;
}

/// The settings of the block for production are known, and together they are right.
#[tokio::test]
async fn the_settings_for_production_are_right() {
    let server = Server::start(Engine::Sqlite).await;
    let (typed, _) = steps(&section("In production")).remove(0);
    let exports = typed.lines().filter_map(|line| line.strip_prefix("export ")?.split("  #").next());
    let exports: Vec<(String, String)> = exports
        .map(|export| export.trim().split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .collect();
    assert!(exports.len() >= 6, "{exports:?}");
    let key = server.dir.path().join("key");
    std::fs::write(&key, auth_black_box::MASTER_KEY).unwrap();
    let mut check = Command::new(auth_black_box::binary());
    check.env_clear().current_dir(server.dir.path()).args(["config", "check"]);
    for (name, value) in &exports {
        let value = if name == "AUTH_SECRET_KEY_FILE" { key.to_str().unwrap() } else { value };
        check.env(name, value);
    }
    let output = check.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
