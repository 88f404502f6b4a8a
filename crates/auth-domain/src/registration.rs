//! Who may register: the mode, and the domains of e-mail addresses that are allowed or refused. The rules are the same for
//! passwords and for every identity provider.

use crate::account::{EmailAddress, InvalidEmail, ascii_domain};
use crate::error_code::{ErrorCode, Refusal};
use crate::named::named;

named! {
    /// The setting `AUTH_REGISTRATION`.
    pub enum RegistrationMode {
        /// Anyone may register.
        Open = "open",
        /// An invitation is required.
        Invited = "invited",
        /// Nobody may register.
        Closed = "closed",
    }
}

/// Domains, as the setting `AUTH_REGISTRATION_DOMAINS` lists them.
///
/// `example.org` matches that domain alone; `*.example.org` matches every domain below it, at any depth, but not
/// `example.org`. A `!` in front refuses what matches. An address may register if its domain matches no refusing entry, and
/// matches an allowing entry or there is none. The order of the entries does not matter. Domains are compared in the form
/// of [`EmailAddress::key`], so neither case nor the spelling of international names matters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmailDomains {
    allowed: Vec<DomainPattern>,
    refused: Vec<DomainPattern>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum DomainPattern {
    Exactly(String),
    /// The end of every domain that matches, with its first dot.
    Below(String),
}

impl DomainPattern {
    fn parse(text: &str) -> Result<Self, InvalidEmail> {
        match text.strip_prefix("*.") {
            Some(domain) => Ok(Self::Below(format!(".{}", ascii_domain(domain)?))),
            None => Ok(Self::Exactly(ascii_domain(text)?)),
        }
    }

    fn matches(&self, domain: &str) -> bool {
        match self {
            Self::Exactly(exactly) => domain == exactly,
            Self::Below(end) => domain.ends_with(end),
        }
    }
}

impl EmailDomains {
    /// Adds an entry: `example.org`, `*.example.org`, or one of these after a `!`.
    pub fn with(mut self, entry: &str) -> Result<Self, InvalidEmail> {
        match entry.strip_prefix('!') {
            Some(refused) => self.refused.push(DomainPattern::parse(refused.trim_start())?),
            None => self.allowed.push(DomainPattern::parse(entry)?),
        }
        Ok(self)
    }

    /// Tells whether the address may register.
    pub fn allow(&self, email: &EmailAddress) -> bool {
        let matches = |pattern: &DomainPattern| pattern.matches(email.domain());
        let is_allowed = self.allowed.is_empty() || self.allowed.iter().any(matches);
        is_allowed && !self.refused.iter().any(matches)
    }
}

/// Who may register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationPolicy {
    /// Whether an invitation is required, or nobody may register.
    pub mode: RegistrationMode,
    /// The domains of the addresses that may register.
    pub domains: EmailDomains,
}

impl RegistrationPolicy {
    /// Lets anyone register.
    pub const fn open() -> Self {
        Self { mode: RegistrationMode::Open, domains: EmailDomains { allowed: Vec::new(), refused: Vec::new() } }
    }

    /// Checks whether someone may be invited, to this address if it is given.
    pub fn check_inviting(&self, email: Option<&EmailAddress>) -> Result<(), RegistrationRefused> {
        match (email, self.mode) {
            (Some(email), _) => self.check(email),
            (None, RegistrationMode::Closed) => Err(RegistrationRefused::Closed),
            (None, RegistrationMode::Open | RegistrationMode::Invited) => Ok(()),
        }
    }

    /// Checks what applies with and without an invitation.
    pub fn check(&self, email: &EmailAddress) -> Result<(), RegistrationRefused> {
        if self.mode == RegistrationMode::Closed {
            return Err(RegistrationRefused::Closed);
        }
        if self.domains.allow(email) { Ok(()) } else { Err(RegistrationRefused::DomainNotAllowed) }
    }
}

/// Why someone may not register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationRefused {
    /// Nobody may.
    #[error("registration is closed")]
    Closed,
    /// Only invited people may.
    #[error("an invitation is required")]
    InvitationRequired,
    /// The invitation was not issued here, was withdrawn, has expired, is used up, or is for another address.
    #[error("the invitation is invalid")]
    InvitationInvalid,
    /// Nobody with an address of this domain may.
    #[error("addresses of this domain may not register")]
    DomainNotAllowed,
    /// One of the above; which one is concealed.
    #[error("the registration was refused")]
    Concealed,
}

impl From<RegistrationRefused> for Refusal {
    fn from(refused: RegistrationRefused) -> Self {
        match refused {
            RegistrationRefused::Closed => ErrorCode::RegistrationClosed,
            RegistrationRefused::InvitationRequired => ErrorCode::InvitationRequired,
            RegistrationRefused::InvitationInvalid => ErrorCode::InvitationInvalid,
            RegistrationRefused::DomainNotAllowed => ErrorCode::DomainNotAllowed,
            RegistrationRefused::Concealed => ErrorCode::RegistrationRefused,
        }
        .into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn domains(entries: &[String]) -> EmailDomains {
        entries.iter().fold(EmailDomains::default(), |domains, entry| domains.with(entry).unwrap())
    }

    fn allows(entries: &str, email: &str) -> bool {
        let entries: Vec<String> = entries.split(',').filter(|entry| !entry.is_empty()).map(str::to_owned).collect();
        domains(&entries).allow(&EmailAddress::parse(email).unwrap())
    }

    #[test]
    fn the_rule() {
        for (entries, email, allowed) in [
            ("", "ann@example.org", true),
            ("example.org", "ann@example.org", true),
            ("example.org", "ann@EXAMPLE.org", true),
            ("example.org", "ann@a.example.org", false),
            ("example.org", "ann@notexample.org", false),
            ("*.example.org", "ann@example.org", false),
            ("*.example.org", "ann@a.example.org", true),
            ("*.example.org", "ann@a.b.example.org", true),
            ("*.example.org", "ann@notexample.org", false),
            ("example.org,*.example.org", "ann@example.org", true),
            ("!example.com", "ann@example.com", false),
            ("!example.com", "ann@example.org", true),
            ("!example.com", "ann@a.example.com", true),
            ("!*.example.com", "ann@a.example.com", false),
            ("*.example.org,!students.example.org", "ann@students.example.org", false),
            ("!students.example.org,*.example.org", "ann@students.example.org", false),
            ("*.example.org,!students.example.org", "ann@staff.example.org", true),
            ("bücher.example", "ann@xn--bcher-kva.example", true),
            ("XN--BCHER-KVA.example", "ann@BÜCHER.example", true),
        ] {
            assert_eq!(allows(entries, email), allowed, "{entries} and {email}");
        }
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        for entry in
            ["", "*", "*.", "!", "!!example.org", "ann@example.org", "*.*.example.org", "a.*.org", "exa mple.org"]
        {
            assert!(EmailDomains::default().with(entry).is_err(), "{entry:?}");
        }
    }

    fn domain() -> impl Strategy<Value = String> {
        "([a-c]\\.){0,3}[a-c]{1,2}\\.(org|com)"
    }

    fn entry() -> impl Strategy<Value = String> {
        ("!?(\\*\\.)?", domain()).prop_map(|(mark, domain)| format!("{mark}{domain}"))
    }

    /// The rule as the documentation words it, label by label.
    fn is_matched(entry: &str, domain: &str) -> bool {
        let labels = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
        let entry = entry.trim_start_matches('!');
        match entry.strip_prefix("*.") {
            Some(above) => labels(domain).len() > labels(above).len() && labels(domain).ends_with(&labels(above)),
            None => labels(domain) == labels(entry),
        }
    }

    proptest! {
        #[test]
        fn any_list_follows_the_rule_in_any_order(mut entries in prop::collection::vec(entry(), 0..6), domain in domain()) {
            let email = EmailAddress::parse(&format!("ann@{domain}")).unwrap();
            let (refusing, allowing): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| entry.starts_with('!'));
            let expected = !refusing.iter().any(|entry| is_matched(entry, &domain))
                && (allowing.is_empty() || allowing.iter().any(|entry| is_matched(entry, &domain)));
            prop_assert_eq!(domains(&entries).allow(&email), expected);
            entries.reverse();
            prop_assert_eq!(domains(&entries).allow(&email), expected);
        }

        #[test]
        fn parsing_never_panics(entry in ".{0,40}") {
            let _ = EmailDomains::default().with(&entry);
        }
    }
}
