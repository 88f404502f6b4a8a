//! What templates can say of a mail: its values, by the names that templates use.

use std::collections::BTreeMap;
use std::time::Duration;

use auth_domain::Timestamp;
use auth_domain::account::EmailAddress;
use auth_domain::identity::ProviderName;
use auth_domain::mail::{About, Notice, OutgoingContent, OutgoingMail, Removed};
use auth_domain::two_factor::Method;
use minijinja::Value;
use time::OffsetDateTime;
use url::form_urlencoded;

use crate::device::Device;
use crate::message::Sender;
use crate::text::Whole;

/// Values by name. What a mail does not have is none, so that a template can ask for it.
pub(crate) type Values = BTreeMap<&'static str, Value>;

/// Says times, durations and devices in the language of a mail.
pub(crate) trait Words {
    type Error;

    fn moment(&self, at: Timestamp) -> Result<String, Self::Error>;
    fn duration(&self, duration: Duration) -> Result<String, Self::Error>;
    fn device(&self, device: Device) -> Result<String, Self::Error>;
}

/// The values of a mail.
pub(crate) struct MailValues {
    /// Those that may stand anywhere.
    pub(crate) open: Values,
    /// The code or the invitation, with its link: never in a subject, which locked screens show.
    pub(crate) secret: Values,
    code: Option<String>,
    link: Option<String>,
}

impl MailValues {
    pub(crate) fn of<W: Words>(mail: &OutgoingMail, sender: &Sender, words: &W) -> Result<Self, W::Error> {
        let mut open = common(mail, sender);
        let (mut code, mut link) = (None, None);
        open.insert("time", words.moment(mail.at)?.into());
        let (mut network, mut device) = (Value::from(()), Value::from(()));
        if names_the_client(&mail.content) {
            network = clean(mail.client.network().as_str()).into();
            device = words.device(Device::of(mail.client.user_agent()))?.into();
        }
        open.extend([("network", network), ("device", device)]);
        let secret = match &mail.content {
            OutgoingContent::Code { code: digits, expires_at, .. } => {
                open.extend(expiry(mail.at, *expires_at, words)?);
                code = Some(digits.reveal().to_owned());
                Values::from([("code", digits.reveal().into())])
            }
            OutgoingContent::Invitation { token, expires_at } => {
                open.extend(expiry(mail.at, *expires_at, words)?);
                let page = sender.register_page.as_deref();
                link = page.map(|page| invitation_link(page, token.reveal(), Some(&mail.to)));
                code = Some(token.reveal().to_owned());
                Values::from([("invitation", token.reveal().into()), ("link", link.clone().into())])
            }
            OutgoingContent::Notice { notice, times } => {
                let until = notice.details.until.map(|until| words.moment(until)).transpose()?;
                open.extend([("until", until.into()), ("times", (*times).into())]);
                open.extend(details(notice));
                Values::new()
            }
        };
        Ok(Self { open, secret, code, link })
    }

    /// Returns all of them.
    pub(crate) fn all(&self) -> Values {
        self.open.iter().chain(&self.secret).map(|(name, value)| (*name, value.clone())).collect()
    }

    /// Returns what must stand on a line of its own.
    pub(crate) fn whole(&self) -> Whole<'_> {
        Whole { code: self.code.as_deref(), link: self.link.as_deref() }
    }
}

fn common(mail: &OutgoingMail, sender: &Sender) -> Values {
    Values::from([
        ("language", mail.language.as_str().into()),
        ("product_name", clean(&sender.product_name).into()),
        ("sender", sender.from.name.as_deref().map(clean).into()),
    ])
}

/// Tells whether the mail says from which network and device it was caused. Those of an administrator or a service are no
/// business of the user's; an invited person knows nothing of who created the invitation, and it may have been a service.
const fn names_the_client(content: &OutgoingContent) -> bool {
    match content {
        OutgoingContent::Code { .. } => true,
        OutgoingContent::Invitation { .. } => false,
        OutgoingContent::Notice { notice, .. } => !notice.kind.is_of_staff(),
    }
}

/// Returns until when a code can be used, and how long that is from the time at which it was requested: a mail may be sent
/// late, and is the same at every attempt.
fn expiry<W: Words>(requested_at: Timestamp, expires_at: Timestamp, words: &W) -> Result<Values, W::Error> {
    Ok(Values::from([
        ("lifetime", words.duration(expires_at.since(requested_at))?.into()),
        ("expires_at", words.moment(expires_at)?.into()),
    ]))
}

fn details(notice: &Notice) -> Values {
    let (method, service) = match &notice.details.about {
        Some(About::SecondFactor(method)) => (Some(method_name(*method)), None),
        Some(About::Provider(provider)) => (None, Some(display_name(provider))),
        None => (None, None),
    };
    let removed = |removed: &Removed| match removed {
        Removed::SecondFactor(method) => removed_part(method_name(*method), None),
        Removed::Identity(provider) => removed_part("identity", Some(display_name(provider))),
        Removed::PendingEmail => removed_part("pending_email", None),
    };
    Values::from([
        ("method", method.into()),
        ("service", service.into()),
        ("removed", notice.details.removed.iter().map(removed).collect()),
        ("providers", notice.details.providers.iter().map(|name| Value::from(display_name(name))).collect()),
    ])
}

fn removed_part(what: &str, provider: Option<String>) -> Value {
    Values::from([("what", what.into()), ("provider", provider.into())]).into()
}

const fn method_name(method: Method) -> &'static str {
    match method {
        Method::App => "app",
        Method::Email => "email",
    }
}

/// Returns the name as people write it: `Google` for `google`, which is what URLs call the provider.
fn display_name(provider: &ProviderName) -> String {
    match provider.as_str() {
        "github" => return "GitHub".to_owned(),
        "gitlab" => return "GitLab".to_owned(),
        _ => {}
    }
    let mut name = clean(provider.as_str());
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    name
}

/// Returns the text on one line: a value cannot begin a paragraph.
fn clean(text: &str) -> String {
    let breaks = |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}');
    text.replace(breaks, " ").trim().to_owned()
}

/// Returns the parts of a time in UTC, as the reader's time zone is not known: hour and minute with two digits.
pub(crate) fn moment_parts(at: Timestamp) -> Values {
    let time = OffsetDateTime::from_unix_timestamp(at.as_seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    Values::from([
        ("year", time.year().into()),
        ("month", u8::from(time.month()).into()),
        ("day", time.day().into()),
        ("hour", format!("{:02}", time.hour()).into()),
        ("minute", format!("{:02}", time.minute()).into()),
    ])
}

/// Returns a duration in at most two units, the larger one first.
pub(crate) fn duration_parts(duration: Duration) -> Vec<(&'static str, u64)> {
    let seconds = duration.as_secs();
    let units = [
        ("day", seconds / 86_400),
        ("hour", seconds / 3_600 % 24),
        ("minute", seconds / 60 % 60),
        ("second", seconds % 60),
    ];
    let largest = units.iter().position(|(_, count)| *count > 0).unwrap_or(units.len() - 1);
    units.into_iter().skip(largest).take(2).filter(|(_, count)| *count > 0 || seconds == 0).collect()
}

/// Returns the link to the page that fills an invitation in, and the address that it is for. Both are behind `#`, which
/// browsers send to no server, so that they stand in no log.
pub fn invitation_link(register_page: &str, token: &str, email: Option<&EmailAddress>) -> String {
    let mut values = form_urlencoded::Serializer::new(String::new());
    values.append_pair("invitation", token);
    if let Some(email) = email {
        values.append_pair("email", email.as_str());
    }
    format!("{register_page}#{}", values.finish())
}
