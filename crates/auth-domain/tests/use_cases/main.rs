//! Every use case, a file each: the good way, each error that it can answer, a race that it loses, and each boundary in time.
//!
//! They run on [`TestService`](auth_testkit::test_service::TestService): the use cases on a store in memory that passes the
//! store contract, with doubles of the other ports. Nothing waits and nothing is random. To add a file, add its `mod` line
//! below. What a file needs:
//!
//! | for | say |
//! | --- | --- |
//! | a service | `TestService::new()`, or under another policy `TestService::with_policy(Policy { …, ..Policy::for_tests() })` |
//! | somebody | `service.register("ann@example.org").await`, then `service.log_in("ann@example.org").await` |
//! | somebody who asks, and the check that a refusal leaves everything as it was | [`owner::Owner`], `owner.refused(…)` |
//! | an account in some state | `service.enable_app(&ann)`, `enable_email_factor`, `give_recovery_codes`, `prove_email`, `insert_linked`, `set_password`, `delete` |
//! | a permission | `service.caller(&ann).await`, `service.step(&token)`, `service.service_caller("users")`, `service.operator.operator`; a step that no use case makes a token for: `service.forged_step(&challenge, step)` |
//! | a code | `service.mailed_code("ann@example.org").await`, `service.totp_code(&ann)`; a wrong one: `another_code(&code)`; the steps of a reset: `service.ask_for_reset(ANN).await`, `service.begin_reset(ANN).await` |
//! | another time | `service.clock.advance(…)`; a boundary is tried a [`MOMENT`] before it and at it |
//! | a lost race | `service.before_next_commit(\|service\| async move { … })`, `service.before_commit_of(is_meant, …)`; between two reads `before_later_call`; without end `lose_every_round` |
//! | a store that fails | `with_each_call_failing`, `service.store.fail_next(…)` |
//! | other ports that fail | `service.passwords.fail_next(…)`, `service.access_tokens.set_signing_key(false)`, `service.mailer.fail_next(…)` |
//! | what was done | `service.store`: `sessions()`, `owed_mails()`, `notices_to(…)`, `events()`, `audit_actions()`, `commits()` |
//!
//! A test of a refusal names the error and its code ([`code`]), and says that nothing was done which should not be.

#![expect(clippy::expect_used, reason = "a test that meets the unexpected is to fail")]

mod administration;
mod ann;
mod authenticate;
mod authenticate_service;
mod authenticate_step;
mod begin_authorization;
mod confirm_credentials;
mod delete_account;
mod deletion_grace;
mod deliver_events;
mod deliver_mails;
mod finish_authorization;
mod finish_login;
mod import_accounts;
mod introspect;
mod invitations;
mod kept_sessions;
mod learn_networks;
mod list_credentials;
mod list_events;
mod list_second_factors;
mod login;
mod logout;
mod lost_password;
mod manage_second_factors;
mod owner;
mod publish_signing_keys;
mod purge_expired;
mod read_deletion;
mod read_status;
mod reauthenticate;
mod refresh_session;
mod register;
mod request_export;
mod reseal_secrets;
mod sessions;
mod set_roles;
mod set_up_second_factor;
mod sign_in_by_token;
mod unlink_identity;
mod unlock_account;
mod update_credentials;
mod update_password;
mod verify_code;
mod verify_email;

use std::time::Duration;

use auth_domain::error_code::{Details, ErrorCode, Refusal};
use auth_domain::use_cases::{FreshLoginError, ReauthenticationRequired};

/// The least time there is.
pub const MOMENT: Duration = Duration::from_micros(1);

/// The refusal of a login that is too long ago, or passed no second factor.
pub fn stale<E: From<FreshLoginError>>(max_age: Duration) -> E {
    FreshLoginError::from(ReauthenticationRequired { max_age: Some(max_age) }).into()
}

/// Returns the code that an error is answered with.
pub fn code(error: impl Into<Refusal>) -> ErrorCode {
    error.into().code
}

/// Returns how long the caller of a refused request is to wait.
pub fn wait(error: impl Into<Refusal>) -> Duration {
    match error.into().details {
        Details::RetryAfter(wait) => wait,
        other => panic!("{other:?}"),
    }
}
