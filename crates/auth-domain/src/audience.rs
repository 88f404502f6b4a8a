//! Audiences (RFC 7519 section 4.1.3): for whom an access token is. Most services need one; where there are several, a token
//! that was given to one service is of no use at another.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error_code::{ErrorCode, Refusal};

/// The name of an audience besides the default one: 1–255 visible ASCII characters without `,`, `"`, `\` and `#`, such as a
/// URL (RFC 8707 section 2 forbids the fragment) or the name of a service. Case counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AudienceName(Arc<str>);

impl AudienceName {
    /// The maximum number of characters.
    pub const MAX: usize = 255;

    /// Parses a name.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_graphic() && !b",\"\\#".contains(&byte);
        let well_formed = (1..=Self::MAX).contains(&text.len()) && text.bytes().all(allowed);
        well_formed.then(|| Self(text.into()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// For whom an access token is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// This service, and every service that shares the default audience.
    #[default]
    Default,
    /// One of the further audiences.
    Other(AudienceName),
}

/// Nobody has the audience, or the caller may not ask for it (RFC 8707 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no access token can be requested for this audience")]
pub struct InvalidTarget;

impl From<InvalidTarget> for Refusal {
    fn from(_: InvalidTarget) -> Self {
        ErrorCode::InvalidTarget.into()
    }
}

/// The audiences for which access tokens are issued.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audiences {
    default: String,
    others: BTreeSet<AudienceName>,
}

impl Audiences {
    /// Creates a set of a default audience and others.
    pub const fn new(default: String, others: BTreeSet<AudienceName>) -> Self {
        Self { default, others }
    }

    /// Returns the audience that a request names; the default one if it names none.
    pub fn requested(&self, resource: Option<&str>) -> Result<Audience, InvalidTarget> {
        resource.map_or(Ok(Audience::Default), |text| self.find(text).ok_or(InvalidTarget))
    }

    /// Returns the audience with this text.
    pub fn find(&self, text: &str) -> Option<Audience> {
        if text == self.default {
            return Some(Audience::Default);
        }
        let name = AudienceName::parse(text)?;
        self.others.contains(&name).then_some(Audience::Other(name))
    }

    /// Returns the text of an audience, for the `aud` claim.
    pub fn text<'a>(&'a self, audience: &'a Audience) -> &'a str {
        match audience {
            Audience::Default => &self.default,
            Audience::Other(name) => name.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_and_visible() {
        for good in ["orders", "https://orders.example.org/v1?x=1", "urn:example:orders", &"a".repeat(255)] {
            assert_eq!(AudienceName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", " ", "a b", "a,b", "https://a.example/#part", "a\"b", "a\\b", "é", "a\n", &"a".repeat(256)] {
            assert_eq!(AudienceName::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_request_names_an_audience_exactly_or_none() {
        let orders = AudienceName::parse("orders").unwrap();
        let audiences = Audiences::new("https://a.example".to_owned(), [orders.clone()].into());
        assert_eq!(audiences.requested(None), Ok(Audience::Default));
        assert_eq!(audiences.requested(Some("https://a.example")), Ok(Audience::Default));
        assert_eq!(audiences.requested(Some("orders")), Ok(Audience::Other(orders)));
        for unknown in ["", "Orders", "orders ", "https://a.example/", "orders,orders"] {
            assert_eq!(audiences.requested(Some(unknown)), Err(InvalidTarget), "{unknown:?}");
        }
    }
}
