//! `examples/run` and `docs/front-ends.md`: people register, log in and are known in pages and services that others wrote.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::Command;

use auth_black_box::{Engine, PASSWORD, Running, Server, assert_prints, binary, browse_example, example, wait_for};
use auth_testkit::postgres::free_port;

#[test]
fn the_page_on_front_ends_prints_the_files() {
    let files = [
        "vite.config.ts",
        "src/auth.ts",
        "src/App.tsx",
        "src/App.vue",
        "server/session.ts",
        "server/hooks.server.ts",
        "server/proxy.ts",
    ];
    assert_prints("front-ends.md", &files.map(|file| format!("front-end/{file}")).each_ref().map(String::as_str));
}

async fn browse(scenario: &'static str, url: String) {
    tokio::task::spawn_blocking(move || browse_example(scenario, &url)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_site_of_the_examples_starts_with_one_script() {
    let data = tempfile::tempdir().unwrap();
    let mut command = Command::new(example("run"));
    command.env("BINARY", binary()).env("DATA", data.path()).env("PORT", free_port().to_string());
    let mut site = Running::start(&mut command);
    let mut first = String::new();
    BufReader::new(site.child().stdout.take().unwrap()).read_line(&mut first).unwrap();
    let url =
        first.strip_prefix("ready: ").and_then(|rest| rest.split(' ').next()).unwrap_or_else(|| panic!("{first}"));
    browse("plain", format!("{url}/")).await;
    browse("form", format!("{url}/react/")).await;
    browse("form", format!("{url}/vue/")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn front_ends_reach_the_service_through_vite() {
    let server = Server::with(Engine::Sqlite, &[("AUTH_COOKIES", "on")]).await;
    let port = free_port();
    let mut command = Command::new("node");
    command.arg(example("node_modules/vite/bin/vite.js")).args(["--port", &port.to_string(), "--strictPort"]);
    let _vite = Running::start(command.current_dir(example("front-end")).env("SERVICE_URL", &server.url));
    wait_for("Vite", || TcpStream::connect(("localhost", port)).is_ok()).await;
    for framework in ["react", "vue"] {
        browse("form", format!("http://localhost:{port}/{framework}/")).await;
    }
}

#[test]
fn the_front_ends_are_well_typed() {
    let mut command = Command::new("npm");
    let output = command.args(["run", "--silent", "check"]).current_dir(example("")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_renders_pages_knows_who_asks_and_refreshes() {
    let origin = "https://app.example.org";
    let settings = [("AUTH_COOKIES", "on"), ("AUTH_ALLOWED_ORIGINS", origin), ("AUTH_TRUSTED_PROXIES", "127.0.0.1")];
    let server = Server::with(Engine::Sqlite, &settings).await;
    server.register("ann").await;
    let login = server.client().login("ann", PASSWORD).await;
    let (access, refresh) = login.tokens();
    let mut command = Command::new("node");
    command.arg(format!("{}/node/rendering.mjs", env!("CARGO_MANIFEST_DIR"))).arg(example("")).args([access, refresh]);
    let output = command.env("SERVICE_URL", &server.url).env("ORIGIN", origin).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
