//! Charges a request to the network that it comes from.

use actix_web::HttpRequest;
use actix_web::web::Data;
use auth_domain::error_code::{ErrorCode, Refusal};

use crate::answer::ApiError;
use crate::client::limited;
use crate::edge::Edge;
use crate::network_limits::Cost;

/// Takes what a request costs from the budget of the caller's network.
pub(crate) fn charge(request: &HttpRequest, cost: Cost) -> Result<(), ApiError> {
    let (Some(edge), false) = (request.app_data::<Data<Edge>>(), cost == Cost::Nothing) else { return Ok(()) };
    let Some(client) = limited(request) else {
        edge.trusted_proxies.tell_silent();
        return Ok(());
    };
    let taken = edge.network_limits.take(&client, cost);
    taken.map_err(|wait| Refusal::retry_after(ErrorCode::RateLimited, wait).into())
}
