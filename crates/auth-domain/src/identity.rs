//! Identities at providers, and the accounts that they are linked to. Talking to a provider is behind
//! [`crate::ports::IdentityProvider`].

use std::fmt;

use crate::Timestamp;
use crate::account::EmailAddress;

/// The name of an identity provider: 1–32 of `[a-z0-9-]`, as in its paths and in answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderName(String);

impl ProviderName {
    /// Parses a name; `None` if it is not well-formed.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        ((1..=32).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.to_owned()))
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The permanent id of a user at a provider: 1–255 characters without control characters (OpenID Connect Core section
/// 2, `sub`). It is never shown to other users.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(String);

impl Subject {
    /// Parses a subject; `None` if it is not well-formed.
    pub fn parse(text: &str) -> Option<Self> {
        let length = text.chars().count();
        ((1..=255).contains(&length) && !text.contains(char::is_control)).then(|| Self(text.to_owned()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A user as a provider describes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderIdentity {
    /// The provider.
    pub provider: ProviderName,
    /// The user's id at the provider.
    pub subject: Subject,
    /// The user's e-mail address, if the provider names one to which mail can be sent.
    pub email: Option<ProviderEmail>,
}

/// An e-mail address that a provider reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderEmail {
    /// The address.
    pub address: EmailAddress,
    /// Whether the provider has verified that it is the user's.
    pub proved: bool,
}

/// An identity that can log in to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedIdentity {
    /// The provider. An account has at most one identity of each.
    pub provider: ProviderName,
    /// The user's id at the provider.
    pub subject: Subject,
    /// When it was linked.
    pub linked_at: Timestamp,
}

impl LinkedIdentity {
    /// Creates the link of `identity`, dated `linked_at`.
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
