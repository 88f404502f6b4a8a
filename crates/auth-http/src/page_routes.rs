//! `account/…` and `admin/…`: the sign-in and account pages, those of the administration, and their files.

use actix_web::http::header;
use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Data, Path};
use actix_web::{HttpRequest, HttpResponse, Route, Scope};

use crate::answer::not_found;
use crate::cookies;
use crate::edge::Edge;
use crate::endpoint::resource;
use crate::language::{Accepted, known};
use crate::page_forms;
use crate::pages::{Pages, View, Written};
use crate::query::query_parameter;

/// The cookie with the language that a user chose.
const LANGUAGE: &str = "auth-language";
/// Pages that the script draws. Their forms work only with it.
const OTHER_VIEWS: &[&str] = &["", "register", "recover", "verify", "finish"];
/// Those of the administration. What they show, the API refuses to whoever is no administrator.
const ADMIN_VIEWS: &[&str] = &["", "user", "invitations", "audit", "service"];

/// Adds the pages to the scope at `base`, if they are on.
pub(crate) fn services(scope: Scope, base: &str, edge: &Edge) -> Scope {
    if edge.pages.is_none() {
        return scope;
    }
    let page = |view: View| {
        let base = base.to_owned();
        move || {
            let base = base.clone();
            web::to(move |edge: Data<Edge>, request: HttpRequest| {
                let answer = page(&edge, &request, &base, view);
                async move { answer }
            })
        }
    };
    let with_form = |page: &dyn Fn() -> Route, form: Route| {
        let mut routes = reading(page);
        routes.push((Method::POST, form.method(Method::POST)));
        routes
    };
    let mut scope = scope
        .service(resource("/account", reading(&|| web::to(|request| redirect("account/", request)))))
        .service(resource("/admin", reading(&|| web::to(|request| redirect("admin/", request)))))
        .service(resource("/account/assets/{file}", reading(&|| web::to(file))))
        .service(resource("/admin/assets/{file}", reading(&|| web::to(file))))
        .service(resource("/account/login", with_form(&page(View::Login), web::post().to(page_forms::login))))
        .service(resource("/account/code", with_form(&page(View::Code), web::post().to(page_forms::code))));
    for name in OTHER_VIEWS {
        scope = scope.service(resource(&format!("/account/{name}"), reading(&page(View::Other))));
    }
    for name in ADMIN_VIEWS {
        scope = scope.service(resource(&format!("/admin/{name}"), reading(&page(View::Admin))));
    }
    scope
}

fn reading(route: &dyn Fn() -> Route) -> Vec<(Method, Route)> {
    [Method::GET, Method::HEAD].map(|method| (method.clone(), route().method(method))).into()
}

/// Relative: a proxy in front may have taken a prefix away.
async fn redirect(folder: &str, request: HttpRequest) -> HttpResponse {
    let query = if request.query_string().is_empty() { String::new() } else { format!("?{}", request.query_string()) };
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, format!("{folder}{query}"))).finish()
}

async fn file(edge: Data<Edge>, name: Path<String>, request: HttpRequest) -> HttpResponse {
    let Some(file) = edge.pages.as_ref().and_then(|pages| pages.file(&name)) else { return not_found().await };
    let mut response = file.answer(&request);
    let headers = response.headers_mut();
    // Mail programs in browsers show the logo from where they are.
    let readers = if name.starts_with("logo.") { "cross-origin" } else { "same-origin" };
    // A logo may be an SVG, which somebody opens by itself.
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), readers),
    ] {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    response
}

/// Returns what a page may load and do: itself, from here. Nothing is inline, and no script can make HTML of text.
fn policy(edge: &Edge) -> String {
    // Browsers hold the redirect after a form against this, too.
    let ends = edge.origins.allowed().collect::<Vec<_>>().join(" ");
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self' {ends}; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
         trusted-types 'none'"
    )
}

/// Returns the URL where a sign-in is to end, if the request names one that is allowed.
fn redirect_of(edge: &Edge, request: &HttpRequest) -> Option<String> {
    let asked = query_parameter(request, "redirect").ok().flatten()?;
    edge.origins.end_of_sign_in(&asked)
}

fn page(edge: &Edge, request: &HttpRequest, base: &str, view: View) -> HttpResponse {
    let Some(pages) = &edge.pages else { return HttpResponse::new(StatusCode::NOT_FOUND) };
    let Some(html) = html(edge, pages, request, base, view) else { return HttpResponse::new(StatusCode::NOT_FOUND) };
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy(edge)))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        // Without an origin the forms would be refused.
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .insert_header(("cross-origin-opener-policy", "same-origin"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::VARY, "Accept-Language, Cookie"))
        .body(html)
}

fn html(edge: &Edge, pages: &Pages, request: &HttpRequest, base: &str, view: View) -> Option<String> {
    let chosen = cookies::value(request, LANGUAGE);
    let language = chosen.as_deref().and_then(known).unwrap_or_else(|| Accepted::of(request).answer());
    let texts = pages.texts(language)?;
    let redirect = redirect_of(edge, request);
    let parameter = |name| query_parameter(request, name).ok().flatten();
    Some(pages.html(
        texts,
        &Written {
            view,
            public_url: &format!("{}{base}", edge.issuer.trim_end_matches('/')),
            redirect: redirect.as_deref(),
            error: parameter("error").as_deref(),
            signed_in: parameter("signed-in").is_some(),
        },
    ))
}
