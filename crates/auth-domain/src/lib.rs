//! The pure core of the auth service: accounts, sessions and limits, the rules that they follow, the use cases, and the
//! ports through which these reach the outside.
//!
//! Nothing here reads a clock or a random source, opens a socket or depends on a framework: time and randomness come in
//! through [`ports::Clock`] and [`ports::Entropy`] and are passed down as values. `auth-http` parses requests,
//! `auth-crypto` does cryptography, and the stores run SQL.
//!
//! # Unit-testing a use case with mocked ports
//!
//! The feature `mocks` adds a mockall double named `Mock…` for each port, and `Ports::mocked`, which fills every place
//! with one. A test replaces those that it expects to be called:
//!
//! ```
//! # #[cfg(feature = "mocks")] {
//! use std::sync::Arc;
//! use auth_domain::internal::{InternalService, Scope};
//! use auth_domain::ports::*;
//! use auth_domain::use_cases::{Policy, Ports, UseCases};
//! use auth_domain::{DeletionId, Timestamp};
//!
//! // A store in which nobody has the deletion that is asked for, by a service that may ask:
//! let (mut store, mut tokens, mut clock) = (MockStore::new(), MockInternalTokens::new(), MockClock::new());
//! store.expect_find_deletion().times(1).returning(|_| Ok(None));
//! let backups = InternalService { name: "backups".to_owned(), scopes: [Scope::DeletionsRead].into() };
//! tokens.expect_verify().return_const(Ok(backups));
//! let now = Timestamp::from_seconds(1_800_000_000);
//! clock.expect_now().return_const(now);
//!
//! let (store, internal_tokens, clock) = (Arc::new(store), Arc::new(tokens), Arc::new(clock));
//! let use_cases = UseCases::new(Ports { store, internal_tokens, clock, ..Ports::mocked() }, Policy::for_tests());
//! let caller = use_cases.authenticate_service.execute("a token").unwrap();
//! let answer = tokio::runtime::Builder::new_current_thread()
//!     .build()
//!     .unwrap()
//!     .block_on(use_cases.read_deletion.execute(&caller, DeletionId::generate(now, [7; 32])));
//! assert_eq!(answer, Ok(None));
//! # }
//! ```

pub mod access_token;
pub mod account;
pub mod audience;
pub mod audit;
pub mod authorization;
pub mod challenge;
pub mod data_export;
pub mod deletion;
pub mod disclosure;
pub mod error_code;
pub mod event;
mod id;
pub mod identity;
pub mod import;
pub mod internal;
pub mod invitation;
mod language;
pub mod load;
mod locale;
pub mod mail;
pub mod maintenance;
mod named;
pub mod password_limit;
pub mod pending_credentials;
pub mod ports;
pub mod rate_limit;
pub mod registration;
pub mod retention;
pub mod retired_key;
mod services;
pub mod session;
pub mod signing_key;
pub mod status;
pub mod temp_token;
mod timestamp;
pub mod token_exchange;
pub mod two_factor;
pub mod typed_code;
pub mod use_cases;
pub mod version;

pub use id::{
    AccountId, AuditRecordId, AuthorizationId, ChallengeId, DeletionId, EventId, InvitationId, MailId, Randomness,
    RetiredKeyId, SessionId, SigningKeyId,
};
pub use language::Language;
pub use locale::{InvalidLocale, Locale};
pub use timestamp::Timestamp;
