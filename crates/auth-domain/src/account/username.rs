//! Usernames: a second name to log in with.

/// A username: 3–32 of `[A-Za-z0-9_.-]`, kept as typed, compared without regard to case. It never contains an `@`, so
/// it cannot be mistaken for an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    typed: String,
    key: String,
}

/// Why a text is not a username.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUsername {
    /// It has fewer than 3 characters.
    #[error("must have 3 to 32 characters")]
    TooShort,
    /// It has more than 32 characters.
    #[error("must have 3 to 32 characters")]
    TooLong,
    /// It has a character other than a letter, a digit, `_`, `.` or `-`.
    #[error("must contain only the letters a-z, digits, '_', '.' and '-'")]
    Character,
}

impl Username {
    /// The minimum number of characters.
    pub const MIN: usize = 3;
    /// The maximum number of characters.
    pub const MAX: usize = 32;

    /// Parses what a user typed, ignoring white space around it.
    pub fn parse(text: &str) -> Result<Self, InvalidUsername> {
        let text = text.trim();
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)) {
            return Err(InvalidUsername::Character);
        }
        if text.len() < Self::MIN {
            return Err(InvalidUsername::TooShort);
        }
        if text.len() > Self::MAX {
            return Err(InvalidUsername::TooLong);
        }
        Ok(Self { typed: text.to_owned(), key: text.to_ascii_lowercase() })
    }

    /// Returns the username as its owner typed it.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// Returns the username in lower case, which is equal for all spellings.
    pub fn key(&self) -> &str {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        assert_eq!(Username::parse("Ann").unwrap().key(), "ann");
        assert_eq!(Username::parse(" Ann\n").unwrap().as_str(), "Ann");
        assert_eq!(Username::parse("an").unwrap_err(), InvalidUsername::TooShort);
        assert_eq!(Username::parse(&"a".repeat(33)).unwrap_err(), InvalidUsername::TooLong);
        for text in ["ann@x", "an n", "änn", "ann\0", "a\nnn"] {
            assert_eq!(Username::parse(text).unwrap_err(), InvalidUsername::Character, "{text:?}");
        }
    }
}
