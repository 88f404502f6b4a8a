//! The API page: Swagger UI from the binary itself, and the OpenAPI file it shows.

use actix_web::http::{Method, header};
use actix_web::web::{self, Data, Path};
use actix_web::{HttpRequest, HttpResponse, Resource, Route, Scope};
use std::sync::Arc;
use utoipa_swagger_ui::{Config, Url};

use crate::answer::not_found;
use crate::documents::openapi;
use crate::edge::Edge;
use crate::endpoint::resource;

/// What the page may load and do: itself, from here, and calls of this service. Nobody may frame it, so that no page of
/// another site makes its visitor click through it. Swagger UI writes styles into its elements.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The document that the page shows, beside it.
const PAGE_SPECIFICATION: &str = "swagger-ui.json";
/// From that document to the base path, whatever prefix a proxy in front has taken away.
const PAGE_SERVER: &str = "../..";

/// Adds `auth/doc/…` to the scope at `base`.
pub(crate) fn services(scope: Scope, base: &str) -> Scope {
    let (for_clients, for_page): (Arc<str>, Arc<str>) = (format!("{base}openapi").into(), format!("{base}page").into());
    let path = base.trim_end_matches('/').to_owned();
    let serve_specification = move |edge: Data<Edge>, request: HttpRequest| {
        let server = || format!("{}{path}", edge.issuer.trim_end_matches('/'));
        let answer = edge.documents.answer(&request, &for_clients, || text(&server(), &edge));
        async move { answer }
    };
    // The page calls the service where it was loaded from, which need not be the public URL.
    let serve_page_specification = move |edge: Data<Edge>, request: HttpRequest| {
        let answer = edge.documents.answer(&request, &for_page, || text(PAGE_SERVER, &edge));
        async move { answer }
    };
    // A token that is typed in here is gone with the page.
    let config = Config::new([Url::new("auth", PAGE_SPECIFICATION)])
        .persist_authorization(false)
        .try_it_out_enabled(true)
        .display_request_duration(true)
        .default_models_expand_depth(0);
    let config = Arc::new(config);
    let serve_page = move |path: Path<String>| page(path, Arc::clone(&config));
    scope
        .service(get_resource("/auth/doc", || web::to(redirect)))
        .service(get_resource("/auth/doc/openapi.json", || web::to(serve_specification.clone())))
        .service(get_resource(&format!("/auth/doc/{PAGE_SPECIFICATION}"), || web::to(serve_page_specification.clone())))
        .service(get_resource("/auth/doc/{file:.*}", || web::to(serve_page.clone())))
}

fn get_resource(path: &str, route: impl Fn() -> Route) -> Resource {
    resource(path, [Method::GET, Method::HEAD].map(|method| (method.clone(), route().method(method))))
}

/// Relative: a proxy in front may have taken a prefix away.
async fn redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "doc/")).finish()
}

/// Returns the document, compactly.
fn text(server: &str, edge: &Edge) -> String {
    // Writing plain values into memory cannot fail.
    serde_json::to_string(&openapi(server, &edge.providers)).unwrap_or_default()
}

async fn page(path: Path<String>, config: Arc<Config<'static>>) -> HttpResponse {
    match utoipa_swagger_ui::serve(&path, config) {
        Ok(Some(file)) => HttpResponse::Ok()
            .content_type(file.content_type)
            .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
            .insert_header((header::X_FRAME_OPTIONS, "DENY"))
            .insert_header((header::REFERRER_POLICY, "no-referrer"))
            .body(file.bytes.into_owned()),
        _ => not_found().await,
    }
}
