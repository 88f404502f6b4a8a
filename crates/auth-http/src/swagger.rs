//! The API page: Swagger UI from the binary itself, and the OpenAPI file it shows.

use actix_web::Scope;
use actix_web::http::header;
use actix_web::web::{self, Path};
use actix_web::{HttpRequest, HttpResponse};
use std::sync::Arc;
use utoipa_swagger_ui::{Config, Url};

use crate::documents::openapi;
use crate::edge::not_found;

/// Adds `auth/doc/…` to the scope at `base`.
pub(crate) fn services(scope: Scope, base: &str) -> Scope {
    let specification = web::Bytes::from(openapi(base).to_string());
    let config =
        Arc::new(Config::new([Url::new("auth", "openapi.json")]).persist_authorization(true).try_it_out_enabled(true));
    scope
        .route("/auth/doc", web::get().to(redirect))
        .route(
            "/auth/doc/openapi.json",
            web::get().to(move || {
                let specification = specification.clone();
                async move { HttpResponse::Ok().content_type("application/json").body(specification) }
            }),
        )
        .route("/auth/doc/{file:.*}", web::get().to(move |path: Path<String>| page(path, Arc::clone(&config))))
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
