//! Passwords and the password policy (NIST SP 800-63B-4 section 3.1.1). Hashing is behind
//! [`crate::ports::PasswordHasher`].

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::{EmailAddress, Username};
use crate::named::named;

/// The 100,000 most common leaked passwords of 8 characters or more: lower-case, sorted, one per line.
/// `docs/common-passwords.md` names the source.
static COMMON: &str = include_str!("../../data/common-passwords.txt");

/// A password in clear, in Unicode NFC. It is wiped from memory when dropped and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Normalises what a user typed. The policy is not applied yet.
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.nfc().collect()))
    }

    /// Returns the text to hash, in NFC.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What is stored of a password, of no use without the master key: an Argon2id hash in PHC string format, peppered; or a
/// hash that another system made, sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// What a sealed foreign hash begins with, and no hash of any scheme.
    const IMPORTED: &'static str = "$imported$";

    /// Wraps a sealed [`super::ForeignHash`].
    pub fn imported(sealed: &[u8]) -> Self {
        let hexadecimal: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{}{hexadecimal}", Self::IMPORTED))
    }

    /// Returns the sealed bytes of a foreign hash; `None` if it is none.
    pub fn sealed_foreign(&self) -> Option<Vec<u8>> {
        let text = self.0.strip_prefix(Self::IMPORTED)?;
        let digits: Option<Vec<u8>> = text.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
        let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
        rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
    }

    /// Tells whether it is a foreign hash.
    pub fn is_imported(&self) -> bool {
        self.0.starts_with(Self::IMPORTED)
    }

    /// Tells whether it has one of the two forms that this service writes.
    pub fn is_well_formed(&self) -> bool {
        self.sealed_foreign().is_some() || self.0.starts_with("$argon2id$") && self.0.contains("keyid=")
    }

    /// Wraps a stored PHC string.
    pub const fn from_phc(phc: String) -> Self {
        Self(phc)
    }

    /// Returns the PHC string, to store.
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// The cost of one comparison with a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCost {
    /// The memory, in KiB.
    pub memory_kib: u32,
    /// The number of passes over that memory.
    pub passes: u32,
}

impl HashCost {
    /// The most memory, in KiB, and the most work, in KiB times passes, that a comparison may take unless more is
    /// configured: otherwise a hash smuggled into a restore could stop the service at the first login.
    const MOST_MEMORY: u64 = 1 << 20;
    const MOST_WORK: u64 = 4 << 20;

    /// Reads the cost from an Argon2 PHC string; `None` if it does not say.
    pub fn of_phc(phc: &str) -> Option<Self> {
        let parameters = phc.split('$').find(|part| part.starts_with("m="))?;
        let number = |name: &str| {
            let mut pairs = parameters.split(',').filter_map(|pair| pair.split_once('='));
            pairs.find(|(own, _)| *own == name)?.1.parse().ok()
        };
        Some(Self { memory_kib: number("m")?, passes: number("t")? })
    }

    /// Tells whether this service computes a hash of that cost, where `configured` is the cost of new hashes.
    pub fn is_bearable(self, configured: Self) -> bool {
        let work = |cost: Self| u64::from(cost.memory_kib) * u64::from(cost.passes);
        u64::from(self.memory_kib) <= Self::MOST_MEMORY.max(configured.memory_kib.into())
            && work(self) <= Self::MOST_WORK.max(work(configured))
    }
}

named! {
    /// A rule of the policy that a password breaks.
    pub enum PasswordReason {
        /// It has fewer characters than the policy's minimum.
        TooShort = "TOO_SHORT",
        /// It has more than 128 characters.
        TooLong = "TOO_LONG",
        /// It is one of the 100,000 most common passwords.
        TooCommon = "TOO_COMMON",
        /// It equals the account's e-mail address, ignoring case.
        SameAsEmail = "SAME_AS_EMAIL",
        /// It equals the account's username, ignoring case.
        SameAsUsername = "SAME_AS_USERNAME",
    }
}

/// The rules for new passwords. There are no composition rules: only length and rarity count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The minimum number of characters, 8–128.
    pub min_characters: usize,
}

impl PasswordPolicy {
    /// The maximum number of characters (Unicode scalar values after NFC).
    pub const MAX_CHARACTERS: usize = 128;

    /// Returns every rule that `password` breaks; empty if it is acceptable.
    pub fn reasons_against(
        &self,
        password: &Password,
        email: &EmailAddress,
        username: Option<&Username>,
    ) -> Vec<PasswordReason> {
        let text = password.reveal();
        let characters = text.chars().count();
        let lower = Zeroizing::new(text.to_lowercase());
        let same_as = |name: &str| *lower == name.to_lowercase();
        let checks = [
            (characters < self.min_characters, PasswordReason::TooShort),
            (characters > Self::MAX_CHARACTERS, PasswordReason::TooLong),
            (is_common(&lower), PasswordReason::TooCommon),
            (same_as(email.as_str()) || same_as(email.key()), PasswordReason::SameAsEmail),
            (username.is_some_and(|name| same_as(name.as_str())), PasswordReason::SameAsUsername),
        ];
        checks.into_iter().filter_map(|(fails, reason)| fails.then_some(reason)).collect()
    }
}

/// Searches the lines of [`COMMON`] in place, without parsing or allocating.
fn is_common(lower: &str) -> bool {
    let (mut low, mut high) = (0, COMMON.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = COMMON.as_bytes()[..middle].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let end =
            COMMON.as_bytes()[middle..].iter().position(|byte| *byte == b'\n').map_or(COMMON.len(), |at| middle + at);
        match COMMON.as_bytes()[start..end].cmp(lower.as_bytes()) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: PasswordPolicy = PasswordPolicy { min_characters: 8 };

    fn reasons(password: &str) -> Vec<PasswordReason> {
        let email = EmailAddress::parse("Ann.Lee@example.org").unwrap();
        let username = Username::parse("Ann-The-Great").unwrap();
        POLICY.reasons_against(&Password::new(password), &email, Some(&username))
    }

    #[test]
    fn every_reason() {
        assert_eq!(reasons("correct horse battery"), []);
        assert_eq!(reasons("qv8#kzp"), [PasswordReason::TooShort]);
        assert_eq!(reasons(&"é".repeat(128)), []);
        assert_eq!(reasons(&"é".repeat(129)), [PasswordReason::TooLong]);
        assert_eq!(reasons("PassWord"), [PasswordReason::TooCommon]);
        assert_eq!(reasons("ann.lee@EXAMPLE.org"), [PasswordReason::SameAsEmail]);
        assert_eq!(reasons("ann-the-great"), [PasswordReason::SameAsUsername]);
    }

    #[test]
    fn every_listed_password_is_found_and_the_list_is_as_described() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert_eq!(lines.len(), 100_000);
        assert!(lines.is_sorted());
        assert!(lines.iter().all(|line| line.chars().count() >= 8 && is_common(line)));
        assert!(!is_common("") && !is_common("zzzzzzzzzzzzzzzzz-no") && !is_common("!"));
    }

    #[test]
    fn composed_and_decomposed_spellings_are_one_password() {
        assert_eq!(Password::new("e\u{301}cole-12"), Password::new("école-12"));
    }

    #[test]
    fn a_sealed_foreign_hash_is_told_apart_from_any_other() {
        let imported = PasswordHash::imported(&[1, 0xab, 0]);
        assert_eq!(imported.as_phc(), "$imported$01ab00");
        assert_eq!(imported.sealed_foreign(), Some(vec![1, 0xab, 0]));
        let wrapped = |text: &str| PasswordHash::from_phc(text.to_owned());
        let own = wrapped("$argon2id$v=19$m=19456,t=2,p=1,keyid=CgsMDQ$c2FsdA$aGFzaA");
        assert!(imported.is_imported() && imported.is_well_formed());
        assert!(!own.is_imported() && own.is_well_formed());
        for foreign in ["$2b$10$abc", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", "$imported$1", "$imported$xy", ""]
        {
            assert!(!wrapped(foreign).is_well_formed(), "{foreign}");
            assert_eq!(wrapped(foreign).sealed_foreign(), None, "{foreign}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Password::new("canary")), "Password(…)");
    }

    #[test]
    fn what_a_hash_costs_is_read_and_bounded() {
        let cost = |memory_kib, passes| HashCost { memory_kib, passes };
        let read = |parameters: &str| HashCost::of_phc(&format!("$argon2id$v=19${parameters}$c2FsdA$aGFzaA"));
        assert_eq!(read("m=19456,t=2,p=1,keyid=CgsMDQ"), Some(cost(19_456, 2)));
        assert_eq!(read("m=4294967295,t=4294967295,p=1"), Some(cost(u32::MAX, u32::MAX)));
        for unread in ["m=4294967296,t=1,p=1", "m=1", "t=1,m=1", "m=,t=1", ""] {
            assert_eq!(read(unread), None, "{unread}");
        }
        let ours = cost(19_456, 2);
        for bearable in [ours, cost(8, 1), cost(1 << 20, 4), cost(19_456, 200)] {
            assert!(bearable.is_bearable(ours), "{bearable:?}");
        }
        for extreme in [cost((1 << 20) + 1, 1), cost(1 << 20, 5), cost(8, u32::MAX), cost(u32::MAX, u32::MAX)] {
            assert!(!extreme.is_bearable(ours), "{extreme:?}");
        }
        let dear = cost(4 << 20, 100);
        assert!(dear.is_bearable(dear), "what is configured is computed");
    }
}
