//! Implementations that are not ours: PyJWT verifies our tokens, Schemathesis tries our OpenAPI file.
//! `tests/run` installs both.

use std::process::Command;

use auth_black_box::{Engine, Server, each_engine, python};

fn script(name: &str) -> Command {
    let python = python();
    assert!(python.exists(), "{} is missing: run tests/run once", python.display());
    let mut command = Command::new(python);
    command.arg(format!("{}/python/{name}", env!("CARGO_MANIFEST_DIR")));
    command
}

fn passes(mut command: Command) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    println!("{text}");
    assert!(output.status.success(), "{text}");
}

#[tokio::test]
async fn internal_tokens_made_by_pyjwt_are_accepted() {
    let server = Server::start(Engine::Sqlite).await;
    let mut command = script("make_internal_token.py");
    let output = command.args(["backups-service", auth_black_box::SECRET]).output().unwrap();
    let token = String::from_utf8(output.stdout).unwrap();
    server.client().bearer(token.trim()).get("/auth").await.expect(200, "CREDENTIALS_FETCHED");
}

each_engine! {
    async fn schemathesis_finds_no_5xx_and_no_answer_outside_the_schema(engine) {
        let server = Server::start(engine).await;
        for number in 0..3 {
            server.register(&format!("user-{number}")).await;
        }
        let (access, _) = server.session("ann").await;
        let mut command = script("schemathesis.py");
        command.args([&server.url, &access, &server.internal_token()]);
        passes(command);
    }
}
