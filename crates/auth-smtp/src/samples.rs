//! Mails with sample values, to preview templates and to check them.

use auth_domain::access_token::BearerToken;
use auth_domain::account::EmailAddress;
use auth_domain::challenge::OneTimeCode;
use auth_domain::identity::ProviderName;
use auth_domain::mail::{About, Notice, NoticeDetails, NoticeKind, OutgoingContent, OutgoingMail, Removed};
use auth_domain::session::Client;
use auth_domain::two_factor::Method;
use auth_domain::{Language, MailId, Timestamp};
use lettre::Address;
use lettre::message::Mailbox;

use crate::kind::MailKind;
use crate::message::Sender;
use crate::templates::MailTemplates;

/// 2027-01-15 08:00 UTC.
const AT: i64 = 1_800_000_000;
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Returns a mail as it usually is.
pub(crate) fn usual(kind: MailKind, language: Language) -> OutgoingMail {
    let content = match kind {
        MailKind::Code(purpose) => {
            let (code, expires_at) = (OneTimeCode::from_number(42_137), Timestamp::from_seconds(AT + 600));
            OutgoingContent::Code { purpose, code, expires_at }
        }
        MailKind::Invitation => OutgoingContent::Invitation {
            token: BearerToken::new(format!("inv1.{}", "sample".repeat(10))),
            expires_at: Timestamp::from_seconds(AT + 604_800),
        },
        MailKind::Notice(kind) => OutgoingContent::Notice { notice: told(kind, usual_details(kind)), times: 1 },
    };
    mail(language, USER_AGENT, content)
}

/// Returns mails that between them have and lack everything that a mail of this kind may have.
pub(crate) fn varied(kind: MailKind, language: Language) -> Vec<OutgoingMail> {
    let mut mails = vec![usual(kind, language)];
    if let MailKind::Notice(kind) = kind {
        let services = [providers(&["google"]), providers(&["github", "42"])];
        let abouts = [
            Some(About::SecondFactor(Method::App)),
            Some(About::SecondFactor(Method::Email)),
            providers(&["google"]).pop().map(About::Provider),
        ];
        let until = Some(Timestamp::from_seconds(AT + 86_400 * 30));
        let full = abouts.into_iter().zip(services.into_iter().cycle());
        let full = full.map(|(about, providers)| NoticeDetails { about, removed: removed(), providers, until });
        let contents = full.map(|details| OutgoingContent::Notice { notice: told(kind, details), times: 3 });
        mails.extend(contents.map(|content| mail(language, "okhttp/4.12.0", content)));
        let bare = OutgoingContent::Notice { notice: Notice::new(kind, true), times: 1 };
        mails.push(mail(language, "", bare));
    }
    mails
}

fn mail(language: Language, user_agent: &str, content: OutgoingContent) -> OutgoingMail {
    let at = Timestamp::from_seconds(AT);
    OutgoingMail {
        id: MailId::generate(at, [7; 32]),
        to: EmailAddress::parse("ann@example.org").unwrap_or_else(|_| EmailAddress::nobody()),
        at,
        client: Client::new([192, 0, 2, 1].into(), user_agent),
        language,
        content,
    }
}

fn told(kind: NoticeKind, details: NoticeDetails) -> Notice {
    Notice { details, ..Notice::new(kind, true) }
}

fn usual_details(kind: NoticeKind) -> NoticeDetails {
    let app = Some(About::SecondFactor(Method::App));
    match kind {
        NoticeKind::SecondFactorEnabled | NoticeKind::SecondFactorDisabled | NoticeKind::PrimaryFactorChanged => {
            NoticeDetails { about: app, ..NoticeDetails::default() }
        }
        NoticeKind::IdentityLinked | NoticeKind::IdentityUnlinked => {
            let about = providers(&["google"]).pop().map(About::Provider);
            NoticeDetails { about, ..NoticeDetails::default() }
        }
        NoticeKind::PasswordReset => {
            NoticeDetails { removed: removed(), providers: providers(&["google", "42"]), ..NoticeDetails::default() }
        }
        NoticeKind::AccountDeletionScheduled => {
            let until = Some(Timestamp::from_seconds(AT + 86_400 * 30));
            NoticeDetails { until, ..NoticeDetails::default() }
        }
        _ => NoticeDetails::default(),
    }
}

fn removed() -> Vec<Removed> {
    let factors = [Method::App, Method::Email].map(Removed::SecondFactor);
    let identities = providers(&["google"]).into_iter().map(Removed::Identity);
    factors.into_iter().chain(identities).chain([Removed::PendingEmail]).collect()
}

fn providers(names: &[&str]) -> Vec<ProviderName> {
    names.iter().filter_map(|name| ProviderName::parse(name)).collect()
}

/// Returns a sender with everything that can be set.
pub(crate) fn sender() -> Sender {
    Sender {
        product_name: "Example".to_owned(),
        logo_url: Some("https://auth.example.org/logo.png".to_owned()),
        register_page: Some("https://auth.example.org/account/register".to_owned()),
        ..sender_named(Some("Example".to_owned()))
    }
}

/// Returns a sender with only what it must have.
pub(crate) fn plain_sender() -> Sender {
    sender_named(None)
}

fn sender_named(name: Option<String>) -> Sender {
    Sender {
        from: Mailbox::new(name, address()),
        message_id_domain: "example.org".to_owned(),
        register_page: None,
        product_name: "auth.example.org".to_owned(),
        logo_url: None,
        templates: MailTemplates::default(),
    }
}

/// A fixed text, which is an address.
fn address() -> Address {
    Address::new("no-reply", "example.org").unwrap_or_else(|_| unreachable!("no-reply@example.org is an address"))
}
