//! Setting up a second factor: begun, then proved by its first code.

use std::sync::Arc;

use crate::Timestamp;
use crate::access_token::BearerToken;
use crate::account::Account;
use crate::budget::{AttemptSubject, Spent};
use crate::challenge::{ChallengePurpose, OneTimeCode};
use crate::error_code::{ErrorCode, Refusal};
use crate::mail::NoticeKind;
use crate::ports::{Change, CommitError, Provisioning, RecoveryCode, StoreUnavailable};
use crate::session::Client;
use crate::tally::TallyKind;
use crate::two_factor::{Method, NotBegun, NotPending, TwoFactor};

use super::authenticate::Authenticated;
use super::challenges::Challenges;
use super::notices::notice;
use super::second_factor::{SecondFactors, Verdict, is_replay};
use super::{MAX_ATTEMPTS, mail_budgets};

/// Why a second factor is not set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetUpError {
    /// It cannot be begun.
    #[error(transparent)]
    NotBegun(#[from] NotBegun),
    /// There is nothing to prove.
    #[error(transparent)]
    NotPending(#[from] NotPending),
    /// The code is wrong, or was used before.
    #[error("the code is wrong")]
    WrongCode,
    /// A budget is spent: for wrong codes, or for mails.
    #[error("the budget is spent for {:?}", .0.retry_after)]
    Spent(Spent),
    /// The session has ended, or its account is gone.
    #[error("the session has ended")]
    SessionGone,
    /// The database is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<SetUpError> for Refusal {
    fn from(error: SetUpError) -> Self {
        match error {
            SetUpError::NotBegun(NotBegun::AlreadyEnabled) | SetUpError::NotPending(NotPending::AlreadyEnabled) => {
                ErrorCode::TwofaAlreadyEnabled.into()
            }
            SetUpError::NotBegun(NotBegun::AlreadyPending) => ErrorCode::TwofaAlreadyPending.into(),
            SetUpError::NotPending(NotPending::NothingPending) => ErrorCode::TwofaNotSet.into(),
            SetUpError::WrongCode => ErrorCode::OtpInvalid.into(),
            SetUpError::Spent(spent) => Self::retry_after(ErrorCode::RateLimited, spent.retry_after),
            SetUpError::SessionGone => ErrorCode::Unauthorized.into(),
            SetUpError::Unavailable(error) => error.into(),
        }
    }
}

/// A method was enabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetUp {
    /// The second factors now.
    pub two_factor: TwoFactor,
    /// With the first method: the recovery codes, shown this once.
    pub recovery_codes: Option<Vec<RecoveryCode>>,
}

/// The use case.
pub struct SetUpSecondFactor {
    /// Judges the first code; brings challenges, store, clock and entropy.
    pub second_factors: Arc<SecondFactors>,
}

impl SetUpSecondFactor {
    /// Begins an app: answers what it is to be told, which is shown this once.
    pub async fn begin_app(&self, caller: &Authenticated) -> Result<Provisioning, SetUpError> {
        let SecondFactors { challenges, totp, .. } = &*self.second_factors;
        let mut account = caller.account().clone();
        for _ in 0..MAX_ATTEMPTS {
            let now = challenges.clock.now();
            let secret = totp.make(account.id, challenges.entropy.bytes(), challenges.entropy.bytes());
            let until = now + challenges.lifetimes.temp;
            let two_factor = account.two_factor.begin_app(now, until, secret.clone())?;
            let put = Change::PutTwoFactor { account_id: account.id, two_factor };
            match challenges.store.commit(vec![put, Change::RequireSession(caller.session().id)]).await {
                Ok(()) => {
                    let told = totp.provision(account.id, &secret, account.email.as_str());
                    return told.ok_or(StoreUnavailable.into());
                }
                Err(CommitError::Conflict { .. }) => account = self.still_there(caller).await?,
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }

    /// Begins codes by mail: mails the first.
    pub async fn begin_email(&self, caller: &Authenticated, client: &Client) -> Result<(), SetUpError> {
        let challenges = &self.second_factors.challenges;
        let mut account = caller.account().clone();
        for _ in 0..MAX_ATTEMPTS {
            let now = challenges.clock.now();
            let (account_id, purpose) = (account.id, ChallengePurpose::TwoFactorSetup);
            let two_factor = account.two_factor.clone().begin_email(now + challenges.lifetimes.code)?;
            let mails = mail_budgets::for_owner(&*challenges.store, AttemptSubject::account(account_id)).await?;
            mails.check(now).map_err(SetUpError::Spent)?;
            let (_, begun) = challenges.begin_for(&account, purpose, client, now);
            let mut changes = vec![
                Change::PutTwoFactor { account_id, two_factor },
                Change::RequireSession(caller.session().id),
                Change::ForgetChallengesFor { account_id, purpose },
            ];
            changes.extend(begun);
            changes.push(Change::PutTally(mails.after_one(now)));
            match challenges.store.commit(changes).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Conflict { .. }) => account = self.still_there(caller).await?,
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }

    /// Proves a method by its first code, which enables it.
    pub async fn verify(
        &self,
        caller: &Authenticated,
        method: Method,
        code: &BearerToken,
        client: &Client,
    ) -> Result<SetUp, SetUpError> {
        let challenges = &self.second_factors.challenges;
        let (mut account, mut replayed) = (caller.account().clone(), false);
        for _ in 0..MAX_ATTEMPTS {
            let now = challenges.clock.now();
            let two_factor = account.two_factor.clone().proved(method, now)?;
            let subject = AttemptSubject::account(account.id);
            let misses = challenges.store.find_tally(subject, &TallyKind::SecondFactorMisses).await?;
            misses.check(now).map_err(SetUpError::Spent)?;
            let verdict = match method {
                Method::App => self.judge_app(&account, code, now),
                Method::Email => self.judge_email(&account, code, now).await?,
            };
            let (outcome, changes) = match verdict.settle(replayed, misses, now) {
                Ok(used) => {
                    let (set_up, put) = self.enabled(&account, two_factor);
                    let mut changes = Vec::new();
                    if method == Method::Email {
                        let (email, as_of, at) =
                            (account.email.clone(), account.updated_at, account.next_change_at(now));
                        changes.push(Change::ProveEmail { account_id: account.id, email, as_of, at });
                    }
                    changes.extend([put, Change::RequireSession(caller.session().id)]);
                    changes.extend(used);
                    let kind = NoticeKind::SecondFactorEnabled;
                    changes.push(notice(&*challenges.entropy, &account.email, kind, client, now));
                    (Ok(set_up), changes)
                }
                Err(counted) => (Err(SetUpError::WrongCode), counted),
            };
            match challenges.store.commit(changes.clone()).await {
                Ok(()) => return outcome,
                Err(CommitError::Conflict { change }) => {
                    replayed |= is_replay(&changes, change);
                    account = self.still_there(caller).await?;
                }
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }

    fn judge_app(&self, account: &Account, code: &BearerToken, now: Timestamp) -> Verdict {
        let pending = account.two_factor.app.pending(now);
        let code = OneTimeCode::parse(code.reveal());
        let matching = pending.zip(code).and_then(|(pending, code)| {
            self.second_factors.totp.matching_step(account.id, &pending.secret, &code, now)
        });
        match matching {
            Some(step) => Verdict::Right(vec![Change::UseTotpStep { account_id: account.id, step, at: now }]),
            None => Verdict::Wrong(Vec::new()),
        }
    }

    /// A set-up whose code is void, its tries spent say, is none that could be proved.
    async fn judge_email(&self, account: &Account, code: &BearerToken, now: Timestamp) -> Result<Verdict, SetUpError> {
        let store = &self.second_factors.challenges.store;
        let newest = store.find_challenge_of(account.id, ChallengePurpose::TwoFactorSetup).await?;
        let challenge =
            newest.filter(|challenge| challenge.outstanding_code(now).is_ok() && challenge.is_to(&account.email));
        let challenge = challenge.ok_or(NotPending::NothingPending)?;
        Ok(match self.second_factors.judge_mailed(&challenge, code, now) {
            Verdict::Right(_) => {
                Verdict::Right(vec![Change::UseChallenge { challenge_id: challenge.id, version: challenge.version }])
            }
            wrong @ Verdict::Wrong(_) => wrong,
        })
    }

    /// The first method brings recovery codes.
    fn enabled(&self, account: &Account, two_factor: TwoFactor) -> (SetUp, Change) {
        let (two_factor, recovery_codes) = if !account.two_factor.any_enrolled() {
            let (codes, hashes) = self.second_factors.new_recovery_codes(account.id);
            // One write, so one version.
            (TwoFactor { recovery_codes: hashes, ..two_factor }, Some(codes))
        } else {
            (two_factor, None)
        };
        let put = Change::PutTwoFactor { account_id: account.id, two_factor: two_factor.clone() };
        (SetUp { two_factor, recovery_codes }, put)
    }

    /// The account as it is now, of a session that has not ended.
    async fn still_there(&self, caller: &Authenticated) -> Result<Account, SetUpError> {
        let Challenges { store, clock, .. } = &*self.second_factors.challenges;
        caller.still_there(&**store, clock.now()).await?.ok_or(SetUpError::SessionGone)
    }
}
