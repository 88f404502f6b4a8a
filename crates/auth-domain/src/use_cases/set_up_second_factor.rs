//! Sets up a second factor: the setup begins, and its first code completes it.

use std::sync::Arc;

use crate::Timestamp;
use crate::access_token::BearerToken;
use crate::account::Account;
use crate::challenge::{ChallengePurpose, OneTimeCode};
use crate::error_code::{ErrorCode, Refusal};
use crate::mail::{About, Notice, NoticeKind};
use crate::ports::{Change, Provisioning, RecoveryCode, StoreError};
use crate::rate_limit::{AttemptSubject, RateLimited};
use crate::services::{
    Challenges, Decision, Environment, FreshLogin, FreshLoginError, SecondFactors, Verdict, after_first_factor,
    notice_to,
};
use crate::session::{Client, Session};
use crate::two_factor::{Method, NotBegun, NotPending, TwoFactor};

use super::all::Parts;
use super::authenticate::Authenticated;

/// Why a second factor was not set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetUpError {
    /// The setup cannot begin.
    #[error(transparent)]
    NotBegun(#[from] NotBegun),
    /// There is no setup to complete.
    #[error(transparent)]
    NotPending(#[from] NotPending),
    /// The code is wrong, or was used before.
    #[error("the code is wrong")]
    WrongCode,
    /// A limit is reached, for wrong codes or for mails.
    #[error("too many wrong codes: try again in {} s", .0.retry_after.as_secs())]
    RateLimited(RateLimited),
    /// The login is no longer fresh, or its session has ended.
    #[error(transparent)]
    Login(#[from] FreshLoginError),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
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
            SetUpError::RateLimited(limited) => Self::retry_after(ErrorCode::RateLimited, limited.retry_after),
            SetUpError::Login(error) => error.into(),
            SetUpError::Store(error) => error.into(),
        }
    }
}

/// A method that was enabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetUp {
    /// The second factors of the account now.
    pub two_factor: TwoFactor,
    /// When it was enabled.
    pub at: Timestamp,
    /// With the first method, the recovery codes, which are shown once.
    pub recovery_codes: Option<Vec<RecoveryCode>>,
}

/// Sets up second factors.
pub struct SetUpSecondFactor {
    env: Environment,
    challenges: Arc<Challenges>,
    second_factors: Arc<SecondFactors>,
}

impl SetUpSecondFactor {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            env: parts.env.clone(),
            challenges: parts.challenges.clone(),
            second_factors: parts.second_factors.clone(),
        }
    }

    /// Begins the setup of an app and returns what the app needs, which is shown once.
    pub async fn begin_app(&self, caller: &FreshLogin) -> Result<Provisioning, SetUpError> {
        let totp = &self.second_factors.totp;
        let (account, secret) = self
            .env
            .decide(async |lost| {
                let account = caller.account::<SetUpError>(&self.env, lost).await?;
                let (now, session_id) = (self.env.now(), caller.caller().session().id);
                let secret = totp.make(account.id, self.env.random(), self.env.random());
                let until = now + self.challenges.lifetimes.temp;
                let two_factor = account.two_factor.clone().begin_app(now, until, secret.clone(), session_id)?;
                let put = Change::PutTwoFactor { account_id: account.id, two_factor };
                let require = Change::RequireSession { account_id: account.id, session_id };
                Ok::<_, SetUpError>(Decision::commit((account, secret), vec![put, require]))
            })
            .await?;
        // It was sealed a moment ago, with a key that exists.
        totp.provision(account.id, &secret, account.email.as_str()).ok_or(StoreError::Failed.into())
    }

    /// Cancels the pending setup of an app. This weakens nothing, so any login will do.
    pub async fn cancel_app(&self, caller: &Authenticated) -> Result<(), SetUpError> {
        self.env
            .decide(async |lost| {
                let account = match lost {
                    None => caller.account().clone(),
                    Some(_) => caller.still_there(&self.env).await?.ok_or(FreshLoginError::SessionGone)?,
                };
                let two_factor = account.two_factor.cancel_app(self.env.now())?;
                let put = Change::PutTwoFactor { account_id: account.id, two_factor };
                Ok::<_, SetUpError>(Decision::commit((), vec![put, Change::require(caller.session())]))
            })
            .await
    }

    /// Begins the setup of codes by mail, and mails the first one.
    pub async fn begin_email(&self, caller: &FreshLogin, client: &Client) -> Result<(), SetUpError> {
        self.env
            .decide(async |lost| {
                let account = caller.account::<SetUpError>(&self.env, lost).await?;
                let now = self.env.now();
                let (account_id, purpose) = (account.id, ChallengePurpose::TwoFactorSetup);
                let two_factor = account.two_factor.clone().begin_email(now + self.challenges.lifetimes.code)?;
                let mails = self.challenges.mails_for_owner(AttemptSubject::Account(account_id)).await?;
                mails.check(now).map_err(SetUpError::RateLimited)?;
                let (_, begun) = self.challenges.begin_for(&account, purpose, client, now);
                let mut changes = vec![
                    Change::PutTwoFactor { account_id, two_factor },
                    Change::require(caller.caller().session()),
                    Change::ForgetChallengesFor { account_id, purpose },
                ];
                changes.extend(begun);
                changes.push(Change::count_mail(mails, now));
                changes.extend(self.count_unproved(&account, now).await?);
                Ok(Decision::commit((), changes))
            })
            .await
    }

    /// Counts a code to an unverified address for the address as well, because accounts can be created and deleted at
    /// will.
    async fn count_unproved(&self, account: &Account, now: Timestamp) -> Result<Option<Change>, SetUpError> {
        if account.email_verified {
            return Ok(None);
        }
        let address = self.challenges.subject(&account.email);
        let mails = self.challenges.mails_to_pending_address(address).await?;
        mails.check(now).map_err(SetUpError::RateLimited)?;
        Ok(Some(Change::count_mail(mails, now)))
    }

    /// Completes the setup of a method with its first code, which enables it. The session counts as having used a
    /// second factor; if this is the first one to be enabled, all other sessions that used none end.
    pub async fn verify(
        &self,
        caller: &FreshLogin,
        method: Method,
        code: &BearerToken,
        client: &Client,
    ) -> Result<SetUp, SetUpError> {
        self.env
            .decide(async |lost| {
                let account = caller.account::<SetUpError>(&self.env, lost).await?;
                let now = self.env.now();
                let two_factor = account.two_factor.clone().proved(method, now)?;
                let passwords = self.env.password_limit(account.id, client.network()).await?;
                let misses = self.env.second_factor_misses(&passwords, None).await?;
                misses.check(now).map_err(SetUpError::RateLimited)?;
                let verdict = match method {
                    Method::App => self.judge_app(&account, code, now),
                    Method::Email => self.judge_email(&account, code, now).await?,
                };
                Ok(match verdict.settle(lost, misses, now) {
                    Ok(used) => {
                        let (set_up, mut changes) = self.enabled(&account, method, two_factor, now);
                        changes.extend(used);
                        changes.extend(after_proof(caller.caller().session(), &account, &set_up.two_factor, now));
                        // A code that came by mail verified the address.
                        let proved = account.email_verified || method == Method::Email;
                        let told = Notice::new(NoticeKind::SecondFactorEnabled, proved);
                        let told = told.about(About::SecondFactor(method));
                        let to = (&account, &account.email);
                        changes.push(notice_to(&*self.env.entropy, to, told, client, now));
                        Decision::commit(set_up, changes)
                    }
                    Err(counted) => Decision::refuse(SetUpError::WrongCode, counted),
                })
            })
            .await
    }

    fn judge_app(&self, account: &Account, code: &BearerToken, now: Timestamp) -> Verdict {
        let pending = account.two_factor.app.pending(now);
        let code = OneTimeCode::parse(code.reveal());
        let matching = pending.zip(code).and_then(|(pending, code)| {
            self.second_factors.totp.matching_step(account.id, &pending.secret, &code, now)
        });
        match matching {
            // The steps were used up for the secret that this one replaces.
            Some(step) => Verdict::Right(vec![
                Change::ForgetTotpSteps(account.id),
                Change::UseTotpStep { account_id: account.id, step, at: now },
            ]),
            None => Verdict::Wrong(None),
        }
    }

    /// Judges a mailed code. A setup whose code is void, for example after too many tries, cannot be completed.
    async fn judge_email(&self, account: &Account, code: &BearerToken, now: Timestamp) -> Result<Verdict, SetUpError> {
        let store = &self.env.store;
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

    /// Returns the account with the method enabled. The first method brings recovery codes, and a mailed code verifies
    /// the address.
    fn enabled(
        &self,
        account: &Account,
        method: Method,
        two_factor: TwoFactor,
        now: Timestamp,
    ) -> (SetUp, Vec<Change>) {
        let (two_factor, recovery_codes) = if !account.two_factor.any_enrolled() {
            let (codes, hashes) = self.second_factors.new_recovery_codes(account.id);
            // One write, so one version.
            (TwoFactor { recovery_codes: hashes, ..two_factor }, Some(codes))
        } else {
            (two_factor, None)
        };
        let account_id = account.id;
        let put = Change::PutTwoFactor { account_id, two_factor: two_factor.clone() };
        let changes = match method {
            Method::App => vec![put],
            Method::Email => {
                let (email, revision, at) = (account.email.clone(), account.revision(), account.next_change_at(now));
                vec![Change::ProveEmail { account_id, email, revision, at }, put]
            }
        };
        (SetUp { two_factor, at: now, recovery_codes }, changes)
    }
}

/// Returns the session, which has now used a second factor.
fn after_proof(
    session: &Session,
    account: &Account,
    two_factor: &TwoFactor,
    now: Timestamp,
) -> impl Iterator<Item = Change> {
    let others = after_first_factor(account, two_factor, session.id, now);
    let passed = Session { method: session.method.and_second_factor(), ..session.clone() };
    let account = Account { two_factor: two_factor.clone(), ..account.clone() };
    [Change::reauthenticate(&passed, &account)].into_iter().chain(others)
}
