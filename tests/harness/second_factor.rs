//! An authenticator app that is not ours.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::python;

fn script(name: &str) -> Command {
    let mut command = Command::new(python());
    command.arg(format!("{}/python/{name}", env!("CARGO_MANIFEST_DIR")));
    command
}

/// The codes that an app with that secret (base32) shows at these steps, relative to now. Waits for the next step when
/// the present one is about to end.
pub fn totp(secret: &str, offsets: &[i64]) -> Vec<String> {
    let offsets = offsets.iter().map(ToString::to_string);
    let output = script("totp.py").arg(secret).args(offsets).output().expect("the Python of tests/run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().split_whitespace().map(str::to_owned).collect()
}

/// What a phone reads in the QR code of a `data:` URI.
pub fn scan_qr(data_uri: &str) -> String {
    let mut command = script("scan_qr.py");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the Python of tests/run");
    child.stdin.take().unwrap().write_all(data_uri.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
