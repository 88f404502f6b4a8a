//! Identities that providers vouch for, and which of them an account is linked to. Speaking to a provider is behind
//! [`crate::ports::IdentityProvider`].

use std::fmt;

use crate::Timestamp;
use crate::account::EmailAddress;

/// The name of an identity provider: 1–32 of `[a-z0-9-]`, as in its paths and in answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderName(String);

impl ProviderName {
    /// `None` when the text is no such name.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        ((1..=32).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a provider calls somebody, for good: 1–255 characters, none of them a control character (OpenID Connect Core
/// section 2, `sub`). Never shown to other users.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(String);

impl Subject {
    /// `None` when the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let length = text.chars().count();
        ((1..=255).contains(&length) && !text.contains(char::is_control)).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who somebody is, as a provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderIdentity {
    /// Which provider.
    pub provider: ProviderName,
    /// Its name for them.
    pub subject: Subject,
    /// Their address there, if it names one that mail can be built for.
    pub email: Option<ProviderEmail>,
}

/// An address, as a provider knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderEmail {
    /// The address.
    pub address: EmailAddress,
    /// Whether the provider vouches that they read it.
    pub proved: bool,
}

/// An identity that logs in to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedIdentity {
    /// Which provider. An account has one identity of each at most.
    pub provider: ProviderName,
    /// Its name for them.
    pub subject: Subject,
    /// Since when.
    pub linked_at: Timestamp,
}

impl LinkedIdentity {
    /// That identity, from now on.
    pub fn new(identity: &ProviderIdentity, linked_at: Timestamp) -> Self {
        let ProviderIdentity { provider, subject, .. } = identity.clone();
        Self { provider, subject, linked_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_subjects_are_bounded() {
        for good in ["google", "42", "my-idp"] {
            assert_eq!(ProviderName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "Google", "a/b", "a b", "é", &"a".repeat(33)] {
            assert!(ProviderName::parse(bad).is_none(), "{bad:?}");
        }
        assert_eq!(Subject::parse("1|x é").unwrap().as_str(), "1|x é");
        for bad in ["", "a\0b", "a\nb", &"é".repeat(256)] {
            assert!(Subject::parse(bad).is_none(), "{bad:?}");
        }
    }
}
