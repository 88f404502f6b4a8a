//! The causes of a cross-site refusal, in the words of answers and of the log. Which requests are refused is in `cross_site`.

use std::fmt;

use actix_web::HttpRequest;
use actix_web::http::header;

/// The number of characters of an `Origin` that an answer repeats: a scheme and the longest host name.
const LONGEST_ORIGIN: usize = 270;

/// The reason why a request is refused because of the page that sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CrossSiteCause {
    /// Its `Origin`, given here, is neither this service's own nor allowed.
    OriginNotAllowed(String),
    /// It has no `Origin`, and the browser says that another site sent it.
    AnotherSite,
    /// A cookie identifies the user, and the request does not say where it comes from.
    OriginMissing,
    /// The page is allowed to call, but asks for a method that no endpoint supports.
    MethodNotAllowed,
}

impl CrossSiteCause {
    /// Returns the cause that the headers of a refused request show.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let headers = request.headers();
        match headers.get(header::ORIGIN) {
            Some(origin) => {
                let origin = String::from_utf8_lossy(origin.as_bytes());
                Self::OriginNotAllowed(origin.chars().take(LONGEST_ORIGIN).collect())
            }
            None if headers.contains_key("sec-fetch-site") => Self::AnotherSite,
            None => Self::OriginMissing,
        }
    }

    /// Returns the stable name that answers use.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::OriginNotAllowed(_) => "origin_not_allowed",
            Self::AnotherSite => "another_site",
            Self::OriginMissing => "origin_missing",
            Self::MethodNotAllowed => "method_not_allowed",
        }
    }
}

impl fmt::Display for CrossSiteCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OriginNotAllowed(origin) => {
                write!(f, "Request refused: origin `{origin}` is not in `AUTH_ALLOWED_ORIGINS`.")
            }
            Self::AnotherSite => {
                f.write_str("Request refused: `Sec-Fetch-Site` says that a page of another site sent it.")
            }
            Self::OriginMissing => f.write_str(
                "Request refused: with a cookie it needs the header `Origin` or `Sec-Fetch-Site`. Browsers send it; other \
                 clients send the token in `Authorization` instead.",
            ),
            Self::MethodNotAllowed => {
                f.write_str("Request refused: pages may send GET, HEAD, POST, PUT, PATCH and DELETE.")
            }
        }
    }
}
