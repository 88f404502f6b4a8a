//! Builds a mail: its headers, and what templates make of it as plain text and as HTML.

use std::time::{Duration, UNIX_EPOCH};

use auth_domain::account::EmailAddress;
use auth_domain::mail::OutgoingMail;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

use crate::kind::MailKind;
use crate::templates::{MailTemplates, TemplateError};

/// The header that names the kind of a mail, for filters and tests.
#[derive(Clone)]
struct AuthMail(String);

/// The header that keeps auto-responders quiet (RFC 3834 section 5).
#[derive(Clone)]
struct AutoSubmitted(String);

macro_rules! header {
    ($type:ident, $name:literal) => {
        impl Header for $type {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self(text.to_owned()))
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), self.0.clone())
            }
        }
    };
}
header!(AuthMail, "X-Auth-Mail");
header!(AutoSubmitted, "Auto-Submitted");

/// The sender of the mails, and what mails say of the service.
pub(crate) struct Sender {
    pub(crate) from: Mailbox,
    /// The right side of every Message-ID, which is the same at each attempt and on every node.
    pub(crate) message_id_domain: String,
    /// The URL of the page that fills an invitation in, if there is one.
    pub(crate) register_page: Option<String>,
    /// The name of the service.
    pub(crate) product_name: String,
    /// The `https` URL of its logo.
    pub(crate) logo_url: Option<String>,
    pub(crate) templates: MailTemplates,
}

/// Why a message cannot be built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    /// The address cannot receive mail.
    #[error(transparent)]
    Address(#[from] lettre::error::Error),
    /// A template in the binary is wrong, which tests would have found.
    #[error("{0}")]
    Template(TemplateError),
}

/// Builds the message.
pub(crate) fn build(mail: &OutgoingMail, sender: &Sender) -> Result<Message, BuildError> {
    let written = sender.templates.render(mail, sender).map_err(BuildError::Template)?;
    let message = Message::builder()
        .from(sender.from.clone())
        .to(recipient(&mail.to).ok_or(lettre::error::Error::MissingTo)?)
        .subject(written.subject)
        // The same at every attempt, as its id is.
        .date(UNIX_EPOCH + Duration::from_millis(mail.at.as_millis()))
        .message_id(Some(format!("<{}@{}>", mail.id, sender.message_id_domain)))
        .header(AuthMail(MailKind::of(&mail.content).header().to_owned()))
        .header(AutoSubmitted("auto-generated".to_owned()))
        .multipart(MultiPart::alternative_plain_html(written.text, written.html))?;
    Ok(message)
}

/// Returns the mailbox with the local part as its owner typed it, and the domain in ASCII, which every server
/// understands.
pub(crate) fn recipient(to: &EmailAddress) -> Option<Mailbox> {
    let (local, domain) = (to.as_str().rsplit_once('@')?.0, to.key().rsplit_once('@')?.1);
    let address: Address = format!("{local}@{domain}").parse().ok()?;
    Some(Mailbox::new(None, address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_domain::access_token::BearerToken;
    use auth_domain::challenge::{ChallengePurpose, OneTimeCode};
    use auth_domain::identity::ProviderName;
    use auth_domain::mail::{Notice, NoticeDetails, NoticeKind, OutgoingContent, Removed};
    use auth_domain::session::Client;
    use auth_domain::two_factor::Method;
    use auth_domain::{Language, MailId, Timestamp};
    use proptest::prelude::*;

    use crate::samples;

    const AT: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn mail(to: &str, user_agent: &str, content: OutgoingContent) -> Option<OutgoingMail> {
        let client = Client::new([192, 0, 2, 1].into(), user_agent);
        Some(OutgoingMail {
            id: MailId::generate(AT, [7; 32]),
            to: EmailAddress::parse(to).ok()?,
            at: AT,
            client,
            language: Language::default(),
            content,
        })
    }

    /// The same mail in each language.
    fn in_each_language(mail: &OutgoingMail) -> impl Iterator<Item = OutgoingMail> {
        Language::ALL.map(|language| OutgoingMail { language, ..mail.clone() }).into_iter()
    }

    fn notice(to: &str, user_agent: &str) -> Option<OutgoingMail> {
        mail(to, user_agent, told(NoticeKind::SessionReuseDetected, 1))
    }

    fn told(kind: NoticeKind, times: u32) -> OutgoingContent {
        OutgoingContent::Notice { notice: Notice::new(kind, true), times }
    }

    fn formatted(mail: &OutgoingMail) -> String {
        formatted_by(mail, None)
    }

    fn formatted_by(mail: &OutgoingMail, register_page: Option<&str>) -> String {
        let from: Mailbox = "Auth <no-reply@example.org>".parse().unwrap();
        let register_page = register_page.map(str::to_owned);
        let message_id_domain = "auth.example.org".to_owned();
        let sender = Sender { from, message_id_domain, register_page, ..samples::plain_sender() };
        String::from_utf8(build(mail, &sender).unwrap().formatted()).unwrap()
    }

    #[test]
    fn a_code_stands_on_a_line_of_its_own() {
        for (purpose, kind) in
            [(ChallengePurpose::PasswordReset, "password-reset"), (ChallengePurpose::VerifyEmail, "verify-email")]
        {
            let code = OneTimeCode::from_number(42);
            let expires_at = Timestamp::from_seconds(1_800_000_600);
            let content = OutgoingContent::Code { purpose, code, expires_at };
            let mail = mail("ann@example.org", "Browser", content).unwrap();
            assert!(formatted(&mail).contains("2027-01-15 08:10 UTC"));
            for mail in in_each_language(&mail) {
                let message = formatted(&mail);
                let plain = message.split("text/html").next().unwrap();
                assert_eq!(plain.lines().filter(|line| *line == "000042").count(), 1, "{plain}");
                assert!(message.contains(&format!("X-Auth-Mail: {kind}\r\n")), "{message}");
                assert!(!message.lines().any(|line| line.starts_with("Subject:") && line.contains("000042")));
            }
        }
    }

    #[test]
    fn an_invitation_stands_on_a_line_of_its_own_and_says_nothing_of_who_sent_it() {
        let text = format!("inv1.{}", "a".repeat(64));
        let (token, expires_at) = (BearerToken::new(text.clone()), Timestamp::from_seconds(1_800_604_800));
        let content = OutgoingContent::Invitation { token, expires_at };
        let mail = mail("ann@example.org", "Browser", content).unwrap();
        let message = formatted(&mail);
        assert!(!message.contains("Or open this page"), "there is none: {message}");
        let linked = formatted_by(&mail, Some("https://a.example/account/register")).replace("=\r\n", "");
        let link = format!("https://a.example/account/register#invitation=3D{text}&email=3Dann%40example.org\r\n");
        assert!(linked.contains(&link), "{linked}");
        let plain = message.split("text/html").next().unwrap();
        assert_eq!(plain.lines().filter(|line| *line == text).count(), 1, "{plain}");
        assert!(
            message.contains("X-Auth-Mail: invitation\r\n") && message.contains("expires 7 days after"),
            "{message}"
        );
        assert!(!message.contains("IP address range:") && !message.contains("Device:"), "{message}");
    }

    #[test]
    fn only_what_the_user_may_have_done_names_the_network_and_the_device() {
        for (kind, named) in [(NoticeKind::PasswordChanged, true), (NoticeKind::AccountSuspended, false)] {
            let message = formatted(&mail("ann@example.org", "Browser", told(kind, 1)).unwrap());
            assert_eq!(message.contains("IP address range:") && message.contains("Device:"), named, "{message}");
            assert!(message.contains("Time:"), "{message}");
        }
    }

    #[test]
    fn every_notice_has_a_subject_of_its_own() {
        let subject = |kind| {
            let message = formatted(&mail("ann@example.org", "Browser", told(kind, 1)).unwrap());
            message.lines().find(|line| line.starts_with("Subject:")).unwrap().to_owned()
        };
        let subjects: std::collections::BTreeSet<String> = NoticeKind::ALL.into_iter().map(subject).collect();
        assert_eq!(subjects.len(), NoticeKind::ALL.len());
    }

    #[test]
    fn several_notices_in_one_mail_say_how_many_they_are() {
        let text =
            |times| formatted(&mail("ann@example.org", "Browser", told(NoticeKind::PasswordChanged, times)).unwrap());
        assert!(!text(1).contains("times"), "{}", text(1));
        assert!(
            text(1_999).contains("This happened 1999 times. The details below are about the last time.\r\n"),
            "{}",
            text(2)
        );
    }

    #[test]
    fn a_reset_says_what_it_removed_and_who_can_still_sign_in() {
        let provider = |name| ProviderName::parse(name).unwrap();
        let details = NoticeDetails {
            about: None,
            removed: vec![
                Removed::SecondFactor(Method::App),
                Removed::SecondFactor(Method::Email),
                Removed::Identity(provider("google")),
                Removed::PendingEmail,
            ],
            providers: vec![provider("google"), provider("42")],
            until: None,
        };
        let notice = Notice { details, ..Notice::new(NoticeKind::PasswordReset, true) };
        let content = OutgoingContent::Notice { notice, times: 1 };
        let message = formatted(&mail("ann@example.org", "Browser", content).unwrap());
        for line in [
            "- the authenticator app",
            "- sign-in codes by e-mail",
            "- sign-in with Google",
            "- the change of your e-mail address that was not confirmed yet",
            "These services can still be used to sign in to your account: Google, 42.",
        ] {
            assert_eq!(message.lines().filter(|plain| *plain == line).count(), 1, "{line}: {message}");
        }
    }

    #[test]
    fn says_what_when_where_and_always_the_same() {
        let notice = notice("Ann@bücher.example", "<b>Browser</b>").unwrap();
        let message = formatted(&notice);
        assert!(message.contains("Date: Fri, 15 Jan 2027 08:00:00 +0000"), "{message}");
        assert!(!message.contains("quoted-printable") || message.lines().all(|line| line.len() <= 76), "{message}");
        for part in [
            "To: Ann@xn--bcher-kva.example",
            "X-Auth-Mail: notice",
            "Auto-Submitted: auto-generated",
            "192.0.2.0/24",
            "2027-01-15 08:00 UTC",
            "text/plain",
            "text/html",
        ] {
            assert!(message.contains(part), "{part} in {message}");
        }
        assert!(message.contains(&format!("Message-ID: <{}@auth.example.org>", notice.id)));
        assert!(!message.contains("Browser"), "what a stranger sends is not mailed: {message}");
    }

    proptest! {
        /// Mail can be built for every address that the domain accepts, whatever the user agent.
        #[test]
        fn every_accepted_address_can_be_written_to(
            local in "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}",
            domain in "[a-z0-9ßäé-]{1,20}(\\.[a-z0-9-]{1,20}){0,3}",
            user_agent in ".{0,80}",
        ) {
            if let Some(notice) = notice(&format!("{local}@{domain}"), &user_agent) {
                for notice in in_each_language(&notice) {
                    let message = formatted(&notice);
                    prop_assert!(message.contains("X-Auth-Mail: notice"));
                    prop_assert!(!message.contains("\nBcc:"));
                }
            }
        }
    }
}
