//! `clients/typescript`: its own tests, its archive, and its tests against a running server in Node.js and Chromium.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use auth_black_box::{Engine, Server};

fn package() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../clients/typescript")
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new("timeout");
    command.arg("900").args(arguments).current_dir(package());
    command
}

fn run(mut command: Command) -> String {
    let output = command.output().unwrap();
    let [said, complained] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{command:?}\n{said}{complained}");
    said
}

fn script(name: &str) -> Command {
    command(&["npm", "run", "--silent", name])
}

fn build() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| drop(run(script("build"))));
}

#[test]
fn the_typescript_client_keeps_its_types_its_size_and_its_promises() {
    build();
    for name in ["typecheck", "size", "test"] {
        run(script(name));
    }
}

/// As a front end would install it, in a folder that has nothing else.
#[test]
fn the_archive_of_the_typescript_client_can_be_imported() {
    build();
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("node_modules/@auth-service/client");
    std::fs::create_dir_all(&target).unwrap();
    let mut pack = command(&["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination"]);
    pack.arg(folder.path());
    let archive = folder.path().join(run(pack).trim());
    let mut unpack = command(&["tar", "--strip-components=1", "-xf"]);
    unpack.arg(archive).arg("-C").arg(target);
    run(unpack);
    let import = "const of = async (entry) => Object.keys(await import(`@auth-service/client${entry}`));\
                  console.log(...await of(''), ...await of('/server'), ...await of('/verify'))";
    let mut node = command(&["node", "--input-type=module", "--eval", import]);
    node.current_dir(folder.path());
    assert_eq!(run(node).trim(), "createAuthClient createServerClient createVerifier");
}

#[tokio::test]
async fn the_typescript_client_signs_users_in_from_node_and_from_tabs_of_chromium() {
    build();
    let server = Server::with(Engine::Sqlite, &[("AUTH_COOKIES", "on")]).await;
    let short = Server::with(Engine::Sqlite, &[("AUTH_COOKIES", "on"), ("AUTH_ACCESS_TTL", "2")]).await;
    for name in ["test:service", "test:browser"] {
        let mut script = script(name);
        script.env("AUTH_TEST_URL", &server.url).env("AUTH_TEST_SHORT_URL", &short.url);
        script.env("AUTH_TEST_MAIL", server.dir.path().join("data/mail"));
        tokio::task::spawn_blocking(move || run(script)).await.unwrap();
    }
}
