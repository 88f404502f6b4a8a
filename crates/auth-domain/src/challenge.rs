//! Challenges: codes that were mailed, and what each may be used for. The code itself is derived, never stored: see
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

/// How many wrong guesses one code allows.
pub const MISSES_PER_CODE: u32 = 5;

named! {
    /// What a code may be used for. It cannot be used for anything else.
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

/// A code of six decimal digits. It is wiped from memory when dropped and never printed.
#[derive(Clone)]
pub struct OneTimeCode(Zeroizing<[u8; 6]>);

impl OneTimeCode {
    /// Creates a code from the last six decimal digits of `number`.
    pub fn from_number(number: u64) -> Self {
        let mut digits = [0; 6];
        let mut rest = number;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        Self(Zeroizing::new(digits))
    }

    /// Parses what a user typed, after [normalising](typed_code::normalise) it; `None` unless that leaves six digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = <[u8; 6]>::try_from(typed_code::normalise(text).as_bytes()).ok()?;
        digits.iter().all(u8::is_ascii_digit).then(|| Self(Zeroizing::new(digits)))
    }

    /// Returns the digits, for the mail that carries them.
    pub fn reveal(&self) -> &str {
        std::str::from_utf8(self.0.as_slice()).unwrap_or_default()
    }

    /// Compares two codes in constant time.
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
    /// How long a temp token lives, and the step that it stands for.
    pub temp: Duration,
    /// How long a mailed code can be used.
    pub code: Duration,
}

/// The person that a challenge is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Challenged {
    /// The owner of an account.
    Account {
        /// The account.
        account_id: AccountId,
        /// The address that the code is mailed to.
        email: EmailAddress,
        /// The version of the credentials. A password change moves it on, which voids a reset that began before.
        credential_version: CredentialVersion,
    },
    /// Nobody: the caller asked for a name that no account has, and is not told so. No mail is sent, and no code is
    /// right.
    Nobody,
}

impl Challenged {
    /// Returns the account, if there is one.
    pub const fn account_id(&self) -> Option<AccountId> {
        match self {
            Self::Account { account_id, .. } => Some(*account_id),
            Self::Nobody => None,
        }
    }

    /// Describes the account as it is now.
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
    /// No code was mailed. A code from an app or a recovery code may finish it, or a code may still be mailed.
    NotSent,
    /// A code was mailed and may be entered.
    CodeSent {
        /// The number of the code, from 1: each mail carries a new one.
        send_number: u32,
        /// When the code expires.
        code_expires_at: Timestamp,
        /// How many wrong codes were entered so far.
        misses: u32,
    },
    /// The right code was entered.
    CodeGiven,
}

/// One attempt to prove something with a mailed code, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The id of the challenge.
    pub id: ChallengeId,
    /// The subject for whose limits it counts.
    pub subject: AttemptSubject,
    /// Whom it is for.
    pub challenged: Challenged,
    /// What its code may be used for.
    pub purpose: ChallengePurpose,
    /// The master key that its codes are derived from.
    pub key_id: KeyId,
    /// The network from which it was requested.
    pub network: Network,
    /// How far it has come.
    pub state: ChallengeState,
    /// When the challenge ends, whatever its state.
    pub expires_at: Timestamp,
    /// Increases with each write.
    pub version: RowVersion,
}

/// A code that may be entered now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutstandingCode {
    /// The number of the code, from 1.
    pub send_number: u32,
    /// When the code expires.
    pub expires_at: Timestamp,
}

/// The challenge has no outstanding code: it was used, has expired, or was guessed at too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoCodeOutstanding;

impl Challenge {
    /// Creates a challenge whose first code is about to be mailed.
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

    /// Returns the challenge in the state before any code is mailed.
    #[must_use]
    pub fn not_sent(self) -> Self {
        Self { state: ChallengeState::NotSent, ..self }
    }

    /// Returns the number of the code that was mailed last; 0 if none is outstanding.
    pub const fn send_number(&self) -> u32 {
        match self.state {
            ChallengeState::CodeSent { send_number, .. } => send_number,
            ChallengeState::NotSent | ChallengeState::CodeGiven => 0,
        }
    }

    /// Returns when the outstanding code was mailed.
    pub fn sent_at(&self, lifetimes: ChallengeLifetimes) -> Option<Timestamp> {
        match self.state {
            ChallengeState::CodeSent { code_expires_at, .. } => Some(code_expires_at - lifetimes.code),
            ChallengeState::NotSent | ChallengeState::CodeGiven => None,
        }
    }

    /// Tells whether its codes go to this address. A code to an address that the account no longer has proves nothing.
    pub fn is_to(&self, address: &EmailAddress) -> bool {
        matches!(&self.challenged, Challenged::Account { email, .. } if email.key() == address.key())
    }

    /// Tells whether its codes go to the account's address, or to the one that is to replace it.
    pub fn is_to_address_of(&self, account: &Account, now: Timestamp) -> bool {
        let pending = account.pending_email(now).filter(|_| self.purpose == ChallengePurpose::VerifyEmail);
        self.is_to(&account.email) || pending.is_some_and(|pending| self.is_to(pending))
    }

    /// Tells whether the password is unchanged since the challenge began.
    pub fn is_of_version(&self, version: CredentialVersion) -> bool {
        matches!(&self.challenged, Challenged::Account { credential_version, .. } if *credential_version == version)
    }

    /// Tells whether the account's password and address are unchanged since the challenge began.
    pub fn stands_for(&self, account: &Account) -> bool {
        self.is_of_version(account.credential_version) && self.is_to(&account.email)
    }

    /// Returns the code that is outstanding at `now`.
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

    /// Replaces the outstanding code by the next one.
    #[must_use]
    pub fn sent_again(self, key_id: KeyId, now: Timestamp, lifetimes: ChallengeLifetimes) -> Self {
        let send_number = self.send_number().saturating_add(1);
        let state = ChallengeState::CodeSent { send_number, code_expires_at: now + lifetimes.code, misses: 0 };
        let expires_at = now + lifetimes.code.max(lifetimes.temp);
        Self { key_id, state, expires_at, version: self.version.next(), ..self }
    }

    /// Counts a wrong code.
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

    /// Marks the code as given: its purpose may be carried out during the life of one more temp token.
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

    #[test]
    fn a_code_that_is_sent_again_begins_both_lifetimes_anew() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let (began, key) = (Timestamp::from_micros(0), KeyId::new("first".to_owned()));
        for (temp, code) in [(minutes(60), minutes(10)), (minutes(5), minutes(10))] {
            let lifetimes = ChallengeLifetimes { temp, code };
            let subject = AttemptSubject::UnknownName(uuid::Uuid::nil());
            let network = Network::from_stored("192.0.2.0/24".to_owned());
            let purpose = ChallengePurpose::PasswordReset;
            let id = ChallengeId::from(uuid::Uuid::nil());
            let sent = Challenge::new(id, subject, Challenged::Nobody, purpose, key.clone(), network, began, lifetimes);
            let again_at = began + minutes(3);
            let again = sent.clone().after_miss().sent_again(KeyId::new("second".to_owned()), again_at, lifetimes);
            for (challenge, number, at) in [(&sent, 1, began), (&again, 2, again_at)] {
                assert_eq!(challenge.expires_at, at + temp.max(code));
                assert_eq!(challenge.sent_at(lifetimes), Some(at));
                let expected = OutstandingCode { send_number: number, expires_at: at + code };
                assert_eq!(challenge.outstanding_code(at), Ok(expected));
                assert_eq!(challenge.outstanding_code(at + code), Err(NoCodeOutstanding));
            }
            assert_eq!((again.version, again.key_id.as_str()), (sent.version.next().next(), "second"));
        }
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
