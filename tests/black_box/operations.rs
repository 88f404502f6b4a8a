//! Every operation of the OpenAPI file, with what it takes to call it: a new endpoint is covered by itself.

use std::collections::BTreeSet;

use auth_black_box::{Client, PASSWORD, Reply, Server};
use reqwest::Method;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    Anyone,
    AccessToken,
    TempToken,
    AccessOrTempToken,
    Internal,
    /// A service, or a user with the role `admin`.
    Admin,
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
            let schemes = operation["security"].as_array().into_iter().flatten().filter_map(Value::as_object);
            // A refresh token in the body does without.
            let schemes_may_be_left_out = schemes.clone().any(serde_json::Map::is_empty);
            let schemes: Vec<&str> = schemes.flat_map(|scheme| scheme.keys()).map(String::as_str).collect();
            let responses = operation["responses"].as_object().unwrap().values();
            let codes = responses.flat_map(|response| codes(specification, response));
            all.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: ["{user_id}", "{session_id}", "{deletion_id}", "{invitation_id}"]
                    .iter()
                    .fold(path.clone(), |path, parameter| path.replace(parameter, SOMEBODY)),
                permission: match schemes.as_slice() {
                    [] => Permission::Anyone,
                    ["accessToken"] if schemes_may_be_left_out => Permission::Anyone,
                    ["accessToken"] => Permission::AccessToken,
                    ["tempToken"] => Permission::TempToken,
                    ["accessToken", "tempToken"] => Permission::AccessOrTempToken,
                    ["internalToken"] => Permission::Internal,
                    ["internalToken", "accessToken"] => Permission::Admin,
                    other => panic!("{other:?} is new: teach this test"),
                },
                has_body: operation["requestBody"].is_object(),
                codes: codes.collect(),
            });
        }
    }
    assert!(all.len() >= 16);
    all
}

/// What a `$ref` stands for.
fn resolved<'a>(specification: &'a Value, value: &'a Value) -> &'a Value {
    value["$ref"].as_str().map_or(value, |reference| specification.pointer(&reference[1..]).unwrap())
}

/// The codes that a response may carry: of an error those in its description, of a success those in its schema.
fn codes(specification: &Value, response: &Value) -> BTreeSet<String> {
    let response = resolved(specification, response);
    if response["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/ErrorAnswer" {
        let listed = response["description"].as_str().unwrap().split(", ");
        return listed.map(|code| code.trim_matches('`').to_owned()).collect();
    }
    let schema = resolved(specification, &response["content"]["application/json"]["schema"]);
    let members = schema["oneOf"].as_array().cloned().unwrap_or_else(|| vec![schema.clone()]);
    let code = |member: &Value| resolved(specification, member)["properties"]["code"].clone();
    let of_one = |code: Value| match code["enum"].as_array() {
        Some(several) => several.clone(),
        None => vec![code["const"].clone()],
    };
    members.iter().map(code).flat_map(of_one).filter_map(|code| code.as_str().map(str::to_owned)).collect()
}

/// A token of every kind, all good.
pub struct Tokens {
    pub access: String,
    pub refresh: String,
    pub internal: String,
    /// To give the code of a password reset with.
    pub reset: String,
    /// To set the password with.
    pub reset_verified: String,
    /// To finish a login with a second factor.
    pub login: String,
}

impl Tokens {
    /// Registers a user of that name and has all of them made.
    pub async fn of(server: &Server, name: &str) -> Self {
        let (access, refresh) = server.session(name).await;
        let email = format!("{name}@example.org");
        let lost_password = async |network: u8| {
            let client = Client::from_network(&server.url, network);
            let sent = client.post("/auth/lost-password", json!({ "email": email })).await.expect(200, "CODE_SENT");
            sent["tempToken"].as_str().unwrap().to_owned()
        };
        let token = lost_password(1).await;
        let code = json!({ "otpCode": server.code("password-reset", &email, 1).await });
        let verified =
            server.client().bearer(&token).post("/auth/verify-code", code).await.expect(200, "CODE_VERIFIED");
        let reset_verified = verified["tempToken"].as_str().unwrap().to_owned();
        let login = pending_login(server, &format!("{name}-2fa")).await;
        Self {
            access,
            refresh,
            internal: server.internal_token(),
            reset: lost_password(2).await,
            reset_verified,
            login,
        }
    }
}

/// A login of a user of that name that waits for its second factor, a code by mail.
async fn pending_login(server: &Server, name: &str) -> String {
    let (access, _) = server.session(name).await;
    let client = server.client().bearer(&access);
    client.post("/2fa/email/setup", json!({})).await.expect(200, "CODE_SENT");
    let code = json!({ "otpCode": server.code("two-factor-setup", &format!("{name}@example.org"), 1).await });
    client.post("/2fa/email/verify-setup", code).await.expect(200, "TWOFA_ENABLED");
    let pending = server.client().login(name, PASSWORD).await.expect(206, "TWOFA_REQUIRED");
    pending["tempToken"].as_str().unwrap().to_owned()
}

const SOMEBODY: &str = "01a200b9-c0e1-7bcf-8b25-c7f70207dc6c";

impl Operation {
    /// A client with the token that the operation takes.
    pub fn caller(&self, client: &Client, tokens: &Tokens) -> Client {
        match (self.permission, self.path.as_str()) {
            (Permission::Anyone, _) => client.clone(),
            (Permission::AccessToken | Permission::AccessOrTempToken, _) => client.bearer(&tokens.access),
            (Permission::TempToken, "/auth/verify-code") => client.bearer(&tokens.reset),
            (Permission::TempToken, "/auth/update-password") => client.bearer(&tokens.reset_verified),
            (Permission::TempToken, path) if path.starts_with("/2fa/") => client.bearer(&tokens.login),
            (Permission::TempToken, other) => panic!("{other} is new: teach this test"),
            (Permission::Internal | Permission::Admin, _) => client.bearer(&tokens.internal),
        }
    }

    /// Calls it with a body that is in order.
    pub async fn send(&self, client: &Client, refresh_token: &str) -> Reply {
        let body = json!({
            "username": "ann", "email": "new@example.org", "password": PASSWORD, "confirmPassword": PASSWORD,
            "oldPassword": PASSWORD, "newPassword": PASSWORD, "otpCode": "000000", "recoveryCode": "abcde-fghjk",
            "method": "app", "token": refresh_token, "roles": ["user"],
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
