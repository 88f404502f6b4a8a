//! Shapes that every part of the OpenAPI document is made of: objects in order, and responses.

use actix_web::http::StatusCode;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

/// An object whose members keep their order, unlike those of a [`Map`].
#[derive(Default)]
pub(super) struct InOrder<T>(pub(super) Vec<(String, T)>);

impl<T: Default> InOrder<T> {
    pub(super) fn entry(&mut self, name: &str) -> &mut T {
        let index = self.0.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            self.0.push((name.to_owned(), T::default()));
            self.0.len() - 1
        });
        &mut self.0[index].1
    }
}

impl<T: Serialize> Serialize for InOrder<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// Returns a response with the headers that its status brings.
pub(super) fn response(description: &str, content: Map<String, Value>, status: StatusCode) -> Value {
    let mut response = json!({ "description": description });
    if !content.is_empty() {
        response["content"] = content.into();
    }
    let header = |name: &str| json!({ "$ref": format!("#/components/headers/{name}") });
    match status {
        StatusCode::UNAUTHORIZED => response["headers"] = json!({ "WWW-Authenticate": header("Challenge") }),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            response["headers"] = json!({ "Retry-After": header("RetryAfter") });
        }
        _ => {}
    }
    response
}
