//! The binary starts and names its version. Since this test needs it, `cargo test --workspace` builds the binary from what
//! everything else there is built from; the black-box tests (in `tests/`) run that one.

use std::process::Command;

#[test]
fn the_binary_starts_and_names_its_version() {
    let output = Command::new(env!("CARGO_BIN_EXE_auth-server")).arg("--version").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let version = concat!("auth-server ", env!("CARGO_PKG_VERSION"));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with(version), "{output:?}");
}
