//! Gathers raw texts: the configuration file, then the environment over it. Unknown names are
//! refused, so that a check is never off because of a typo.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::table::{self, Kind};

/// Every mistake in the settings, one a line.
#[derive(Debug)]
pub(crate) struct SettingsError(pub(super) Vec<String>);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\nauth-server: "))
    }
}

impl std::error::Error for SettingsError {}

/// A text that was set, and where.
pub(crate) struct Raw {
    pub(crate) text: Zeroizing<String>,
    /// `AUTH_LISTEN`, or `listen in auth.toml`.
    pub(crate) place: String,
}

/// What is set, by its name without `AUTH_`, and what is wrong about names and files.
pub(super) struct Gathered {
    pub(super) raw: BTreeMap<String, Raw>,
    pub(super) mistakes: Vec<String>,
}

/// Gathers everything that is set.
pub(super) fn gather(file: Option<&Path>, variables: impl Iterator<Item = (OsString, OsString)>) -> Gathered {
    let mut raw = BTreeMap::new();
    let mut mistakes = Vec::new();
    if let Err(mistake) = from_file(file, &mut raw) {
        mistakes.push(mistake);
    }
    for (name, value) in variables {
        let name = name.to_string_lossy().into_owned();
        let Some(short) = name.strip_prefix("AUTH_") else { continue };
        match value.into_string() {
            Ok(text) => {
                raw.insert(short.to_owned(), Raw { text: Zeroizing::new(text), place: name });
            }
            Err(_) => mistakes.push(format!("{name} is not UTF-8")),
        }
    }
    let mut resolved = BTreeMap::new();
    for (name, value) in raw {
        match resolve(&name, value) {
            Ok((name, value)) => {
                if let Some(twice) = resolved.insert(name, value) {
                    mistakes.push(format!("{} is set twice, once with _FILE", twice.place));
                }
            }
            Err(mistake) => mistakes.push(mistake),
        }
    }
    Gathered { raw: resolved, mistakes }
}

/// Returns a name of the table and its text; that of a secret's `…_FILE` is read from the file.
fn resolve(name: &str, raw: Raw) -> Result<(String, Raw), String> {
    if is_known(name) {
        return Ok((name.to_owned(), raw));
    }
    if let Some(secret) = name.strip_suffix("_FILE").filter(|secret| is_secret(secret)) {
        let text = std::fs::read_to_string(&*raw.text)
            .map_err(|error| format!("{} must name a readable file: {error}", raw.place))?;
        let text = Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_owned());
        return Ok((secret.to_owned(), Raw { text, place: raw.place }));
    }
    let nearest = table::nearest(name);
    let in_file = nearest.to_lowercase().replace("__", ".");
    Err(format!("{} is not a setting. Did you mean AUTH_{nearest} (in auth.toml {in_file})?", raw.place))
}

fn is_known(name: &str) -> bool {
    table::find(name).is_some()
}

fn is_secret(name: &str) -> bool {
    table::find(name).is_some_and(|setting| matches!(setting.kind, Kind::Secret(_)))
}

fn from_file(file: Option<&Path>, raw: &mut BTreeMap<String, Raw>) -> Result<(), String> {
    let path = file.map_or_else(|| PathBuf::from("auth.toml"), Path::to_owned);
    if file.is_none() && !path.exists() {
        return Ok(());
    }
    let text = std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    // The parser's own message quotes the line, which may hold a secret.
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        format!("{} line {line}: {}", path.display(), error.message())
    })?;
    flatten("", &table, &path, raw)
}

/// Turns tables into names: `[internal.backups-service] secret` is `INTERNAL__BACKUPS_SERVICE__SECRET`.
fn flatten(prefix: &str, table: &toml::Table, path: &Path, raw: &mut BTreeMap<String, Raw>) -> Result<(), String> {
    for (key, value) in table {
        let name = format!("{prefix}{}", key.to_uppercase().replace('-', "_"));
        if let toml::Value::Table(inner) = value {
            flatten(&format!("{name}__"), inner, path, raw)?;
            continue;
        }
        let place = format!("{} in {}", name.to_lowercase().replace("__", "."), path.display());
        let text = text_of(value)
            .ok_or_else(|| format!("{place} must be a string, a number, true or false, or a list of these"))?;
        raw.insert(name, Raw { text: Zeroizing::new(text), place });
    }
    Ok(())
}

fn text_of(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(on) => Some(if *on { "on" } else { "off" }.to_owned()),
        toml::Value::Array(items) => Some(items.iter().map(text_of).collect::<Option<Vec<_>>>()?.join(",")),
        _ => None,
    }
}
