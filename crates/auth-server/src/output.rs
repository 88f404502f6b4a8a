//! The output of commands.

use std::io::Write as _;

use auth_domain::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::Failure;

/// Prints a line. Fails if nobody reads it any more.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// Writes a number with its noun: `1 mail`, `2 mails`.
pub(crate) fn counted(number: impl TryInto<u64>, noun: &str) -> String {
    match number.try_into().unwrap_or(u64::MAX) {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}

/// Formats a time as people and programs read it (RFC 3339), to the second.
pub(crate) fn rfc3339(at: Timestamp) -> Result<String, Failure> {
    Ok(OffsetDateTime::from_unix_timestamp(at.as_seconds())?.format(&Rfc3339)?)
}
