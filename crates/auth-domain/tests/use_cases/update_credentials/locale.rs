//! The language changes alone, or with the rest.

use auth_domain::account::Account;
use auth_domain::use_cases::{CredentialsOutcome, UpdateCredentialsError, UpdateCredentialsRequest};
use auth_domain::{Language, Locale};
use auth_testkit::test_service::{TestService, client};

use super::{NEW, ask, both, nothing, refused, updated};
use crate::MOMENT;
use crate::owner::Owner;

fn to(tag: Option<&str>) -> UpdateCredentialsRequest {
    UpdateCredentialsRequest { locale: Some(tag.map(str::to_owned)), ..nothing() }
}

fn tag(account: &Account) -> Option<&str> {
    account.locale.as_ref().map(Locale::as_str)
}

/// Neither an old login nor a second factor is in the way, and no mail tells of it.
#[tokio::test]
async fn alone_it_needs_nothing_else() {
    let ann = Owner::with(TestService::enable_app).await;
    ann.service.clock.advance(MOMENT + ann.service.policy.step_up.max_age.expect("an age"));
    let mails = ann.service.store.owed_mails();
    // The caller is as it was when it logged in, as on a node that has not heard of the change yet.
    for (given, kept, language) in [
        (Some("FR-ca"), Some("fr-CA"), Some(Language::French)),
        (Some("pt-br"), Some("pt-BR"), None),
        (None, None, None),
        (None, None, None),
    ] {
        let account = updated(&ann, to(given)).await;
        assert_eq!((tag(&account), account.language()), (kept, language));
        assert_eq!(account, ann.now());
        assert_eq!(account.credential_version, ann.account.credential_version);
    }
    assert_eq!(ann.service.store.owed_mails(), mails);
    let told = ann.service.store.audit_actions().into_iter().filter(|action| action == "locale.set");
    assert_eq!(told.count(), 4);
}

#[tokio::test]
async fn with_the_rest_it_waits_for_the_second_factor() {
    for (locale, kept) in [(Some(Some("de".to_owned())), Some("de")), (Some(None), None), (None, Some("es"))] {
        let ann = Owner::with(|service, account| {
            let account = service.enable_app(account);
            service.set_locale(&account, "es")
        });
        let ann = ann.await;
        let outcome = ask(&ann, UpdateCredentialsRequest { locale, ..both() }).await;
        assert!(matches!(outcome, Ok(CredentialsOutcome::SecondFactorRequired { .. })));
        assert_eq!(ann.now(), ann.account, "nothing changed yet");
        let code = auth_domain::access_token::BearerToken::new(ann.service.totp_code(&ann.account));
        let confirm = &ann.service.use_cases.confirm_credentials;
        let account = confirm.execute(&ann.caller, &code, &client()).await.expect("the change");
        assert_eq!((tag(&account), account.email.as_str()), (kept, NEW));
        assert_eq!((tag(&ann.now()), ann.now().email.as_str()), (kept, NEW));
    }
}

#[tokio::test]
async fn with_the_rest_it_changes_in_the_same_commit() {
    let ann = Owner::new().await;
    let account = updated(&ann, UpdateCredentialsRequest { locale: Some(Some("de".to_owned())), ..both() }).await;
    assert_eq!((tag(&account), account.email.as_str()), (Some("de"), NEW));
    assert_eq!((tag(&ann.now()), ann.now().updated_at), (Some("de"), account.updated_at));
}

#[tokio::test]
async fn a_malformed_one_is_named_with_what_else_is_wrong() {
    let ann = Owner::new().await;
    for (request, wrong) in [
        (to(Some("french!")), vec!["/locale"]),
        (to(Some("")), vec!["/locale"]),
        (UpdateCredentialsRequest { email: Some("nobody".to_owned()), ..to(Some("e")) }, vec!["/email", "/locale"]),
    ] {
        let UpdateCredentialsError::Malformed(fields) = refused(&ann, request).await else { panic!("malformed") };
        assert_eq!(fields.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), wrong);
        assert_eq!(ann.now(), ann.account);
    }
}

#[tokio::test]
async fn a_session_that_has_ended_changes_none() {
    let ann = Owner::new().await;
    ann.service.end_session(&ann.caller);
    assert!(matches!(refused(&ann, to(Some("fr"))).await, UpdateCredentialsError::Login(_)));
    assert_eq!(ann.now(), ann.account);
}

/// The language that is there in the end is that of the last one, whoever else changes the account.
#[tokio::test]
async fn a_change_in_between_is_kept() {
    let ann = Owner::new().await;
    let account = ann.account.clone();
    ann.service.before_next_commit(move |service| async move {
        service.prove_email(&account);
    });
    let account = updated(&ann, to(Some("fr"))).await;
    assert_eq!((tag(&account), account.email_verified), (Some("fr"), true));
    assert_eq!(account, ann.now());
}
