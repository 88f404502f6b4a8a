//! E-mail addresses to which mail can be sent, compared as their owners would compare them.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// An address, kept as typed for sending and as a key for comparing.
///
/// Accepted are a dot-atom local part in ASCII of 1–64 octets (RFC 5321 section 4.1.2; no quoted strings), `@`, and a
/// domain that UTS 46 maps to valid DNS labels; at most 254 octets in all. Address literals are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress {
    typed: String,
    key: String,
}

/// Why a text is not an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmail {
    /// It is empty.
    #[error("is required")]
    Empty,
    /// It has no `@`, or nothing before or after it.
    #[error("must look like name@example.org")]
    Shape,
    /// It has more than 254 octets, or more than 64 before the `@`.
    #[error("must have at most 254 characters, at most 64 of them before the @")]
    TooLong,
    /// The part before the `@` has characters that a dot-atom of RFC 5321 does not allow.
    #[error("must contain before the @ only characters that mail servers accept")]
    LocalPart,
    /// The part after the `@` is not a domain name.
    #[error("must have a valid domain name after the @")]
    Domain,
}

const MAX_LOCAL_OCTETS: usize = 64;

impl EmailAddress {
    /// The maximum length, in octets.
    pub const MAX_OCTETS: usize = 254;

    /// Parses what a user typed, ignoring white space around it.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidEmail::Empty);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmail::Shape)?;
        if local.is_empty() || domain.is_empty() {
            return Err(InvalidEmail::Shape);
        }
        if text.len() > Self::MAX_OCTETS || local.len() > MAX_LOCAL_OCTETS {
            return Err(InvalidEmail::TooLong);
        }
        if !is_dot_atom(local) {
            return Err(InvalidEmail::LocalPart);
        }
        let domain = ascii_domain(domain)?;
        let key = format!("{}@{domain}", local.to_ascii_lowercase());
        if key.len() > Self::MAX_OCTETS {
            return Err(InvalidEmail::TooLong);
        }
        Ok(Self { typed: text.to_owned(), key })
    }

    /// Returns an address that nobody has (RFC 2606 section 2), for places that need an address but never send mail.
    pub fn nobody() -> Self {
        Self { typed: "nobody@nowhere.invalid".to_owned(), key: "nobody@nowhere.invalid".to_owned() }
    }

    /// Returns the address as its owner typed it.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// Returns the domain of [`Self::key`].
    pub fn domain(&self) -> &str {
        self.key.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Returns the lower-case local part, `@`, and the ASCII (punycode) domain, which are equal for all spellings of
    /// one address.
    pub fn key(&self) -> &str {
        &self.key
    }
}

fn is_dot_atom(local: &str) -> bool {
    local.split('.').all(|atom| {
        !atom.is_empty()
            && atom.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte))
    })
}

/// Returns a domain as [`EmailAddress::key`] contains it.
pub(crate) fn ascii_domain(domain: &str) -> Result<String, InvalidEmail> {
    let ascii = Uts46::new()
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
        .map_err(|_| InvalidEmail::Domain)?;
    let last_label = ascii.rsplit('.').next().unwrap_or_default();
    if last_label.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidEmail::Domain);
    }
    Ok(ascii.into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_address_share_a_key() {
        let plain = EmailAddress::parse("ann@bücher.example").unwrap();
        let shouted = EmailAddress::parse("ANN@BÜCHER.example").unwrap();
        let punycode = EmailAddress::parse("ann@xn--bcher-kva.example").unwrap();
        assert_eq!(plain.key(), shouted.key());
        assert_eq!(plain.key(), punycode.key());
        assert_eq!(shouted.as_str(), "ANN@BÜCHER.example");
        let pasted = EmailAddress::parse("\u{a0} ann@bücher.example\r\n").unwrap();
        assert_eq!((pasted.key(), pasted.as_str()), (plain.key(), plain.as_str()));
    }

    #[test]
    fn what_no_mail_can_be_built_for_is_refused() {
        for (text, expected) in [
            ("", InvalidEmail::Empty),
            ("ann", InvalidEmail::Shape),
            ("@example.org", InvalidEmail::Shape),
            ("ann@", InvalidEmail::Shape),
            ("\"a b\"@example.org", InvalidEmail::LocalPart),
            ("a..b@example.org", InvalidEmail::LocalPart),
            ("a@b@example.org", InvalidEmail::LocalPart),
            ("änn@example.org", InvalidEmail::LocalPart),
            ("ann\r\nBcc: x@example.org", InvalidEmail::LocalPart),
            ("ann@[127.0.0.1]", InvalidEmail::Domain),
            ("ann@127.0.0.1", InvalidEmail::Domain),
            ("ann@exa mple.org", InvalidEmail::Domain),
            ("ann@example.org.", InvalidEmail::Domain),
            ("ann@-example.org", InvalidEmail::Domain),
            ("ann@example\0.org", InvalidEmail::Domain),
        ] {
            assert_eq!(EmailAddress::parse(text).unwrap_err(), expected, "{text:?}");
        }
        let long = format!("{}@example.org", "a".repeat(65));
        assert_eq!(EmailAddress::parse(&long).unwrap_err(), InvalidEmail::TooLong);
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_keys_are_stable(text in ".{0,40}@?.{0,40}") {
            if let Ok(email) = EmailAddress::parse(&text) {
                let again = EmailAddress::parse(email.key()).unwrap();
                prop_assert_eq!(again.key(), email.key());
                prop_assert!(email.key().is_ascii());
                prop_assert!(!email.key().contains(['\r', '\n', '\0', ' ']));
            }
        }

        #[test]
        fn ordinary_addresses_parse(text in "[a-z0-9]{1,10}([.+_-][a-z0-9]{1,5})?@[a-z]{1,10}\\.[a-z]{2,6}") {
            prop_assert!(EmailAddress::parse(&text).is_ok());
        }
    }
}
