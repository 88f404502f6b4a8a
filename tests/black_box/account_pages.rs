//! `clients/pages`, the sign-in and account pages: the committed build is that of the sources, and the pages work in Chromium
//! on both engines. What they do there is in `clients/pages/test/browser`.

use std::path::PathBuf;
use std::process::Command;

use auth_black_box::{Engine, Server, each_engine, empty_page};

fn script(name: &str) -> Command {
    let mut command = Command::new("timeout");
    command.args(["300", "npm", "run", "--silent", name]);
    command.current_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../clients/pages"));
    command
}

fn run(mut command: Command) {
    let output = command.output().unwrap();
    let [said, complained] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{command:?}\n{said}{complained}");
}

#[test]
fn the_account_pages_are_the_build_of_their_sources() {
    for name in ["typecheck", "check", "test"] {
        run(script(name));
    }
}

each_engine! {
    /// Without a violation of the policy of the pages, a request elsewhere, or anything that axe finds.
    async fn the_account_pages_work_in_chromium(engine) {
        let app = empty_page();
        let settings = [("AUTH_PAGES", "on"), ("AUTH_ALLOWED_ORIGINS", app.as_str())];
        let server = Server::with(engine, &settings).await;
        let mut script = script("test:browser");
        script.env("AUTH_TEST_URL", &server.url).env("AUTH_TEST_APP", &app);
        script.env("AUTH_TEST_MAIL", server.dir.path().join("data/mail"));
        tokio::task::spawn_blocking(move || run(script)).await.unwrap();
    }
}
