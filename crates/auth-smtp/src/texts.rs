//! What the mails say: a text for each kind, and how it becomes plain text and HTML.

use auth_domain::Timestamp;
use auth_domain::challenge::ChallengePurpose;
use auth_domain::identity::ProviderName;
use auth_domain::mail::{About, NoticeDetails, NoticeKind, OutgoingContent, OutgoingMail, Removed};
use auth_domain::two_factor::Method;
use time::OffsetDateTime;

/// What a mail says.
pub(crate) struct Text {
    /// The value of `X-Auth-Mail`.
    pub(crate) kind: &'static str,
    pub(crate) subject: &'static str,
    paragraphs: Vec<Paragraph>,
}

enum Paragraph {
    Plain(String),
    /// Stands on a line of its own.
    Code(String),
}

/// Returns what a mail says, with the name of who sends it below. A code is never in the subject: that is shown on locked
/// screens.
pub(crate) fn text_of(mail: &OutgoingMail, sender: Option<&str>) -> Text {
    let mut text = text_without_sender(mail);
    text.paragraphs.extend(sender.map(|name| Paragraph::Plain(format!("This mail was sent by {name}."))));
    text
}

fn text_without_sender(mail: &OutgoingMail) -> Text {
    let place = place(mail);
    match &mail.content {
        OutgoingContent::Code { purpose, code, expires_at } => {
            let (kind, subject, use_it, unasked) = code_text(*purpose);
            let paragraphs = vec![
                Paragraph::Plain(use_it.to_owned()),
                Paragraph::Code(code.reveal().to_owned()),
                Paragraph::Plain(format!("It works once, until {}.", when(*expires_at))),
                Paragraph::Plain(place),
                Paragraph::Plain(unasked.to_owned()),
            ];
            Text { kind, subject, paragraphs }
        }
        OutgoingContent::Notice { notice, times } => {
            let (subject, what, advice) = notice_text(notice.kind);
            let mut texts = vec![what.to_owned()];
            texts.extend(reset_texts(&notice.details));
            texts.extend(
                (*times > 1).then(|| format!("This happened {times} times. The details below are of the latest.")),
            );
            let about = notice.details.about.as_ref().map(about_text).unwrap_or_default();
            texts.extend([format!("{about}{place}"), advice.to_owned()]);
            Text { kind: "notice", subject, paragraphs: texts.into_iter().map(Paragraph::Plain).collect() }
        }
    }
}

/// Returns the kind, the subject, what the code is for, and what to do for those who did not ask for it.
const fn code_text(purpose: ChallengePurpose) -> (&'static str, &'static str, &'static str, &'static str) {
    match purpose {
        ChallengePurpose::PasswordReset => (
            "password-reset",
            "Your password reset code",
            "To set a new password, enter this code:",
            "If you did not ask for a new password, do nothing: without this code nobody can set one. Never tell the \
             code to anybody, whoever asks for it.",
        ),
        ChallengePurpose::VerifyEmail => (
            "verify-email",
            "Your code to confirm this address",
            "To confirm that this address is yours, enter this code:",
            "If you have no account with us, somebody else typed your address. Do nothing: without this code they \
             cannot confirm it. Never tell the code to anybody, whoever asks for it.",
        ),
        ChallengePurpose::TwoFactorLogin => (
            "two-factor-login",
            "Your code to log in",
            "To finish logging in, enter this code:",
            "If you are not logging in, somebody knows your password: change it now. Never tell the code to anybody, \
             whoever asks for it.",
        ),
        ChallengePurpose::TwoFactorSetup => (
            "two-factor-setup",
            "Your code to set up a second factor",
            "To have such a code mailed at every login, enter this one:",
            "If you are not setting that up, somebody is logged in to your account: change your password now.",
        ),
        ChallengePurpose::ChangeCredentials => (
            "change-credentials",
            "Your code to change your credentials",
            "To change your address or password as you asked, enter this code:",
            "If you did not ask for that, somebody is logged in to your account: change your password now. Never tell \
             the code to anybody, whoever asks for it.",
        ),
    }
}

const NOT_YOU: &str = "If that was you, there is nothing to do. If it was not, set a new password at once with \
                       \"lost password\", and tell those who run this service.";

/// Returns the subject, what happened, and what to do.
const fn notice_text(kind: NoticeKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        NoticeKind::AccountDeleted => (
            "Your account was deleted",
            "Your account and everything that belongs to it were deleted. This is final.",
            "If that was not your wish, tell those who run this service.",
        ),
        NoticeKind::SessionReuseDetected => (
            "A session of yours was ended",
            "Somebody used a login token of yours that was no longer good. That can mean that a copy of it was stolen, \
             so we ended the session that it belongs to.",
            "If a device of yours asks you to log in again, do so: that is all there is to do. If you do not know the \
             device above, change your password too.",
        ),
        NoticeKind::SessionSuspicious => (
            "Check the devices that are signed in",
            "One of your devices asked for the same login again, much later than it should have, three times in a row. A \
             poor connection can cause that. It can also mean that someone else uses a copy of that login.",
            "If you use this device and its connection was poor, there is nothing to do. If not, sign out everywhere and \
             change your password.",
        ),
        NoticeKind::NewLogin => (
            "A new login to your account",
            "Someone logged in to your account from a network and with a device that you have not used before.",
            NOT_YOU,
        ),
        NoticeKind::RolesChanged => (
            "What you may do was changed",
            "Those who run this service gave your account other roles: it may do more, less or other things now.",
            "If you did not expect that, ask those who run this service.",
        ),
        NoticeKind::PasswordChanged => (
            "Your password was changed",
            "Your password was changed by somebody who knew the old one. Every other device was logged out.",
            NOT_YOU,
        ),
        NoticeKind::PasswordReset => (
            "Your password was reset",
            "A new password was set with a code that we mailed to you. Every device was logged out.",
            NOT_YOU,
        ),
        NoticeKind::EmailChangeBegun => (
            "Your e-mail address is about to change",
            "Someone asked to change the e-mail address of your account. It changes when the new address is confirmed.",
            "If that was you, there is nothing to do. If it was not, set a new password with \"lost password\": that withdraws \
             the change and logs every device out.",
        ),
        NoticeKind::EmailChanged => (
            "Your e-mail address was changed",
            "The e-mail address of your account was changed.",
            "If that was you, there is nothing to do. If it was not, tell those who run this service at once.",
        ),
        NoticeKind::EmailNowUsed => (
            "This is the address of your account now",
            "The e-mail address of your account was changed to this one, after the code that we mailed here was entered.",
            "If that was you, there is nothing to do. If it was not, tell those who run this service.",
        ),
        NoticeKind::RegistrationAttempted => (
            "You have an account already",
            "Somebody, you perhaps, tried to register with this address. It has an account, so nothing was changed.",
            "If it was you, log in, or use \"lost password\". If it was not, there is nothing to do.",
        ),
        NoticeKind::SecondFactorEnabled => (
            "A second factor is asked for",
            "From now on a second factor, a code of an app or by mail, is asked for when you log in.",
            NOT_YOU,
        ),
        NoticeKind::SecondFactorDisabled => (
            "A second factor is asked for no more",
            "One of your second factors, the codes of an app or those by mail, was switched off.",
            NOT_YOU,
        ),
        NoticeKind::PrimaryFactorChanged => (
            "Another second factor comes first",
            "When you log in, another one of your second factors is offered first now.",
            NOT_YOU,
        ),
        NoticeKind::RecoveryCodeUsed => (
            "A recovery code was used",
            "Somebody finished a login with one of your recovery codes. That code is good for nothing now.",
            NOT_YOU,
        ),
        NoticeKind::IdentityLinked => (
            "Another way to log in was added",
            "From now on an account at another service, such as Google or 42, logs in to your account too.",
            "If that was you, there is nothing to do. If it was not, unlink it, tell those who run this service.",
        ),
        NoticeKind::IdentityUnlinked => (
            "A way to log in was removed",
            "An account at another service, such as Google or 42, does not log in to your account any more. Every other \
             device was logged out.",
            "If that was you, there is nothing to do. If it was not, tell those who run this service at once.",
        ),
        NoticeKind::RecoveryCodesRenewed => (
            "You have new recovery codes",
            "New recovery codes were made for your account. Those before are good for nothing now.",
            NOT_YOU,
        ),
        NoticeKind::ResetWithoutPassword => (
            "Your account has no password",
            "Somebody, you perhaps, asked for a new password. Your account has none: you sign in through another service, such as Google.",
            "If it was you, sign in the way you always do. If it was not, there is nothing to do.",
        ),
    }
}

/// Returns the line before those that say when and from where.
fn about_text(about: &About) -> String {
    match about {
        About::SecondFactor(Method::App) => "Second factor: authenticator app\n".to_owned(),
        About::SecondFactor(Method::Email) => "Second factor: codes by e-mail\n".to_owned(),
        About::Provider(provider) => format!("Sign-in with: {}\n", display_name(provider)),
    }
}

/// Returns what a reset removed, and who can still log in without the password.
fn reset_texts(details: &NoticeDetails) -> impl Iterator<Item = String> {
    let removed: Vec<String> = details
        .removed
        .iter()
        .map(|removed| match removed {
            Removed::SecondFactor(Method::App) => "- the authenticator app".to_owned(),
            Removed::SecondFactor(Method::Email) => "- login codes by e-mail".to_owned(),
            Removed::Identity(provider) => format!("- sign-in with {}", display_name(provider)),
            Removed::PendingEmail => "- the change to another e-mail address that was not confirmed yet".to_owned(),
        })
        .collect();
    let providers: Vec<String> = details.providers.iter().map(display_name).collect();
    let removed = (!removed.is_empty()).then(|| {
        format!("To make sure that only you can log in, we removed from your account:\n{}", removed.join("\n"))
    });
    let providers = (!providers.is_empty()).then(|| {
        format!("You can still sign in with {}. If one of them is not yours, unlink it.", providers.join(", "))
    });
    removed.into_iter().chain(providers)
}

/// Google for `google`: the names that providers have in addresses are in lower case.
fn display_name(provider: &ProviderName) -> String {
    let mut name = provider.as_str().to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    name
}

fn place(mail: &OutgoingMail) -> String {
    format!("When: {}\nFrom: {}\nDevice: {}", when(mail.at), mail.client.network(), device(mail.client.user_agent()))
}

/// Names the program and the system of a user agent, from fixed lists: strangers choose their user agent, and could have
/// us mail whatever they like. The first that is found names it, since browsers name each other too.
fn device(user_agent: &str) -> String {
    const PROGRAMS: [(&str, &str); 10] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
        ("okhttp", "an Android app"),
        ("curl", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let find = |known: &[(&str, &'static str)]| {
        known.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| *name)
    };
    match (find(&PROGRAMS), find(&SYSTEMS)) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "unknown".to_owned(),
    }
}

/// To the minute, in UTC: where its reader lives is not known.
fn when(at: Timestamp) -> String {
    let time = OffsetDateTime::from_unix_timestamp(at.as_seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, hour, minute) = (time.date(), time.hour(), time.minute());
    format!("{:04}-{:02}-{:02} {hour:02}:{minute:02} UTC", date.year(), u8::from(date.month()), date.day())
}

impl Text {
    pub(crate) fn as_plain(&self) -> String {
        let paragraph = |paragraph: &Paragraph| match paragraph {
            Paragraph::Plain(text) => text.lines().map(wrapped).collect(),
            Paragraph::Code(text) => format!("{text}\n"),
        };
        self.paragraphs.iter().map(paragraph).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn as_html(&self) -> String {
        let paragraph = |paragraph: &Paragraph| match paragraph {
            Paragraph::Plain(text) => {
                format!("<p style=\"margin:0 0 16px\">{}</p>\n", escape(text).replace('\n', "<br>\n"))
            }
            Paragraph::Code(code) => format!(
                "<p style=\"margin:0 0 16px;font:700 32px/1.2 ui-monospace,monospace;letter-spacing:6px\">\n{code}\n</p>\n"
            ),
        };
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title></head>\n\
             <body style=\"margin:0;background:#f4f4f5\">\n\
             <div style=\"max-width:520px;margin:32px auto;padding:32px;background:#fff;border-radius:8px;\
             font:16px/1.5 system-ui,sans-serif;color:#18181b\">\n\
             <h1 style=\"margin:0 0 16px;font-size:20px\">{title}</h1>\n{body}</div>\n</body>\n</html>\n",
            title = escape(self.subject),
            body = self.paragraphs.iter().map(paragraph).collect::<String>(),
        )
    }
}

/// In lines of at most 72 characters: a terminal shows them whole, and mail needs no encoding for them.
fn wrapped(line: &str) -> String {
    let (mut text, mut length) = (String::new(), 0);
    for word in line.split(' ') {
        let needed = word.chars().count();
        match length {
            0 => {}
            _ if length + 1 + needed > 72 => {
                text.push('\n');
                length = 0;
            }
            _ => {
                text.push(' ');
                length += 1;
            }
        }
        text.push_str(word);
        length += needed;
    }
    text.push('\n');
    text
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn devices_are_named_from_fixed_lists() {
        for (user_agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            ("curl/8.14.1", "curl"),
            ("", "unknown"),
            ("Your account is blocked, go to https://evil.example/", "unknown"),
        ] {
            assert_eq!(device(user_agent), name);
        }
    }
}
