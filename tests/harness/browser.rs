//! A headless Chromium, pages for it, and a certified OpenID provider, all driven by Node.js.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::Value;

use crate::python;
use crate::stand_in::{CLIENT_ID, CLIENT_SECRET};

fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("node").join(name)
}

/// Runs a scenario of `tests/node/browser.mjs`; answers what it prints.
pub fn browse(scenario: &str, configuration: &Value) -> String {
    run("browser.mjs", scenario, &configuration.to_string())
}

/// Runs a scenario of `tests/node/examples.mjs` on the page at `url`.
pub fn browse_example(scenario: &str, url: &str) -> String {
    run("examples.mjs", scenario, url)
}

fn run(name: &str, scenario: &str, argument: &str) -> String {
    let mut command = Command::new("timeout");
    command.args(["600", "node"]).arg(script(name)).args([scenario, argument]);
    let output = command.output().expect("the Node.js of tests/run");
    assert!(output.status.success(), "{scenario}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Serves an empty page, at any path, on a free port until the test's process ends; answers its origin.
pub fn empty_page() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let page =
            || async { HttpResponse::Ok().content_type("text/html").body("<!doctype html><title>a page</title>") };
        let server = HttpServer::new(move || App::new().default_service(web::to(page)));
        let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
        actix_web::rt::System::new().block_on(server)
    });
    origin
}

/// `tests/node/openid_provider.mjs` or `tests/python/openid_provider.py`. Ends when dropped.
pub struct OpenIdProvider {
    /// Its issuer.
    pub url: String,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl OpenIdProvider {
    /// That knows [`CLIENT_ID`], whose browsers come back to `redirect_uri`.
    pub fn start(redirect_uri: &str) -> Self {
        let mut command = Command::new("node");
        command.arg(script("openid_provider.mjs")).args([CLIENT_ID, CLIENT_SECRET, redirect_uri]);
        Self::running(command)
    }

    /// Starts the one on Authlib, which accepts any client and uses custom claims.
    pub fn on_authlib() -> Self {
        let mut command = Command::new(python());
        command.arg(format!("{}/python/openid_provider.py", env!("CARGO_MANIFEST_DIR")));
        Self::running(command)
    }

    fn running(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the Node.js and the Python of tests/run");
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut provider = Self { url: String::new(), child, input, output };
        provider.url = provider.line("ready ");
        provider
    }

    /// Another key signs from now on; the one before is not listed any more.
    pub fn rotate_keys(&mut self) {
        writeln!(self.input, "rotate").unwrap();
        self.line("rotated");
    }

    /// What follows in the next line that begins so. The library says other things too.
    fn line(&mut self, beginning: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "it ended");
            if let Some(rest) = line.strip_prefix(beginning) {
                return rest.trim().to_owned();
            }
        }
    }
}

impl Drop for OpenIdProvider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
