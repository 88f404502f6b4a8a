//! Every operation of the OpenAPI file, with what it takes to call it: a new endpoint is covered by itself.

use std::collections::BTreeSet;

use auth_black_box::{Client, PASSWORD, Reply};
use reqwest::Method;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    Anyone,
    AccessToken,
    Internal,
}

pub struct Operation {
    pub method: Method,
    pub path: String,
    pub permission: Permission,
    pub has_body: bool,
    /// Every code that its answers may carry.
    pub codes: BTreeSet<String>,
}

pub fn operations(specification: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, methods) in specification["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let security = operation["security"][0].as_object().and_then(|schemes| schemes.keys().next());
            let responses = operation["responses"].as_object().unwrap().values();
            let codes = responses.filter_map(|response| {
                response["content"]["application/json"]["schema"]["properties"]["code"]["enum"].as_array().cloned()
            });
            all.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.replace("{user_id}", SOMEBODY).replace("{session_id}", SOMEBODY),
                permission: match security.map(String::as_str) {
                    None => Permission::Anyone,
                    Some("accessToken") => Permission::AccessToken,
                    Some("internalToken") => Permission::Internal,
                    Some(other) => panic!("{other} is new: teach this test"),
                },
                has_body: operation["requestBody"].is_object(),
                codes: codes.flatten().map(|code| code.as_str().unwrap().to_owned()).collect(),
            });
        }
    }
    assert!(all.len() >= 16);
    all
}

const SOMEBODY: &str = "01a200b9-c0e1-7bcf-8b25-c7f70207dc6c";

impl Operation {
    /// Calls it with a body that is in order.
    pub async fn send(&self, client: &Client, refresh_token: &str) -> Reply {
        let body = json!({
            "username": "ann", "email": "new@example.org", "password": PASSWORD, "token": refresh_token, "roles": ["user"],
        });
        let request = client.request(self.method.clone(), &self.path);
        client.send(if self.has_body { request.json(&body) } else { request }).await
    }

    /// Calls it with these bytes.
    pub async fn send_raw(&self, client: &Client, media_type: &str, body: impl Into<Vec<u8>>) -> Reply {
        let request = client.request(self.method.clone(), &self.path).header("Content-Type", media_type);
        client.send(request.body(body.into())).await
    }
}
