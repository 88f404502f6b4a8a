//! Use cases are tried with mocked ports: `example.rs` beside this one shows how, and `docs/unit-testing.md` prints it.

mod example;

#[test]
fn the_page_prints_the_file() {
    let page = include_str!("../../../../docs/unit-testing.md");
    assert!(page.contains(include_str!("example.rs")), "docs/unit-testing.md is not up to date");
}
