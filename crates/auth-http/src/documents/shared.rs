//! Refusals that several operations have in common although no rule names them: each is described once.

use std::collections::BTreeMap;

use serde_json::Value;

use super::components::Components;
use super::errors::PROBLEM_JSON;
use super::shapes::InOrder;

type Paths = InOrder<InOrder<Value>>;

/// Moves every repeated refusal to the components, under the name of the first operation that has it.
pub(super) fn share_repeated(paths: &mut Paths, components: &mut Components) {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for_each_refusal(paths, |_, refusal| *counts.entry(refusal.to_string()).or_default() += 1);
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for_each_refusal(paths, |name, refusal| {
        let text = refusal.to_string();
        if counts.get(&text).is_some_and(|count| *count > 1) {
            let name = names.entry(text).or_insert(name);
            *refusal = components.add_response(name, refusal.clone());
        }
    });
}

/// Calls `each` with every refusal that is described in its operation, and with a name for it.
fn for_each_refusal(paths: &mut Paths, mut each: impl FnMut(String, &mut Value)) {
    for (_, operation) in paths.0.iter_mut().flat_map(|(_, operations)| &mut operations.0) {
        let mut of = operation["operationId"].as_str().unwrap_or_default().to_owned();
        if let Some(first) = of.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let Some(responses) = operation["responses"].as_object_mut() else { continue };
        for (status, response) in responses {
            if response["content"].get(PROBLEM_JSON).is_some() {
                each(format!("{of}Refused{status}"), response);
            }
        }
    }
}
