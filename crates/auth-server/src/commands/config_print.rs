//! `config print`: prints the settings.

use std::path::Path;

use crate::Failure;
use crate::output;
use crate::settings::{Kind, what_is_set};

/// Prints each setting with its value, except secrets, and its source.
pub(crate) fn run(file: Option<&Path>) -> Result<(), Failure> {
    let lines = what_is_set(file)?.into_iter().map(|(setting, set)| {
        let secret = matches!(setting.kind, Kind::Secret(_));
        let (value, place) = match set {
            Some(raw) if secret => ("(secret)".to_owned(), raw.place),
            Some(raw) => (raw.text.to_string(), raw.place),
            None => (setting.default, "default".to_owned()),
        };
        format!("AUTH_{:<28} {value:<36} # {place}", format!("{} =", setting.name))
    });
    output::print(&lines.collect::<Vec<_>>().join("\n"))
}
