//! Which master keys rows need: each says so in one way or another.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::Value;

use crate::row::Row;

/// Collects them over many rows.
#[derive(Default)]
pub(crate) struct KeyIds {
    seen: BTreeSet<String>,
    retired: BTreeSet<String>,
}

impl KeyIds {
    pub(crate) fn see(&mut self, table: &str, row: &Row) {
        if table == "retired_keys" {
            self.retired.extend(row.0.get("key_id").and_then(Value::as_str).map(str::to_owned));
            self.seen.extend(row.0.get("sealed_keys").and_then(Value::as_str).and_then(sealed_with));
        } else {
            self.seen.extend(of(row));
        }
    }

    /// Those of the configuration: what is left of a retired one is among the rows.
    pub(crate) fn needed(self) -> BTreeSet<String> {
        self.seen.difference(&self.retired).cloned().collect()
    }
}

/// Version (one byte), then the id (four): see auth-crypto's sealing.
fn sealed_with(hexadecimal: &str) -> Option<String> {
    hexadecimal.get(2..10).map(str::to_owned)
}

/// The ids of the master keys that this row needs: eight hexadecimal digits each.
pub(crate) fn of(row: &Row) -> impl Iterator<Item = String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    row.0.iter().filter_map(move |(column, value)| Some((column.as_str(), text(value)?))).flat_map(|(column, text)| {
        match column {
            "key_id" => vec![text],
            "app_secret" | "app_pending_secret" | "sealed_private_key" => sealed_with(&text).into_iter().collect(),
            "password_hash" => of_password(&text).into_iter().collect(),
            "recovery_codes" => {
                text.split_whitespace().filter_map(|code| Some(code.split_once(':')?.0.to_owned())).collect()
            }
            _ => Vec::new(),
        }
    })
}

/// The `keyid` of a PHC string.
fn of_password(phc: &str) -> Option<String> {
    let id = phc.split(['$', ',']).find_map(|part| part.strip_prefix("keyid="))?;
    let bytes = STANDARD_NO_PAD.decode(id).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_row_says_which_key_it_needs() {
        let ids = |text: &str| of(&Row::parse(text).unwrap()).collect::<Vec<_>>();
        assert_eq!(ids(r#"{"id":"x","key_id":"0a0b0c0d"}"#), ["0a0b0c0d"]);
        assert_eq!(ids(r#"{"app_secret":"010a0b0c0dffff","app_pending_secret":null}"#), ["0a0b0c0d"]);
        let phc = "$argon2id$v=19$m=19456,t=2,p=1,keyid=CgsMDQ$c2FsdA$aGFzaA";
        assert_eq!(
            ids(&format!(r#"{{"password_hash":"{phc}","recovery_codes":"0a0b0c0d:x 01020304:y"}}"#)),
            ["0a0b0c0d", "0a0b0c0d", "01020304"]
        );
        assert!(ids(r#"{"password_hash":null,"recovery_codes":""}"#).is_empty());
    }
}
