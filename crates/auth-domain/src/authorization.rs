//! Authorization requests (RFC 6749 section 4.1.1): what an identity provider is asked for, and what its answer is
//! checked against. Requests are not stored: they travel signed in the `state` parameter, and only the use of an answer
//! is recorded.

use std::fmt;

use zeroize::Zeroizing;

use crate::audience::Audience;
use crate::identity::ProviderName;
use crate::invitation::InvitationClaims;
use crate::{AuthorizationId, SessionId, Timestamp};

/// Why a user is sent to a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizationPurpose {
    /// To log in, or to register.
    SignIn,
    /// To link an identity to the account of this session.
    Link(SessionId),
    /// To prove again who the user of this session is.
    Reauthenticate(SessionId),
}

/// An authorization request, as its `state` carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationState {
    /// The id of the request.
    pub id: AuthorizationId,
    /// The provider that was asked. An answer of another provider is refused.
    pub provider: ProviderName,
    /// Why the provider was asked.
    pub purpose: AuthorizationPurpose,
    /// The page on which the browser ends. The caller has checked that it is allowed.
    pub redirect: Option<String>,
    /// For whom the access token at the end is.
    pub audience: Audience,
    /// The invitation with which a new user may register. It was verified, so its text need not travel.
    pub invitation: Option<InvitationClaims>,
    /// When it began.
    pub issued_at: Timestamp,
    /// The time until which an answer is accepted.
    pub expires_at: Timestamp,
}

/// Which browser returned with a `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrowserBinding {
    /// Any: the request began without a cookie, and the client compares the state with the one that it sent.
    Unbound,
    /// The browser in which the request began.
    Same,
    /// Another browser, or one that cannot be recognised.
    Other,
}

/// The code that a provider issues for a successful sign-in: 1–2048 visible ASCII characters or spaces (RFC 6749
/// appendix A.11). It is wiped from memory when dropped and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationCode(Zeroizing<String>);

impl AuthorizationCode {
    /// Parses a code; `None` for text that no provider would issue.
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = (1..=2_048).contains(&text.len()) && text.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
        well_formed.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// Returns the text, to send to the provider.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AuthorizationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizationCode(…)")
    }
}

/// An id_token that a client obtained from a provider (OpenID Connect Core section 2): 1–16,384 visible ASCII
/// characters; wiped from memory when dropped and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct IdToken(Zeroizing<String>);

impl IdToken {
    /// The maximum number of characters.
    pub const MAX: usize = 16_384;

    /// Parses a token. Returns `None` for text that cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = (1..=Self::MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        well_formed.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// Returns the text, for verification.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_bounded_and_printable() {
        assert_eq!(AuthorizationCode::parse("4/0Ab_x~ y").unwrap().reveal(), "4/0Ab_x~ y");
        assert!(AuthorizationCode::parse(&"a".repeat(2_048)).is_some());
        for bad in ["", "a\0", "a\n", "é", &"a".repeat(2_049)] {
            assert!(AuthorizationCode::parse(bad).is_none(), "{bad:?}");
        }
        assert_eq!(format!("{:?}", AuthorizationCode::parse("x")), "Some(AuthorizationCode(…))");
    }

    #[test]
    fn a_token_is_bounded_and_printable() {
        assert_eq!(IdToken::parse("a.b.c").unwrap().reveal(), "a.b.c");
        for bad in ["", "a b", "a\n", "é", &"a".repeat(IdToken::MAX + 1)] {
            assert!(IdToken::parse(bad).is_none(), "{bad:?}");
        }
        assert_eq!(format!("{:?}", IdToken::parse("x")), "Some(IdToken(…))");
    }
}
