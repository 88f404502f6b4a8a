//! Fuzz targets for addresses and mailboxes: mail can be built for whatever is accepted. `auth_fuzz` runs them.

use auth_domain::Language;
use auth_domain::account::EmailAddress;
use auth_domain::mail::{NoticeKind, OutgoingMail};
use auth_fuzz::{Verdict, check_text};

use crate::message::{Sender, build};
use crate::{MailKind, MailSettings, samples};

/// Returns a notice to this address, in a language that depends on the input.
fn notice(to: EmailAddress, input: &str) -> OutgoingMail {
    let language = Language::ALL[input.len() % Language::ALL.len()];
    let kind = MailKind::Notice(NoticeKind::SessionReuseDetected);
    OutgoingMail { to, ..samples::usual(kind, language) }
}

fn sender(settings: &MailSettings) -> Sender {
    Sender {
        from: settings.from.clone(),
        message_id_domain: settings.message_id_domain(),
        product_name: settings.product_name.clone(),
        ..samples::plain_sender()
    }
}

/// Returns the headers of a mail.
fn headers(outgoing: &OutgoingMail, from: &MailSettings) -> String {
    let mail = String::from_utf8(build(outgoing, &sender(from)).unwrap().formatted()).unwrap();
    mail.split("\r\n\r\n").next().unwrap().to_owned()
}

/// Returns how many paragraphs and tags a mail has at most.
fn size(outgoing: &OutgoingMail, sender: &Sender) -> (usize, usize) {
    let written = sender.templates.render(outgoing, sender).unwrap();
    (written.text.split("\n\n").count(), written.html.matches('<').count())
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
        let headers = headers(&notice(email, text), &settings);
        assert!(headers.is_ascii(), "{headers}");
        assert_eq!((count(&headers, "to"), count(&headers, "bcc"), count(&headers, "from")), (1, 0, 1), "{headers}");
        Verdict::Accepted
    });
}

/// Checks the same for every mailbox that `AUTH_MAIL_FROM` accepts, whose name is in the text, and for every
/// `AUTH_MAIL_URL`.
#[test]
fn mail_settings() {
    check_text("mail_settings", &[], |text| {
        let (url, from) = text.split_once('\n').unwrap_or((text, "Auth <no-reply@example.org>"));
        let Ok(settings) = MailSettings::parse(url, from) else { return Verdict::Refused };
        assert!(url.starts_with("file:") || url.starts_with("smtp://") || url.starts_with("smtps://"));
        let notice = notice(EmailAddress::nobody(), text);
        let headers = headers(&notice, &settings);
        assert_eq!((count(&headers, "to"), count(&headers, "bcc"), count(&headers, "from")), (1, 0, 1), "{headers}");
        let (with_name, usual) = (size(&notice, &sender(&settings)), size(&notice, &samples::sender()));
        assert!(with_name.0 <= usual.0 && with_name.1 <= usual.1, "a name adds neither paragraphs nor tags: {from}");
        Verdict::Accepted
    });
}
