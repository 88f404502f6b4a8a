//! The token endpoint, which exchanges a code (RFC 6749 section 4.1.3).

use auth_domain::authorization::AuthorizationCode;
use auth_domain::ports::AuthorizationSecrets;
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::conversation::{Conversation, failed, parse};
use crate::provider_client::Failure;
use crate::registration::Registration;

/// How this service authenticates at the token endpoint (RFC 6749 section 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientAuthentication {
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
pub(crate) async fn exchange_code<T: DeserializeOwned>(
    talk: &Conversation<'_>,
    endpoint: &Url,
    registration: &Registration,
    authentication: ClientAuthentication,
    code: &AuthorizationCode,
    secrets: &AuthorizationSecrets,
) -> Result<T, Failure> {
    let Registration { client_id, client_secret, redirect_uri, url, .. } = registration;
    let client_secret = client_secret
        .reveal(url.as_str(), client_id, talk.clock().now())
        .ok_or_else(|| Failure::Misunderstood("no client secret could be signed".to_owned()))?;
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code.reveal()),
        ("redirect_uri", redirect_uri),
        ("code_verifier", secrets.code_verifier.reveal()),
    ];
    let mut request = talk.http().post(endpoint.clone()).header("Accept", "application/json");
    match authentication {
        ClientAuthentication::Basic => {
            request = request.basic_auth(form_encoded(client_id), Some(form_encoded(&client_secret)));
        }
        ClientAuthentication::Post => {
            form.extend([("client_id", client_id.as_str()), ("client_secret", client_secret.as_str())]);
        }
    }
    let (status, body) = talk.answer(request.form(&form)).await?;
    let refusal: Result<TokenError, Failure> = parse("error of the token endpoint", &body);
    match refusal {
        // The only error that the code causes: 400 in RFC 6749, 401 at 42, and 200 with another name at GitHub.
        Ok(TokenError { error }) if ["invalid_grant", "bad_verification_code"].contains(&error.as_str()) => {
            Err(Failure::Refused(format!("the token endpoint rejected the code ({error})")))
        }
        Ok(TokenError { error }) if status == StatusCode::OK => {
            Err(Failure::Misunderstood(format!("the token endpoint answered {error:.60}")))
        }
        Ok(TokenError { error }) => Err(failed(status, format!("the token endpoint answered {status}, {error:.60}"))),
        Err(_) if status == StatusCode::OK => parse("answer of the token endpoint", &body),
        Err(_) => Err(failed(status, format!("the token endpoint answered {status}"))),
    }
}

/// Form-encodes credentials, as `client_secret_basic` requires before base64.
fn form_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
