//! `GET /auth/providers`: the providers that a page can offer for signing in.

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
use crate::tag::Tag;

/// `data` with the configured providers.
#[derive(Serialize, ToSchema)]
struct ProvidersData {
    providers: Vec<ProviderView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Provider)]
#[serde(rename_all = "camelCase")]
struct ProviderView {
    /// The name in paths such as `/auth/<name>/authorize`.
    #[schema(example = "google")]
    name: String,
    /// The name to show to users.
    #[schema(example = "Google")]
    display_name: String,
    /// Where to load the icon from: a URL, or a path on this host. Null if none is configured.
    #[schema(required)]
    icon: Option<String>,
    /// Whether `POST /auth/<name>/token` accepts its id_tokens.
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
        .operation("listProviders", Tag::Providers, "List the identity providers to sign in with")
        .description("Lists those that are configured, for the buttons of a sign-in page.")
        .permission(Permission::Anyone(Cost::Nothing))
        .answers::<ProvidersData>(SuccessCode::ProvidersFetched)
}

/// *Permissions:* anyone.
async fn list(edge: Data<Edge>) -> HttpResponse {
    let configured = edge.providers.iter().filter(|provider| provider.is_configured);
    success(SuccessCode::ProvidersFetched, ProvidersData { providers: configured.map(ProviderView::from).collect() })
}
