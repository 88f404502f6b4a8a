//! What an endpoint is: its route and its description in one value, so that neither can drift.

use std::borrow::Cow;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse, Resource, ResponseError as _, Route, web};
use auth_domain::error_code::ErrorCode;
use auth_domain::internal::Scope;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::answer::{ApiError, not_found};
use crate::charge::charge;
use crate::codes::{Code, HttpCode, SuccessCode};
use crate::cross_site::refuse_foreign;
use crate::network_limits::Cost;
use crate::query::path_uuid;
use crate::tag::Tag;

/// Who may call an endpoint.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    /// Anybody, without a token, at that cost.
    Anyone(Cost),
    /// The bearer of an access token.
    AccessToken,
    /// The bearer of an access token of a fresh login: young enough, with a second factor where the user has one.
    FreshLogin,
    /// Whoever holds a refresh token of the session; where an access token comes too, it is held against it. A forged one
    /// costs nothing.
    RefreshToken,
    /// The bearer of a temp token. Strangers are given such tokens: a good one costs that.
    TempToken(Cost),
    /// The bearer of either; a temp token costs that.
    AccessOrTempToken(Cost),
    /// A service with this scope.
    Internal(Scope),
    /// A service with this scope, or the bearer of an access token of a fresh login whose user has the role `admin`.
    Admin(Scope),
}

impl Permission {
    /// Returns the codes that callers without it are refused with.
    pub(crate) fn refusals(self) -> Vec<Code> {
        let (http, use_case): (HttpCode, &[ErrorCode]) = match self {
            Self::Anyone(_) => return Vec::new(),
            Self::RefreshToken => (
                HttpCode::RefreshTokenRequired,
                &[
                    ErrorCode::RefreshTokenInvalid,
                    ErrorCode::AccessTokenInvalid,
                    ErrorCode::WrongAudience,
                    ErrorCode::Unauthorized,
                    ErrorCode::AccountSuspended,
                    ErrorCode::AccountDeletionScheduled,
                ],
            ),
            Self::AccessToken => (
                HttpCode::TokenRequired,
                &[
                    ErrorCode::AccessTokenInvalid,
                    ErrorCode::WrongAudience,
                    ErrorCode::AccessTokenExpired,
                    ErrorCode::Unauthorized,
                    ErrorCode::AccountSuspended,
                    ErrorCode::AccountDeletionScheduled,
                ],
            ),
            Self::FreshLogin => (
                HttpCode::TokenRequired,
                &[
                    ErrorCode::AccessTokenInvalid,
                    ErrorCode::WrongAudience,
                    ErrorCode::AccessTokenExpired,
                    ErrorCode::ReauthenticationRequired,
                    ErrorCode::Unauthorized,
                    ErrorCode::AccountSuspended,
                    ErrorCode::AccountDeletionScheduled,
                ],
            ),
            Self::TempToken(_) => (
                HttpCode::TokenRequired,
                &[
                    ErrorCode::TempTokenInvalid,
                    ErrorCode::TempTokenExpired,
                    ErrorCode::AccountSuspended,
                    ErrorCode::AccountDeletionScheduled,
                ],
            ),
            Self::AccessOrTempToken(_) => (
                HttpCode::TokenRequired,
                &[
                    ErrorCode::AccessTokenInvalid,
                    ErrorCode::WrongAudience,
                    ErrorCode::AccessTokenExpired,
                    ErrorCode::TempTokenInvalid,
                    ErrorCode::TempTokenExpired,
                    ErrorCode::Unauthorized,
                    ErrorCode::AccountSuspended,
                    ErrorCode::AccountDeletionScheduled,
                ],
            ),
            Self::Internal(_) => (
                HttpCode::TokenRequired,
                &[ErrorCode::InternalTokenInvalid, ErrorCode::InternalTokenExpired, ErrorCode::Forbidden],
            ),
            Self::Admin(_) => (
                HttpCode::TokenRequired,
                &[
                    ErrorCode::AccessTokenInvalid,
                    ErrorCode::WrongAudience,
                    ErrorCode::AccessTokenExpired,
                    ErrorCode::InternalTokenInvalid,
                    ErrorCode::InternalTokenExpired,
                    ErrorCode::ReauthenticationRequired,
                    ErrorCode::Unauthorized,
                    ErrorCode::AccountSuspended,
                    ErrorCode::AccountDeletionScheduled,
                    ErrorCode::Forbidden,
                ],
            ),
        };
        let mut all = vec![http.into(), ErrorCode::Unavailable.into()];
        all.extend(use_case.iter().map(|code| Code::from(*code)));
        all
    }
}

/// What an endpoint answers when it does not refuse.
pub(crate) enum Answer {
    /// The envelope.
    Envelope(EnvelopeAnswer),
    /// 200 with something of its own standard.
    Plain { media_type: &'static str, schema: NamedSchema, description: &'static str },
    /// 200 with these headers, name and meaning, and no body.
    Headers { headers: &'static [(&'static str, &'static str)], description: &'static str },
    /// A redirect (302) to the place that this describes.
    Redirect(&'static str),
    /// The answer before it, as another media type for those who ask for it.
    Also { media_type: &'static str, schema: NamedSchema },
}

/// A successful answer in the envelope.
pub(crate) struct EnvelopeAnswer {
    /// It carries one of these codes, with the status of that code.
    pub(crate) codes: Vec<SuccessCode>,
    /// The schema of `data`; empty without one.
    pub(crate) data: Option<NamedSchema>,
    /// The name of its schema, where that of the code is another answer's.
    pub(crate) name: Option<&'static str>,
}

/// A schema that is made when a document needs it: those who serve, a thread each, need none.
#[derive(Clone, Copy)]
pub(crate) struct NamedSchema(fn() -> MadeSchema);

/// A schema, and those it refers to.
pub(crate) struct MadeSchema {
    pub(crate) name: String,
    pub(crate) schema: RefOr<Schema>,
    pub(crate) referred: Vec<(String, RefOr<Schema>)>,
}

impl NamedSchema {
    pub(crate) fn of<T: ToSchema>() -> Self {
        Self(|| {
            let mut referred = Vec::new();
            T::schemas(&mut referred);
            MadeSchema { name: T::name().into_owned(), schema: T::schema(), referred }
        })
    }

    pub(crate) fn make(self) -> MadeSchema {
        (self.0)()
    }
}

/// Where a parameter is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Location {
    Path,
    Query,
}

/// A parameter in the query or the path.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) location: Location,
    pub(crate) description: &'static str,
    pub(crate) schema: Value,
}

/// One endpoint: its route, and all that the documents say of it.
pub(crate) struct Endpoint {
    pub(crate) method: Method,
    pub(crate) path: Cow<'static, str>,
    /// Another path that means the same and is not documented.
    pub(crate) alias: Option<&'static str>,
    /// The name of the method that calls it in a generated client.
    pub(crate) operation_id: Cow<'static, str>,
    pub(crate) tag: Tag,
    pub(crate) summary: Cow<'static, str>,
    pub(crate) description: &'static str,
    pub(crate) permission: Permission,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<NamedSchema>,
    /// A body that succeeds as it stands, where one can.
    pub(crate) example: Option<Value>,
    pub(crate) body_required: bool,
    pub(crate) body_types: &'static [&'static str],
    head: bool,
    any_page: bool,
    pub(crate) answers: Vec<Answer>,
    /// The name of the union of its answers, where there are several.
    pub(crate) union: Option<&'static str>,
    pub(crate) errors: Vec<Code>,
    route: Box<dyn Fn() -> Route>,
}

const JSON: &[&str] = &["application/json"];

/// An endpoint that does not say yet who may call it, and so what a stranger's request costs: [`Self::permission`] makes it
/// one.
pub(crate) struct Unpermitted(Endpoint);

impl Unpermitted {
    pub(crate) fn alias(self, alias: &'static str) -> Self {
        Self(Endpoint { alias: Some(alias), ..self.0 })
    }

    /// Names and describes it: a camelCase verb, good as the name of a method, and one line.
    pub(crate) fn operation(
        self,
        id: impl Into<Cow<'static, str>>,
        tag: Tag,
        summary: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Endpoint { operation_id: id.into(), tag, summary: summary.into(), ..self.0 })
    }

    /// Says more about it.
    pub(crate) fn description(self, description: &'static str) -> Self {
        Self(Endpoint { description, ..self.0 })
    }

    /// Says who may call it.
    pub(crate) fn permission(self, permission: Permission) -> Endpoint {
        let limits: &[ErrorCode] = match permission {
            Permission::Anyone(cost) | Permission::TempToken(cost) | Permission::AccessOrTempToken(cost)
                if cost != Cost::Nothing =>
            {
                &[ErrorCode::RateLimited]
            }
            _ => &[],
        };
        self.0.permission(permission).errors(limits)
    }
}

impl Endpoint {
    /// An endpoint without body. `route` is `|| web::to(handler)`.
    #[expect(clippy::new_ret_no_self, reason = "it is one only once it says who may call it")]
    pub(crate) fn new(
        method: Method,
        path: impl Into<Cow<'static, str>>,
        route: impl Fn() -> Route + 'static,
    ) -> Unpermitted {
        let mut errors = vec![ErrorCode::InternalServerError.into()];
        if !method.is_safe() {
            errors.push(HttpCode::CrossSiteRequest.into());
        }
        Unpermitted(Self {
            method,
            path: path.into(),
            alias: None,
            operation_id: Cow::Borrowed(""),
            tag: Tag::Auth,
            summary: Cow::Borrowed(""),
            description: "",
            permission: Permission::Anyone(Cost::Nothing),
            parameters: Vec::new(),
            body: None,
            example: None,
            body_required: true,
            body_types: JSON,
            head: true,
            any_page: false,
            answers: Vec::new(),
            union: None,
            errors,
            route: Box::new(route),
        })
    }

    fn permission(self, permission: Permission) -> Self {
        let errors = permission.refusals();
        Self { permission, ..self }.errors(&errors)
    }

    /// Reads a JSON body of that schema.
    pub(crate) fn body<T: ToSchema>(mut self) -> Self {
        self.body = Some(NamedSchema::of::<T>());
        self.errors(&[ErrorCode::ValidationFailed]).errors(&[HttpCode::PayloadTooLarge, HttpCode::UnsupportedMediaType])
    }

    /// The same; where cookies are on, it may be left out.
    pub(crate) fn optional_body<T: ToSchema>(self) -> Self {
        Self { body_required: false, ..self.body::<T>() }
    }

    /// HEAD is not answered: what GET does here is done once.
    pub(crate) fn without_head(self) -> Self {
        Self { head: false, ..self }
    }

    /// Accepts requests from pages of any origin, since it changes nothing.
    pub(crate) fn open_to_any_page(mut self) -> Self {
        self.errors.retain(|code| *code != HttpCode::CrossSiteRequest.into());
        Self { any_page: true, ..self }
    }

    pub(crate) fn body_types(self, body_types: &'static [&'static str]) -> Self {
        Self { body_types, ..self }
    }

    pub(crate) fn parameter(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self.errors(&[ErrorCode::ValidationFailed])
    }

    /// Shows this body to those who try it out.
    pub(crate) fn example(self, example: Value) -> Self {
        Self { example: Some(example), ..self }
    }

    /// Answers with data of that schema.
    pub(crate) fn answers<T: ToSchema>(self, code: SuccessCode) -> Self {
        self.envelope(code, Some(NamedSchema::of::<T>()))
    }

    /// Answers with empty data.
    pub(crate) fn answers_empty(self, code: SuccessCode) -> Self {
        self.envelope(code, None)
    }

    fn envelope(self, code: SuccessCode, data: Option<NamedSchema>) -> Self {
        self.answers_plain(Answer::Envelope(EnvelopeAnswer { codes: vec![code], data, name: None }))
    }

    fn last_envelope(mut self, change: impl FnOnce(&mut EnvelopeAnswer)) -> Self {
        if let Some(Answer::Envelope(envelope)) = self.answers.last_mut() {
            change(envelope);
        }
        self
    }

    /// The answer before it may carry this code instead.
    pub(crate) fn or(self, code: SuccessCode) -> Self {
        self.last_envelope(|envelope| envelope.codes.push(code))
    }

    /// Names the schema of the answer before it; else it has the name of its code.
    pub(crate) fn named(self, name: &'static str) -> Self {
        self.last_envelope(|envelope| envelope.name = Some(name))
    }

    /// Names the union of its answers, which their `code` tells apart.
    pub(crate) fn one_of(self, name: &'static str) -> Self {
        Self { union: Some(name), ..self }
    }

    /// Answers outside the envelope.
    pub(crate) fn answers_plain(mut self, answer: Answer) -> Self {
        self.answers.push(answer);
        self
    }

    /// Answers the same as another media type too.
    pub(crate) fn also_answers(self, media_type: &'static str, schema: NamedSchema) -> Self {
        self.answers_plain(Answer::Also { media_type, schema })
    }

    /// May refuse with these codes too.
    pub(crate) fn errors<C: Copy + Into<Code>>(mut self, errors: &[C]) -> Self {
        self.errors.extend(errors.iter().map(|code| (*code).into()));
        self.errors.sort_by_key(|code| code.position());
        self.errors.dedup();
        self
    }

    /// Where a token is needed, where that came from says whether the request is judged as one of a browser. What is
    /// refused for its page costs nothing.
    fn route(&self, method: Method) -> Route {
        let route = (self.route)().method(method);
        let route = match self.permission {
            Permission::Anyone(Cost::Nothing) => route,
            Permission::Anyone(cost) => route.wrap(from_fn(move |request, next| charged(cost, request, next))),
            Permission::TempToken(cost) | Permission::AccessOrTempToken(cost) => {
                route.wrap(from_fn(move |request, next| priced(cost, request, next)))
            }
            _ => route,
        };
        match self.permission {
            Permission::Anyone(_) if !self.method.is_safe() && !self.any_page => route.wrap(from_fn(refuse_foreign)),
            _ => route,
        }
    }

    /// The resource of all endpoints at `path`. GET answers HEAD too.
    pub(crate) fn resource(endpoints: &[Self], path: &str) -> Resource {
        let mut routes = Vec::new();
        for endpoint in endpoints.iter().filter(|endpoint| endpoint.path == path || endpoint.alias == Some(path)) {
            routes.push((endpoint.method.clone(), endpoint.route(endpoint.method.clone())));
            if endpoint.method == Method::GET && endpoint.head {
                routes.push((Method::HEAD, endpoint.route(Method::HEAD)));
            }
        }
        resource(path, routes)
    }
}

/// Lets a stranger's request through as long as its network has not asked for too much.
async fn charged(cost: Cost, request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, Error> {
    match charge(request.request(), cost) {
        Ok(()) => next.call(request).await,
        Err(refusal) => Ok(request.into_response(refusal.error_response())),
    }
}

/// Notes what the bearer of a temp token is to be charged, for the extractor that knows a good one.
async fn priced(cost: Cost, request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, Error> {
    request.extensions_mut().insert(cost);
    next.call(request).await
}

/// A resource of these routes, each with its method. It answers any other method with 405 and those that it takes.
pub(crate) fn resource(path: &str, routes: impl IntoIterator<Item = (Method, Route)>) -> Resource {
    let mut resource = Resource::new(path);
    let mut allowed = Vec::new();
    for (method, route) in routes {
        allowed.push(method.to_string());
        resource = resource.route(route);
    }
    let allow = allowed.join(", ");
    resource.default_service(web::to(move |request: HttpRequest| method_not_allowed(request, allow.clone())))
}

/// A path whose parameter is no UUID is nothing's address: every parameter of an endpoint is one.
async fn method_not_allowed(request: HttpRequest, allow: String) -> HttpResponse {
    if !request.match_info().iter().all(|(name, _)| name == "file" || path_uuid(&request, name).is_ok()) {
        return not_found().await;
    }
    let mut response = ApiError::from(HttpCode::MethodNotAllowed).error_response();
    if let Ok(allow) = HeaderValue::from_str(&allow) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}
