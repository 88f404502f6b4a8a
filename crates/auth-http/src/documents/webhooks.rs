//! The requests that this service sends: one for each kind of event.

use auth_domain::event::EventName;
use serde_json::{Value, json};

use super::components::Components;
use super::shapes::InOrder;
use crate::tag::Tag;

const USER: &str = "019a0c6e-3a5b-7c1d-9e2f-0a1b2c3d4e5f";
const OTHER: &str = "019a0c6f-11d2-7aa0-8c4e-5b6c7d8e9f01";

pub(super) fn all(components: &mut Components) -> InOrder<Value> {
    let parameters: Vec<Value> = [
        ("WebhookId", "webhook-id", "The id of the event, the same each time that it is sent.", "string"),
        ("WebhookTimestamp", "webhook-timestamp", "When this attempt was made, in seconds since 1970.", "integer"),
        (
            "WebhookSignature",
            "webhook-signature",
            "`v1,` and the base64 of HMAC-SHA-256 over `<id>.<timestamp>.<body>` (Standard Webhooks).",
            "string",
        ),
    ]
    .into_iter()
    .map(|(component, name, description, kind)| {
        let schema = json!({ "type": kind });
        let parameter =
            json!({ "name": name, "in": "header", "required": true, "description": description, "schema": schema });
        components.add_parameter(component, parameter)
    })
    .collect();
    let webhook = |name: EventName| {
        let Words { operation_id, schema, summary, related } = words(name);
        let mut example = json!({ "userId": USER });
        let mut data = json!({
            "type": "object",
            "required": ["userId"],
            "properties": { "userId": { "type": "string", "format": "uuid" } },
        });
        if let Some(related) = related {
            example[related] = json!(OTHER);
            data["required"] = json!(["userId", related]);
            data["properties"][related] = json!({ "type": "string", "format": "uuid" });
        }
        if name == EventName::UserExportRequested {
            for (member, format, value) in [
                ("uploadUrl", "uri", format!("https://exports.example.org/{OTHER}")),
                ("until", "date-time", "2026-12-03T18:00:00.123456Z".to_owned()),
            ] {
                example[member] = json!(value);
                data["properties"][member] = json!({ "type": "string", "format": format });
            }
        }
        let schema = components.add_schema(
            schema,
            json!({
                "type": "object",
                "required": ["type", "timestamp", "data"],
                "properties": {
                    "type": { "type": "string", "const": name.as_str() },
                    "timestamp": { "type": "string", "format": "date-time" },
                    "data": data,
                },
            }),
        );
        let mut content = json!({ "schema": schema });
        // The others look like one another.
        if related.is_some() {
            let timestamp = "2026-11-26T18:00:00.123456Z";
            content["example"] = json!({ "type": name.as_str(), "timestamp": timestamp, "data": example });
        }
        let operation = json!({
            "operationId": operation_id,
            "tags": [Tag::Webhooks.as_str()],
            "summary": summary,
            "security": [],
            // Nobody calls us there: openapi-generator then makes no methods of them, which in some languages do not compile.
            "x-internal": true,
            "parameters": parameters,
            "requestBody": {
                "required": true,
                "content": { "application/json": content },
            },
            "responses": {
                "2XX": { "description": "Acknowledged. Otherwise it is sent again." },
                "401": { "description": "Wrong signature." },
            },
        });
        (name.as_str().to_owned(), json!({ "post": operation }))
    };
    InOrder(EventName::ALL.map(webhook).into())
}

/// What the document says of an event.
struct Words {
    operation_id: &'static str,
    schema: &'static str,
    summary: &'static str,
    /// What its data have beside the user: a UUID.
    related: Option<&'static str>,
}

const fn words(name: EventName) -> Words {
    let (operation_id, schema, summary, related) = match name {
        EventName::UserRegistered => ("userRegistered", "UserRegisteredEvent", "An account was created", None),
        EventName::UserDeleted => ("userDeleted", "UserDeletedEvent", "An account was deleted", Some("deletionId")),
        EventName::SessionReuseDetected => (
            "sessionReuseDetected",
            "SessionReuseDetectedEvent",
            "A refresh token was used again, so its session was ended",
            Some("sessionId"),
        ),
        EventName::PasswordChanged => {
            ("passwordChanged", "PasswordChangedEvent", "A password was changed or reset", None)
        }
        EventName::EmailChanged => ("emailChanged", "EmailChangedEvent", "An e-mail address was changed", None),
        EventName::UserSuspended => ("userSuspended", "UserSuspendedEvent", "A user was suspended", None),
        EventName::UserResumed => ("userResumed", "UserResumedEvent", "A suspended user was resumed", None),
        EventName::UserDeletionScheduled => {
            ("userDeletionScheduled", "UserDeletionScheduledEvent", "An account is to be deleted", None)
        }
        EventName::UserRestored => ("userRestored", "UserRestoredEvent", "An account is not deleted after all", None),
        EventName::UserExportRequested => {
            ("userExportRequested", "UserExportRequestedEvent", "A user asked for all their data", Some("exportId"))
        }
        EventName::UserRolesChanged => ("userRolesChanged", "UserRolesChangedEvent", "Roles were changed", None),
    };
    Words { operation_id, schema, summary, related }
}
