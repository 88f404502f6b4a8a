//! How the tokens of an answer travel: in the body, in cookies that no script can read, or in both.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::cookies::TokenCookies;
use crate::credential::came_by_cookie;
use crate::cross_site::is_foreign;
use crate::edge::Edge;

/// The header with which a page asks for tokens in cookies only, with the value `cookie`.
pub(crate) const TRANSPORT: &str = "x-auth-transport";

/// Where the tokens of an answer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// In the body only.
    Body,
    /// In the body and in cookies.
    Both,
    /// In cookies only.
    Cookies,
}

impl Delivery {
    /// Returns how the answer to a request carries its tokens. Call it after the request was recognised.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let cookies_are_on =
            request.app_data::<Data<Edge>>().is_some_and(|edge| edge.cookies && !is_foreign(edge, request));
        if !cookies_are_on {
            return Self::Body;
        }
        let asks =
            request.headers().get(TRANSPORT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"cookie"));
        if asks || came_by_cookie(request) { Self::Cookies } else { Self::Both }
    }

    /// Tells whether a body may carry tokens.
    pub(crate) const fn in_body(self) -> bool {
        !matches!(self, Self::Cookies)
    }

    /// Makes the answer set these cookies, if cookies carry its tokens.
    pub(crate) fn attach(self, cookies: TokenCookies, response: HttpResponse) -> HttpResponse {
        match self {
            Self::Body => response,
            Self::Both | Self::Cookies => cookies.with(response),
        }
    }
}
