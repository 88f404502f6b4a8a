//! `UpdatePassword`.

mod refusals;

use std::time::Duration;

use auth_domain::access_token::BearerToken;
use auth_domain::account::{Account, Password};
use auth_domain::audience::Audience;
use auth_domain::error_code::ErrorCode;
use auth_domain::event::EventKind;
use auth_domain::identity::ProviderName;
use auth_domain::mail::{MailContent, NoticeDetails, NoticeKind, Removed};
use auth_domain::rate_limit::AttemptSubject;
use auth_domain::session::{AuthenticationMethod, Revocation, RevocationReason};
use auth_domain::temp_token::TempStep;
use auth_domain::two_factor::{Method, TwoFactor};
use auth_domain::use_cases::{
    FinishLoginError, LoggedIn, LoginFinished, LoginOutcome, LoginRequest, MethodUnusable, PasswordUpdated,
    PendingStep, Policy, SecondFactor, UpdatePasswordError, UpdatePasswordRequest,
};
use auth_testkit::fixtures;
use auth_testkit::test_service::{TestService, client, login_request, subscriptions};

use crate::code;

const ANN: &str = "ann@example.org";
const NEW: &str = "another horse";

/// Ann, who has given the code that was mailed to her.
struct Ann {
    service: TestService,
    account: Account,
    step: PendingStep,
}

impl Ann {
    /// Nothing ever came from her address before.
    async fn new() -> Self {
        Self::after(async |_, _| ()).await
    }

    /// Her address was proved before.
    async fn proved() -> Self {
        Self::after(async |service, ann| drop(service.prove_email(&ann))).await
    }

    /// What happened before she lost her password is for `before` to say.
    async fn after(before: impl AsyncFnOnce(TestService, Account)) -> Self {
        let policy = Policy { subscriptions: subscriptions(&["users"]), ..Policy::for_tests() };
        let service = TestService::with_policy(policy);
        let account = service.register(ANN).await;
        before(service.clone(), account.clone()).await;
        let step = service.begin_reset(ANN).await;
        let account = service.account(&account);
        Self { service, account, step }
    }

    async fn update(&self, password: &str) -> Result<PasswordUpdated, UpdatePasswordError> {
        update(&self.service, &self.step, password).await
    }

    async fn logged_in(&self) -> LoggedIn {
        match self.update(NEW).await {
            Ok(PasswordUpdated::LoggedIn(logged_in)) => *logged_in,
            other => panic!("{other:?}"),
        }
    }

    async fn refused(&self) -> UpdatePasswordError {
        self.update(NEW).await.expect_err("a refusal")
    }

    fn now(&self) -> Account {
        self.service.account(&self.account)
    }

    /// The old password still stands, and nobody was told of a change.
    async fn assert_unchanged(&self) {
        assert_eq!(self.now().password_hash, self.account.password_hash);
        assert_eq!(self.service.store.notices_to(&self.account.email), []);
        assert_eq!(
            self.service.store.sessions().iter().filter(|one| one.method != AuthenticationMethod::Password).count(),
            0
        );
    }
}

async fn update(service: &TestService, step: &PendingStep, text: &str) -> Result<PasswordUpdated, UpdatePasswordError> {
    let (password, confirm_password) = (Password::new(text), Password::new(text));
    let request = UpdatePasswordRequest { password, confirm_password, audience: Audience::Default, client: client() };
    service.use_cases.update_password.execute(step, request).await
}

#[tokio::test]
async fn the_new_password_is_set_and_a_session_opened_with_it() {
    let ann = Ann::new().await;
    let logged_in = ann.logged_in().await;
    let now = ann.now();
    assert_eq!((logged_in.account.id, now.email_verified, now.ever_proved), (ann.account.id, true, true));
    assert_eq!(now.credential_version, ann.account.credential_version.next());
    let caller = ann.service.authenticated(&logged_in).await;
    assert_eq!(
        (caller.session().method, caller.session().created_at),
        (AuthenticationMethod::MailedCode, ann.service.now())
    );
    let password = Password::new(NEW);
    let login = ann.service.use_cases.login.execute(LoginRequest { password, ..login_request(ANN) });
    assert!(login.await.is_ok());
    let old = ann.service.use_cases.login.execute(login_request(ANN)).await.expect_err("a refusal");
    assert_eq!(code(old), ErrorCode::InvalidPassword);
}

#[tokio::test]
async fn every_session_ends_and_all_are_told() {
    let ann = Ann::after(async |service, ann| drop(service.caller(&ann).await)).await;
    ann.service.deliver_events().await;
    ann.logged_in().await;
    let sessions = ann.service.store.sessions_of(ann.account.id);
    let at = ann.service.now();
    let changed = Some(Revocation { at, reason: RevocationReason::PasswordChanged });
    assert_eq!(sessions.iter().map(|one| one.revocation).collect::<Vec<_>>(), [changed, None]);
    assert_eq!(ann.service.store.notices_to(&ann.account.email), [NoticeKind::PasswordReset]);
    let event = ann.service.store.events().pop().expect("an event");
    assert_eq!((event.kind, event.account_id), (EventKind::PasswordChanged, ann.account.id));
    assert!(event.occurred_at > ann.account.updated_at);
    assert_eq!(ann.service.store.addressees(), ["users"; 2]);
    for action in ["password.changed", "email.proved", "sessions.ended", "session.opened"] {
        assert!(ann.service.store.audit_actions().contains(&action.to_owned()), "{action}");
    }
}

#[tokio::test]
async fn the_owner_is_told_what_a_reset_removed_and_who_can_still_sign_in() {
    let removed = Ann::after(async |service, ann| {
        service.enable_app(&service.link(&ann, &service.google, "of a squatter"));
    });
    let provider = ProviderName::parse("google").expect("a name");
    let both = vec![Removed::SecondFactor(Method::App), Removed::Identity(provider.clone())];
    let kept = Ann::after(async |service, ann| {
        service.link(&service.prove_email(&ann), &service.google, "ann at google");
    });
    for (ann, removed, providers) in [(removed.await, both, vec![]), (kept.await, vec![], vec![provider])] {
        ann.update(NEW).await.expect("a new password");
        let owed = ann.service.store.owed_mails();
        let notices = owed.into_iter().filter_map(|mail| match mail.content {
            MailContent::Notice(notice) => Some(notice),
            MailContent::Invitation(_) | MailContent::Code { .. } => None,
        });
        let [notice] = &notices.collect::<Vec<_>>()[..] else { panic!("one notice") };
        assert_eq!((notice.kind, notice.address_proved), (NoticeKind::PasswordReset, true));
        assert_eq!(notice.details, NoticeDetails { about: None, removed, providers, until: None });
    }
}

#[tokio::test]
async fn at_the_first_proof_of_any_address_whatever_was_added_before_goes() {
    let squatter = fixtures::client(9);
    let ann = Ann::after(async |service, ann| {
        let login = LoginRequest { client: fixtures::client(9), ..login_request(ANN) };
        service.use_cases.login.execute(login).await.expect("a session");
        service.enable_app(&ann);
        service.give_recovery_codes(&ann);
        service.link(&ann, &service.google, "of a squatter");
    });
    let ann = ann.await;
    ann.logged_in().await;
    let (now, version) = (ann.now(), ann.account.two_factor.version.next());
    assert_eq!(now.two_factor, TwoFactor { version, ..TwoFactor::none() });
    assert_eq!(now.identities, []);
    assert_eq!(ann.service.store.challenges(), [], "no code that was mailed before is good");
    let limit = |network| ann.service.store.password_limit(AttemptSubject::Account(ann.account.id), network);
    assert_eq!(limit(squatter.network()).attempts.last_success_at, None, "that was not the owner");
    assert_eq!(limit(client().network()).attempts.last_success_at, Some(ann.service.now()));
}

#[tokio::test]
async fn what_was_added_after_a_proof_stays() {
    let ann = Ann::after(async |service, ann| {
        let ann = service.link(&service.prove_email(&ann), &service.google, "ann at google");
        service.use_cases.login.execute(LoginRequest { client: fixtures::client(2), ..login_request(ANN) }).await.ok();
        service.enable_app(&ann);
    });
    let ann = ann.await;
    assert!(matches!(ann.update(NEW).await, Ok(PasswordUpdated::SecondFactorRequired(_))));
    let now = ann.now();
    assert_eq!((now.two_factor, now.identities), (ann.account.two_factor, ann.account.identities));
    let from_elsewhere =
        ann.service.store.password_limit(AttemptSubject::Account(now.id), fixtures::client(2).network());
    assert!(from_elsewhere.attempts.last_success_at.is_some());
}

#[tokio::test]
async fn at_the_first_proof_of_a_later_address_identities_go_and_second_factors_stay() {
    let ann = Ann::after(async |service, ann| {
        let ann = service.change_email(&service.prove_email(&ann), "first@example.org");
        let ann = service.change_email(&service.link(&ann, &service.google, "of another"), ANN);
        service.enable_app(&ann);
    });
    let ann = ann.await;
    assert!(matches!(ann.update(NEW).await, Ok(PasswordUpdated::SecondFactorRequired(_))));
    assert_eq!((ann.now().identities, ann.now().two_factor), (Vec::new(), ann.account.two_factor));
}

#[tokio::test]
async fn a_reset_goes_past_no_second_factor() {
    for (method, mailed) in [(Method::App, 0), (Method::Email, 1)] {
        let ann = Ann::after(async |service, ann| {
            let ann = service.prove_email(&ann);
            if method == Method::App {
                service.enable_app(&ann)
            } else {
                service.enable_email_factor(&ann)
            };
        });
        let ann = ann.await;
        let Ok(PasswordUpdated::SecondFactorRequired(required)) = ann.update(NEW).await else { panic!("{method:?}") };
        assert_eq!((required.methods, required.primary), (vec![method], method));
        assert_eq!(ann.service.step(&required.token).step(), TempStep::GiveSecondFactorAfterReset);
        assert_eq!(ann.service.store.sessions(), [], "the password is set, and that is all");
        assert_eq!(ann.now().credential_version, ann.account.credential_version.next());
        let codes = ann.service.store.owed_mails().len() - ann.service.store.notices_to(&ann.account.email).len();
        assert_eq!(codes, mailed);
    }
}

#[tokio::test]
async fn whoever_has_missed_often_need_not_wait_after_a_reset() {
    let ann = Ann::after(async |service, ann| {
        service.prove_email(&ann);
        for _ in 0..6 {
            let password = Password::new("wrong");
            service.use_cases.login.execute(LoginRequest { password, ..login_request(ANN) }).await.expect_err("a miss");
        }
    });
    let ann = ann.await;
    let limit = || ann.service.store.password_limit(AttemptSubject::Account(ann.account.id), client().network());
    assert!(limit().check(ann.service.now()).is_err());
    ann.logged_in().await;
    assert_eq!((limit().attempts.misses, limit().check(ann.service.now())), (0, Ok(())));
}

#[tokio::test]
async fn a_mailbox_alone_gets_past_no_app_neither_at_the_reset_nor_at_the_next_login() {
    let ann = Ann::after(async |service, ann| {
        service.enable_app(&service.enable_email_factor(&service.prove_email(&ann)));
    });
    let ann = ann.await;
    assert_eq!(ann.account.two_factor.primary(), Some(Method::Email));
    let Ok(PasswordUpdated::SecondFactorRequired(required)) = ann.update(NEW).await else { panic!("no second factor") };
    assert_eq!((required.methods, required.primary), (vec![Method::App], Method::App));
    let login = LoginRequest { password: Password::new(NEW), ..login_request(ANN) };
    let Ok(LoginOutcome::SecondFactorRequired(again)) = ann.service.use_cases.login.execute(login).await else {
        panic!("no second factor")
    };
    assert_eq!((again.methods, again.primary), (vec![Method::App], Method::App));
    for token in [required.token, again.token] {
        let sent = ann.service.use_cases.finish_login.send_code(&ann.service.step(&token), &client()).await;
        assert_eq!(sent, Err(FinishLoginError::Unusable(MethodUnusable::Disabled)));
    }
    let owed = ann.service.store.owed_mails();
    let removed = vec![Removed::SecondFactor(Method::Email)];
    assert!(
        owed.iter().any(|mail| matches!(&mail.content, MailContent::Notice(told) if told.details.removed == removed))
    );
}

#[tokio::test]
async fn an_app_that_came_after_the_codes_by_mail_and_within_a_day_does_not_end_them() {
    let day = Duration::from_secs(24 * 3_600);
    for (later, methods) in [(day - crate::MOMENT, vec![Method::App, Method::Email]), (day, vec![Method::App])] {
        let ann = Ann::after(async |service, ann| {
            let ann = service.enable_email_factor(&service.prove_email(&ann));
            service.clock.advance(crate::MOMENT);
            service.enable_app(&ann);
            service.clock.advance(later);
        });
        let ann = ann.await;
        ann.update(NEW).await.expect("a new password");
        assert_eq!(ann.now().two_factor.enabled().collect::<Vec<_>>(), methods, "{later:?}");
    }
}

#[tokio::test]
async fn after_a_reset_a_code_by_mail_is_no_second_factor() {
    let ann = Ann::after(async |service, ann| {
        service.enable_email_factor(&service.prove_email(&ann));
    });
    let ann = ann.await;
    let Ok(PasswordUpdated::SecondFactorRequired(required)) = ann.update(NEW).await else { panic!("no second factor") };
    assert_eq!(required.methods, [Method::Email]);
    let given = SecondFactor::Email(BearerToken::new(ann.service.mailed_code(ANN).await));
    let step = ann.service.step(&required.token);
    let finished = ann.service.use_cases.finish_login.execute(&step, &given, &Audience::Default, &client()).await;
    assert!(matches!(finished, Ok(LoginFinished::LoggedIn(_))), "{finished:?}");
    let session = ann.service.store.sessions().pop().expect("a session");
    assert_eq!(session.method, AuthenticationMethod::MailedCode);
    assert!(!session.method.passed_second_factor());
}

#[tokio::test]
async fn an_address_that_was_typed_into_an_account_without_a_password_can_be_recovered_by_its_owner() {
    let service = TestService::new();
    // Whoever signs in through google typed the address of another, who is to get the account and not its links.
    let squatter = service.insert_linked("squatter@example.org", "of a squatter");
    let step = {
        let refused = service.use_cases.lost_password.execute("squatter@example.org", &client()).await;
        assert_eq!(refused.map_err(code).err(), Some(ErrorCode::UserLinked), "its provider told that address");
        service.change_email(&squatter, ANN);
        service.begin_reset(ANN).await
    };
    let ann = Ann { account: service.account(&squatter), service, step };
    let logged_in = ann.logged_in().await;
    assert_eq!((logged_in.account.email_verified, logged_in.account.identities), (true, Vec::new()));
    assert!(ann.now().password_hash.is_some());
    assert!(
        ann.service
            .use_cases
            .login
            .execute(LoginRequest { password: Password::new(NEW), ..login_request(ANN) })
            .await
            .is_ok()
    );
}
