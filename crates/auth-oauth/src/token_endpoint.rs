//! The token endpoint, which exchanges a code (RFC 6749 section 4.1.3).

use auth_domain::authorization::AuthorizationCode;
use auth_domain::ports::AuthorizationSecrets;
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::provider_client::{Failure, ProviderClient, failed, parse};
use crate::registration::Registration;

/// How this service authenticates at the token endpoint (RFC 6749 section 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// `client_secret_basic`: in the `Authorization` header.
    Basic,
    /// `client_secret_post`: in the body.
    Post,
}

/// The error of the endpoint (RFC 6749 section 5.2).
#[derive(Deserialize)]
struct TokenError {
    error: String,
}

/// Exchanges `code` at `endpoint` and returns what the provider issues for it.
pub async fn exchange_code<T: DeserializeOwned>(
    client: &ProviderClient,
    endpoint: &Url,
    registration: &Registration,
    authentication: ClientAuthentication,
    code: &AuthorizationCode,
    secrets: &AuthorizationSecrets,
) -> Result<T, Failure> {
    let Registration { client_id, client_secret, redirect_uri, .. } = registration;
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code.reveal()),
        ("redirect_uri", redirect_uri),
        ("code_verifier", secrets.code_verifier.reveal()),
    ];
    let mut request = client.http().post(endpoint.clone()).header("Accept", "application/json");
    match authentication {
        ClientAuthentication::Basic => {
            request = request.basic_auth(form_encoded(client_id), Some(form_encoded(client_secret.reveal())));
        }
        ClientAuthentication::Post => {
            form.extend([("client_id", client_id.as_str()), ("client_secret", client_secret.reveal())]);
        }
    }
    let (status, body) = client.answer(request.form(&form)).await?;
    if status == StatusCode::OK {
        return parse("answer of the token endpoint", &body);
    }
    match parse::<TokenError>("error of the token endpoint", &body) {
        // The only error that is the code's fault. 42 answers it with 401, RFC 6749 with 400.
        Ok(TokenError { error }) if error == "invalid_grant" => {
            Err(Failure::Refused("the token endpoint does not know the code (invalid_grant)".to_owned()))
        }
        Ok(TokenError { error }) => Err(failed(status, format!("the token endpoint answered {status}, {error:.60}"))),
        Err(_) => Err(failed(status, format!("the token endpoint answered {status}"))),
    }
}

/// Form-encodes credentials, as `client_secret_basic` requires before base64.
fn form_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
