//! The whole application in this process: the real router with everything that it puts around a request, on the use cases
//! of [`TestService`](auth_testkit::test_service::TestService). No socket, no database, no waiting: time stands still until
//! a test moves it, and randomness counts, so an answer is the same in each run, to the last byte.
//!
//! What an answer looks like is a snapshot in `snapshots/`, all of it: status, headers, body. A test that has none yet, or
//! another one, fails; `INSTA_UPDATE=always cargo test --package auth-http --test whole_app` writes them anew, for
//! `git diff` to show. What a test is about is asserted in the test.
//!
//! | for | say |
//! | --- | --- |
//! | the application | `App::start()`, `App::under(Policy { …, ..Policy::for_tests() })`, `App::with(policy, \|edge\| …)` |
//! | a request | `app.client().post("/auth/login", json!({ … })).await`; from elsewhere: `app.in_network(7)` |
//! | an answer | `reply.expect(200, "USER_LOGGED_IN")`, `insta::assert_snapshot!("name", reply)` |
//! | somebody | `app.register("ann")`, `app.session("ann")` |
//! | another time | `app.wait(seconds)` |
//! | a mail | `app.code(ChallengePurpose::VerifyEmail, "ann@example.org", 1)`, `app.notices("ann@example.org")` |
//! | what is stored | `app.service.store` |
//! | a new start on the same rows | `app.restarted()` |
//!
//! Nothing waits here, so nothing races: what happens at once is tried on both engines, by the store contract and in
//! `tests/black_box`.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected is to fail")]

mod administration;
mod audiences;
mod clocks;
mod credentials;
mod cross_site;
mod deletion_grace;
mod dev_mail;
mod disclosure;
mod every_door;
mod fresh_login;
mod harness;
mod http;
mod internal;
mod invitations;
mod languages;
mod log;
mod login;
mod network_limits;
mod own_data;
mod pages;
mod password_limits;
mod pending_email;
mod provider_tokens;
mod recovery;
mod refresh;
mod registration;
mod second_factors;
mod sessions;
mod suspension;
mod token_exchange;
mod transport;
mod verification;
mod workers;
