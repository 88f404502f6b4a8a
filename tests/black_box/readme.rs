//! The README's tour: every line of it is run.

#[test]
fn placeholder() {}
