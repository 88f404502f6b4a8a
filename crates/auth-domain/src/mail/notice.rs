//! Notices: mails that inform the owner of an account.

use crate::Timestamp;
use crate::account::EmailAddress;
use crate::identity::ProviderName;
use crate::named::named;
use crate::two_factor::Method;

/// Something that the owner of an account should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What happened.
    pub kind: NoticeKind,
    /// Whether the owner had verified the address.
    pub address_proved: bool,
    /// The details to report.
    pub details: NoticeDetails,
}

impl Notice {
    /// Creates a notice without details.
    pub const fn new(kind: NoticeKind, address_proved: bool) -> Self {
        let details = NoticeDetails { about: None, removed: Vec::new(), providers: Vec::new(), until: None };
        Self { kind, address_proved, details }
    }

    /// Adds the second factor or the provider that the notice is about.
    #[must_use]
    pub fn about(mut self, about: About) -> Self {
        self.details.about = Some(about);
        self
    }

    /// Returns the key that notices share which become one mail: the address, the kind, what it is about, and whether
    /// the address was verified, since only notices to a verified one are never delayed by the day's limit.
    ///
    /// The key contains the address and not the account, so that no number of accounts can flood an address with mail.
    pub fn fold_key(&self, to: &EmailAddress) -> String {
        let kind = match self.kind {
            // The beginning and the end of a change are one kind.
            NoticeKind::EmailChangeBegun => NoticeKind::EmailChanged,
            kind => kind,
        };
        let about = self.details.about.as_ref().map(|about| format!(" {}", about.as_stored())).unwrap_or_default();
        let proved = if self.address_proved { "proved" } else { "unproved" };
        format!("{}{about} {proved} {}", kind.as_str(), to.key())
    }
}

named! {
    /// What happened.
    pub enum NoticeKind {
        /// A refresh token that was already replaced was used again, and its session was ended.
        SessionReuseDetected = "session_reuse_detected",
        /// A refresh token was requested again late so often that two clients may share the session, which continues.
        SessionSuspicious = "session_suspicious",
        /// The account was deleted, by its owner or by another service.
        AccountDeleted = "account_deleted",
        /// Someone logged in from a network and with a device that are both new to the account.
        NewLogin = "new_login",
        /// The roles of the account were changed.
        RolesChanged = "roles_changed",
        /// The password was changed by someone who knew the old one.
        PasswordChanged = "password_changed",
        /// The password was reset with a mailed code.
        PasswordReset = "password_reset_done",
        /// A change of the verified address was requested; sent to that address.
        EmailChangeBegun = "email_change_begun",
        /// The e-mail address was changed; sent to the old one.
        EmailChanged = "email_changed",
        /// The e-mail address was changed; sent to the new one, which was verified first. This is a kind of its own, so
        /// that it does not delay later notices.
        EmailNowUsed = "email_now_used",
        /// Someone tried to register with the address of an account, and was not told that it exists.
        RegistrationAttempted = "registration_attempted",
        /// Someone requested a password reset for an account without a password, and was not told so.
        ResetWithoutPassword = "reset_without_password",
        /// A second factor was set up or enabled.
        SecondFactorEnabled = "second_factor_enabled",
        /// A second factor was disabled.
        SecondFactorDisabled = "second_factor_disabled",
        /// Another second factor was made the primary one.
        PrimaryFactorChanged = "primary_factor_changed",
        /// Someone logged in with a recovery code.
        RecoveryCodeUsed = "recovery_code_used",
        /// New recovery codes were created, which replace the old ones.
        RecoveryCodesRenewed = "recovery_codes_renewed",
        /// An identity was linked to the account.
        IdentityLinked = "identity_linked",
        /// An identity was unlinked from the account.
        IdentityUnlinked = "identity_unlinked",
        /// An administrator created the account, and gave it a password.
        AccountCreated = "account_created",
        /// An administrator created the account, whose owner is to choose a password.
        AccountAwaitsPassword = "account_awaits_password",
        /// An administrator suspended the account.
        AccountSuspended = "account_suspended",
        /// An administrator resumed the account.
        AccountResumed = "account_resumed",
        /// An administrator ended every session of the account.
        SessionsEnded = "sessions_ended",
        /// An administrator removed every second factor of the account.
        SecondFactorsReset = "second_factors_reset",
        /// An administrator requires a new password.
        NewPasswordRequired = "new_password_required",
        /// An administrator changed the e-mail address; sent to the new one.
        EmailSetByAdmin = "email_set_by_admin",
        /// The account is to be deleted, and can be restored until then.
        AccountDeletionScheduled = "account_deletion_scheduled",
        /// The account was to be deleted, and was restored.
        AccountRestored = "account_restored",
    }
}

impl NoticeKind {
    /// Tells whether only an administrator or a service does what it tells of: never the user.
    pub const fn is_of_staff(self) -> bool {
        matches!(
            self,
            Self::RolesChanged
                | Self::AccountCreated
                | Self::AccountAwaitsPassword
                | Self::AccountSuspended
                | Self::AccountResumed
                | Self::SessionsEnded
                | Self::SecondFactorsReset
                | Self::NewPasswordRequired
                | Self::EmailSetByAdmin
        )
    }

    /// Returns how many of the three mails a day to a never verified address may be of this kind: one if any stranger
    /// can cause it, and one of the three is reserved for what may change the owner of the account.
    pub(crate) const fn most_unproved(self) -> u32 {
        match self {
            Self::RegistrationAttempted | Self::ResetWithoutPassword => 1,
            Self::EmailChanged | Self::PasswordReset | Self::AccountDeleted | Self::AccountDeletionScheduled => 3,
            Self::AccountAwaitsPassword => 3,
            _ => 2,
        }
    }
}

/// The details of a notice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeDetails {
    /// Which second factor or provider it is about.
    pub about: Option<About>,
    /// What a password reset removed.
    pub removed: Vec<Removed>,
    /// The identity providers that can still be used to log in afterwards.
    pub providers: Vec<ProviderName>,
    /// Until when something can be done about it.
    pub until: Option<Timestamp>,
}

/// What a notice is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A second factor.
    SecondFactor(Method),
    /// An identity of this provider.
    Provider(ProviderName),
}

/// Something that a password reset removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removed {
    /// A second factor.
    SecondFactor(Method),
    /// An identity of this provider.
    Identity(ProviderName),
    /// The address that was waiting to replace the account's.
    PendingEmail,
}

impl About {
    fn as_stored(&self) -> String {
        match self {
            Self::SecondFactor(method) => format!("about-factor:{}", method.as_str()),
            Self::Provider(provider) => format!("about-provider:{provider}"),
        }
    }
}

impl Removed {
    fn as_stored(&self) -> String {
        match self {
            Self::SecondFactor(method) => format!("removed-factor:{}", method.as_str()),
            Self::Identity(provider) => format!("removed-provider:{provider}"),
            Self::PendingEmail => "removed-pending-email:".to_owned(),
        }
    }
}

impl NoticeDetails {
    /// Returns the details as stored: words separated by spaces, empty if there are none. The words of two notices in a
    /// row are those of both; of the providers, the later ones count.
    pub fn as_stored(&self) -> String {
        let providers: Vec<&str> = self.providers.iter().map(ProviderName::as_str).collect();
        let providers = (!providers.is_empty()).then(|| format!("providers:{}", providers.join(",")));
        let about = self.about.iter().map(About::as_stored);
        let until = self.until.map(|until| format!("until:{}", until.as_micros()));
        let words = about.chain(self.removed.iter().map(Removed::as_stored)).chain(providers).chain(until);
        words.collect::<Vec<_>>().join(" ")
    }

    /// Parses stored details. Words that only a newer version knows are skipped.
    pub fn from_stored(text: &str) -> Self {
        let mut details = Self::default();
        for (word, value) in text.split(' ').filter_map(|word| word.split_once(':')) {
            let provider = || ProviderName::parse(value);
            match word {
                "about-factor" => details.about = Method::parse(value).map(About::SecondFactor),
                "about-provider" => details.about = provider().map(About::Provider),
                "removed-factor" => details.remove(Method::parse(value).map(Removed::SecondFactor)),
                "removed-provider" => details.remove(provider().map(Removed::Identity)),
                "removed-pending-email" => details.remove(Some(Removed::PendingEmail)),
                "providers" => details.providers = value.split(',').filter_map(ProviderName::parse).collect(),
                "until" => details.until = value.parse().ok().map(Timestamp::from_micros),
                _ => {}
            }
        }
        details
    }

    fn remove(&mut self, removed: Option<Removed>) {
        self.removed.extend(removed.filter(|removed| !self.removed.contains(removed)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(name: &str) -> ProviderName {
        ProviderName::parse(name).unwrap()
    }

    #[test]
    fn details_are_read_as_they_were_stored_and_those_of_two_are_those_of_both() {
        let first = NoticeDetails {
            about: Some(About::Provider(provider("google"))),
            removed: vec![Removed::SecondFactor(Method::App), Removed::PendingEmail],
            providers: vec![provider("42"), provider("google")],
            until: Some(Timestamp::from_micros(1_800_000_000_000_001)),
        };
        let second = NoticeDetails {
            about: Some(About::SecondFactor(Method::Email)),
            removed: vec![Removed::Identity(provider("google")), Removed::PendingEmail],
            providers: vec![provider("42")],
            until: None,
        };
        for details in [&first, &second, &NoticeDetails::default()] {
            assert_eq!(NoticeDetails::from_stored(&details.as_stored()), *details);
        }
        assert_eq!(NoticeDetails::default().as_stored(), "");
        let both = NoticeDetails::from_stored(&format!("{} {}", first.as_stored(), second.as_stored()));
        let removed =
            vec![Removed::SecondFactor(Method::App), Removed::PendingEmail, Removed::Identity(provider("google"))];
        assert_eq!(both, NoticeDetails { removed, until: first.until, ..second });
        assert_eq!(NoticeDetails::from_stored("later:x providers:42,NO").providers, [provider("42")]);
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
        assert_ne!(key(NoticeKind::EmailNowUsed, true, "ann@example.org"), changed);
        let about = |method| {
            let notice = Notice::new(NoticeKind::SecondFactorEnabled, true).about(About::SecondFactor(method));
            notice.fold_key(&address("ann@example.org"))
        };
        assert_ne!(about(Method::App), about(Method::Email));
    }
}
