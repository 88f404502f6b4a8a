//! `AuthenticateService`.

use std::time::Duration;

use auth_domain::access_token::{TokenFault, TokenRejection};
use auth_domain::error_code::ErrorCode;
use auth_domain::internal::{
    CredentialsDelete, CredentialsRead, DeletionsRead, EventsRead, Granted, RolesWrite, Scope, TokensIntrospect,
};
use auth_domain::ports::StoreError;
use auth_domain::use_cases::AuthenticateServiceError;
use auth_testkit::doubles::TestInternalTokens;
use auth_testkit::test_service::TestService;

use crate::{MOMENT, code};

const LIFETIME: Duration = Duration::from_secs(300);

fn token(service: &TestService, scopes: &[Scope]) -> String {
    TestInternalTokens.issue("backups", scopes, service.now() + LIFETIME)
}

/// Who may do what scope `S` is for: the name of the service.
fn admitted<S: Granted>(service: &TestService, token: &str) -> Result<String, AuthenticateServiceError> {
    let caller = service.use_cases.authenticate_service.execute::<S>(token)?;
    Ok(caller.service().to_owned())
}

fn assert_needs_its_scope<S: Granted>(service: &TestService) {
    assert_eq!(admitted::<S>(service, &token(service, &[S::SCOPE])), Ok("backups".to_owned()));
    let others: Vec<Scope> = Scope::ALL.into_iter().filter(|scope| *scope != S::SCOPE).collect();
    let error = admitted::<S>(service, &token(service, &others)).expect_err("a refusal");
    assert_eq!(error, AuthenticateServiceError::ScopeMissing(S::SCOPE), "{:?}", S::SCOPE);
    assert_eq!(code(error), ErrorCode::Forbidden);
}

#[test]
fn a_service_may_do_what_it_has_the_scope_for_and_nothing_else() {
    let service = TestService::new();
    assert_needs_its_scope::<CredentialsRead>(&service);
    assert_needs_its_scope::<CredentialsDelete>(&service);
    assert_needs_its_scope::<TokensIntrospect>(&service);
    assert_needs_its_scope::<RolesWrite>(&service);
    assert_needs_its_scope::<DeletionsRead>(&service);
    assert_needs_its_scope::<EventsRead>(&service);
}

#[test]
fn a_service_without_any_scope_may_do_nothing() {
    let service = TestService::new();
    let answer = admitted::<EventsRead>(&service, &token(&service, &[]));
    assert_eq!(answer, Err(AuthenticateServiceError::ScopeMissing(Scope::EventsRead)));
}

#[test]
fn what_is_no_internal_token_is_refused_whatever_the_scope() {
    let service = TestService::new();
    for text in ["", "nonsense", "access|of|a|user", "internal|backups|no:such|1"] {
        let error = admitted::<CredentialsRead>(&service, text).expect_err("a refusal");
        assert_eq!(error, AuthenticateServiceError::Token(TokenFault::Malformed.into()));
        assert_eq!(code(error), ErrorCode::InternalTokenInvalid);
    }
}

#[test]
fn an_internal_token_is_good_until_its_time_is_over() {
    let service = TestService::new();
    let token = token(&service, &[Scope::EventsRead]);
    service.clock.advance(LIFETIME - MOMENT);
    assert!(admitted::<EventsRead>(&service, &token).is_ok());
    service.clock.advance(MOMENT);
    let error = admitted::<EventsRead>(&service, &token).expect_err("a refusal");
    assert_eq!(error, AuthenticateServiceError::Token(TokenRejection::Expired));
    assert_eq!(code(error), ErrorCode::InternalTokenExpired);
    let without_scope = admitted::<RolesWrite>(&service, &token);
    assert_eq!(without_scope, Err(error), "an expired token tells nothing of its scopes");
}

#[test]
fn a_service_is_known_without_a_call_to_the_database() {
    let service = TestService::new();
    service.store.fail_next(StoreError::Failed);
    service.service_caller::<EventsRead>("backups");
    assert!(service.store.forgive(), "no call was made");
    assert_eq!(service.store.commits().len(), 0);
}
