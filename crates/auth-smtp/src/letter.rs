//! The words of the mails, as text and as HTML.

use auth_domain::Timestamp;
use auth_domain::mail::{MailRequest, Notice, NoticeKind};
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Names the kind of a mail, for filters and tests.
#[derive(Clone)]
struct AuthMail(String);

/// Keeps auto-responders quiet (RFC 3834 section 5).
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

/// The mail, or why none can be built: then its address is not one that mail can reach.
pub(crate) fn write(request: &MailRequest, from: &Mailbox) -> Result<Message, lettre::error::Error> {
    let (subject, paragraphs) = words(&request.notice);
    let address: Address = ascii_address(request).parse().map_err(|_| lettre::error::Error::MissingTo)?;
    let text = format!("{}\n", paragraphs.join("\n\n"));
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, address))
        .subject(subject)
        .message_id(Some(format!("<{}@{}>", request.id, from.email.domain())))
        .header(AuthMail("notice".to_owned()))
        .header(AutoSubmitted("auto-generated".to_owned()))
        .multipart(MultiPart::alternative_plain_html(text, html(subject, &paragraphs)))
}

/// As its owner typed it before the `@`; the domain in ASCII, which every server understands.
fn ascii_address(request: &MailRequest) -> String {
    let local = request.to.as_str().rsplit_once('@').map_or("", |(local, _)| local);
    let domain = request.to.key().rsplit_once('@').map_or("", |(_, domain)| domain);
    format!("{local}@{domain}")
}

/// Subject and paragraphs.
fn words(notice: &Notice) -> (&'static str, Vec<String>) {
    let (network, device) = (notice.client.network(), notice.client.user_agent());
    let device = if device.is_empty() { "a device that does not name itself" } else { device };
    let place = format!("When: {}\nFrom: {network}\nDevice: {device}", when(notice.at));
    match notice.kind {
        NoticeKind::AccountDeleted => (
            "Your account was deleted",
            vec![
                "Your account and everything that belongs to it was deleted. This is final.".to_owned(),
                place,
                "If that was not your wish, tell those who run this service.".to_owned(),
            ],
        ),
        NoticeKind::SessionReuseDetected => (
            "A session of yours was ended",
            vec![
                "Somebody used a login token of yours that was no longer good. That can mean that a copy of it was \
                 stolen, so we ended the session that it belongs to."
                    .to_owned(),
                place,
                "If a device of yours asks you to log in again, do so: that is all there is to do. If you do not \
                 know the device above, change your password too."
                    .to_owned(),
            ],
        ),
    }
}

fn when(at: Timestamp) -> String {
    let time = OffsetDateTime::from_unix_timestamp(at.as_seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).unwrap_or_default()
}

fn html(subject: &str, paragraphs: &[String]) -> String {
    let paragraph =
        |text: &String| format!("<p style=\"margin:0 0 16px\">{}</p>\n", escape(text).replace('\n', "<br>\n"));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title></head>\n\
         <body style=\"margin:0;background:#f4f4f5\">\n\
         <div style=\"max-width:520px;margin:32px auto;padding:32px;background:#fff;border-radius:8px;\
         font:16px/1.5 system-ui,sans-serif;color:#18181b\">\n\
         <h1 style=\"margin:0 0 16px;font-size:20px\">{title}</h1>\n{body}</div>\n</body>\n</html>\n",
        title = escape(subject),
        body = paragraphs.iter().map(paragraph).collect::<String>(),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_domain::MailId;
    use auth_domain::account::EmailAddress;
    use auth_domain::session::Client;
    use proptest::prelude::*;

    fn request(to: &str, user_agent: &str) -> Option<MailRequest> {
        let at = Timestamp::from_seconds(1_800_000_000);
        let client = Client::new([192, 0, 2, 1].into(), user_agent);
        let notice = Notice { kind: NoticeKind::SessionReuseDetected, at, client };
        Some(MailRequest { id: MailId::generate(at, [7; 32]), to: EmailAddress::parse(to).ok()?, notice })
    }

    fn text(request: &MailRequest) -> String {
        let from: Mailbox = "Auth <no-reply@example.org>".parse().unwrap();
        String::from_utf8(write(request, &from).unwrap().formatted()).unwrap()
    }

    #[test]
    fn says_what_when_where_and_always_the_same() {
        let request = request("Ann@bücher.example", "<b>Browser</b>").unwrap();
        let mail = text(&request);
        for part in [
            "To: Ann@xn--bcher-kva.example",
            "X-Auth-Mail: notice",
            "Auto-Submitted: auto-generated",
            "192.0.2.0/24",
            "2027-01-15T08:00:00Z",
            "text/plain",
            "text/html",
        ] {
            assert!(mail.contains(part), "{part} in {mail}");
        }
        assert!(mail.contains(&format!("Message-ID: <{}@example.org>", request.id)));
        assert!(mail.contains("&lt;b&gt;Browser"), "a user agent is no HTML: {mail}");
    }

    proptest! {
        /// What the domain accepts as an address, mail can be built for; whatever the user agent.
        #[test]
        fn every_accepted_address_can_be_written_to(
            local in "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}",
            domain in "[a-z0-9ßäé-]{1,20}(\\.[a-z0-9-]{1,20}){0,3}",
            user_agent in ".{0,80}",
        ) {
            if let Some(request) = request(&format!("{local}@{domain}"), &user_agent) {
                let mail = text(&request);
                prop_assert!(mail.contains("X-Auth-Mail: notice"));
                prop_assert!(!mail.contains("\nBcc:"));
            }
        }
    }
}
