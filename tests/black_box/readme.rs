//! The README's tour: every line of it is run, and every answer carries the code that its comment says.

use std::process::Command;

use auth_black_box::{Engine, Server, binary};

/// The shell blocks of the section `## A tour…`.
fn tour() -> Vec<String> {
    let readme = std::fs::read_to_string(format!("{}/../README.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let section = readme.split("\n## ").find(|section| section.starts_with("A tour")).unwrap().to_owned();
    section.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_tour_does_what_it_says() {
    let blocks = tour();
    let [start, client] = blocks.as_slice() else { panic!("two terminals, not {}", blocks.len()) };
    let mut settings = Vec::new();
    for line in start.lines().filter(|line| *line != "cargo run --release") {
        settings.push(line.strip_prefix("export ").and_then(|line| line.split_once('=')).unwrap());
    }
    let server = Server::with(Engine::Sqlite, &settings).await;

    let mut script = String::from("set -euo pipefail\n");
    let mut expected = Vec::new();
    for line in client.lines() {
        let (command, code) = line.split_once("  # ").unwrap_or((line, ""));
        script.push_str(&format!("{command}\n"));
        if !code.is_empty() {
            script.push_str(&format!("echo; echo '@@{}'\n", expected.len()));
            expected.push(code);
        }
    }
    let script = script
        .replace("http://127.0.0.1:8080", &server.url)
        .replace("cargo run --release --quiet --", &binary().display().to_string());
    let output =
        Command::new("timeout").current_dir(server.dir.path()).args(["600", "bash", "-c", &script]).output().unwrap();
    let (text, errors) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}\n{errors}");
    let answers: Vec<&str> = text.split("@@").collect();
    assert!(expected.len() >= 14, "the tour shrank");
    for (index, code) in expected.iter().enumerate() {
        assert!(answers[index].contains(code), "{code} is not in: {}", answers[index]);
    }
}
