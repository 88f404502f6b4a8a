//! `GET /auth/events`: for a service that catches up by cursor.

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::EventId;
use auth_domain::data_export::{DataExport, UploadAddress};
use auth_domain::error_code::{FieldError, FieldReason, Refusal};
use auth_domain::event::{Event, EventKind};
use auth_domain::internal::{EventsRead, Scope};
use auth_domain::use_cases::{ListEvents, UseCases};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::{ApiError, success};
use crate::caller::Internal;
use crate::codes::SuccessCode;
use crate::endpoint::{Endpoint, Location, Parameter, Permission};
use crate::query::{parse_uuid, query_limit, query_parameter};
use crate::tag::Tag;
use crate::wire::rfc3339;

const DEFAULT_LIMIT: u32 = 100;

/// An event, as webhooks deliver it, with its id.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
struct EventView {
    /// The `webhook-id` of its deliveries.
    id: Uuid,
    #[serde(rename = "type")]
    #[schema(example = "user.deleted")]
    kind: &'static str,
    #[schema(format = DateTime)]
    timestamp: String,
    data: EventDataView,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EventData)]
struct EventDataView {
    user_id: Uuid,
    /// With `user.deleted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    deletion_id: Option<Uuid>,
    /// With `session.reuse_detected`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    session_id: Option<Uuid>,
    /// With `user.export_requested`, as the next two.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    export_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    upload_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    until: Option<String>,
}

impl EventDataView {
    fn new(event: &Event, upload: Option<&UploadAddress>) -> Self {
        let mut view = Self {
            user_id: event.account_id.as_uuid(),
            deletion_id: None,
            session_id: None,
            export_id: None,
            upload_url: None,
            until: None,
        };
        match event.kind {
            EventKind::UserDeleted(id) => view.deletion_id = Some(id.as_uuid()),
            EventKind::SessionReuseDetected(id) => view.session_id = Some(id.as_uuid()),
            EventKind::UserExportRequested => {
                view.export_id = Some(event.id.as_uuid());
                view.upload_url = upload.map(|address| address.of(event));
                view.until = Some(rfc3339(DataExport::until(event.occurred_at)));
            }
            EventKind::UserRegistered
            | EventKind::PasswordChanged
            | EventKind::EmailChanged
            | EventKind::UserSuspended
            | EventKind::UserResumed
            | EventKind::UserRolesChanged
            | EventKind::UserDeletionScheduled
            | EventKind::UserRestored => {}
        }
        view
    }
}

impl EventView {
    fn new(event: &Event, upload: Option<&UploadAddress>) -> Self {
        Self {
            id: event.id.as_uuid(),
            kind: event.kind.as_str(),
            timestamp: rfc3339(event.occurred_at),
            data: EventDataView::new(event, upload),
        }
    }
}

/// `data` with events.
#[derive(Serialize, ToSchema)]
struct EventsData {
    events: Vec<EventView>,
    /// What to pass as `after` for those that come next; null when there are none yet. The id of the last event that
    /// was seen does as well.
    #[schema(required = true)]
    next: Option<Uuid>,
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::GET, "/auth/events", || web::to(list_events))
        .operation("listEvents", Tag::Services, "List events")
        .description("In the order in which they became known: no event is ever inserted before one that was answered. Kept for 30 days.")
        .permission(Permission::Internal(Scope::EventsRead))
        .parameter(Parameter {
            name: "after",
            location: Location::Query,
            description: "Only events after this one: its id, which is its `webhook-id`.",
            schema: json!({ "type": "string", "format": "uuid" }),
        })
        .parameter(Parameter {
            name: "limit",
            location: Location::Query,
            description: "At most so many; 100 unless said.",
            schema: json!({ "type": "integer", "minimum": 1, "maximum": ListEvents::MAX_LIMIT }),
        })
        .answers::<EventsData>(SuccessCode::EventsFetched)
}

/// *Permissions:* internal, `events:read`.
async fn list_events(
    use_cases: Data<UseCases>,
    Internal(caller): Internal<EventsRead>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let after = query_parameter(&request, "after")?.map(|text| parse_uuid("after", &text)).transpose()?;
    let limit = query_limit(&request, ListEvents::MAX_LIMIT)?.unwrap_or(DEFAULT_LIMIT);
    let page = use_cases.list_events.execute(&caller, after.map(EventId::from), limit).await?;
    let unknown = "must be the id of an event that is still kept: leave it out to begin with the oldest";
    let page = page.ok_or_else(|| Refusal::invalid(vec![FieldError::new("/after", FieldReason::Unknown, unknown)]))?;
    let next = page.events.last().filter(|_| page.more).map(|event| event.id.as_uuid());
    let upload = use_cases.export_upload.as_ref();
    let events = page.events.iter().map(|event| EventView::new(event, upload)).collect();
    Ok(success(SuccessCode::EventsFetched, EventsData { events, next }))
}
