//! Second factors in general: what is required after the right password or a reset, and the one place that judges what
//! is given then.

use std::sync::Arc;

use crate::access_token::BearerToken;
use crate::account::Account;
use crate::challenge::{Challenge, ChallengePurpose, Challenged, OneTimeCode};
use crate::error_code::{ErrorCode, Refusal};
use crate::mail::NoticeKind;
use crate::ports::{Change, Guard, RecoveryCode, RecoveryCodes, StoreError, Totp};
use crate::rate_limit::{AttemptSubject, RateLimit};
use crate::session::{Client, Revocation, RevocationReason};
use crate::temp_token::{IssuedTempToken, TempStep};
use crate::two_factor::{Method, MethodState, RecoveryCodeHash, TwoFactor};
use crate::{AccountId, SessionId, Timestamp};

use super::{Challenges, Environment, Lost, notice};

/// A login that waits for its second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondFactorRequired {
    /// The token with which to finish the login.
    pub token: IssuedTempToken,
    /// The methods that can finish it.
    pub methods: Vec<Method>,
    /// The method to offer first.
    pub primary: Method,
}

impl Challenges {
    /// Returns a pending login of `account`, to be finished by `step`, and the changes that begin it. If codes by mail
    /// are primary, one is mailed if the mail limit allows it. `None` if no second factor is enabled.
    pub(crate) async fn begin_login(
        &self,
        account: &Account,
        step: TempStep,
        client: &Client,
        now: Timestamp,
    ) -> Result<Option<(SecondFactorRequired, Vec<Change>)>, StoreError> {
        let methods: Vec<Method> =
            account.two_factor.enabled().filter(|method| counts_after(*method, step, account)).collect();
        let preferred = account.two_factor.primary().filter(|primary| methods.contains(primary));
        let Some(primary) = preferred.or_else(|| methods.first().copied()) else { return Ok(None) };
        // Wrong codes count for the account, whatever they are for.
        let (subject, purpose) = (AttemptSubject::Account(account.id), ChallengePurpose::TwoFactorLogin);
        let (challenge, begun) = self.begin(subject, Challenged::of(account), purpose, client, now);
        let changes = if primary == Method::Email {
            let mails = self.mails_for_owner(subject).await?;
            // A user who may not get another mail may still have a recovery code: other people's mails must not lock
            // anyone out.
            match mails.check(now) {
                Ok(()) => begun.into_iter().chain([Change::count_mail(mails, now)]).collect(),
                Err(_) => not_sent(&challenge),
            }
        } else {
            not_sent(&challenge)
        };
        let token = self.temp_token(challenge.id, step, now);
        Ok(Some((SecondFactorRequired { token, methods, primary }, changes)))
    }
}

fn not_sent(challenge: &Challenge) -> Vec<Change> {
    vec![Change::InsertChallenge(challenge.clone().not_sent())]
}

/// Tells whether at this step the caller has only proved to read the account's mail, so that a code by mail would prove
/// the same thing twice.
pub(crate) const fn rests_on_mail(step: TempStep) -> bool {
    matches!(step, TempStep::GiveSecondFactorAfterReset | TempStep::GiveSecondFactorAfterAddress)
}

/// Tells whether a method may finish the step: the same proof twice is accepted only if there is no app.
pub(crate) fn counts_after(method: Method, step: TempStep, account: &Account) -> bool {
    let same_proof = rests_on_mail(step) && method == Method::Email;
    !same_proof || !account.two_factor.is_enabled(Method::App)
}

/// Returns the change that ends all sessions of an account without a second factor, except `except`, if the first
/// factor was just enabled.
pub(crate) fn after_first_factor(
    before: &Account,
    after: &TwoFactor,
    except: SessionId,
    now: Timestamp,
) -> Option<Change> {
    let is_first = before.two_factor.primary().is_none() && after.primary().is_some();
    let revocation = Revocation { at: now, reason: RevocationReason::SecondFactorEnabled };
    is_first.then_some(Change::RevokeSessionsWithoutSecondFactor { account_id: before.id, except, revocation })
}

/// A second factor as the user gives it.
#[derive(Clone, Debug)]
pub enum SecondFactor {
    /// A code from their app.
    App(BearerToken),
    /// A code that was mailed for this purpose.
    Email(BearerToken),
    /// One of their recovery codes.
    RecoveryCode(BearerToken),
}

/// Why a method cannot be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MethodUnusable {
    /// It is not set up.
    #[error("the method is not set up")]
    NotSet,
    /// It is disabled.
    #[error("the method is disabled")]
    Disabled,
}

impl From<MethodUnusable> for Refusal {
    fn from(error: MethodUnusable) -> Self {
        match error {
            MethodUnusable::NotSet => ErrorCode::TwofaNotSet.into(),
            MethodUnusable::Disabled => ErrorCode::TwofaNotEnabled.into(),
        }
    }
}

/// The verdict on what was given.
pub(crate) enum Verdict {
    /// It is right; the changes use it up.
    Right(Vec<Change>),
    /// It is wrong; the challenge after the miss, if a mailed code was missed.
    Wrong(Option<Challenge>),
}

impl Verdict {
    /// Returns what to commit under the account's limit, `misses`: for a right verdict what uses it up, for a wrong
    /// one, as the error, what counts it. A verdict is also wrong if it lost to another use of the same code.
    pub(crate) fn settle(
        self,
        lost: Option<Lost>,
        misses: RateLimit,
        now: Timestamp,
    ) -> Result<Vec<Change>, Vec<Change>> {
        match self {
            Self::Right(_) if lost == Some(Lost::Guard(Guard::TotpStepUnused)) => {
                Err(vec![Change::count_wrong_code(misses, now)])
            }
            Self::Right(mut used) => {
                // A guard: what was decided while others missed is decided again.
                used.push(Change::guard_rate_limit(misses, now));
                Ok(used)
            }
            Self::Wrong(Some(missed)) => {
                Err(vec![Change::PutChallenge(missed), Change::count_wrong_mailed_code(misses, now)])
            }
            Self::Wrong(None) => Err(vec![Change::count_wrong_code(misses, now)]),
        }
    }
}

/// How many recovery codes are created at once.
const RECOVERY_CODES: usize = 10;

/// Judges second factors.
pub(crate) struct SecondFactors {
    pub(crate) env: Environment,
    pub(crate) challenges: Arc<Challenges>,
    pub(crate) totp: Arc<dyn Totp>,
    pub(crate) recovery_codes: Arc<dyn RecoveryCodes>,
}

impl SecondFactors {
    /// Judges what was given for `challenge`. The caller commits the verdict together with the account's limit.
    pub(crate) fn judge(
        &self,
        account: &Account,
        challenge: &Challenge,
        given: &SecondFactor,
        client: &Client,
        now: Timestamp,
    ) -> Result<Verdict, MethodUnusable> {
        match given {
            SecondFactor::App(code) => self.judge_app(account, code, now),
            SecondFactor::Email(code) => {
                usable(&account.two_factor.email)?;
                Ok(self.judge_mailed(challenge, code, now))
            }
            SecondFactor::RecoveryCode(code) => {
                account.two_factor.primary().ok_or(MethodUnusable::Disabled)?;
                Ok(self.judge_recovery_code(account, code, client, now))
            }
        }
    }

    fn judge_app(&self, account: &Account, code: &BearerToken, now: Timestamp) -> Result<Verdict, MethodUnusable> {
        let secret = usable(&account.two_factor.app)?;
        let code = OneTimeCode::parse(code.reveal());
        let step = code.and_then(|code| self.totp.matching_step(account.id, secret, &code, now));
        Ok(match step {
            Some(step) => Verdict::Right(vec![Change::UseTotpStep { account_id: account.id, step, at: now }]),
            None => Verdict::Wrong(None),
        })
    }

    /// Judges a mailed code. The caller commits the use of the challenge.
    pub(crate) fn judge_mailed(&self, challenge: &Challenge, code: &BearerToken, now: Timestamp) -> Verdict {
        match self.challenges.mailed_code_is_right(challenge, OneTimeCode::parse(code.reveal()).as_ref(), now) {
            Ok(true) => Verdict::Right(Vec::new()),
            Ok(false) => Verdict::Wrong(Some(challenge.clone().after_miss())),
            Err(_) => Verdict::Wrong(None),
        }
    }

    fn judge_recovery_code(&self, account: &Account, code: &BearerToken, client: &Client, now: Timestamp) -> Verdict {
        let hashes = self.recovery_codes.hashes(account.id, code.reveal());
        let two_factor = hashes.iter().find_map(|hash| account.two_factor.clone().without_recovery_code(hash));
        match two_factor {
            Some(two_factor) => Verdict::Right(vec![
                Change::PutTwoFactor { account_id: account.id, two_factor },
                notice(&*self.env.entropy, account, NoticeKind::RecoveryCodeUsed, client, now),
            ]),
            None => Verdict::Wrong(None),
        }
    }

    /// Creates recovery codes, and the hashes to store.
    pub(crate) fn new_recovery_codes(&self, account_id: AccountId) -> (Vec<RecoveryCode>, Vec<RecoveryCodeHash>) {
        (0..RECOVERY_CODES).map(|_| self.recovery_codes.make(account_id, self.env.random())).unzip()
    }
}

/// Returns what recognises the codes of an enabled method.
fn usable<S>(method: &MethodState<S>) -> Result<&S, MethodUnusable> {
    match method {
        MethodState::Enabled(enrolment) => Ok(&enrolment.secret),
        MethodState::Disabled(..) => Err(MethodUnusable::Disabled),
        MethodState::NotSet | MethodState::Pending(_) => Err(MethodUnusable::NotSet),
    }
}
