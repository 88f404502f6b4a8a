//! `GET /auth/providers`: what a page offers to sign in with.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::{self, Data};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::success;
use crate::codes::SuccessCode;
use crate::edge::{Edge, ListedProvider};
use crate::endpoint::{Endpoint, Permission};
use crate::network_limits::Cost;

/// `data` with the providers that are configured.
#[derive(Serialize, ToSchema)]
struct ProvidersData {
    providers: Vec<ProviderView>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProviderView {
    /// As in `/auth/<name>/authorize`.
    #[schema(example = "google")]
    name: String,
    /// For people.
    #[schema(example = "Google")]
    display_name: String,
    /// What an image may show: a URL, or a path of this host. Null where none is set.
    #[schema(required)]
    icon: Option<String>,
    /// Whether `POST /auth/<name>/token` takes its id_tokens.
    takes_id_tokens: bool,
}

impl From<&ListedProvider> for ProviderView {
    fn from(provider: &ListedProvider) -> Self {
        Self {
            name: provider.name.to_string(),
            display_name: provider.display_name.clone(),
            icon: provider.icon.clone(),
            takes_id_tokens: provider.takes_id_tokens,
        }
    }
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::GET, "/auth/providers", || web::to(list))
        .summary("providers", "The identity providers that one can sign in with, for the buttons of a page.")
        .permission(Permission::Anyone(Cost::Nothing))
        .answers::<ProvidersData>(SuccessCode::ProvidersFetched)
}

/// *Permissions:* anyone.
async fn list(edge: Data<Edge>) -> HttpResponse {
    let configured = edge.providers.iter().filter(|provider| provider.is_configured);
    success(SuccessCode::ProvidersFetched, ProvidersData { providers: configured.map(ProviderView::from).collect() })
}
