//! Mails are in the language of the account's owner, whoever asked for them.

use auth_domain::account::EmailAddress;
use auth_domain::mail::OutgoingContent;
use auth_domain::use_cases::{InvitationRequest, Policy, RegisterRequest};
use auth_domain::{Language, disclosure::Disclosure};
use auth_testkit::test_service::{TestService, client, register_request};

use crate::ann::ANN;

/// Sends what is owed, and returns the languages of the codes and of the other mails, the oldest first.
async fn languages(service: &TestService) -> (Vec<Language>, Vec<Language>) {
    let mails = service.deliver_mails().await;
    let (codes, others): (Vec<_>, Vec<_>) =
        mails.into_iter().partition(|mail| matches!(mail.content, OutgoingContent::Code { .. }));
    let of = |mails: Vec<auth_domain::mail::OutgoingMail>| mails.iter().map(|mail| mail.language).collect();
    (of(codes), of(others))
}

#[tokio::test]
async fn a_code_is_in_the_language_that_the_owner_has_when_it_is_sent() {
    let service = TestService::new();
    let ann = service.register(ANN).await;
    service.deliver_mails().await;
    service.ask_for_reset(ANN).await;
    service.set_locale(&service.account(&ann), "fr-CA");
    assert_eq!(languages(&service).await.0, [Language::English, Language::French]);
}

#[tokio::test]
async fn a_language_that_is_not_spoken_is_the_default_one() {
    let service = TestService::with_policy(Policy { default_language: Language::Spanish, ..Policy::for_tests() });
    let ann = service.register(ANN).await;
    service.deliver_mails().await;
    service.ask_for_reset(ANN).await;
    service.set_locale(&service.account(&ann), "pt-BR");
    assert_eq!(languages(&service).await.0, [Language::Spanish; 2]);
}

/// The account is gone when its last notice goes.
#[tokio::test]
async fn a_notice_outlives_its_account_in_the_language_of_the_owner() {
    let service = TestService::new();
    let ann = service.register(ANN).await;
    let ann = service.set_locale(&service.prove_email(&ann), "de");
    let caller = service.fresh_caller(&ann).await;
    service.use_cases.delete_account.by_owner(&caller, &client()).await.expect("a deletion");
    assert_eq!(languages(&service).await, (vec![], vec![Language::German]), "the code is of no use any more");
}

/// Who tries to register with Ann's address is a stranger, whose language says nothing of hers.
#[tokio::test]
async fn a_stranger_does_not_choose_the_language_of_the_owner() {
    let policy = Policy { disclosure: Disclosure::Concealed, ..Policy::for_tests() };
    let service = TestService::with_policy(policy);
    let ann = service.register(ANN).await;
    service.set_locale(&ann, "fr");
    service.deliver_mails().await;
    let again = RegisterRequest { locale: Some("es".to_owned()), ..register_request(ANN) };
    service.use_cases.register.execute(again).await.expect("no refusal");
    assert_eq!(languages(&service).await, (vec![Language::French], vec![Language::French]));
}

#[tokio::test]
async fn an_invitation_is_in_the_language_that_was_named_or_in_the_default_one() {
    for (locale, language) in [(None, Language::German), (Some("it"), Language::German), (Some("fr"), Language::French)]
    {
        let service = TestService::with_policy(Policy { default_language: Language::German, ..Policy::for_tests() });
        let email = Some(EmailAddress::parse(ANN).expect("an address").as_str().to_owned());
        let request = InvitationRequest { email, locale: locale.map(str::to_owned), ..InvitationRequest::default() };
        let by = service.operator.operator.as_admin();
        service.operator.manage_invitations.create(&by, &request, &client()).await.expect("an invitation");
        assert_eq!(languages(&service).await, (vec![], vec![language]));
    }
}
