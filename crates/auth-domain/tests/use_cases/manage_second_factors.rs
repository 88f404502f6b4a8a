//! `ManageSecondFactors`: asking for a method or not, which comes first, and fresh recovery codes.

use std::time::Duration;

use auth_domain::access_token::BearerToken;
use auth_domain::account::Account;
use auth_domain::audience::Audience;
use auth_domain::error_code::{Details, ErrorCode, Refusal};
use auth_domain::mail::NoticeKind;
use auth_domain::ports::{Guard, RecoveryCode, StoreError};
use auth_domain::two_factor::{Method, NotEnrolled, TwoFactor};
use auth_domain::use_cases::{Authenticated, FreshLoginError, ManageError, Policy, SecondFactor, StepUp};
use auth_testkit::test_service::{TestService, client, with_each_call_failing};

use crate::ann::ANN;
use crate::owner::Owner;
use crate::{MOMENT, code, stale};

const MAX_AGE: Duration = Duration::from_secs(900);

/// What may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Enable(Method),
    Disable(Method),
    MakePrimary(Method),
    RenewRecoveryCodes,
}

/// Ann, whose app comes before her codes by mail. A login may be [`MAX_AGE`] old.
async fn with_both() -> Owner {
    with(|service, account| service.enable_email_factor(&service.enable_app(account))).await
}

async fn with(prepare: impl Fn(&TestService, &Account) -> Account) -> Owner {
    let step_up = StepUp { max_age: Some(MAX_AGE) };
    Owner::under(Policy { step_up, ..Policy::for_tests() }, prepare).await
}

async fn with_mail_disabled() -> Owner {
    with(|service, account| {
        let account = service.enable_email_factor(&service.enable_app(account));
        service.put_two_factor(&account, |methods, _| methods.disable(Method::Email).expect("codes by mail"))
    })
    .await
}

fn methods(ann: &Owner) -> TwoFactor {
    ann.now().two_factor
}

async fn ask(ann: &Owner, wish: Wish) -> Result<(), ManageError> {
    ask_as(&ann.service, &ann.caller, wish).await.map(drop)
}

async fn refused(ann: &Owner, wish: Wish) -> ManageError {
    ann.refused(ask(ann, wish)).await
}

async fn ask_as(service: &TestService, caller: &Authenticated, wish: Wish) -> Result<Vec<RecoveryCode>, ManageError> {
    let fresh = service.use_cases.require_fresh_login.execute(caller.clone()).map_err(FreshLoginError::from)?;
    let (manage, client, caller) = (&service.use_cases.manage_second_factors, client(), &fresh);
    match wish {
        Wish::Enable(method) => manage.enable(caller, method, &client).await,
        Wish::Disable(method) => manage.disable(caller, method, &client).await,
        Wish::MakePrimary(method) => manage.make_primary(caller, method, &client).await,
        Wish::RenewRecoveryCodes => return manage.renew_recovery_codes(caller, &client).await,
    }
    .map(|()| Vec::new())
}

#[tokio::test]
async fn a_disabled_method_is_asked_for_again() {
    let ann = with_mail_disabled().await;
    assert_eq!(ask(&ann, Wish::Enable(Method::Email)).await, Ok(()));
    assert!(methods(&ann).is_enabled(Method::Email));
    assert_eq!(methods(&ann).primary(), Some(Method::App), "the first place is taken");
    assert_eq!(ann.notices(), [NoticeKind::SecondFactorEnabled]);
}

#[tokio::test]
async fn a_method_that_is_disabled_is_asked_for_no_more_and_stays_enrolled() {
    let ann = with_both().await;
    assert_eq!(ask(&ann, Wish::Disable(Method::App)).await, Ok(()));
    assert!(!methods(&ann).is_enabled(Method::App) && methods(&ann).is_enrolled(Method::App));
    assert_eq!(methods(&ann).primary(), Some(Method::Email), "the other one moves up");
    assert_eq!(ann.notices(), [NoticeKind::SecondFactorDisabled]);
    ann.service.begin_login(ANN).await;
}

#[tokio::test]
async fn another_method_is_offered_first() {
    let ann = with_both().await;
    assert_eq!(ask(&ann, Wish::MakePrimary(Method::Email)).await, Ok(()));
    assert_eq!(methods(&ann).primary(), Some(Method::Email));
    assert_eq!(ann.notices(), [NoticeKind::PrimaryFactorChanged]);
}

#[tokio::test]
async fn what_is_so_already_stays_so_and_nobody_is_told() {
    let ann = with_both().await;
    let (before, commits) = (ann.now(), ann.service.store.commits().len());
    for wish in [Wish::Enable(Method::App), Wish::Enable(Method::Email), Wish::MakePrimary(Method::App)] {
        assert_eq!(ask(&ann, wish).await, Ok(()), "{wish:?}");
    }
    assert_eq!((ann.now(), ann.service.store.commits().len(), ann.notices()), (before, commits, Vec::new()));
}

#[tokio::test]
async fn new_recovery_codes_void_those_before() {
    let ann = with_both().await;
    let (_, old) = ann.service.give_recovery_codes(&ann.account);
    let caller = ann.service.caller(&ann.account).await;
    let new = ask_as(&ann.service, &caller, Wish::RenewRecoveryCodes).await.expect("codes");
    assert_eq!((new.len(), methods(&ann).recovery_codes.len()), (10, 10));
    assert_eq!(ann.notices(), [NoticeKind::RecoveryCodesRenewed]);

    let step = ann.service.begin_login(ANN).await;
    for (code, good) in [(old[0].as_str(), false), (new[9].reveal(), true)] {
        let given = SecondFactor::RecoveryCode(BearerToken::new(code.to_owned()));
        let answer = ann.service.use_cases.finish_login.execute(&step, &given, &Audience::Default, &client()).await;
        assert_eq!(answer.is_ok(), good, "{answer:?}");
    }
}

#[tokio::test]
async fn a_method_that_is_not_enrolled_or_not_enabled_is_refused() {
    let none = with(|_, account| account.clone()).await;
    let disabled = with_mail_disabled().await;
    for (ann, wish) in [
        (&none, Wish::Enable(Method::App)),
        (&none, Wish::Disable(Method::App)),
        (&none, Wish::MakePrimary(Method::App)),
        (&none, Wish::RenewRecoveryCodes),
        (&disabled, Wish::Disable(Method::Email)),
        (&disabled, Wish::MakePrimary(Method::Email)),
    ] {
        let error = refused(ann, wish).await;
        assert_eq!((error, code(error)), (NotEnrolled.into(), ErrorCode::MethodsNotEnabled), "{wish:?}");
    }
}

#[tokio::test]
async fn what_weakens_an_account_needs_a_fresh_login() {
    let wishes = [
        Wish::Enable(Method::App),
        Wish::Disable(Method::App),
        Wish::MakePrimary(Method::Email),
        Wish::RenewRecoveryCodes,
    ];
    for wish in wishes {
        let ann = with_both().await;
        ann.service.clock.advance(MAX_AGE + MOMENT);
        let error = refused(&ann, wish).await;
        assert_eq!(error, stale(MAX_AGE));
        let refusal = Refusal { code: ErrorCode::ReauthenticationRequired, details: Details::MaxAge(MAX_AGE) };
        assert_eq!(Refusal::from(error), refusal);

        let ann = with_both().await;
        ann.service.clock.advance(MAX_AGE);
        assert_eq!(ask(&ann, wish).await, Ok(()), "{wish:?}");
    }
}

#[tokio::test]
async fn where_the_operator_says_so_a_login_may_be_as_old_as_it_likes() {
    let ann = with_both().await;
    let service = ann.service.under(Policy { step_up: StepUp { max_age: None }, ..Policy::for_tests() });
    service.clock.advance(MAX_AGE * 1_000);
    assert_eq!(ask_as(&service, &ann.caller, Wish::Disable(Method::App)).await, Ok(Vec::new()));
}

#[tokio::test]
async fn of_two_changes_at_once_neither_is_lost() {
    let ann = with_both().await;
    let caller = ann.caller.clone();
    ann.service.before_next_commit(async move |service| {
        ask_as(&service, &caller, Wish::Disable(Method::App)).await.expect("a change");
    });
    assert_eq!(ask(&ann, Wish::RenewRecoveryCodes).await, Ok(()));
    assert!(!methods(&ann).is_enabled(Method::App));
    assert_eq!(methods(&ann).recovery_codes.len(), 10);
    assert_eq!(ann.notices().len(), 2);
}

#[tokio::test]
async fn what_was_done_meanwhile_is_judged_again() {
    for (first, wish, expected) in [
        (Wish::Disable(Method::App), Wish::Disable(Method::App), Err(NotEnrolled.into())),
        (Wish::Disable(Method::Email), Wish::MakePrimary(Method::Email), Err(NotEnrolled.into())),
        (Wish::MakePrimary(Method::Email), Wish::MakePrimary(Method::Email), Ok(())),
    ] {
        let ann = with_both().await;
        let caller = ann.caller.clone();
        ann.service.before_next_commit(async move |service| {
            ask_as(&service, &caller, first).await.expect("a change");
        });
        assert_eq!(ask(&ann, wish).await, expected, "{wish:?}");
        assert!(!ann.service.store.has_trouble_left());
        assert_eq!(ann.notices().len(), 1, "of the first one only");
    }
}

#[tokio::test]
async fn a_session_that_ends_meanwhile_changes_nothing() {
    let ann = with_both().await;
    let (caller, before) = (ann.caller.clone(), ann.now());
    ann.service.before_next_commit(async move |service| service.end_session(&caller));
    let answer = ask(&ann, Wish::Disable(Method::App)).await;
    assert_eq!(answer, Err(FreshLoginError::SessionGone.into()));
    assert_eq!(code(FreshLoginError::SessionGone), ErrorCode::Unauthorized);
    assert_eq!((ann.now(), ann.notices()), (before, Vec::new()));
}

#[tokio::test]
async fn whoever_never_wins_is_told_to_come_back() {
    let ann = with_both().await;
    ann.service.lose_every_round(Guard::SecondFactorsUnchanged);
    assert_eq!(refused(&ann, Wish::Disable(Method::App)).await, StoreError::Unavailable.into());
    assert!(!ann.service.store.has_trouble_left());
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_nothing_is_changed() {
    let lost_once = async || {
        let ann = with_both().await;
        ann.service.store.lose_next_commit(Guard::SecondFactorsUnchanged);
        (ann.service.clone(), ann)
    };
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        lost_once,
        async |_, ann| ask(ann, Wish::Disable(Method::App)).await,
        async |_, ann, answer| {
            assert_eq!(answer, Err(StoreError::Unavailable.into()));
            assert_eq!(code(ManageError::from(StoreError::Unavailable)), ErrorCode::Unavailable);
            assert_eq!((ann.now(), ann.notices()), (ann.account.clone(), Vec::new()));
        },
    );
    assert_eq!(tried.await, 3, "the commit that was lost, the session, the next commit");
}
