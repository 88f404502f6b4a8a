//! The files of `examples`, as pages of the docs print them, and how to run them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A file of `examples`.
pub fn example(path: &str) -> PathBuf {
    repository().join("examples").join(path)
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// A page of `docs`.
pub fn page(name: &str) -> String {
    std::fs::read_to_string(repository().join("docs").join(name)).unwrap()
}

/// Demands that the page prints each of these files of `examples`, to the letter.
#[track_caller]
pub fn assert_prints(name: &str, files: &[&str]) {
    let page = page(name);
    for file in files {
        let text = std::fs::read_to_string(example(file)).unwrap();
        assert!(page.contains(&format!("\n{text}```\n")), "docs/{name} is not up to date with examples/{file}");
    }
}

/// The Python that has what `examples/run --install` installed.
pub fn examples_python() -> Command {
    let python = repository().join("target/examples/python/bin/python");
    assert!(python.exists(), "{} is missing: run examples/run --install once", python.display());
    let mut command = Command::new(python);
    command.env("PYTHONPATH", example("verifying-tokens")).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// The program in a folder of `examples` that is in Go, built.
pub fn go_example(folder: &str) -> Command {
    let program = repository().join("target/examples").join(folder.replace('/', "-"));
    let mut build = Command::new("go");
    build.arg("build").arg("-o").arg(&program).arg(format!("./{folder}")).current_dir(example(""));
    let built = build.env("GOCACHE", repository().join("target/go")).output().expect("the Go of tests/run");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    Command::new(program)
}

/// The class path of what the examples in Java need, which `examples/run --install` installed.
pub fn java_libraries() -> PathBuf {
    let libraries = repository().join("target/examples/java");
    assert!(libraries.exists(), "{} is missing: run examples/run --install once", libraries.display());
    libraries.join("*")
}

/// A program that runs until it is dropped.
pub struct Running(Child);

impl Running {
    /// With pipes for its output, and for its input.
    pub fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts"))
    }

    /// The process.
    pub const fn child(&mut self) -> &mut Child {
        &mut self.0
    }
}

/// With a signal that it can see, since it may have children of its own.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-s", "TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}
