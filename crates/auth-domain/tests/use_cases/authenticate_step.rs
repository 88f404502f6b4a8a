//! `AuthenticateStep`.

use auth_domain::access_token::{TokenFault, TokenRejection};
use auth_domain::ports::{StoreError, TempTokens as _};
use auth_domain::temp_token::{TempClaims, TempStep};
use auth_testkit::fixtures;
use auth_testkit::test_service::{TestService, client};

use crate::MOMENT;

const STEPS: [TempStep; 6] = [
    TempStep::GivePasswordResetCode,
    TempStep::SetPassword,
    TempStep::GiveVerifyEmailCode,
    TempStep::GiveSecondFactor,
    TempStep::GiveSecondFactorAfterReset,
    TempStep::GiveSecondFactorAfterProvider,
];

fn token(service: &TestService, step: TempStep) -> String {
    let (issued_at, expires_at) = (service.now(), service.now() + service.policy.challenge_lifetimes.temp);
    let claims = TempClaims { challenge_id: fixtures::challenge(None).id, step, issued_at, expires_at };
    service.temp_tokens.issue(&claims).reveal().to_owned()
}

#[test]
fn a_temp_token_is_good_for_its_step_and_no_other() {
    let service = TestService::new();
    for step in STEPS {
        let pending = service.use_cases.authenticate_step.execute(&token(&service, step));
        assert_eq!(pending.map(|pending| pending.step()), Ok(step));
    }
}

#[test]
fn a_temp_token_is_good_until_its_time_is_over() {
    let service = TestService::new();
    let tokens = STEPS.map(|step| token(&service, step));
    service.clock.advance(service.policy.challenge_lifetimes.temp - MOMENT);
    for token in &tokens {
        assert!(service.use_cases.authenticate_step.execute(token).is_ok());
    }
    service.clock.advance(MOMENT);
    for token in &tokens {
        assert_eq!(service.use_cases.authenticate_step.execute(token), Err(TokenRejection::Expired));
    }
}

#[tokio::test]
async fn what_is_no_temp_token_is_refused() {
    let service = TestService::new();
    service.register("ann@example.org").await;
    let tokens = service.log_in("ann@example.org").await.tokens;
    let of_no_step = token(&service, TempStep::SetPassword).replace("verified", "whatever");
    for text in ["", "nonsense", tokens.access.reveal(), tokens.refresh.reveal(), &of_no_step] {
        assert_eq!(service.use_cases.authenticate_step.execute(text), Err(TokenFault::Malformed.into()), "{text}");
    }
}

#[tokio::test]
async fn whether_a_step_is_still_pending_is_not_asked_here() {
    let service = TestService::new();
    let account = service.register("ann@example.org").await;
    let asked = service.use_cases.lost_password.execute("ann@example.org", &client()).await.expect("a temp token");
    service.delete(&account);
    service.store.fail_next(StoreError::Failed);
    assert_eq!(service.step(&asked).step(), TempStep::GivePasswordResetCode);
    assert!(service.store.forgive(), "no call was made");
}
