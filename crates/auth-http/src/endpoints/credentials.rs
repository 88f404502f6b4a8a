//! `GET /auth`: every credential, for the backups service.

use std::time::Duration;

use actix_web::http::Method;
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::AccountId;
use auth_domain::account::Account;
use auth_domain::error_code::ErrorCode;
use auth_domain::internal::{CredentialsRead, Scope};
use auth_domain::ports::{AccountSnapshot, StoreError};
use auth_domain::use_cases::{ListCredentials, UseCases};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde_json::json;
use tokio::sync::mpsc;
use tracing::Instrument as _;

use crate::answer::{ApiError, accepts, no_store, success};
use crate::caller::Internal;
use crate::codes::SuccessCode;
use crate::credential_views::{CredentialView, CredentialsData};
use crate::endpoint::{Endpoint, Location, NamedSchema, Parameter, Permission};
use crate::query::{parse_uuid, query_limit, query_parameter};
use crate::tag::Tag;

const NDJSON: &str = "application/x-ndjson";
/// A stream holds a snapshot of the database open, so its time is limited.
const STREAM_TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// How long a caller may pause reading.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::GET, "/auth", || web::to(list))
        // A gateway may add the slash.
        .alias("/auth/")
        .operation("listCredentials", Tag::Services, "List all credentials")
        .description("Streamed, in one consistent snapshot; with `limit` a page. With `Accept: application/x-ndjson` one credential per line.")
        .permission(Permission::Internal(Scope::CredentialsRead))
        .parameter(Parameter {
            name: "after",
            location: Location::Query,
            description: "Only credentials with a greater id: the `next` of the page before.",
            schema: json!({ "type": "string", "format": "uuid" }),
        })
        .parameter(Parameter {
            name: "limit",
            location: Location::Query,
            description: "A page of so many.",
            schema: json!({ "type": "integer", "minimum": 1, "maximum": ListCredentials::MAX_PAGE }),
        })
        .answers::<CredentialsData>(SuccessCode::CredentialsFetched)
        .also_answers(NDJSON, NamedSchema::of::<CredentialView>())
        .errors(&[ErrorCode::Overloaded])
}

/// *Permissions:* internal, `credentials:read`.
async fn list(
    use_cases: Data<UseCases>,
    Internal(caller): Internal<CredentialsRead>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let after =
        query_parameter(&request, "after")?.map(|text| parse_uuid("after", &text)).transpose()?.map(AccountId::from);
    let limit = query_limit(&request, ListCredentials::MAX_PAGE)?;
    let ndjson = accepts(&request, NDJSON);
    let Some(limit) = limit else {
        if request.method() == Method::HEAD {
            return Ok(no_store(HttpResponse::Ok()).finish());
        }
        let snapshot = use_cases.list_credentials.stream(&caller, after).await?;
        let (media_type, format) =
            if ndjson { (NDJSON, Format::Lines) } else { ("application/json", Format::Envelope) };
        return Ok(no_store(HttpResponse::Ok()).content_type(media_type).streaming(stream(snapshot, format)));
    };
    let page = use_cases.list_credentials.page(&caller, after, limit).await?;
    if ndjson {
        let mut lines = Vec::new();
        Format::Lines.write_page(&mut lines, &page.accounts, true);
        return Ok(no_store(HttpResponse::Ok()).content_type(NDJSON).body(lines));
    }
    let credentials = page.accounts.iter().map(CredentialView::from).collect();
    let data = CredentialsData { credentials, next: page.next.map(AccountId::as_uuid) };
    Ok(success(SuccessCode::CredentialsFetched, data))
}

#[derive(Clone, Copy)]
enum Format {
    Lines,
    Envelope,
}

impl Format {
    fn head(self) -> String {
        let code = SuccessCode::CredentialsFetched;
        match self {
            Self::Lines => String::new(),
            Self::Envelope => {
                let (status, code) = (code.status().as_u16(), code.as_str());
                format!(r#"{{"statusCode":{status},"code":"{code}","data":{{"credentials":["#)
            }
        }
    }

    const fn tail(self) -> &'static str {
        match self {
            Self::Lines => "",
            Self::Envelope => r#"],"next":null}}"#,
        }
    }

    fn write_page(self, chunk: &mut Vec<u8>, accounts: &[Account], first: bool) {
        for (index, account) in accounts.iter().enumerate() {
            if matches!(self, Self::Envelope) && !(first && index == 0) {
                chunk.push(b',');
            }
            // Writing JSON of plain strings into memory cannot fail.
            let _: serde_json::Result<()> = serde_json::to_writer(&mut *chunk, &CredentialView::from(account));
            if matches!(self, Self::Lines) {
                chunk.push(b'\n');
            }
        }
    }
}

enum Piece {
    Some(Bytes),
    Last(Bytes),
}

/// Streams pages as fast as the caller reads, from a separate task: a caller that stops reading loses the stream, and
/// the service its snapshot. Whatever ends the stream early cuts the connection before the end of the document, so that
/// half a backup is never mistaken for a whole one.
fn stream(snapshot: Box<dyn AccountSnapshot>, format: Format) -> impl Stream<Item = Result<Bytes, ApiError>> {
    let (sender, receiver) = mpsc::channel(1);
    let feeding = tokio::time::timeout(STREAM_TIMEOUT, feed(snapshot, format, sender));
    tokio::spawn(request_scope::carry(feeding).in_current_span());
    unfold(Some(receiver), |receiver| async {
        let mut receiver = receiver?;
        Some(match receiver.recv().await {
            Some(Piece::Some(bytes)) => (Ok(bytes), Some(receiver)),
            Some(Piece::Last(bytes)) => (Ok(bytes), None),
            None => (Err(StoreError::Unavailable.into()), None),
        })
    })
}

/// Ends without a last piece if the database fails or the caller stops reading.
async fn feed(mut snapshot: Box<dyn AccountSnapshot>, format: Format, sender: mpsc::Sender<Piece>) -> Option<()> {
    let send = async |piece| sender.send_timeout(piece, READ_TIMEOUT).await.ok();
    send(Piece::Some(Bytes::from(format.head()))).await?;
    let mut first = true;
    loop {
        let accounts = snapshot.next_page().await.ok()?;
        if accounts.is_empty() {
            return send(Piece::Last(Bytes::from_static(format.tail().as_bytes()))).await;
        }
        let mut chunk = Vec::with_capacity(accounts.len() * 512);
        format.write_page(&mut chunk, &accounts, first);
        send(Piece::Some(Bytes::from(chunk))).await?;
        first = false;
    }
}
