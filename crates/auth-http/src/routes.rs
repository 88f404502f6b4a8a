//! The whole HTTP application: the routes of the endpoints, and the middleware around them.

use actix_cors::Cors;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::{Condition, from_fn};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, Error, Scope};
use auth_domain::use_cases::UseCases;

use crate::answer::not_found;
use crate::cross_site::cors;
use crate::edge::Edge;
use crate::endpoint::{Endpoint, resource};
use crate::{dev_mail, endpoints, middleware, page_routes, swagger};

/// Builds the application of the main address. Each worker thread needs its own.
pub fn app(
    use_cases: &Data<UseCases>,
    edge: &Data<Edge>,
) -> App<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<BoxBody>, Error = Error, InitError = ()>
    + use<>,
> {
    App::new()
        .app_data(use_cases.clone())
        .app_data(edge.clone())
        .configure(|config| configure(edge, config))
        .default_service(web::to(not_found))
        // The last one sees a request first.
        .wrap(from_fn(middleware::guard))
        .wrap(cross_origin(edge))
        .wrap(from_fn(middleware::exchange))
}

/// Builds the application of the address that serves only `/metrics`.
pub fn metrics_app(
    use_cases: &Data<UseCases>,
    edge: &Data<Edge>,
) -> App<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<BoxBody>, Error = Error, InitError = ()>
    + use<>,
> {
    let get = [(Method::GET, web::get().to(endpoints::metrics))];
    App::new()
        .app_data(use_cases.clone())
        .app_data(edge.clone())
        .service(resource("/metrics", get))
        .default_service(web::to(not_found))
        .wrap(from_fn(middleware::exchange))
}

/// Returns the CORS middleware, active if other origins are allowed.
fn cross_origin(edge: &Edge) -> Condition<Cors> {
    Condition::new(edge.origins.allowed().next().is_some(), cors(edge))
}

/// What clients and gateways ask for again and again, without logging in.
const FREQUENT: [&str; 4] = ["/auth/verify", "/auth/me", "/auth/introspect", "/auth/refresh"];

/// Registers every endpoint under every base path.
fn configure(edge: &Edge, config: &mut ServiceConfig) {
    // The root comes last: its scope would catch the requests of the others.
    let mut base_paths = edge.base_paths.clone();
    base_paths.sort_by_key(|path| std::cmp::Reverse(path.len()));
    for base in &base_paths {
        let endpoints = endpoints::all(&edge.providers);
        let (parameterized, fixed): (Vec<&str>, Vec<&str>) =
            paths_in_order(&endpoints).into_iter().partition(|path| path.contains('{'));
        let scope = with_endpoints(web::scope(base.trim_end_matches('/')), &endpoints, &fixed);
        // Before those with parameters, since `/auth/{user_id}` matches `/auth/doc` too.
        let scope = swagger::services(scope, base);
        let scope = dev_mail::services(page_routes::services(scope, base, edge), edge);
        let scope = with_endpoints(scope, &endpoints, &parameterized);
        config.service(scope.default_service(web::to(not_found)));
    }
}

fn with_endpoints(scope: Scope, endpoints: &[Endpoint], paths: &[&str]) -> Scope {
    paths.iter().fold(scope, |scope, path| scope.service(Endpoint::resource(endpoints, path)))
}

/// Returns each path once, the most frequent first: a request is compared with one path after the other.
fn paths_in_order(endpoints: &[Endpoint]) -> Vec<&str> {
    let mut paths: Vec<&str> =
        endpoints.iter().flat_map(|endpoint| [Some(&*endpoint.path), endpoint.alias]).flatten().collect();
    paths.sort_unstable_by_key(|path| {
        (FREQUENT.iter().position(|frequent| frequent == path).unwrap_or(usize::MAX), *path)
    });
    paths.dedup();
    paths
}
