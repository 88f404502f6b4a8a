//! Fuzz targets for addresses and mailboxes: mail can be built for whatever is accepted. `auth_fuzz` runs them.

use auth_domain::account::EmailAddress;
use auth_domain::mail::{Notice, NoticeKind, OutgoingContent, OutgoingMail};
use auth_domain::session::Client;
use auth_domain::{Language, MailId, Timestamp};
use auth_fuzz::{Verdict, check_text};

use crate::MailSettings;
use crate::message::{Sender, build};

const AT: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// Returns the headers of a notice to this address.
fn headers(to: EmailAddress, from: &MailSettings) -> String {
    let client = Client::new([192, 0, 2, 1].into(), "Browser");
    let content = OutgoingContent::Notice { notice: Notice::new(NoticeKind::SessionReuseDetected, true), times: 1 };
    let outgoing =
        OutgoingMail { id: MailId::generate(AT, [7; 32]), to, at: AT, client, language: Language::default(), content };
    let mail = String::from_utf8(
        build(
            &outgoing,
            &Sender { from: from.from.clone(), message_id_domain: from.message_id_domain(), register_page: None },
        )
        .unwrap()
        .formatted(),
    )
    .unwrap();
    mail.split("\r\n\r\n").next().unwrap().to_owned()
}

fn count(headers: &str, name: &str) -> usize {
    headers.lines().filter(|line| line.split(':').next().is_some_and(|own| own.eq_ignore_ascii_case(name))).count()
}

/// Checks that one mailbox has one key, in ASCII, which parsing does not change.
fn assert_normal_form(email: &EmailAddress) {
    let key = email.key();
    assert_eq!(EmailAddress::parse(key).unwrap().key(), key, "the normal form is stable");
    assert!(key.is_ascii() && key.len() <= 254, "{key}");
    assert!(!key.contains(|character: char| character.is_ascii_control() || character.is_ascii_uppercase()), "{key:?}");
    let (local, domain) = key.split_once('@').unwrap();
    assert!((1..=64).contains(&local.len()) && !domain.contains('@'), "{key}");
    assert!(domain.split('.').all(|label| (1..=63).contains(&label.len())), "{key}");
}

/// Checks that every address that the domain accepts can be written to, and adds no header of its own.
#[test]
fn email_address() {
    let settings = MailSettings::parse("file:mail", "Auth <no-reply@example.org>").unwrap();
    check_text("email_address", &[], |text| {
        let Ok(email) = EmailAddress::parse(text) else { return Verdict::Refused };
        assert_eq!(email.as_str(), text.trim(), "outer white space goes, and nothing else");
        assert_normal_form(&email);
        let headers = headers(email, &settings);
        assert!(headers.is_ascii(), "{headers}");
        assert_eq!((count(&headers, "to"), count(&headers, "bcc"), count(&headers, "from")), (1, 0, 1), "{headers}");
        Verdict::Accepted
    });
}

/// Checks the same for every mailbox that `AUTH_MAIL_FROM` accepts, and for every `AUTH_MAIL_URL`.
#[test]
fn mail_settings() {
    check_text("mail_settings", &[], |text| {
        let (url, from) = text.split_once('\n').unwrap_or((text, "Auth <no-reply@example.org>"));
        let Ok(settings) = MailSettings::parse(url, from) else { return Verdict::Refused };
        assert!(url.starts_with("file:") || url.starts_with("smtp://") || url.starts_with("smtps://"));
        let headers = headers(EmailAddress::nobody(), &settings);
        assert_eq!((count(&headers, "to"), count(&headers, "bcc"), count(&headers, "from")), (1, 0, 1), "{headers}");
        Verdict::Accepted
    });
}
