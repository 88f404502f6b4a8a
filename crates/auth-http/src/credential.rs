//! The token that a request was recognised by, and where it came from. A request is judged as one of a browser by that
//! alone: a cookie comes by itself, whatever page makes the browser send it; a header or a body is somebody's intent.

use actix_web::{HttpMessage as _, HttpRequest};

use crate::answer::ApiError;
use crate::cookies;
use crate::cross_site::{is_foreign, is_forged, refusal};
use crate::edge::Edge;

/// What a request was recognised by.
struct Credential {
    token: String,
    by_cookie: bool,
}

/// Notes that a header or the body brought the token that the request is recognised by.
pub(crate) fn note_explicit(request: &HttpRequest, token: &str) {
    note(request, token, false);
}

/// Takes the token from a cookie, where cookies are on, as what the request is recognised by. `usable` says which tokens
/// are looked at. Refuses a request that a page of another site may have made the browser send, and one that says so
/// itself, even where its browser kept the cookie back.
pub(crate) fn from_cookie(
    edge: &Edge,
    request: &HttpRequest,
    name: &str,
    usable: impl FnOnce(&String) -> bool,
) -> Result<Option<String>, ApiError> {
    let token = cookies::token(edge, request, name).filter(usable);
    if is_foreign(edge, request) || token.is_some() && is_forged(edge, request) {
        return Err(refusal(request));
    }
    if let Some(token) = &token {
        note(request, token, true);
    }
    Ok(token)
}

fn note(request: &HttpRequest, token: &str, by_cookie: bool) {
    request.extensions_mut().insert(Credential { token: token.to_owned(), by_cookie });
}

/// Tells whether the request was recognised by a cookie.
pub(crate) fn came_by_cookie(request: &HttpRequest) -> bool {
    request.extensions().get::<Credential>().is_some_and(|credential| credential.by_cookie)
}

/// Tells whether the cookie of a pending step brings the token that the request was recognised by.
pub(crate) fn is_temp_cookie(request: &HttpRequest) -> bool {
    let in_cookie = cookies::value(request, cookies::TEMP);
    let extensions = request.extensions();
    extensions.get::<Credential>().is_some_and(|credential| in_cookie.as_ref() == Some(&credential.token))
}
