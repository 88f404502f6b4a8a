//! Whether an account may be used, and which accounts an administrator is looking for.

use super::{Account, Role, Username};
use crate::error_code::{Details, ErrorCode, Refusal};
use crate::identity::ProviderName;
use crate::{AccountId, Timestamp};

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// Its owner can log in.
    Active,
    /// An administrator has suspended it: nobody can log in, and it has no live session.
    Suspended {
        /// When it was suspended.
        since: Timestamp,
    },
}

impl AccountState {
    /// Returns the name that answers and filters use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended { .. } => "suspended",
        }
    }

    /// Returns since when the account is suspended.
    pub const fn suspended_since(self) -> Option<Timestamp> {
        match self {
            Self::Active => None,
            Self::Suspended { since } => Some(since),
        }
    }
}

/// Why nobody can use an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// An administrator has suspended it.
    #[error("the account is suspended")]
    Suspended,
    /// It is to be deleted.
    #[error("the account is to be deleted")]
    DeletionScheduled {
        /// When it will be.
        due: Timestamp,
    },
}

impl Blocked {
    /// Returns a stable word for log lines.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Suspended => "suspended",
            Self::DeletionScheduled { .. } => "deletion_scheduled",
        }
    }
}

impl From<Blocked> for Refusal {
    fn from(blocked: Blocked) -> Self {
        match blocked {
            Blocked::Suspended => ErrorCode::AccountSuspended.into(),
            Blocked::DeletionScheduled { due } => {
                Self { code: ErrorCode::AccountDeletionScheduled, details: Details::RestorableUntil(due) }
            }
        }
    }
}

/// Selects the accounts to list: those that match every part which is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// A part of the e-mail address or of the username, in any case.
    pub text: Option<SearchText>,
    /// A role that the account has.
    pub role: Option<Role>,
    /// A provider of which an identity is linked.
    pub provider: Option<ProviderName>,
    /// Whether the account is suspended.
    pub suspended: Option<bool>,
    /// Whether it is to be deleted.
    pub deletion_scheduled: Option<bool>,
}

/// A part of a name, in lower case: 1–254 characters without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchText(String);

impl SearchText {
    /// The greatest length in characters: that of an e-mail address.
    pub const MAX: usize = 254;

    /// Parses what somebody typed. White space around it does not count.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let well_formed = (1..=Self::MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        well_formed.then_some(Self(text))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AccountFilter {
    /// Tells whether the account is among those that are looked for.
    pub fn matches(&self, account: &Account) -> bool {
        let text = self.text.as_ref().is_none_or(|text| {
            let in_username = account.username.as_ref().map(Username::key).is_some_and(|key| key.contains(&text.0));
            in_username || account.email.key().contains(&text.0)
        });
        let role = self.role.as_ref().is_none_or(|role| account.roles.contains(role.as_str()));
        let provider = self.provider.as_ref().is_none_or(|provider| account.identity_at(provider).is_some());
        let suspended = account.state.suspended_since().is_some();
        let state = self.suspended.is_none_or(|wanted| suspended == wanted)
            && self.deletion_scheduled.is_none_or(|wanted| account.deletion.is_some() == wanted);
        text && role && provider && state
    }
}

/// The accounts with the role [`Role::ADMIN`] that are not blocked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admins {
    /// When there was last one fewer: the guard of whatever takes another one away.
    pub lost_at: Option<Timestamp>,
    /// Their ids, at most two: enough to know whether one is the last.
    pub some: Vec<AccountId>,
}

impl Admins {
    /// Tells whether there is one besides this account.
    pub fn has_other_than(&self, id: AccountId) -> bool {
        self.some.iter().any(|admin| *admin != id)
    }

    /// Returns the time of a loss at `now`: later than the one before.
    pub fn next_loss_at(&self, now: Timestamp) -> Timestamp {
        self.lost_at.map_or(now, |lost| now.max(lost + std::time::Duration::from_micros(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_texts_are_lower_case_and_bounded() {
        assert_eq!(SearchText::parse(" Ann@Example ").unwrap().as_str(), "ann@example");
        for refused in ["", "  ", "a\nb", &"x".repeat(255)] {
            assert_eq!(SearchText::parse(refused), None, "{refused:?}");
        }
    }

    #[test]
    fn the_last_admin_is_known_and_losses_have_ascending_times() {
        let [one, two] = [1, 2].map(|byte| AccountId::generate(Timestamp::from_seconds(1), [byte; 32]));
        let now = Timestamp::from_seconds(9);
        let admins = Admins { lost_at: Some(now), some: vec![one] };
        assert!(!admins.has_other_than(one) && admins.has_other_than(two));
        assert!(admins.next_loss_at(now) > now);
        assert_eq!(Admins::default().next_loss_at(now), now);
    }
}
