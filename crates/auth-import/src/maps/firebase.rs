//! Firebase Authentication: `firebase auth:export users.json --format=json`.

use std::fmt;

use auth_domain::account::ForeignHash;
use auth_domain::import::{ImportCandidate, ImportedFactor, ImportedPassword, ImportedSecret, ImportedState};
use auth_domain::two_factor::Method;

use super::{MapOptions, identity, with_user};
use crate::fields::{Fields, Wrong};
use crate::hashes::firebase_bytes;

/// The hash configuration of a project, as its console shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct FirebaseHashConfig {
    signer_key: Vec<u8>,
    salt_separator: Vec<u8>,
    rounds: u32,
    log_n: u8,
}

impl fmt::Debug for FirebaseHashConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FirebaseHashConfig(…)")
    }
}

impl FirebaseHashConfig {
    /// Reads the text that the console shows: `hash_config { algorithm: SCRYPT, base64_signer_key: …, … }`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let value = |name: &str| {
            let words: Vec<&str> =
                text.split([' ', '\t', '\n', '\r', ',', '{', '}']).filter(|word| !word.is_empty()).collect();
            let at = words.iter().position(|word| word.trim_end_matches(':') == name);
            let value = at.and_then(|at| words.get(at + 1)).map(|word| (*word).to_owned());
            value.ok_or_else(|| format!("{name} is missing"))
        };
        let number = |name: &str| value(name)?.parse::<u8>().map_err(|_| format!("{name} is not a number"));
        if value("algorithm")? != "SCRYPT" {
            return Err("the algorithm must be SCRYPT".to_owned());
        }
        Ok(Self {
            signer_key: firebase_bytes(&value("base64_signer_key")?, "base64_signer_key")?,
            salt_separator: firebase_bytes(&value("base64_salt_separator")?, "base64_salt_separator")?,
            rounds: number("rounds")?.into(),
            log_n: number("mem_cost")?,
        })
    }
}

pub(super) fn candidate(fields: Fields<'_>, options: &MapOptions) -> Result<ImportCandidate, Wrong> {
    let mut identities = Vec::new();
    for fields in fields.objects("providerUserInfo")? {
        let provider = fields.text("providerId")?.unwrap_or_default();
        // These two are the account itself.
        if provider != "password" && provider != "phone" {
            identities.push(identity(&provider, fields.text("rawId")?.unwrap_or_default()));
        }
    }
    let claims = fields.json("customAttributes")?;
    let secret = ImportedSecret::Unusable("Firebase does not export its secret");
    let factor = ImportedFactor { method: Method::App, enabled: true, primary: true, secret, since: None };
    let has_factor = !fields.list("mfaInfo")?.is_empty();
    Ok(ImportCandidate {
        id: None,
        email: fields.text("email")?,
        email_verified: fields.flag("emailVerified")?.unwrap_or(false),
        username: None,
        password: password(fields, options)?,
        roles: Fields(&claims).texts("roles")?.and_then(with_user),
        identities,
        factors: has_factor.then_some(factor).into_iter().collect(),
        recovery_codes: Vec::new(),
        locale: None,
        state: ImportedState::of_flag(fields.flag("disabled")?.unwrap_or(false)),
        new_password_required: false,
        created_at: fields.millis("createdAt")?,
    })
}

fn password(fields: Fields<'_>, options: &MapOptions) -> Result<Option<ImportedPassword>, Wrong> {
    let Some(hash) = fields.text("passwordHash")? else { return Ok(None) };
    let config = options.firebase.clone().ok_or("its password hash needs --firebase-hash-config")?;
    let FirebaseHashConfig { signer_key, salt_separator, rounds, log_n } = config;
    let salt = firebase_bytes(&fields.text("salt")?.unwrap_or_default(), "the field salt")?;
    let hash = firebase_bytes(&hash, "the field passwordHash")?;
    Ok(Some(ImportedPassword::Foreign(ForeignHash::FirebaseScrypt {
        log_n,
        rounds,
        signer_key,
        salt_separator,
        salt,
        hash,
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_read_as_the_console_shows_it() {
        let shown = "hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: AAEC/w==,\n  base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 14,\n}\n";
        let config = FirebaseHashConfig::parse(shown).unwrap();
        let expected =
            FirebaseHashConfig { signer_key: vec![0, 1, 2, 255], salt_separator: vec![7], rounds: 8, log_n: 14 };
        assert_eq!(config, expected);
        for (broken, reason) in [
            (shown.replace("SCRYPT", "BCRYPT"), "the algorithm must be SCRYPT"),
            (shown.replace("mem_cost", "memory"), "mem_cost is missing"),
            (shown.replace("AAEC/w==", "?"), "base64_signer_key is not Base64"),
        ] {
            assert_eq!(FirebaseHashConfig::parse(&broken).unwrap_err(), reason);
        }
    }
}
