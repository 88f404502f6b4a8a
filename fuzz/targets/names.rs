//! Names that somebody types to log in or to register.

use auth_domain::Locale;
use auth_domain::account::{EmailAddress, LoginName, Role, Username};
use auth_fuzz::{Verdict, check_text};

/// A username is never an address, and both are found by the name that they log in with.
#[test]
fn login_name() {
    check_text("login_name", &[], |text| {
        let name = LoginName::parse(text);
        let canonical = name.canonical();
        assert!(canonical.len() <= 3 * text.len() + 254, "bounded by what came");
        let (email, username) = (EmailAddress::parse(text).ok(), Username::parse(text).ok());
        match &name {
            LoginName::Email(found) => assert_eq!((email.as_ref(), username), (Some(found), None)),
            LoginName::Username(found) => {
                assert_eq!((email, username.as_ref()), (None, Some(found)));
                let bytes = found.key().bytes();
                assert!((3..=32).contains(&found.key().len()) && !found.key().contains('@'));
                assert!(bytes.clone().all(|byte| byte.is_ascii_graphic()));
            }
            LoginName::Impossible(_) => assert_eq!((email, username), (None, None)),
        }
        match name {
            LoginName::Impossible(_) => Verdict::Refused,
            LoginName::Email(_) | LoginName::Username(_) => {
                assert_eq!(LoginName::parse(canonical).canonical(), canonical, "the normal form is stable");
                Verdict::Accepted
            }
        }
    });
}

/// Roles are stored with spaces between them and are part of an HTTP header.
#[test]
fn role() {
    check_text("role", &[], |text| {
        let parsed = Role::parse(text);
        if let Some(role) = &parsed {
            assert_eq!(role.as_str(), text);
            assert!((1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b','));
        }
        parsed.into()
    });
}

/// A language tag differs from what was typed only by its case, and is stored and shown as it is.
#[test]
fn locale() {
    check_text("locale", &[], |text| {
        let parsed = Locale::parse(text);
        if let Ok(locale) = &parsed {
            assert!(locale.as_str().eq_ignore_ascii_case(text) && text.len() <= Locale::MAX);
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
            assert_eq!(Locale::parse(locale.as_str()).as_ref(), Ok(locale), "the normal form is stable");
        }
        parsed.ok().into()
    });
}
