//! The texts of mails: one for each kind, rendered as plain text and as HTML.

use auth_domain::Timestamp;
use auth_domain::account::EmailAddress;
use auth_domain::challenge::ChallengePurpose;
use auth_domain::identity::ProviderName;
use auth_domain::mail::{About, NoticeDetails, NoticeKind, OutgoingContent, OutgoingMail, Removed};
use auth_domain::two_factor::Method;
use url::form_urlencoded;

mod circumstances;
mod layout;

use self::circumstances::{circumstances, expiry, in_words, time_of, when};

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
    /// The address of a page, on a line of its own.
    Link(String),
}

/// Returns what a mail says, with the name of its sender at the end. A code is never in the subject, which locked
/// screens show. `register_page` is the URL of the page that fills an invitation in, if there is one.
pub(crate) fn text_of(mail: &OutgoingMail, sender: Option<&str>, register_page: Option<&str>) -> Text {
    let mut text = text_without_sender(mail, register_page);
    text.paragraphs.extend(sender.map(|name| Paragraph::Plain(format!("This mail was sent by {name}."))));
    text
}

fn text_without_sender(mail: &OutgoingMail, register_page: Option<&str>) -> Text {
    match &mail.content {
        OutgoingContent::Code { purpose, code, expires_at } => {
            let (kind, subject, use_it, unasked) = code_text(*purpose);
            let paragraphs = vec![
                Paragraph::Plain(use_it.to_owned()),
                Paragraph::Code(code.reveal().to_owned()),
                Paragraph::Plain(expiry(mail.at, *expires_at)),
                Paragraph::Plain(circumstances(mail)),
                Paragraph::Plain(unasked.to_owned()),
            ];
            Text { kind, subject, paragraphs }
        }
        OutgoingContent::Invitation { token, expires_at } => {
            let link = register_page.map(|page| invitation_link(page, token.reveal(), Some(&mail.to)));
            invitation_text(mail, token.reveal(), link, *expires_at)
        }
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
            let circumstances = if notice.kind.is_of_staff() { time_of(mail) } else { circumstances(mail) };
            texts.extend([format!("{about}{circumstances}"), advice.to_owned()]);
            Text { kind: "notice", subject, paragraphs: texts.into_iter().map(Paragraph::Plain).collect() }
        }
    }
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

/// Names neither network nor device: the invited person knows nothing of who created it, and it may have been a service.
fn invitation_text(mail: &OutgoingMail, token: &str, link: Option<String>, expires_at: Timestamp) -> Text {
    let lifetime = in_words(expires_at.since(mail.at));
    let mut paragraphs = vec![
        Paragraph::Plain(
            "You are invited to create an account. At the site that invited you, sign up with this e-mail address, and \
             enter this invitation:"
                .to_owned(),
        ),
        Paragraph::Code(token.to_owned()),
    ];
    if let Some(link) = link {
        paragraphs.push(Paragraph::Plain("Or open this page, where it is filled in:".to_owned()));
        paragraphs.push(Paragraph::Link(link));
    }
    paragraphs.extend([
        Paragraph::Plain(format!("It expires {lifetime} after it was sent, at {}.", when(expires_at))),
        Paragraph::Plain(
            "If you did not expect this, ignore this mail: no account is created unless you sign up. Never share this \
             invitation with anyone."
                .to_owned(),
        ),
    ]);
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
            "If you don't have an account with us, someone else entered your address. Ignore this mail: they cannot \
             confirm it without this code. Never share this code with anyone.",
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
    "If this was you, you don't need to do anything. If it wasn't, reset your password now and contact support.";

const NOT_YOU_TELL_US: &str =
    "If this was you, you don't need to do anything. If it wasn't, contact support immediately.";

/// Returns the subject, what happened, and what to do.
const fn notice_text(kind: NoticeKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        NoticeKind::AccountDeleted => (
            "Your account was deleted",
            "Your account was deleted. This cannot be undone.",
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
            "Someone used an old copy of the sign-in of one of your devices. It may have been the device itself, for \
             example after it was restored from a backup, or someone who copied it. To be safe, we signed that device out.",
            "If one of your devices asks you to sign in again, do so. If you don't recognise the device above, also change \
             your password.",
        ),
        NoticeKind::SessionSuspicious => (
            "Check the devices that are signed in",
            "We noticed unusual activity from one of your signed-in devices, three times in a row. A poor connection can \
             cause this. It can also mean that someone copied your sign-in from that device and is using it too.",
            "If you use this device and its connection was poor, you don't need to do anything. Otherwise, sign out \
             everywhere and change your password.",
        ),
        NoticeKind::NewLogin => (
            "New sign-in to your account",
            "Someone signed in to your account from a network and a device that you have not used before.",
            NOT_YOU,
        ),
        NoticeKind::RolesChanged => (
            "Your permissions were changed",
            "An administrator changed the permissions of your account. You may now be able to do more, or less, than \
             before.",
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
            "If this was you, you don't need to do anything. If it wasn't, reset your password: that cancels the change \
             and signs out all your devices.",
        ),
        NoticeKind::EmailChanged => {
            ("Your e-mail address was changed", "The e-mail address of your account was changed.", NOT_YOU_TELL_US)
        }
        NoticeKind::EmailNowUsed => (
            "This e-mail address now belongs to your account",
            "The e-mail address of your account was changed to this one, with the code that we mailed here.",
            NOT_YOU_TELL_US,
        ),
        NoticeKind::RegistrationAttempted => (
            "You already have an account",
            "Someone tried to create an account with this address. You already have one, so nothing has changed.",
            "If this was you, sign in or reset your password. If it wasn't, you don't need to do anything.",
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
            "If this was you, you don't need to do anything. If it wasn't, unlink that service and contact support.",
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
            "An administrator created an account with this e-mail address and gave it a password.",
            "If you were not told the password, choose \"Forgot password\" when you sign in, and set your own. If you did \
             not expect this account, contact support.",
        ),
        NoticeKind::AccountAwaitsPassword => (
            "An account was created for you: set your password",
            "An administrator created an account with this e-mail address. It has no password yet.",
            "To set one, choose \"Forgot password\" when you sign in and enter this address. If you did not expect this \
             account, contact support.",
        ),
        NoticeKind::AccountSuspended => (
            "Your account was suspended",
            "An administrator suspended your account. All your devices were signed out, and you cannot sign in for now.",
            "If you have questions, contact support.",
        ),
        NoticeKind::AccountResumed => (
            "Your account is active again",
            "An administrator ended the suspension of your account.",
            "You can sign in again.",
        ),
        NoticeKind::SessionsEnded => (
            "You were signed out everywhere",
            "An administrator signed out all your devices.",
            "You can sign in again. If you don't know why this happened, contact support.",
        ),
        NoticeKind::SecondFactorsReset => (
            "Two-factor authentication was reset",
            "An administrator removed all your methods of two-factor authentication and your recovery codes. You can now \
             sign in without a code.",
            "If you asked for this, sign in and set up two-factor authentication again. If you didn't, contact support \
             immediately.",
        ),
        NoticeKind::NewPasswordRequired => (
            "You need a new password",
            "An administrator requires a new password for your account. You can no longer sign in with your current \
             password.",
            "Choose \"Forgot password\" when you sign in, and set a new one that you use nowhere else.",
        ),
        NoticeKind::EmailSetByAdmin => (
            "Your account has a new e-mail address",
            "An administrator changed the e-mail address of your account to this one.",
            "If you did not ask for this, contact support immediately.",
        ),
        NoticeKind::ResetWithoutPassword => (
            "Your account has no password",
            "Someone asked to reset the password of your account. It has none: you sign in through another service, \
             such as Google.",
            "If this was you, sign in the way you usually do. If it wasn't, you don't need to do anything.",
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
        let (which, advice) = if providers.len() == 1 {
            ("This service", "If you don't recognise it, unlink it.")
        } else {
            ("These services", "If you don't recognise one of them, unlink it.")
        };
        format!("{which} can still be used to sign in to your account: {}. {advice}", providers.join(", "))
    });
    removed.into_iter().chain(providers)
}

/// Returns the name as people write it: `Google` for `google`, which is what URLs call the provider.
fn display_name(provider: &ProviderName) -> String {
    match provider.as_str() {
        "github" => return "GitHub".to_owned(),
        "gitlab" => return "GitLab".to_owned(),
        _ => {}
    }
    let mut name = provider.as_str().to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    name
}
