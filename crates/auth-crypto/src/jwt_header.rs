//! The header of a JWT, before anything else of it is looked at.

use auth_domain::access_token::TokenRejection;
use jsonwebtoken::Header;

/// Reads the header of `token`, where its `typ` is one that `is_ours` knows and nothing in it is critical: extensions
/// are not understood here, and jsonwebtoken would overlook them (RFC 7515 section 4.1.11).
pub(crate) fn read(token: &str, is_ours: impl Fn(Option<&str>) -> bool) -> Result<Header, TokenRejection> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| TokenRejection::Invalid)?;
    let acceptable = is_ours(header.typ.as_deref()) && header.crit.is_none();
    acceptable.then_some(header).ok_or(TokenRejection::Invalid)
}
