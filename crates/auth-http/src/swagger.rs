//! The API page: Swagger UI from the binary itself, and the OpenAPI file it shows.

use actix_web::http::{Method, header};
use actix_web::web::{self, Data, Path};
use actix_web::{HttpResponse, Resource, Route, Scope};
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

/// Adds `auth/doc/…` to the scope at `base`.
pub(crate) fn services(scope: Scope, base: &str) -> Scope {
    let base: Arc<str> = base.into();
    let serve_specification = move |edge: Data<Edge>| {
        let make = || openapi(&format!("{}{base}", public_path(&edge.issuer)), &edge.providers).to_string();
        let specification = edge.documents.get_or_make(&base, make);
        async move { HttpResponse::Ok().content_type("application/json").body(specification) }
    };
    // A token that is typed in here is gone with the page.
    let config = Config::new([Url::new("auth", "openapi.json")]).persist_authorization(false).try_it_out_enabled(true);
    let config = Arc::new(config);
    let serve_page = move |path: Path<String>| page(path, Arc::clone(&config));
    scope
        .service(get_resource("/auth/doc", || web::to(redirect)))
        .service(get_resource("/auth/doc/openapi.json", || web::to(serve_specification.clone())))
        .service(get_resource("/auth/doc/{file:.*}", || web::to(serve_page.clone())))
}

fn get_resource(path: &'static str, route: impl Fn() -> Route) -> Resource {
    resource(path, [Method::GET, Method::HEAD].map(|method| (method.clone(), route().method(method))))
}

/// Relative: a proxy in front may have taken a prefix away.
async fn redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "doc/")).finish()
}

/// Returns the path of the public URL without the slash at its end: the prefix that browsers see before every path.
fn public_path(public_url: &str) -> String {
    let url = url::Url::parse(public_url);
    url.map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default()
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
