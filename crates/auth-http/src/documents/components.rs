//! What operations of the OpenAPI document share, each under a name.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::endpoint::{MadeSchema, NamedSchema};

/// The `components` of the document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Components {
    schemas: BTreeMap<String, Value>,
    responses: BTreeMap<String, Value>,
    headers: Value,
    parameters: BTreeMap<String, Value>,
    security_schemes: Value,
}

impl Default for Components {
    fn default() -> Self {
        Self {
            schemas: BTreeMap::new(),
            responses: BTreeMap::new(),
            headers: headers(),
            parameters: BTreeMap::new(),
            security_schemes: security_schemes(),
        }
    }
}

impl Components {
    /// Adds the schema of a type, with those that it refers to, and returns the reference to it.
    pub(super) fn schema(&mut self, named: &NamedSchema) -> Value {
        let MadeSchema { name, schema, referred } = named.make();
        for (name, schema) in referred {
            self.add_schema(&name, json!(schema));
        }
        self.add_schema(&name, json!(schema))
    }

    /// Adds a schema and returns the reference to it.
    pub(super) fn add_schema(&mut self, name: &str, schema: Value) -> Value {
        add(&mut self.schemas, "schemas", name, schema)
    }

    /// Adds a response and returns the reference to it.
    pub(super) fn add_response(&mut self, name: &str, response: Value) -> Value {
        add(&mut self.responses, "responses", name, response)
    }

    /// Adds a parameter and returns the reference to it.
    pub(super) fn add_parameter(&mut self, name: &str, parameter: Value) -> Value {
        add(&mut self.parameters, "parameters", name, parameter)
    }
}

fn add(components: &mut BTreeMap<String, Value>, kind: &str, name: &str, component: Value) -> Value {
    let known = components.entry(name.to_owned()).or_insert_with(|| component.clone());
    debug_assert_eq!(*known, component, "two {kind} have the name {name}");
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

fn headers() -> Value {
    let header = |description: &str, kind: &str| json!({ "required": true, "description": description, "schema": { "type": kind } });
    json!({
        "Challenge": header("RFC 6750, section 3.", "string"),
        "RetryAfter": header("Seconds to wait.", "integer"),
    })
}

fn security_schemes() -> Value {
    let bearer = |description: &str| json!({ "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": description });
    json!({
        "accessToken": bearer("`data.tokens.accessToken` of a login."),
        "tempToken": bearer("`data.tempToken` of the answer that asks for the next step."),
        "internalToken": bearer("`auth-server internal-token --service NAME` prints one."),
    })
}
