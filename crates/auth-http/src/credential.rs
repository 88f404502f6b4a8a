//! The token by which a request was recognised, and where it came from. This alone decides whether a request is judged
//! as one from a browser: cookies are sent whatever page causes the request, while a header or a body is intentional.

use actix_web::{HttpMessage as _, HttpRequest};

use crate::answer::ApiError;
use crate::cookies;
use crate::cross_site::{is_foreign, is_forged, refusal};
use crate::edge::Edge;

/// The token by which a request was recognised.
struct Credential {
    token: String,
    by_cookie: bool,
}

/// Records that a header or the body brought the token by which the request is recognised.
pub(crate) fn note_explicit(request: &HttpRequest, token: &str) {
    note(request, token, false);
}

/// Returns the token from a cookie, if cookies are on, as the one by which the request is recognised. `usable` selects
/// the tokens to look at. Refuses a request that a page of another site may have made the browser send, and one that
/// says so itself, even if its browser withheld the cookie.
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

/// Tells whether the cookie of a pending step brought the token by which the request was recognised.
pub(crate) fn is_temp_cookie(request: &HttpRequest) -> bool {
    let in_cookie = cookies::value(request, cookies::TEMP);
    let extensions = request.extensions();
    extensions.get::<Credential>().is_some_and(|credential| in_cookie.as_ref() == Some(&credential.token))
}
