//! Finds out which master keys rows need. Each kind of row says so in its own way.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::Value;

use crate::row::Row;

/// Collects key ids over many rows.
#[derive(Default)]
pub(crate) struct KeyIds {
    /// The keys without which something cannot be opened.
    sealing: BTreeSet<String>,
    /// The keys without which, or without what is kept of them, something cannot be recognised.
    recognising: BTreeSet<String>,
    /// The keys of which the rows contain what is kept.
    retired: BTreeSet<String>,
}

impl KeyIds {
    pub(crate) fn see(&mut self, table: &str, row: &Row) {
        if table == "retired_keys" {
            self.retired.extend(row.0.get("key_id").and_then(Value::as_str).map(str::to_owned));
            self.sealing.extend(row.0.get("sealed_keys").and_then(Value::as_str).and_then(sealed_with));
            return;
        }
        let texts = row.0.iter().filter_map(|(column, value)| Some((column.as_str(), value.as_str()?)));
        for (column, text) in texts {
            match column {
                "key_id" => drop(self.recognising.insert(text.to_owned())),
                "app_secret" | "app_pending_secret" | "sealed_private_key" => self.sealing.extend(sealed_with(text)),
                // The hash of another system, sealed.
                "password_hash" if text.starts_with("$imported$") => {
                    self.sealing.extend(sealed_with(&text["$imported$".len()..]));
                }
                "password_hash" => self.recognising.extend(of_password(text)),
                "recovery_codes" => {
                    let codes = text.split_whitespace().filter_map(|code| Some(code.split_once(':')?.0.to_owned()));
                    self.recognising.extend(codes);
                }
                _ => {}
            }
        }
    }

    /// Returns the keys that must be configured. What is kept of a retired key recognises, but opens nothing.
    pub(crate) fn needed(self) -> BTreeSet<String> {
        let recognising = self.recognising.difference(&self.retired).cloned();
        self.sealing.iter().cloned().chain(recognising).collect()
    }
}

/// Reads the id (4 bytes) after the version (1 byte), as auth-crypto's sealing writes them.
fn sealed_with(hexadecimal: &str) -> Option<String> {
    hexadecimal.get(2..10).map(str::to_owned)
}

/// Returns the `keyid` of a PHC string.
fn of_password(phc: &str) -> Option<String> {
    let id = phc.split(['$', ',']).find_map(|part| part.strip_prefix("keyid="))?;
    let bytes = STANDARD_NO_PAD.decode(id).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(rows: &[(&str, &str)]) -> Vec<String> {
        let mut ids = KeyIds::default();
        rows.iter().for_each(|(table, row)| ids.see(table, &Row::parse(row).unwrap()));
        ids.needed().into_iter().collect()
    }

    #[test]
    fn every_kind_of_row_says_which_key_it_needs() {
        let one = |row| needed(&[("accounts", row)]);
        assert_eq!(one(r#"{"id":"x","key_id":"0a0b0c0d"}"#), ["0a0b0c0d"]);
        assert_eq!(one(r#"{"app_secret":"010a0b0c0dffff","app_pending_secret":null}"#), ["0a0b0c0d"]);
        let phc = "$argon2id$v=19$m=19456,t=2,p=1,keyid=CgsMDQ$c2FsdA$aGFzaA";
        assert_eq!(one(r#"{"password_hash":"$imported$010a0b0c0dffff"}"#), ["0a0b0c0d"]);
        let both = format!(r#"{{"password_hash":"{phc}","recovery_codes":"0a0b0c0d:x 01020304:y"}}"#);
        assert_eq!(one(&both), ["01020304", "0a0b0c0d"]);
        assert!(one(r#"{"password_hash":null,"recovery_codes":""}"#).is_empty());
    }

    #[test]
    fn what_is_left_of_a_key_recognises_and_does_not_open() {
        let retired = ("retired_keys", r#"{"key_id":"0a0b0c0d","sealed_keys":"01aabbccdd"}"#);
        assert_eq!(needed(&[retired, ("sessions", r#"{"key_id":"0a0b0c0d"}"#)]), ["aabbccdd"]);
        for not_resealed_yet in [r#"{"app_secret":"010a0b0c0dff"}"#, r#"{"password_hash":"$imported$010a0b0c0dff"}"#] {
            assert_eq!(needed(&[retired, ("accounts", not_resealed_yet)]), ["0a0b0c0d", "aabbccdd"]);
        }
    }
}
