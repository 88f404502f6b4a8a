//! What generators and people need of the OpenAPI document.

use std::collections::BTreeSet;

use auth_domain::identity::ProviderName;

use super::*;

fn listed(name: &str) -> ListedProvider {
    ListedProvider {
        name: ProviderName::parse(name).unwrap(),
        display_name: name.to_owned(),
        icon: None,
        takes_id_tokens: name != "42",
        answers_by_post: name == "apple",
        is_configured: true,
    }
}

fn document() -> Value {
    let providers = ["google", "42", "apple"].map(listed);
    serde_json::to_value(openapi("https://auth.example.org", &providers)).unwrap()
}

fn operations(document: &Value) -> Vec<&Value> {
    let of = |group: &str| document[group].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap());
    of("paths").chain(of("webhooks")).map(|(_, operation)| operation).collect()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

/// Every `$ref` in it.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").map(|reference| reference.as_str().unwrap().to_owned()));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_operation_has_a_name_that_is_a_good_method_in_any_language() {
    let document = document();
    let (mut ids, operations) = (BTreeSet::new(), operations(&document));
    for operation in &operations {
        let id = text(operation, "operationId");
        let is_camel_case = id.starts_with(|first: char| first.is_ascii_lowercase())
            && id.chars().all(|letter| letter.is_ascii_alphanumeric());
        assert!(is_camel_case && !["delete", "import", "return", "new"].contains(&id), "{id}");
        assert!(ids.insert(id), "two operations are {id}");
        assert!(!text(operation, "summary").ends_with('.'), "{id}");
        assert!(operation["security"].is_array(), "{id} does not say who may call it");
    }
    assert!(ids.len() > 50 && ids.contains("login") && ids.contains("verifyAppLogin"), "{ids:?}");
}

#[test]
fn tags_are_identifiers_and_each_is_described_and_used() {
    let document = document();
    let tags = document["tags"].as_array().unwrap();
    let known: BTreeSet<&str> = tags.iter().map(|tag| text(tag, "name")).collect();
    let used: BTreeSet<&str> =
        operations(&document).into_iter().map(|operation| operation["tags"][0].as_str().unwrap()).collect();
    assert_eq!(known, used);
    let reserved = ["internal", "default", "public", "package"];
    for name in known {
        assert!(name.chars().all(|letter| letter.is_ascii_alphabetic()) && !reserved.contains(&name), "{name}");
    }
    assert!(tags.iter().all(|tag| text(tag, "description").ends_with('.')));
}

/// Some generators make types of these names for each operation.
#[test]
fn no_schema_has_the_name_of_a_type_that_generators_make() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for operation in operations(&document) {
        let id = text(operation, "operationId");
        let id = id[..1].to_ascii_uppercase() + &id[1..];
        for suffix in ["Data", "Error", "Errors", "Request", "Response", "Responses"] {
            assert!(!schemas.contains_key(&format!("{id}{suffix}")), "{id}{suffix}");
        }
    }
    for reserved in ["Error", "Object", "Response", "Request"] {
        assert!(!schemas.contains_key(reserved), "{reserved}");
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let document = document();
    let mut referred = BTreeSet::new();
    references(&document, &mut referred);
    for reference in &referred {
        assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
    }
    for kind in ["schemas", "responses", "headers", "parameters"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            assert!(referred.contains(&format!("#/components/{kind}/{name}")), "nothing refers to {kind}/{name}");
        }
    }
}

/// A client that reads one success only sees all of them; one that tells types apart by their shape alone (the Go of
/// openapi-generator does) finds no two that are alike.
#[test]
fn an_operation_with_several_answers_has_one_union_that_their_code_discriminates() {
    let document = document();
    let schema = |reference: &Value| document.pointer(&reference["$ref"].as_str().unwrap()[1..]).unwrap();
    let mut unions = BTreeSet::new();
    for operation in operations(&document) {
        let responses = operation["responses"].as_object().unwrap().iter();
        let successes = responses.filter(|(status, _)| ["200", "201", "206"].contains(&status.as_str()));
        let schemas: BTreeSet<String> = successes
            .filter_map(|(_, response)| response["content"]["application/json"]["schema"]["$ref"].as_str())
            .map(str::to_owned)
            .collect();
        assert!(schemas.len() <= 1, "{}: {schemas:?}", operation["operationId"]);
        unions.extend(schemas);
    }
    unions.retain(|union| document.pointer(&union[1..]).unwrap()["oneOf"].is_array());
    assert!(unions.len() >= 6, "{unions:?}");
    for union in &unions {
        let union = document.pointer(&union[1..]).unwrap();
        let mapping = union["discriminator"]["mapping"].as_object().unwrap();
        assert_eq!(union["discriminator"]["propertyName"], "code");
        let mut shapes = BTreeSet::new();
        for member in union["oneOf"].as_array().unwrap() {
            assert!(mapping.values().any(|to| *to == member["$ref"]), "{member} has no code");
            let envelope = schema(member);
            assert!(
                envelope["properties"]["code"]["const"].is_string()
                    || envelope["properties"]["code"]["enum"].is_array()
            );
            assert!(shapes.insert(envelope["properties"]["data"].to_string()), "two members of {union} look alike");
        }
    }
}

#[test]
fn people_begin_with_what_works_at_once() {
    let providers = [];
    let text = serde_json::to_string(&openapi("https://auth.example.org", &providers)).unwrap();
    let order: Vec<usize> = ["/auth/register", "/auth/login", "/auth/refresh", "/auth/delete"]
        .iter()
        .map(|path| text.find(&format!("\"{path}\":")).unwrap())
        .collect();
    assert!(order.is_sorted(), "{order:?}");
    let register = &document()["paths"]["/auth/register"]["post"]["requestBody"]["content"]["application/json"];
    assert!(register["example"]["confirmPassword"].is_null() && register["example"]["password"].is_string());
}

#[test]
fn it_is_small_and_says_where_the_service_is() {
    let providers = ["google", "42"].map(listed);
    let text = serde_json::to_string(&openapi("https://auth.example.org/id", &providers)).unwrap();
    assert!(text.len() <= 150_000, "{} bytes", text.len());
    assert!(text.contains(r#""servers":[{"url":"https://auth.example.org/id"}]"#));
}
