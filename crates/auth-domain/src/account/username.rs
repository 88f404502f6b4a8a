//! Usernames: a second name to log in with.

/// 3–32 of `[A-Za-z0-9_.-]`, kept as typed, compared without case. Never holds an `@`, so it can
/// never be mistaken for an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    typed: String,
    key: String,
}

/// Why a text is no username.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUsername {
    /// Under 3 or over 32 characters.
    #[error("must be 3 to 32 characters")]
    Length,
    /// Another character than a letter, a digit, `_`, `.` or `-`.
    #[error("may hold only letters a-z, digits, '_', '.' and '-'")]
    Character,
}

impl Username {
    /// Parses what a user typed. No white space is trimmed.
    pub fn parse(text: &str) -> Result<Self, InvalidUsername> {
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)) {
            return Err(InvalidUsername::Character);
        }
        if !(3..=32).contains(&text.len()) {
            return Err(InvalidUsername::Length);
        }
        Ok(Self { typed: text.to_owned(), key: text.to_ascii_lowercase() })
    }

    /// As its owner typed it.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// Lower-cased: equal for all spellings of one username.
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
        assert_eq!(Username::parse("an").unwrap_err(), InvalidUsername::Length);
        assert_eq!(Username::parse(&"a".repeat(33)).unwrap_err(), InvalidUsername::Length);
        for text in ["ann@x", "an n", "änn", "ann\0", "ann\n"] {
            assert_eq!(Username::parse(text).unwrap_err(), InvalidUsername::Character, "{text:?}");
        }
    }
}
