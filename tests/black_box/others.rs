//! An implementation that is not ours: Schemathesis tries our OpenAPI file. `tests/run` installs it.

use std::process::Command;

use auth_black_box::{Server, each_engine, python};

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

each_engine! {
    async fn schemathesis_finds_no_5xx_and_no_answer_outside_the_schema(engine) {
        let server = Server::start(engine).await;
        for number in 0..3 {
            server.register(&format!("user-{number}")).await;
        }
        let (access, _) = server.session("ann").await;
        let mut command = script("conformance.py");
        command.args([&server.url, &access, &server.internal_token()]);
        passes(command);
    }
}
