//! One record of an export, by the names of its fields. CSV has only texts, so a text is read as whatever is asked for.

use auth_domain::Timestamp;
use auth_domain::import::ImportedSecret;
use data_encoding::BASE32_NOPAD;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

/// A field has a value that it cannot have. The text is the reason that the operator reads.
pub(crate) type Wrong = String;

/// The fields of a record, or of an object inside it.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a Map<String, Value>);

fn wrong(name: &str, expected: &str) -> Wrong {
    format!("the field {name} must be {expected}")
}

impl<'a> Fields<'a> {
    pub(crate) fn value(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Returns a text or a number as text; an empty one is none.
    pub(crate) fn text(self, name: &str) -> Result<Option<String>, Wrong> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(wrong(name, "a text")),
        }
    }

    pub(crate) fn flag(self, name: &str) -> Result<Option<bool>, Wrong> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::Number(number)) if number.as_u64() == Some(0) => Ok(Some(false)),
            Some(Value::Number(number)) if number.as_u64() == Some(1) => Ok(Some(true)),
            Some(Value::String(text)) => match text.to_ascii_lowercase().as_str() {
                "" => Ok(None),
                "true" | "t" | "1" | "yes" => Ok(Some(true)),
                "false" | "f" | "0" | "no" => Ok(Some(false)),
                _ => Err(wrong(name, "true or false")),
            },
            Some(_) => Err(wrong(name, "true or false")),
        }
    }

    /// Reads a time as RFC 3339 or as databases print it; without a zone it is UTC.
    pub(crate) fn time(self, name: &str) -> Result<Option<Timestamp>, Wrong> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        timestamp(&text).map(Some).ok_or_else(|| wrong(name, "a time, such as 2026-11-27T10:00:00Z"))
    }

    /// Reads milliseconds since the Unix epoch.
    pub(crate) fn millis(self, name: &str) -> Result<Option<Timestamp>, Wrong> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let micros = text.parse::<i64>().ok().and_then(|millis| millis.checked_mul(1_000));
        micros.map(|micros| Some(Timestamp::from_micros(micros))).ok_or_else(|| wrong(name, "a time in milliseconds"))
    }

    /// Reads a list; an absent one is empty.
    pub(crate) fn list(self, name: &str) -> Result<&'a [Value], Wrong> {
        match self.value(name) {
            None => Ok(&[]),
            Some(Value::Array(list)) => Ok(list),
            Some(_) => Err(wrong(name, "a list")),
        }
    }

    /// Reads a list of objects.
    pub(crate) fn objects(self, name: &str) -> Result<Vec<Self>, Wrong> {
        let object = |value: &'a Value| value.as_object().map(Fields).ok_or_else(|| wrong(name, "a list of objects"));
        self.list(name)?.iter().map(object).collect()
    }

    /// Reads a list of texts; `None` if it is absent.
    pub(crate) fn texts(self, name: &str) -> Result<Option<Vec<String>>, Wrong> {
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| wrong(name, "a list of texts"));
        self.value(name).map(|_| self.list(name)?.iter().map(text).collect()).transpose()
    }

    pub(crate) fn object(self, name: &str) -> Result<Option<Self>, Wrong> {
        let object = |value: &'a Value| value.as_object().map(Fields).ok_or_else(|| wrong(name, "an object"));
        self.value(name).map(object).transpose()
    }

    /// Reads an object that is written as a text.
    pub(crate) fn json(self, name: &str) -> Result<Map<String, Value>, Wrong> {
        let text = self.text(name)?.unwrap_or_else(|| "{}".to_owned());
        serde_json::from_str(&text).map_err(|_| wrong(name, "the JSON of an object"))
    }

    pub(crate) fn number(self, name: &str) -> Result<Option<u32>, Wrong> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| wrong(name, "a whole number"))
    }
}

fn timestamp(text: &str) -> Option<Timestamp> {
    let mut text = text.trim().trim_end_matches(" UTC").replacen(' ', "T", 1);
    let after_date = text.get(10..)?.to_owned();
    match after_date.rfind(['+', '-']) {
        None if !after_date.ends_with(['Z', 'z']) => text.push('Z'),
        // PostgreSQL leaves out the minutes.
        Some(zone) if after_date.len() - zone == 3 => text.push_str(":00"),
        _ => {}
    }
    let nanoseconds = OffsetDateTime::parse(&text, &Rfc3339).ok()?.unix_timestamp_nanos();
    i64::try_from(nanoseconds / 1_000).ok().map(Timestamp::from_micros)
}

/// Reads the key of an authenticator app, in Base32.
pub(crate) fn base32(text: &str) -> ImportedSecret {
    let letters = text.chars().filter(|letter| !letter.is_whitespace() && !"=-".contains(*letter));
    let letters: Zeroizing<String> = Zeroizing::new(letters.collect::<String>().to_ascii_uppercase());
    match BASE32_NOPAD.decode(letters.as_bytes()) {
        Ok(key) => ImportedSecret::Key(Zeroizing::new(key)),
        Err(_) => ImportedSecret::Unusable("its secret is not Base32; perhaps it is encrypted there"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_systems_print_them() {
        let expected = Timestamp::from_micros(1_614_834_367_123_456);
        for text in [
            "2021-03-04T05:06:07.123456Z",
            "2021-03-04 05:06:07.123456+00",
            "2021-03-04 05:06:07.123456",
            "2021-03-04 07:06:07.123456+02:00",
            "2021-03-04 05:06:07.123456 UTC",
        ] {
            assert_eq!(timestamp(text), Some(expected), "{text}");
        }
        for text in ["", "2021-03-04", "yesterday", "2021-13-04 05:06:07", "+", "2021-03-04é05:06:07"] {
            assert_eq!(timestamp(text), None, "{text}");
        }
    }

    #[test]
    fn base32_is_read_as_people_and_systems_write_it() {
        let key = ImportedSecret::Key(Zeroizing::new(b"12345678901234567890".to_vec()));
        for text in [
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            "gezd gnbv gy3t qojq gezd gnbv gy3t qojq",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ====",
        ] {
            assert!(base32(text) == key, "{text}");
        }
        assert!(matches!(base32("0189"), ImportedSecret::Unusable(_)));
    }
}
