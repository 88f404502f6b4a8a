//! The OpenAPI document: a linter finds nothing wrong with it, and clients that five generators make of the served one
//! compile and sign in a user with two-factor authentication. `tests/run` installs the generators.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use auth_black_box::{Engine, PASSWORD, Server, python};
use serde_json::{Value, json};

fn generators() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("generators").canonicalize().unwrap()
}

/// A command of a package that `tests/run` installs.
fn npm(name: &str, arguments: &[&str]) -> Command {
    let program = generators().join("node_modules/.bin").join(name);
    assert!(program.exists(), "{} is missing: run tests/run once", program.display());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(generators());
    command.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    command
}

/// All of openapi-generator's clients, in one Java.
fn openapi_generator() -> Command {
    let folder = generators().join("../../target/generators/java");
    let files = std::fs::read_dir(&folder).into_iter().flatten().map(|file| file.unwrap().path());
    let jar = files.into_iter().find(|file| file.extension().is_some_and(|extension| extension == "jar"));
    let jar = jar.unwrap_or_else(|| panic!("the jar of {} is missing: run tests/run once", folder.display()));
    let mut command = Command::new("java");
    command.arg("-jar").arg(jar).args(["batch", "python.json", "go.json", "typescript-fetch.json"]);
    command.current_dir(generators());
    command
}

fn start(mut command: Command) -> Child {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("what tests/run installs")
}

#[track_caller]
fn finish(what: &str, child: Child) -> Output {
    let output = child.wait_with_output().unwrap();
    let [said, complained] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{what}\n{said}{complained}");
    output
}

/// Runs them side by side.
fn all(commands: Vec<(&str, Command)>) {
    let children: Vec<_> = commands.into_iter().map(|(what, command)| (what, start(command))).collect();
    children.into_iter().for_each(|(what, child)| drop(finish(what, child)));
}

/// Generates everything from the document that the server serves.
fn generate(document: &Value) {
    let generated = generators().join("generated");
    let _ = std::fs::remove_dir_all(&generated);
    std::fs::create_dir_all(generated.join("go")).unwrap();
    std::fs::write(generated.join("openapi.json"), document.to_string()).unwrap();
    let input = "./generated/openapi.json";
    all(vec![
        ("openapi-generator", openapi_generator()),
        ("openapi-typescript", npm("openapi-typescript", &[input, "--output", "generated/openapi-typescript.ts"])),
        ("hey-api", npm("openapi-ts", &["--input", input, "--output", "generated/hey-api"])),
        ("Redocly", npm("redocly", &["lint", input, "--extends", "recommended", "--max-problems", "0"])),
    ]);
}

fn go_program() -> PathBuf {
    generators().join("generated/go/program")
}

fn compile() {
    let folder = generators().join("generated/go");
    for file in ["go.mod", "go.sum", "main.go"] {
        std::fs::copy(generators().join("go").join(file), folder.join(file)).unwrap();
    }
    let mut go = Command::new("go");
    go.args(["build", "-o"]).arg(go_program()).arg(".").current_dir(folder);
    go.env("GOCACHE", generators().join("../../target/go"));
    all(vec![("go build", go), ("tsc", npm("tsc", &["--project", "typescript"]))]);
}

fn python_client() -> Command {
    let mut command = Command::new(python());
    command.arg(generators().join("client.py"));
    command.env("PYTHONPATH", generators().join("generated/python")).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn typescript_client(name: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(generators().join("generated/compiled/typescript").join(format!("{name}.js")));
    command
}

/// Each of them prints the code of a refused login, waits for the code of the second factor, and prints who is signed in.
async fn signs_in(server: &Server, name: &str, mut client: Command) {
    let email = format!("{name}@example.org");
    with_mailed_codes(server, name).await;
    client.args([&server.url, &email, PASSWORD]);
    let mut child = start(client);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut line = || lines.next().map_or_else(|| "nothing more".to_owned(), |line| line.unwrap());
    let refused = line();
    if refused != "INVALID_PASSWORD" {
        finish(name, child);
        panic!("{name} said {refused}");
    }
    assert_eq!(line(), "TWOFA_REQUIRED email", "{name}");
    let code = server.code("two-factor-login", &email, 1).await;
    writeln!(child.stdin.as_ref().unwrap(), "{code}").unwrap();
    assert_eq!(line(), format!("USER_LOGGED_IN {name}"), "{name}");
    finish(name, child);
}

/// A user who is mailed a code at each login.
async fn with_mailed_codes(server: &Server, name: &str) {
    let (access, _) = server.session(name).await;
    let client = server.client().bearer(&access);
    client.post("/2fa/email/setup", json!({})).await.expect(200, "CODE_SENT");
    let code = server.code("two-factor-setup", &format!("{name}@example.org"), 1).await;
    client.post("/2fa/email/verify-setup", json!({ "otpCode": code })).await.expect(200, "TWOFA_ENABLED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_generators_make_sign_in_a_user_with_two_factor_authentication() {
    let server = Server::start(Engine::Sqlite).await;
    let document = server.client().get("/auth/doc/openapi.json").await.body;
    let compiling = tokio::task::spawn_blocking(move || {
        generate(&document);
        compile();
    });
    compiling.await.unwrap();
    tokio::join!(
        signs_in(&server, "openapi-fetch", typescript_client("openapi-fetch")),
        signs_in(&server, "typescript-fetch", typescript_client("typescript-fetch")),
        signs_in(&server, "hey-api", typescript_client("hey-api")),
        signs_in(&server, "python", python_client()),
        signs_in(&server, "golang", Command::new(go_program())),
    );
}
