//! Password hashes as systems spell them.

use auth_domain::account::{Argon2Variant, Digest, ForeignHash, PasswordHash};
use auth_domain::import::ImportedPassword;
use base64::Engine as _;
use base64::alphabet::{BCRYPT, STANDARD};
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

use crate::fields::{Fields, Wrong};

/// The bits after the last byte are not looked at: some libraries leave random ones there.
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, NO_PAD.with_decode_allow_trailing_bits(true));
const BCRYPT_BASE64: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD.with_decode_allow_trailing_bits(true));

fn malformed(scheme: &str) -> Wrong {
    format!("the {scheme} hash is malformed")
}

/// Reads a hash in any spelling that names its scheme.
pub(crate) fn parse(text: &str) -> Result<ImportedPassword, Wrong> {
    let own = PasswordHash::from_phc(text.to_owned());
    if own.is_well_formed() {
        return Ok(ImportedPassword::Own(own));
    }
    let (scheme, read) = reader_of(text).ok_or_else(|| unknown(text))?;
    read.map(ImportedPassword::Foreign).ok_or_else(|| malformed(scheme))
}

fn reader_of(text: &str) -> Option<(&'static str, Option<ForeignHash>)> {
    // Without a leading `$`, it is Django's spelling.
    if let Some((scheme, rest)) = text.split_once('$').filter(|(scheme, _)| !scheme.is_empty()) {
        return match scheme {
            "pbkdf2_sha256" => Some(("PBKDF2", django_pbkdf2(Digest::Sha256, rest))),
            "pbkdf2_sha1" => Some(("PBKDF2", django_pbkdf2(Digest::Sha1, rest))),
            "argon2" => Some(("Argon2", argon2(&format!("${rest}")))),
            "bcrypt" => Some(("bcrypt", bcrypt(rest, false))),
            "bcrypt_sha256" => Some(("bcrypt", bcrypt(rest, true))),
            "scrypt" => Some(("scrypt", django_scrypt(rest))),
            _ => None,
        };
    }
    match text.split('$').nth(1)? {
        "2a" | "2b" | "2y" => Some(("bcrypt", bcrypt(text, false))),
        "argon2i" | "argon2d" | "argon2id" => Some(("Argon2", argon2(text))),
        "scrypt" => Some(("scrypt", scrypt(text))),
        "pbkdf2" | "pbkdf2-sha1" => Some(("PBKDF2", pbkdf2(Digest::Sha1, text))),
        "pbkdf2-sha256" => Some(("PBKDF2", pbkdf2(Digest::Sha256, text))),
        "pbkdf2-sha512" => Some(("PBKDF2", pbkdf2(Digest::Sha512, text))),
        _ => None,
    }
}

/// Names at most the scheme of a hash, never the hash.
fn unknown(text: &str) -> Wrong {
    let name = text.trim_start_matches('$').split('$').next().unwrap_or_default();
    let is_name = text.contains('$') && name.len() <= 20 && name.bytes().all(|byte| byte.is_ascii_graphic());
    let named = if is_name { format!(" {name:?}") } else { String::new() };
    format!(
        "the password hash has an unknown format{named}; known are bcrypt ($2a$, $2b$, $2y$), Argon2, scrypt, PBKDF2, \
         and Firebase's scrypt"
    )
}

/// Decodes Base64 in its usual alphabet, in that of URLs, or in passlib's.
fn base64(text: &str) -> Option<Vec<u8>> {
    let plain = text.trim_end_matches('=').replace(['.', '-'], "+").replace('_', "/");
    BASE64.decode(plain).ok()
}

fn bcrypt(text: &str, of_sha256: bool) -> Option<ForeignHash> {
    let (cost, rest) = ["$2a$", "$2b$", "$2y$"].iter().find_map(|prefix| text.strip_prefix(prefix))?.split_once('$')?;
    let (salt, hash) = rest.split_at_checked(22).filter(|_| rest.len() == 53)?;
    let salt = BCRYPT_BASE64.decode(salt).ok()?.try_into().ok()?;
    let hash = BCRYPT_BASE64.decode(hash).ok()?.try_into().ok()?;
    Some(ForeignHash::Bcrypt { cost: cost.parse().ok()?, salt, hash, of_sha256 })
}

/// Finds `name=` among parameters with commas.
fn parameter<T: std::str::FromStr>(parameters: &str, name: &str) -> Option<T> {
    let mut pairs = parameters.split(',').filter_map(|pair| pair.split_once('='));
    pairs.find(|(own, _)| *own == name)?.1.parse().ok()
}

fn argon2(text: &str) -> Option<ForeignHash> {
    let parts: Vec<&str> = text.split('$').collect();
    let (variant, version, parameters, salt, hash) = match parts[..] {
        ["", variant, version, parameters, salt, hash] => {
            (variant, version.strip_prefix("v=")?.parse().ok()?, parameters, salt, hash)
        }
        // Before version 19 the text named no version.
        ["", variant, parameters, salt, hash] => (variant, 16, parameters, salt, hash),
        _ => return None,
    };
    if parameters.contains("keyid=") || parameters.contains("data=") {
        return None;
    }
    Some(ForeignHash::Argon2 {
        variant: Argon2Variant::parse(variant)?,
        version,
        memory_kib: parameter(parameters, "m")?,
        passes: parameter(parameters, "t")?,
        lanes: parameter(parameters, "p")?,
        salt: base64(salt)?,
        hash: base64(hash)?,
    })
}

/// Reads `$scrypt$ln=16,r=8,p=1$salt$hash`, as passlib writes it.
fn scrypt(text: &str) -> Option<ForeignHash> {
    let ["", _, parameters, salt, hash] = text.split('$').collect::<Vec<_>>()[..] else { return None };
    let (log_n, r, p) = (parameter(parameters, "ln")?, parameter(parameters, "r")?, parameter(parameters, "p")?);
    Some(ForeignHash::Scrypt { log_n, r, p, salt: base64(salt)?, hash: base64(hash)?, of_nfkc: false })
}

/// Reads `$pbkdf2-sha256$29000$salt$hash`, as passlib writes it, or with `i=29000`.
fn pbkdf2(digest: Digest, text: &str) -> Option<ForeignHash> {
    let ["", _, parameters, salt, hash] = text.split('$').collect::<Vec<_>>()[..] else { return None };
    let iterations = parameters.parse().ok().or_else(|| parameter(parameters, "i"))?;
    Some(ForeignHash::Pbkdf2 { digest, iterations, salt: base64(salt)?, hash: base64(hash)? })
}

/// Reads `iterations$salt$hash`; the salt is text.
fn django_pbkdf2(digest: Digest, rest: &str) -> Option<ForeignHash> {
    let [iterations, salt, hash] = rest.split('$').collect::<Vec<_>>()[..] else { return None };
    let iterations = iterations.parse().ok()?;
    Some(ForeignHash::Pbkdf2 { digest, iterations, salt: salt.as_bytes().to_vec(), hash: base64(hash)? })
}

/// Reads `N$salt$r$p$hash`; the salt is text.
fn django_scrypt(rest: &str) -> Option<ForeignHash> {
    let [n, salt, r, p, hash] = rest.split('$').collect::<Vec<_>>()[..] else { return None };
    let n = n.parse::<u64>().ok().filter(|n| n.is_power_of_two())?;
    let (r, p) = (r.parse().ok()?, p.parse().ok()?);
    let log_n = u8::try_from(n.ilog2()).ok()?;
    Some(ForeignHash::Scrypt { log_n, r, p, salt: salt.as_bytes().to_vec(), hash: base64(hash)?, of_nfkc: false })
}

/// Reads better-auth's `salt:key` in hexadecimal. What salts is the text of the salt.
pub(crate) fn better_auth(text: &str) -> Result<ImportedPassword, Wrong> {
    let read = || {
        let (salt, key) = text.split_once(':')?;
        let hash = data_encoding::HEXLOWER_PERMISSIVE.decode(key.as_bytes()).ok()?;
        (hash.len() == 64 && !salt.is_empty()).then(|| (salt.as_bytes().to_vec(), hash))
    };
    match read() {
        Some((salt, hash)) => {
            Ok(ImportedPassword::Foreign(ForeignHash::Scrypt { log_n: 14, r: 16, p: 1, salt, hash, of_nfkc: true }))
        }
        // A project may have set hash functions of its own.
        None => parse(text),
    }
}

/// Reads Keycloak's two objects: `secret` with the value and the salt, `data` with the parameters.
pub(crate) fn keycloak(secret: Fields<'_>, data: Fields<'_>) -> Result<ImportedPassword, Wrong> {
    let bytes = |name: &str| {
        let text = secret.text(name)?.unwrap_or_default();
        base64(&text).ok_or_else(|| format!("secretData of the password has a {name} that is not Base64"))
    };
    let (salt, hash) = (bytes("salt")?, bytes("value")?);
    let iterations = data.number("hashIterations")?.ok_or("credentialData of the password has no hashIterations")?;
    let algorithm = data.text("algorithm")?.unwrap_or_default();
    let digest = match algorithm.as_str() {
        "pbkdf2" => Digest::Sha1,
        "pbkdf2-sha256" => Digest::Sha256,
        "pbkdf2-sha512" => Digest::Sha512,
        "argon2" => return keycloak_argon2(data, iterations, salt, hash).map(ImportedPassword::Foreign),
        _ => return Err(format!("the password hash has the algorithm {algorithm:?}, which is not known")),
    };
    Ok(ImportedPassword::Foreign(ForeignHash::Pbkdf2 { digest, iterations, salt, hash }))
}

fn keycloak_argon2(data: Fields<'_>, passes: u32, salt: Vec<u8>, hash: Vec<u8>) -> Result<ForeignHash, Wrong> {
    let additional = data.object("additionalParameters")?.ok_or_else(|| malformed("Argon2"))?;
    let first = |name: &str| additional.list(name).ok()?.first()?.as_str().map(str::to_owned);
    let read = || {
        let variant = Argon2Variant::parse(&format!("argon2{}", first("type")?))?;
        let version = match first("version")?.as_str() {
            "1.3" => 19,
            "1.0" => 16,
            _ => return None,
        };
        Some((variant, version, first("memory")?.parse().ok()?, first("parallelism")?.parse().ok()?))
    };
    let (variant, version, memory_kib, lanes) = read().ok_or_else(|| malformed("Argon2"))?;
    Ok(ForeignHash::Argon2 { variant, version, memory_kib, passes, lanes, salt, hash })
}

/// Reads the Base64 of a Firebase export, in either alphabet.
pub(crate) fn firebase_bytes(text: &str, what: &str) -> Result<Vec<u8>, Wrong> {
    base64(text).ok_or_else(|| format!("{what} is not Base64"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_known_is_named_without_the_hash() {
        for (text, expected) in [
            ("$1$saltsalt$abcdefgh", "an unknown format \"1\""),
            ("md5$salt$0123456789abcdef", "an unknown format \"md5\""),
            ("5f4dcc3b5aa765d61d8327deb882cf99", "an unknown format;"),
            ("$2x$05$h4Lpj9DCzdJJI6sUcAsNhO3K9JWq5MvdfbtIzk57QxQ5g0GLOBQRS", "an unknown format \"2x\""),
            ("$2b$05$short", "the bcrypt hash is malformed"),
            ("$argon2id$v=19$m=1024,t=2$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "the Argon2 hash is malformed"),
            ("scrypt$1000$salt$8$1$aGFzaA==", "the scrypt hash is malformed"),
        ] {
            let reason = parse(text).unwrap_err();
            assert!(reason.contains(expected), "{text}: {reason}");
            assert!(!reason.contains("5f4dcc") && !reason.contains("0123456789"), "{reason}");
        }
    }

    #[test]
    fn random_bits_after_the_salt_of_bcrypt_do_not_matter() {
        let texts = [
            "$2b$05$h4Lpj9DCzdJJI6sUcAsNhO3K9JWq5MvdfbtIzk57QxQ5g0GLOBQRS",
            "$2b$05$h4Lpj9DCzdJJI6sUcAsNhP3K9JWq5MvdfbtIzk57QxQ5g0GLOBQRS",
        ];
        let [one, other] = texts.map(|text| parse(text).unwrap());
        assert!(one == other, "the last character of the salt differs in bits that are not used");
    }

    proptest! {
        /// Whatever the text: no panic, and what is accepted is complete.
        #[test]
        fn any_text_is_read_or_refused(scheme in "(\\$(2b|argon2id|scrypt|pbkdf2-sha256)\\$|pbkdf2_sha256\\$|scrypt\\$|bcrypt\\$\\$2b\\$|)", text in ".{0,80}") {
            for text in [format!("{scheme}{text}"), text] {
                let _ = better_auth(&text);
                if let Ok(ImportedPassword::Foreign(hash)) = parse(&text) {
                    prop_assert!(!hash.scheme().is_empty());
                }
            }
        }
    }
}
