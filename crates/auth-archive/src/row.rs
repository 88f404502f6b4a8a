//! Rows of any table, and checksums over many.

use std::fmt;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// One value of a key, which sorts as in both engines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Integer(i64),
    Text(String),
}

/// A row: the columns by name, so that the same row always has the same text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row(pub(crate) Map<String, Value>);

impl Row {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// Returns JSON without spaces, ordered by column name.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_else(|_| unreachable!("a map with texts as keys is JSON"))
    }

    pub(crate) fn columns(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// Returns the key of the row; `None` if a column is missing.
    pub(crate) fn key(&self, columns: &[&str]) -> Option<Vec<Part>> {
        let part = |column: &&str| match self.0.get(*column)? {
            Value::Number(number) => number.as_i64().map(Part::Integer),
            Value::String(text) => Some(Part::Text(text.clone())),
            _ => None,
        };
        columns.iter().map(part).collect()
    }

    /// Returns the key as the port expects it: a JSON array.
    pub(crate) fn key_text(&self, columns: &[&str]) -> String {
        let values: Vec<&Value> = columns.iter().filter_map(|column| self.0.get(*column)).collect();
        serde_json::to_string(&values).unwrap_or_else(|_| unreachable!("values are JSON"))
    }
}

/// A checksum over any number of rows in any order: the sum of their SHA-256, modulo 2²⁵⁶.
///
/// It detects accidental loss and damage. Someone who can write the rows can also write the checksum.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Checksum([u8; 32]);

impl Checksum {
    pub(crate) fn add(&mut self, row: &str) {
        let mut carry = 0_u16;
        for (sum, byte) in self.0.iter_mut().zip(Sha256::digest(row.as_bytes())) {
            let total = u16::from(*sum) + u16::from(byte) + carry;
            [*sum, _] = total.to_le_bytes();
            carry = total >> 8;
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let mut bytes = [0; 32];
        if digits.len() != 64 {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum<'a>(rows: impl IntoIterator<Item = &'a String>) -> Checksum {
        let mut checksum = Checksum::default();
        rows.into_iter().for_each(|row| checksum.add(row));
        checksum
    }

    proptest! {
        #[test]
        fn a_checksum_knows_what_was_added_whatever_the_order(rows in proptest::collection::vec(".{0,9}", 1..9)) {
            let whole = sum(&rows);
            prop_assert_eq!(whole, sum(rows.iter().rev()));
            prop_assert_ne!(whole, sum(&rows[1..]));
            prop_assert_eq!(Checksum::parse(&whole.to_string()), Some(whole));
        }
    }

    #[test]
    fn keys_sort_as_the_engines_do() {
        let key = |text: &str| Row::parse(text).unwrap().key(&["a", "b"]).unwrap();
        let sorted = [
            r#"{"a":"00","b":-1}"#,
            r#"{"a":"00","b":9}"#,
            r#"{"a":"00","b":10}"#,
            r#"{"a":"Z","b":0}"#,
            r#"{"a":"a","b":0}"#,
            r#"{"a":"é","b":0}"#,
        ];
        assert!(sorted.windows(2).all(|pair| key(pair[0]) < key(pair[1])));
        assert!(Row::parse(r#"{"a":"x"}"#).unwrap().key(&["a", "b"]).is_none());
    }
}
