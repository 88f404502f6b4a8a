//! Codes that a user types, and the master keys that an operator does.

use auth_crypto::{HashedRecoveryCodes, KeyRing};
use auth_domain::AccountId;
use auth_domain::challenge::OneTimeCode;
use auth_domain::ports::RecoveryCodes;
use auth_fuzz::{Verdict, check_text};

use crate::jwt::{NOW, ring};

/// Six digits, and exactly those that were typed.
#[test]
fn one_time_code() {
    check_text("one_time_code", &[], |text| {
        let parsed = OneTimeCode::parse(text);
        if let Some(code) = &parsed {
            let digits = code.reveal();
            assert!(digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit()));
            assert!(OneTimeCode::parse(digits).is_some_and(|again| again.matches(code)));
            assert!(!text.contains(char::is_alphabetic), "{text:?} is no code");
            assert_eq!(text.chars().filter(|character| character.is_numeric()).count(), 6);
        }
        parsed.into()
    });
}

/// However a code is typed it is one of the account's, or it is not.
#[test]
fn recovery_code() {
    let codes = HashedRecoveryCodes::new(ring());
    let account = AccountId::generate(NOW, [1; 32]);
    let (_, hash) = codes.make(account, std::array::from_fn(|index| u8::try_from(index).unwrap()));
    check_text("recovery_code", &[], |text| {
        let hashes = codes.hashes(account, text);
        assert!(hashes.len() == 1 && hashes[0].as_str().len() == hash.as_str().len());
        let typed: String = text.chars().filter(|character| character.is_alphanumeric()).collect();
        let right = hashes.contains(&hash);
        assert!(!right || typed.eq_ignore_ascii_case("0123456789"), "{text:?} is another code");
        right.then_some(()).into()
    });
}

/// As many keys as there are parts; an error repeats none of them.
#[test]
fn master_keys() {
    check_text("master_keys", &[], |text| match KeyRing::parse(text) {
        Ok(ring) => {
            let ids: Vec<&str> = ring.ids().collect();
            assert_eq!(ids.len(), text.split(',').count());
            assert!(ids.iter().all(|id| id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit())));
            Verdict::Accepted
        }
        Err(error) => {
            let message: String = error.to_string().chars().filter(|character| !character.is_ascii_digit()).collect();
            let all = ["it is empty", "key  is not base", "key  has  bytes, not "];
            assert!(all.contains(&message.as_str()), "{message}");
            Verdict::Refused
        }
    });
}
