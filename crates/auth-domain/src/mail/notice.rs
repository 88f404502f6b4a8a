//! Notices: what the owner of an account is told.

use std::fmt::Write as _;

use crate::account::EmailAddress;
use crate::identity::ProviderName;
use crate::named::named;
use crate::two_factor::Method;

/// Something that the owner of an account should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What happened.
    pub kind: NoticeKind,
    /// Whether the owner had proved to read the address.
    pub address_proved: bool,
    /// What a password reset removed and left; empty for other kinds.
    pub reset: ResetReport,
}

impl Notice {
    /// Returns a notice that says no more than its kind.
    pub const fn new(kind: NoticeKind, address_proved: bool) -> Self {
        Self { kind, address_proved, reset: ResetReport { removed: Vec::new(), providers: Vec::new() } }
    }

    /// Returns what further notices share that become one mail with this one: the address, the kind, and whether the
    /// address was proved, since only those to a proved one are never put off for the day's limit.
    ///
    /// By the address, not the account, so that no number of accounts buries an address in mail.
    pub fn fold_key(&self, to: &EmailAddress) -> String {
        let kind = match self.kind {
            // The beginning and the end of a change are one kind.
            NoticeKind::EmailChangeBegun => NoticeKind::EmailChanged,
            kind => kind,
        };
        let proved = if self.address_proved { "proved" } else { "unproved" };
        format!("{} {proved} {}", kind.as_str(), to.key())
    }
}

named! {
    /// What happened.
    pub enum NoticeKind {
        /// A refresh token came back after its time, and its session was ended.
        SessionReuseDetected = "session_reuse_detected",
        /// A refresh token was asked for again late so often that two may share the session, which goes on.
        SessionSuspicious = "session_suspicious",
        /// The account was deleted, by its owner or by another service.
        AccountDeleted = "account_deleted",
        /// Somebody logged in from a network and with a device that are both new to the account.
        NewLogin = "new_login",
        /// The account may do other things from now on.
        RolesChanged = "roles_changed",
        /// The password was changed by somebody who knew the old one.
        PasswordChanged = "password_changed",
        /// The password was set anew with a mailed code.
        PasswordReset = "password_reset_done",
        /// Another address was named in place of a proved one; goes to that one.
        EmailChangeBegun = "email_change_begun",
        /// The e-mail address was changed; goes to the old one, and to the new one where that was proved first.
        EmailChanged = "email_changed",
        /// Somebody tried to register with the address of an account and was not told so.
        RegistrationAttempted = "registration_attempted",
        /// Somebody asked for a password reset of an account that has no password and was not told so.
        ResetWithoutPassword = "reset_without_password",
        /// A second factor was set up, or is asked for again.
        SecondFactorEnabled = "second_factor_enabled",
        /// A second factor is asked for no more.
        SecondFactorDisabled = "second_factor_disabled",
        /// Another second factor is offered first.
        PrimaryFactorChanged = "primary_factor_changed",
        /// Somebody logged in with a recovery code.
        RecoveryCodeUsed = "recovery_code_used",
        /// New recovery codes were made; those before are void.
        RecoveryCodesRenewed = "recovery_codes_renewed",
        /// An identity of a provider logs in to the account from now on.
        IdentityLinked = "identity_linked",
        /// An identity of a provider does so no more.
        IdentityUnlinked = "identity_unlinked",
    }
}

/// What a password reset by mail removed from an account whose address was proved for the first time, and who can still log
/// in without the password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResetReport {
    /// What is gone.
    pub removed: Vec<Removed>,
    /// The identity providers that still log in.
    pub providers: Vec<ProviderName>,
}

/// Something that a password reset removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removed {
    /// A second factor.
    SecondFactor(Method),
    /// An identity of this provider.
    Identity(ProviderName),
    /// The address that was to replace the account's.
    PendingEmail,
}

impl ResetReport {
    /// Returns it as it is stored: words with a blank between them, empty where there is nothing to say.
    pub fn as_stored(&self) -> String {
        let mut text = String::new();
        for removed in &self.removed {
            // Writing to a String does not fail.
            let _ = match removed {
                Removed::SecondFactor(method) => write!(text, "removed-factor:{} ", method.as_str()),
                Removed::Identity(provider) => write!(text, "removed-provider:{provider} "),
                Removed::PendingEmail => write!(text, "removed-pending-email: "),
            };
        }
        for provider in &self.providers {
            let _ = write!(text, "provider:{provider} ");
        }
        text.trim_end().to_owned()
    }

    /// Returns what was stored. A word that only a newer version knows is passed over.
    pub fn from_stored(text: &str) -> Self {
        let mut report = Self::default();
        for (word, value) in text.split(' ').filter_map(|word| word.split_once(':')) {
            match word {
                "removed-factor" => report.removed.extend(Method::parse(value).map(Removed::SecondFactor)),
                "removed-provider" => report.removed.extend(ProviderName::parse(value).map(Removed::Identity)),
                "removed-pending-email" => report.removed.push(Removed::PendingEmail),
                "provider" => report.providers.extend(ProviderName::parse(value)),
                _ => {}
            }
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(name: &str) -> ProviderName {
        ProviderName::parse(name).unwrap()
    }

    #[test]
    fn a_report_is_read_as_it_was_stored() {
        let report = ResetReport {
            removed: vec![
                Removed::SecondFactor(Method::App),
                Removed::SecondFactor(Method::Email),
                Removed::Identity(provider("google")),
                Removed::PendingEmail,
            ],
            providers: vec![provider("42"), provider("google")],
        };
        assert_eq!(ResetReport::from_stored(&report.as_stored()), report);
        assert_eq!(ResetReport::default().as_stored(), "");
        assert_eq!(ResetReport::from_stored(""), ResetReport::default());
        assert_eq!(ResetReport::from_stored("later:x provider:42 provider:NO").providers, [provider("42")]);
    }

    #[test]
    fn what_becomes_one_mail_shares_a_key() {
        let address = |text| EmailAddress::parse(text).unwrap();
        let key = |kind, proved, to| Notice::new(kind, proved).fold_key(&address(to));
        let changed = key(NoticeKind::EmailChanged, true, "ann@example.org");
        assert_eq!(key(NoticeKind::EmailChangeBegun, true, "ANN@Example.org"), changed);
        assert_ne!(key(NoticeKind::EmailChanged, false, "ann@example.org"), changed);
        assert_ne!(key(NoticeKind::EmailChanged, true, "bob@example.org"), changed);
        assert_ne!(key(NoticeKind::PasswordChanged, true, "ann@example.org"), changed);
    }
}
