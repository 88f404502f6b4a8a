//! Challenges: a code that was mailed, and what it is good for. The code itself is derived, never stored: see
//! [`crate::ports::Codes`].

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::account::{Account, CredentialVersion, EmailAddress};
use crate::named::named;
use crate::rate_limit::AttemptSubject;
use crate::session::{KeyId, Network};
use crate::version::RowVersion;
use crate::{AccountId, ChallengeId, Timestamp, typed_code};

/// Wrong codes that one code bears.
pub const MISSES_PER_CODE: u32 = 5;

named! {
    /// What a code is good for. One of another purpose never is.
    pub enum ChallengePurpose {
        /// To set a new password.
        PasswordReset = "password_reset",
        /// To prove an e-mail address.
        VerifyEmail = "verify_email",
        /// To finish a login, as a second factor.
        TwoFactorLogin = "twofa_login",
        /// To set up e-mail as a second factor.
        TwoFactorSetup = "two_factor_setup",
        /// To confirm a change of credentials.
        ChangeCredentials = "change_credentials",
    }
}

/// Six decimal digits; wiped from memory when dropped and never printed.
#[derive(Clone)]
pub struct OneTimeCode(Zeroizing<[u8; 6]>);

impl OneTimeCode {
    /// The last six decimal digits of `number`.
    pub fn from_number(number: u64) -> Self {
        let mut digits = [0; 6];
        let mut rest = number;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        Self(Zeroizing::new(digits))
    }

    /// What a user typed, [normalised](typed_code::normalise); `None` unless that is six digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = <[u8; 6]>::try_from(typed_code::normalise(text).as_bytes()).ok()?;
        digits.iter().all(u8::is_ascii_digit).then(|| Self(Zeroizing::new(digits)))
    }

    /// The digits, for the mail that carries them.
    pub fn reveal(&self) -> &str {
        std::str::from_utf8(self.0.as_slice()).unwrap_or_default()
    }

    /// Compares in a time that tells nothing.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0.iter()).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeCode(…)")
    }
}

/// How long challenges and their tokens live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChallengeLifetimes {
    /// Of a temp token, and of what it stands for.
    pub temp: Duration,
    /// Of a mailed code.
    pub code: Duration,
}

/// Whom a challenge is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Challenged {
    /// An account.
    Account {
        /// Whose.
        account_id: AccountId,
        /// The address that the code is mailed to.
        email: EmailAddress,
        /// Counts changes of the password: a reset that was overtaken by one is void.
        credential_version: CredentialVersion,
    },
    /// Nobody: somebody asked for a name that no account has and is not told so. No mail, and no code is right.
    Nobody,
}

impl Challenged {
    /// The account, where there is one.
    pub const fn account_id(&self) -> Option<AccountId> {
        match self {
            Self::Account { account_id, .. } => Some(*account_id),
            Self::Nobody => None,
        }
    }

    /// The account as it is.
    pub fn of(account: &Account) -> Self {
        Self::Account {
            account_id: account.id,
            email: account.email.clone(),
            credential_version: account.credential_version,
        }
    }
}

/// How far a challenge has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeState {
    /// No code was mailed: an app or a recovery code may answer, or one may be mailed yet.
    NotSent,
    /// A code is under way.
    CodeSent {
        /// Which of the challenge's codes, from 1: each sending makes a new one.
        send_number: u32,
        /// When it stops being good.
        code_expires_at: Timestamp,
        /// Wrong codes so far.
        misses: u32,
    },
    /// The code was given.
    CodeGiven,
}

/// One attempt to prove something by a mailed code, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Its name.
    pub id: ChallengeId,
    /// Whose limits it counts for.
    pub subject: AttemptSubject,
    /// Whom it is for.
    pub challenged: Challenged,
    /// What it is good for.
    pub purpose: ChallengePurpose,
    /// The master key that its codes are derived from.
    pub key_id: KeyId,
    /// From where it was asked for.
    pub network: Network,
    /// How far it has come.
    pub state: ChallengeState,
    /// When nothing can be done with it any more.
    pub expires_at: Timestamp,
    /// Goes up with each write.
    pub version: RowVersion,
}

/// A code that may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutstandingCode {
    /// Which of the challenge's codes, from 1.
    pub send_number: u32,
    /// When it stops being good.
    pub expires_at: Timestamp,
}

/// No code of this challenge is outstanding: used, expired, or its tries are spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoCodeOutstanding;

impl Challenge {
    /// A challenge whose first code is about to be mailed.
    #[expect(clippy::too_many_arguments, reason = "each is a field; a builder would only rename them")]
    pub fn new(
        id: ChallengeId,
        subject: AttemptSubject,
        challenged: Challenged,
        purpose: ChallengePurpose,
        key_id: KeyId,
        network: Network,
        now: Timestamp,
        lifetimes: ChallengeLifetimes,
    ) -> Self {
        let state = ChallengeState::CodeSent { send_number: 1, code_expires_at: now + lifetimes.code, misses: 0 };
        let expires_at = now + lifetimes.code.max(lifetimes.temp);
        Self { id, subject, challenged, purpose, key_id, network, state, expires_at, version: RowVersion::FIRST }
    }

    /// The same before any code is mailed.
    #[must_use]
    pub fn not_sent(self) -> Self {
        Self { state: ChallengeState::NotSent, ..self }
    }

    /// Which of its codes was mailed last; 0 where none is under way.
    pub const fn send_number(&self) -> u32 {
        match self.state {
            ChallengeState::CodeSent { send_number, .. } => send_number,
            ChallengeState::NotSent | ChallengeState::CodeGiven => 0,
        }
    }

    /// When the outstanding code was mailed.
    pub fn sent_at(&self, lifetimes: ChallengeLifetimes) -> Option<Timestamp> {
        match self.state {
            ChallengeState::CodeSent { code_expires_at, .. } => Some(code_expires_at - lifetimes.code),
            ChallengeState::NotSent | ChallengeState::CodeGiven => None,
        }
    }

    /// Whether its codes go to that address: one that is the account's no more proves nothing.
    pub fn is_to(&self, address: &EmailAddress) -> bool {
        matches!(&self.challenged, Challenged::Account { email, .. } if email.key() == address.key())
    }

    /// Whether its codes go to the account's address, or prove the one that is to replace it.
    pub fn is_to_address_of(&self, account: &Account, now: Timestamp) -> bool {
        let pending = account.pending_email(now).filter(|_| self.purpose == ChallengePurpose::VerifyEmail);
        self.is_to(&account.email) || pending.is_some_and(|pending| self.is_to(pending))
    }

    /// Whether the password is still the one that it was when this began.
    pub fn is_of_version(&self, version: CredentialVersion) -> bool {
        matches!(&self.challenged, Challenged::Account { credential_version, .. } if *credential_version == version)
    }

    /// Whether the account still has the password and the address that it had when this began.
    pub fn stands_for(&self, account: &Account) -> bool {
        self.is_of_version(account.credential_version) && self.is_to(&account.email)
    }

    /// Which code is outstanding at `now`.
    pub fn outstanding_code(&self, now: Timestamp) -> Result<OutstandingCode, NoCodeOutstanding> {
        match self.state {
            ChallengeState::CodeSent { send_number, code_expires_at, misses }
                if now < code_expires_at && misses < MISSES_PER_CODE =>
            {
                Ok(OutstandingCode { send_number, expires_at: code_expires_at })
            }
            _ => Err(NoCodeOutstanding),
        }
    }

    /// A further code replaces the one before.
    #[must_use]
    pub fn sent_again(self, key_id: KeyId, now: Timestamp, lifetimes: ChallengeLifetimes) -> Self {
        let send_number = self.send_number().saturating_add(1);
        let state = ChallengeState::CodeSent { send_number, code_expires_at: now + lifetimes.code, misses: 0 };
        let expires_at = now + lifetimes.code.max(lifetimes.temp);
        Self { key_id, state, expires_at, version: self.version.next(), ..self }
    }

    /// After a wrong code.
    #[must_use]
    pub fn after_miss(self) -> Self {
        let state = match self.state {
            ChallengeState::CodeSent { send_number, code_expires_at, misses } => {
                ChallengeState::CodeSent { send_number, code_expires_at, misses: misses.saturating_add(1) }
            }
            other @ (ChallengeState::NotSent | ChallengeState::CodeGiven) => other,
        };
        Self { state, version: self.version.next(), ..self }
    }

    /// After the right code: what it is good for may be done until a temp token's life later.
    #[must_use]
    pub fn after_code_given(self, now: Timestamp, lifetimes: ChallengeLifetimes) -> Self {
        Self {
            state: ChallengeState::CodeGiven,
            expires_at: now + lifetimes.temp,
            version: self.version.next(),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_six_digits_however_they_are_typed() {
        let code = OneTimeCode::from_number(9_000_042);
        assert_eq!(code.reveal(), "000042");
        for spelling in ["000042", " 000 042\n", "000-042", "00004２"] {
            assert!(OneTimeCode::parse(spelling).unwrap().matches(&code), "{spelling:?}");
        }
        for other in ["", "42", "0000042", "-00042", "0x002a", "000042a"] {
            assert!(OneTimeCode::parse(other).is_none(), "{other:?}");
        }
        assert!(!OneTimeCode::parse("100042").unwrap().matches(&code));
        assert_eq!(format!("{code:?}"), "OneTimeCode(…)");
    }

    proptest! {
        #[test]
        fn parsing_codes_never_panics(text in ".{0,12}", number in 0_u64..1_000_000) {
            let _ = OneTimeCode::parse(&text);
            let code = OneTimeCode::from_number(number);
            prop_assert_eq!(code.reveal().parse::<u64>().unwrap(), number);
            prop_assert!(OneTimeCode::parse(code.reveal()).unwrap().matches(&code));
        }
    }
}
