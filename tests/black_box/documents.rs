//! What the documents name is there.

use std::path::Path;

#[test]
fn the_threat_model_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("docs/threat-model.md")).unwrap();
    let names = page.split('`').skip(1).step_by(2).filter(|name| name.contains("::") && *name != "::");
    let mut count = 0;
    for name in names {
        let (module, test) = name.split_once("::").unwrap();
        let is_there = ["tests/black_box", "crates/auth-http/tests/whole_app"].into_iter().any(|folder| {
            let file = std::fs::read_to_string(root.join(format!("{folder}/{module}.rs"))).unwrap_or_default();
            file.contains(&format!("fn {test}("))
        });
        assert!(is_there, "{name} is no test");
        count += 1;
    }
    assert!(count > 30, "{count}");
}

#[test]
fn the_configuration_of_haproxy_is_the_one_that_is_tested() {
    let page = include_str!("../../docs/high-availability.md");
    assert!(page.contains(include_str!("haproxy.cfg")), "docs/high-availability.md is not up to date");
}

#[test]
fn the_page_on_scaling_has_the_statements_that_are_tested() {
    let page = include_str!("../../docs/scaling.md");
    let statements = include_str!("../citus/distribute.sql");
    assert!(page.contains(&format!("```sql\n{statements}```\n")), "docs/scaling.md is not up to date");
}
