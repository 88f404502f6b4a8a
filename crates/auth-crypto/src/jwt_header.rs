//! The header of a JWT, which is checked before anything else, and the faults that its verification reports.

use auth_domain::access_token::TokenFault;
use jsonwebtoken::Header;
use jsonwebtoken::errors::{Error, ErrorKind};

/// Reads the header of `token` if `is_ours` accepts its `typ` and it has no critical extensions: none are supported,
/// and jsonwebtoken would ignore them (RFC 7515 section 4.1.11).
pub(crate) fn read(token: &str, is_ours: impl Fn(Option<&str>) -> bool) -> Result<Header, TokenFault> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| TokenFault::Malformed)?;
    if !is_ours(header.typ.as_deref()) {
        return Err(TokenFault::Type);
    }
    if header.crit.is_some() {
        return Err(TokenFault::Critical);
    }
    Ok(header)
}

/// Returns the fault that jsonwebtoken found. It checks the signature before the claims.
pub(crate) fn fault(error: &Error) -> TokenFault {
    match error.kind() {
        ErrorKind::InvalidSignature => TokenFault::Signature,
        ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => TokenFault::Algorithm,
        ErrorKind::InvalidIssuer => TokenFault::Issuer,
        ErrorKind::InvalidAudience => TokenFault::Audience,
        ErrorKind::MissingRequiredClaim(claim) if claim == "aud" => TokenFault::Audience,
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) | ErrorKind::Json(_) => {
            TokenFault::Claims
        }
        _ => TokenFault::Malformed,
    }
}
