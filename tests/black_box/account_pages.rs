//! `clients/pages`, the sign-in and account pages and those of the administration: the committed build is that of the
//! sources, and the pages work in Chromium and Firefox on both engines. What they do there is in `clients/pages/test/browser`.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use auth_black_box::{CLIENT_ID, CLIENT_SECRET, Engine, OpenIdProvider, Server, each_engine, empty_page};

/// Of a service that takes part in exports.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

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

/// A port that is free now: the provider must know it before the server takes it.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn the_account_pages_are_the_build_of_their_sources() {
    for name in ["typecheck", "check", "test"] {
        run(script(name));
    }
}

#[derive(Clone, Copy)]
enum Browser {
    Chromium,
    Firefox,
}

impl Browser {
    /// Runs the scenarios of that script of `clients/pages`.
    async fn run(self, name: &str, server: &Server, app: &str, provider: &str) {
        server.register("root").await;
        server.command(&["user", "roles", "root", "--add", "admin"]);
        let mut script = script(name);
        script.env("AUTH_TEST_URL", &server.url).env("AUTH_TEST_APP", app).env("AUTH_TEST_PROVIDER", provider);
        script.env("AUTH_TEST_ADMIN", "root").env("AUTH_TEST_MAIL", server.dir.path().join("data/mail"));
        script.env(
            "AUTH_TEST_BROWSER",
            match self {
                Self::Chromium => "chromium",
                Self::Firefox => "firefox",
            },
        );
        tokio::task::spawn_blocking(move || run(script)).await.unwrap();
    }
}

async fn the_account_pages_work(engine: Engine, browser: Browser) {
    let app = empty_page();
    let listen = format!("127.0.0.1:{}", free_port());
    let provider = OpenIdProvider::start(&format!("http://{listen}/auth/google"));
    let settings = [
        ("AUTH_PAGES", "on"),
        ("AUTH_ALLOWED_ORIGINS", app.as_str()),
        ("AUTH_LISTEN", listen.as_str()),
        ("AUTH_EXPORT_UPLOAD_URL", "http://localhost/{exportId}"),
        ("AUTH_WEBHOOKS__NOTES__URL", "http://localhost:9/"),
        ("AUTH_WEBHOOKS__NOTES__SECRET", SECRET),
        ("AUTH_WEBHOOKS__NOTES__EVENTS", "user.export_requested"),
        ("AUTH_GOOGLE__CLIENT_ID", CLIENT_ID),
        ("AUTH_GOOGLE__CLIENT_SECRET", CLIENT_SECRET),
        ("AUTH_GOOGLE__ISSUER", provider.url.as_str()),
    ];
    let server = Server::with(engine, &settings).await;
    browser.run("test:browser", &server, &app, &provider.url).await;
}

async fn deletions_can_be_undone(engine: Engine, browser: Browser) {
    let app = empty_page();
    let settings = [("AUTH_PAGES", "on"), ("AUTH_ALLOWED_ORIGINS", &app), ("AUTH_DELETION_GRACE", "604800")];
    let server = Server::with(engine, &settings).await;
    browser.run("test:browser:grace", &server, &app, &app).await;
}

// Without a violation of the policy of the pages, a request elsewhere, or anything that axe finds.
each_engine! {
    async fn the_account_pages_work_in_chromium(engine) {
        the_account_pages_work(engine, Browser::Chromium).await;
    }

    async fn the_account_pages_work_in_firefox(engine) {
        the_account_pages_work(engine, Browser::Firefox).await;
    }

    async fn deletions_can_be_undone_in_chromium(engine) {
        deletions_can_be_undone(engine, Browser::Chromium).await;
    }

    async fn deletions_can_be_undone_in_firefox(engine) {
        deletions_can_be_undone(engine, Browser::Firefox).await;
    }
}
