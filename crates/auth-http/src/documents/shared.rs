//! Refusals and parameters that several operations have in common although no rule names them: each is described once.

use std::collections::BTreeMap;

use serde_json::Value;

use super::components::Components;
use super::errors::ERROR_SCHEMA;
use super::shapes::InOrder;
use super::successes::pascal_case;

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
            if response["content"]["application/json"]["schema"]["$ref"] == ERROR_SCHEMA {
                each(format!("{of}Refused{status}"), response);
            }
        }
    }
}

/// Moves every repeated parameter to the components, under its own name.
pub(super) fn share_repeated_parameters(paths: &mut Paths, components: &mut Components) {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for_each_parameter(paths, |parameter| *counts.entry(parameter.to_string()).or_default() += 1);
    let mut shared: BTreeMap<String, Value> = BTreeMap::new();
    for_each_parameter(paths, |parameter| {
        let name = pascal_case(&parameter["name"].as_str().unwrap_or_default().to_ascii_uppercase());
        let is_repeated = counts.get(&parameter.to_string()).is_some_and(|count| *count > 1);
        // Of those that share a name, the others stay where they are.
        if is_repeated && shared.entry(name.clone()).or_insert_with(|| parameter.clone()) == parameter {
            *parameter = components.add_parameter(&name, parameter.clone());
        }
    });
}

fn for_each_parameter(paths: &mut Paths, mut each: impl FnMut(&mut Value)) {
    for (_, operation) in paths.0.iter_mut().flat_map(|(_, operations)| &mut operations.0) {
        operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten().for_each(&mut each);
    }
}
