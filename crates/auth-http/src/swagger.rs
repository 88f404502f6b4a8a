//! The API page: Swagger UI from the binary itself, and the OpenAPI file it shows.

use actix_web::http::{Method, header};
use actix_web::web::{self, Path};
use actix_web::{HttpRequest, HttpResponse, Resource, Route, Scope};
use auth_domain::identity::ProviderName;
use std::sync::Arc;
use utoipa_swagger_ui::{Config, Url};

use crate::answer::not_found;
use crate::documents::openapi;
use crate::endpoint::resource;

/// Adds `auth/doc/…` to the scope at `base`.
pub(crate) fn services(scope: Scope, base: &str, providers: &[ProviderName]) -> Scope {
    let specification = web::Bytes::from(openapi(base, providers).to_string());
    let serve_specification = move || {
        let specification = specification.clone();
        async move { HttpResponse::Ok().content_type("application/json").body(specification) }
    };
    let config = Config::new([Url::new("auth", "openapi.json")]).persist_authorization(true).try_it_out_enabled(true);
    let config = Arc::new(config);
    let serve_page = move |path: Path<String>| page(path, Arc::clone(&config));
    scope
        .service(get_resource("/auth/doc", || web::to(redirect)))
        .service(get_resource("/auth/doc/openapi.json", || web::to(serve_specification.clone())))
        .service(get_resource("/auth/doc/{file:.*}", || web::to(serve_page.clone())))
}

fn get_resource(path: &'static str, route: impl Fn() -> Route) -> Resource {
    resource(path, [(Method::GET, route()), (Method::HEAD, route())])
}

async fn redirect(request: HttpRequest) -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, format!("{}/", request.path()))).finish()
}

async fn page(path: Path<String>, config: Arc<Config<'static>>) -> HttpResponse {
    match utoipa_swagger_ui::serve(&path, config) {
        Ok(Some(file)) => HttpResponse::Ok().content_type(file.content_type).body(file.bytes.into_owned()),
        _ => not_found().await,
    }
}
