//! Notices: what the owner of an account is told.

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
    /// What there is to say besides.
    pub details: NoticeDetails,
}

impl Notice {
    /// Returns a notice that says no more than its kind.
    pub const fn new(kind: NoticeKind, address_proved: bool) -> Self {
        let details = NoticeDetails { about: None, removed: Vec::new(), providers: Vec::new() };
        Self { kind, address_proved, details }
    }

    /// The same about a second factor or a provider.
    #[must_use]
    pub fn about(mut self, about: About) -> Self {
        self.details.about = Some(about);
        self
    }

    /// Returns what further notices share that become one mail with this one: the address, the kind, what it is about, and
    /// whether the address was proved, since only those to a proved one are never put off for the day's limit.
    ///
    /// By the address, not the account, so that no number of accounts buries an address in mail.
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
        /// The e-mail address was changed; goes to the old one.
        EmailChanged = "email_changed",
        /// The same, to the new one, which was proved first. A kind of its own, so that what follows is told at once.
        EmailNowUsed = "email_now_used",
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

impl NoticeKind {
    /// How many of the three mails a day to an address that was never proved this one may be at most: one where any stranger
    /// causes it, and one of them stays for what changes who has the account.
    pub(crate) const fn most_unproved(self) -> u32 {
        match self {
            Self::RegistrationAttempted | Self::ResetWithoutPassword => 1,
            Self::EmailChanged | Self::PasswordReset | Self::AccountDeleted => 3,
            _ => 2,
        }
    }
}

/// What a notice says besides its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeDetails {
    /// Which second factor or provider it is about.
    pub about: Option<About>,
    /// What a password reset removed.
    pub removed: Vec<Removed>,
    /// The identity providers that still log in after it.
    pub providers: Vec<ProviderName>,
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
    /// The address that was to replace the account's.
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
    /// Returns them as they are stored: words with a blank between them, empty where there is nothing to say. Those of two
    /// notices, one after the other with a blank between them, are those of both; of the providers the later ones count.
    pub fn as_stored(&self) -> String {
        let providers: Vec<&str> = self.providers.iter().map(ProviderName::as_str).collect();
        let providers = (!providers.is_empty()).then(|| format!("providers:{}", providers.join(",")));
        let about = self.about.iter().map(About::as_stored);
        let words = about.chain(self.removed.iter().map(Removed::as_stored)).chain(providers);
        words.collect::<Vec<_>>().join(" ")
    }

    /// Returns what was stored. A word that only a newer version knows is passed over.
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
        };
        let second = NoticeDetails {
            about: Some(About::SecondFactor(Method::Email)),
            removed: vec![Removed::Identity(provider("google")), Removed::PendingEmail],
            providers: vec![provider("42")],
        };
        for details in [&first, &second, &NoticeDetails::default()] {
            assert_eq!(NoticeDetails::from_stored(&details.as_stored()), *details);
        }
        assert_eq!(NoticeDetails::default().as_stored(), "");
        let both = NoticeDetails::from_stored(&format!("{} {}", first.as_stored(), second.as_stored()));
        let removed =
            vec![Removed::SecondFactor(Method::App), Removed::PendingEmail, Removed::Identity(provider("google"))];
        assert_eq!(both, NoticeDetails { removed, ..second });
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
