//! The texts of mails: one for each kind, rendered as plain text and as HTML.

use std::time::Duration;

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

/// Returns what a mail says, with the name of its sender at the end. A code is never in the subject, which locked
/// screens show.
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
                Paragraph::Plain(expiry(mail.at, *expires_at)),
                Paragraph::Plain(place),
                Paragraph::Plain(unasked.to_owned()),
            ];
            Text { kind, subject, paragraphs }
        }
        OutgoingContent::Invitation { token, expires_at } => invitation_text(mail, token.reveal(), *expires_at),
        OutgoingContent::Notice { notice, times } => {
            let (subject, what, advice) = notice_text(notice.kind);
            let mut texts = vec![what.to_owned()];
            texts.extend(
                notice.details.until.map(|until| format!("This will happen at {} or soon after.", when(until))),
            );
            texts.extend(reset_texts(&notice.details));
            texts.extend(
                (*times > 1)
                    .then(|| format!("This happened {times} times. The details below are about the last time.")),
            );
            let about = notice.details.about.as_ref().map(about_text).unwrap_or_default();
            texts.extend([format!("{about}{place}"), advice.to_owned()]);
            Text { kind: "notice", subject, paragraphs: texts.into_iter().map(Paragraph::Plain).collect() }
        }
    }
}

/// Names neither network nor device: the invited person knows nothing of who created it, and it may have been a service.
fn invitation_text(mail: &OutgoingMail, token: &str, expires_at: Timestamp) -> Text {
    let lifetime = in_words(expires_at.since(mail.at));
    let paragraphs = vec![
        Paragraph::Plain(
            "You are invited to create an account. Enter this invitation when you sign up with this e-mail address:"
                .to_owned(),
        ),
        Paragraph::Code(token.to_owned()),
        Paragraph::Plain(format!("It expires {lifetime} after it was sent, at {}.", when(expires_at))),
        Paragraph::Plain(
            "If you did not expect this, ignore this mail: without you, no account is created. Never share this \
             invitation with anyone."
                .to_owned(),
        ),
    ];
    Text { kind: "invitation", subject: "You are invited to create an account", paragraphs }
}

/// Returns the kind, the subject, what the code is for, and what to do for those who did not ask for it.
const fn code_text(purpose: ChallengePurpose) -> (&'static str, &'static str, &'static str, &'static str) {
    match purpose {
        ChallengePurpose::PasswordReset => (
            "password-reset",
            "Your password reset code",
            "Enter this code to set a new password:",
            "If you did not ask to reset your password, ignore this mail: your password stays the same. Never share \
             this code with anyone.",
        ),
        ChallengePurpose::VerifyEmail => (
            "verify-email",
            "Confirm your e-mail address",
            "Enter this code to confirm that this is your address:",
            "If you have no account with us, someone else entered your address. Ignore this mail: without this code \
             they cannot confirm it. Never share this code with anyone.",
        ),
        ChallengePurpose::TwoFactorLogin => (
            "two-factor-login",
            "Your sign-in code",
            "Enter this code to finish signing in:",
            "If you are not signing in, someone else may know your password: change it now. Never share this code with \
             anyone.",
        ),
        ChallengePurpose::TwoFactorSetup => (
            "two-factor-setup",
            "Your code to set up two-factor authentication",
            "Enter this code to turn on sign-in codes by e-mail:",
            "If you did not ask for this, someone else is signed in to your account: change your password now. Never \
             share this code with anyone.",
        ),
        ChallengePurpose::ChangeCredentials => (
            "change-credentials",
            "Confirm the change to your account",
            "Enter this code to change your e-mail address or password as you asked:",
            "If you did not ask for this, someone else is signed in to your account: change your password now. Never \
             share this code with anyone.",
        ),
    }
}

const NOT_YOU: &str =
    "If this was you, there is nothing to do. If it was not, reset your password now and contact support.";

const NOT_YOU_TELL_US: &str = "If this was you, there is nothing to do. If it was not, contact support at once.";

/// Returns the subject, what happened, and what to do.
const fn notice_text(kind: NoticeKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        NoticeKind::AccountDeleted => (
            "Your account was deleted",
            "Your account and all its data were deleted. This cannot be undone.",
            "If you did not ask for this, contact support.",
        ),
        NoticeKind::AccountDeletionScheduled => (
            "Your account will be deleted",
            "Your account and all its data will be deleted. All your devices were signed out.",
            "To keep your account, sign in with your password before then and choose to restore it, or contact support. If \
             you did not ask for this, reset your password after that.",
        ),
        NoticeKind::AccountRestored => (
            "Your account will not be deleted",
            "Your account was restored. You can sign in again, and nothing was deleted.",
            NOT_YOU,
        ),
        NoticeKind::SessionReuseDetected => (
            "One of your devices was signed out",
            "One of your devices, or someone with a copy of what it stores, tried to stay signed in with data that is out \
             of date. To be safe, we signed that device out.",
            "If one of your devices asks you to sign in again, do so. If you do not recognize the device above, also change \
             your password.",
        ),
        NoticeKind::SessionSuspicious => (
            "Check the devices that are signed in",
            "Three times in a row, one of your devices asked late to stay signed in. A poor connection can cause this. It \
             can also mean that someone else is signed in with a copy of what your device stores.",
            "If you use this device and its connection was poor, there is nothing to do. Otherwise, sign out everywhere \
             and change your password.",
        ),
        NoticeKind::NewLogin => (
            "New sign-in to your account",
            "Someone signed in to your account from a network and a device that you have not used before.",
            NOT_YOU,
        ),
        NoticeKind::RolesChanged => (
            "Your permissions were changed",
            "The operators of this service changed the roles of your account. You may now be able to do more or less \
             than before.",
            "If you did not expect this, contact support.",
        ),
        NoticeKind::PasswordChanged => (
            "Your password was changed",
            "Your password was changed by someone who knew the old one. All your other devices were signed out.",
            NOT_YOU,
        ),
        NoticeKind::PasswordReset => (
            "Your password was reset",
            "A new password was set with a code that we mailed to you. All your devices were signed out.",
            NOT_YOU,
        ),
        NoticeKind::EmailChangeBegun => (
            "Your e-mail address is about to change",
            "Someone asked to change the e-mail address of your account. The change takes effect when the new address \
             is confirmed.",
            "If this was you, there is nothing to do. If it was not, reset your password: that cancels the change and \
             signs out all your devices.",
        ),
        NoticeKind::EmailChanged => {
            ("Your e-mail address was changed", "The e-mail address of your account was changed.", NOT_YOU_TELL_US)
        }
        NoticeKind::EmailNowUsed => (
            "This is now the address of your account",
            "The e-mail address of your account was changed to this one, with the code that we mailed here.",
            NOT_YOU_TELL_US,
        ),
        NoticeKind::RegistrationAttempted => (
            "You already have an account",
            "Someone tried to create an account with this address. You already have one, so nothing has changed.",
            "If this was you, sign in or reset your password. If it was not, there is nothing to do.",
        ),
        NoticeKind::SecondFactorEnabled => (
            "A two-factor authentication method was turned on",
            "From now on you also need a code, from an app or by e-mail, to sign in.",
            NOT_YOU,
        ),
        NoticeKind::SecondFactorDisabled => (
            "A two-factor authentication method was turned off",
            "One of your methods of two-factor authentication, codes from an app or codes by e-mail, was turned off.",
            NOT_YOU,
        ),
        NoticeKind::PrimaryFactorChanged => (
            "Your preferred two-factor authentication method was changed",
            "When you sign in, a different method of two-factor authentication is now offered first.",
            NOT_YOU,
        ),
        NoticeKind::RecoveryCodeUsed => (
            "A recovery code was used",
            "Someone signed in to your account with one of your recovery codes. This code can't be used again.",
            NOT_YOU,
        ),
        NoticeKind::IdentityLinked => (
            "A new way to sign in was added",
            "An account at another service, such as Google or 42, can now be used to sign in to your account.",
            "If this was you, there is nothing to do. If it was not, disconnect that service and contact support.",
        ),
        NoticeKind::IdentityUnlinked => (
            "A way to sign in was removed",
            "An account at another service, such as Google or 42, can no longer be used to sign in to your account. All \
             your other devices were signed out.",
            NOT_YOU_TELL_US,
        ),
        NoticeKind::RecoveryCodesRenewed => (
            "You have new recovery codes",
            "New recovery codes were created for your account. The old ones can't be used any more.",
            NOT_YOU,
        ),
        NoticeKind::AccountCreated => (
            "An account was created for you",
            "The operators of this service created an account with this e-mail address and gave it a password.",
            "If you were not told the password, choose \"Forgot password\" when you sign in, and set your own. If you did \
             not expect this account, contact support.",
        ),
        NoticeKind::AccountAwaitsPassword => (
            "An account was created for you: set your password",
            "The operators of this service created an account with this e-mail address. It has no password yet.",
            "To set one, choose \"Forgot password\" when you sign in and enter this address. If you did not expect this \
             account, contact support.",
        ),
        NoticeKind::AccountSuspended => (
            "Your account was suspended",
            "The operators of this service suspended your account. All your devices were signed out, and you cannot sign \
             in for now.",
            "If you have questions, contact support.",
        ),
        NoticeKind::AccountResumed => (
            "Your account is active again",
            "The operators of this service ended the suspension of your account.",
            "You can sign in again.",
        ),
        NoticeKind::SessionsEnded => (
            "You were signed out everywhere",
            "The operators of this service signed out all your devices.",
            "You can sign in again. If you do not know why this happened, contact support.",
        ),
        NoticeKind::SecondFactorsReset => (
            "Two-factor authentication was reset",
            "The operators of this service removed all your methods of two-factor authentication and your recovery codes. \
             You can now sign in without a code.",
            "If you asked for this, sign in and set up two-factor authentication again. If you did not, contact support \
             at once.",
        ),
        NoticeKind::NewPasswordRequired => (
            "You need a new password",
            "The operators of this service require a new password for your account. The present one no longer signs you \
             in.",
            "Choose \"Forgot password\" when you sign in, and set a new one that you use nowhere else.",
        ),
        NoticeKind::EmailSetByAdmin => (
            "Your account has a new address",
            "The operators of this service changed the e-mail address of your account to this one.",
            "If you did not ask for this, contact support at once.",
        ),
        NoticeKind::ResetWithoutPassword => (
            "Your account has no password",
            "Someone asked to reset the password of your account. It has none: you sign in through another service, \
             such as Google.",
            "If this was you, sign in the way you usually do. If it was not, there is nothing to do.",
        ),
    }
}

/// Returns the line that says which method or service the notice is about, to stand before time and network.
fn about_text(about: &About) -> String {
    match about {
        About::SecondFactor(Method::App) => "Method: authenticator app\n".to_owned(),
        About::SecondFactor(Method::Email) => "Method: codes by e-mail\n".to_owned(),
        About::Provider(provider) => format!("Service: {}\n", display_name(provider)),
    }
}

/// Returns what a password reset removed, and which services can still be used to sign in.
fn reset_texts(details: &NoticeDetails) -> impl Iterator<Item = String> {
    let removed: Vec<String> = details
        .removed
        .iter()
        .map(|removed| match removed {
            Removed::SecondFactor(Method::App) => "- the authenticator app".to_owned(),
            Removed::SecondFactor(Method::Email) => "- sign-in codes by e-mail".to_owned(),
            Removed::Identity(provider) => format!("- sign-in with {}", display_name(provider)),
            Removed::PendingEmail => "- the change of your e-mail address that was not confirmed yet".to_owned(),
        })
        .collect();
    let providers: Vec<String> = details.providers.iter().map(display_name).collect();
    let removed = (!removed.is_empty()).then(|| {
        format!(
            "To make sure that only you can sign in, we removed the following from your account:\n{}",
            removed.join("\n")
        )
    });
    let providers = (!providers.is_empty()).then(|| {
        let advice = if providers.len() == 1 { "Disconnect it if it is" } else { "Disconnect any that is" };
        format!("You can still sign in with {}. {advice} not yours.", providers.join(" and "))
    });
    removed.into_iter().chain(providers)
}

/// Returns the name with a capital: `Google` for `google`, which is what URLs call the provider.
fn display_name(provider: &ProviderName) -> String {
    let mut name = provider.as_str().to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    name
}

fn place(mail: &OutgoingMail) -> String {
    format!("Time: {}\nNetwork: {}\nDevice: {}", when(mail.at), mail.client.network(), device(mail.client.user_agent()))
}

/// Names the browser and the system of a user agent. Only names from fixed lists are mailed: a stranger could put any text
/// into a user agent. The lists are in order, since browsers also name each other.
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

/// Says until when a code can be used, and how long that is from the time at which it was requested: a mail may be sent late,
/// and is the same at every attempt.
fn expiry(requested_at: Timestamp, expires_at: Timestamp) -> String {
    let lifetime = in_words(expires_at.since(requested_at));
    format!("It can be used once and expires {lifetime} after it was requested, at {}.", when(expires_at))
}

/// Returns a duration in at most two units: `10 minutes`, `1 hour 30 minutes`.
fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [
        ("day", seconds / 86_400),
        ("hour", seconds / 3_600 % 24),
        ("minute", seconds / 60 % 60),
        ("second", seconds % 60),
    ];
    let largest = units.iter().position(|(_, count)| *count > 0).unwrap_or(units.len() - 1);
    let told = units.iter().skip(largest).take(2).filter(|(_, count)| *count > 0 || duration.as_secs() == 0);
    let words: Vec<String> =
        told.map(|(unit, count)| format!("{count} {unit}{}", if *count == 1 { "" } else { "s" })).collect();
    words.join(" ")
}

/// Returns the time to the minute, in UTC: the reader's time zone is not known.
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

/// Breaks the text into lines of at most 72 characters, which fit any terminal and need no encoding in mail.
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
    use super::{Duration, device, in_words};

    #[test]
    fn durations_are_told_in_at_most_two_units() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (600, "10 minutes"),
            (90, "1 minute 30 seconds"),
            (5_400, "1 hour 30 minutes"),
            (3_601, "1 hour"),
            (90_061, "1 day 1 hour"),
        ] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
    }

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
