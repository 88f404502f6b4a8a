//! `resource` (RFC 8707): for whom the access token of an answer is to be.

use actix_web::HttpRequest;
use auth_domain::audience::{Audience, Audiences, InvalidTarget};

use crate::answer::ApiError;
use crate::delivery::Delivery;

/// Returns the audience that a request names, and how the answer carries its tokens. Cookies come back to this service only, so
/// they carry tokens for the default audience: others travel in bodies, and a caller who wants them in cookies is refused. Call
/// it after the request was recognised.
pub(crate) fn requested(
    audiences: &Audiences,
    request: &HttpRequest,
    resource: Option<&str>,
) -> Result<(Audience, Delivery), ApiError> {
    let audience = audiences.requested(resource)?;
    let delivery = delivery_for(&audience, Delivery::of(request))?;
    Ok((audience, delivery))
}

/// Returns how tokens for this audience travel where those for the default one would travel like that.
pub(crate) fn delivery_for(audience: &Audience, delivery: Delivery) -> Result<Delivery, InvalidTarget> {
    match (audience, delivery) {
        (Audience::Default, _) => Ok(delivery),
        (Audience::Other(_), Delivery::Cookies) => Err(InvalidTarget),
        (Audience::Other(_), Delivery::Body | Delivery::Both) => Ok(Delivery::Body),
    }
}
