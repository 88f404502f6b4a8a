//! Authorization requests (RFC 6749 section 4.1.1): what is asked of an identity provider, and what its answer is held
//! against. Nothing of it is stored but that an answer was used: it travels signed in the `state` parameter.

use std::fmt;

use zeroize::Zeroizing;

use crate::identity::ProviderName;
use crate::{AuthorizationId, SessionId, Timestamp};

/// What somebody goes to a provider for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizationPurpose {
    /// To log in, or to register.
    SignIn,
    /// To link an identity to the account that this session is of.
    Link(SessionId),
    /// To prove again who is behind that session.
    Reauthenticate(SessionId),
}

/// An authorization request, as its `state` keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationState {
    /// Its name.
    pub id: AuthorizationId,
    /// Which provider is asked: the answer of another one is never good for it.
    pub provider: ProviderName,
    /// What for.
    pub purpose: AuthorizationPurpose,
    /// Where the browser goes in the end. Whoever begins the request has made sure that it may.
    pub redirect: Option<String>,
    /// When it began.
    pub issued_at: Timestamp,
    /// Until when an answer is accepted.
    pub expires_at: Timestamp,
}

/// Which browser brought a `state` back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrowserBinding {
    /// The request began without a cookie: the client itself holds the state against what it sent.
    Unbound,
    /// The one that the request began in.
    Same,
    /// Another one, or none that can be told.
    Other,
}

/// What a provider gave for a successful sign-in: 1–2048 visible ASCII characters or spaces (RFC 6749 appendix A.11);
/// wiped from memory when dropped and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationCode(Zeroizing<String>);

impl AuthorizationCode {
    /// `None` for what no provider gives: a stranger would only use it to make one fail.
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = (1..=2_048).contains(&text.len()) && text.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
        well_formed.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text, for the provider.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AuthorizationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizationCode(…)")
    }
}

/// An id_token that a client got from a provider itself (OpenID Connect Core section 2): 1–16,384 visible ASCII
/// characters; wiped from memory when dropped and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct IdToken(Zeroizing<String>);

impl IdToken {
    /// The most characters that one may have.
    pub const MAX: usize = 16_384;

    /// `None` for what is no token.
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = (1..=Self::MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        well_formed.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text, to be verified.
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
