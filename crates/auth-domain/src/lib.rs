//! The pure core of the auth service: what an account, a session and a budget are, the rules they
//! follow, the use cases, and the ports through which those reach the outside.
//!
//! Nothing here reads a clock or a random source, opens a socket or knows a framework: time and
//! randomness come in through [`ports::Clock`] and [`ports::Entropy`] and go down as values. Parsing
//! of requests is `auth-http`'s, cryptography `auth-crypto`'s, SQL the stores'.
//!
//! # Unit-testing a use case with mocked ports
//!
//! The feature `mocks` gives each port a `Mock…` double by mockall. A use case is a struct of the
//! ports it needs, so a test builds it with doubles and calls it:
//!
//! ```
//! # #[cfg(feature = "mocks")] {
//! use std::sync::Arc;
//! use auth_domain::account::{Password, PasswordHash, PasswordPolicy};
//! use auth_domain::ports::*;
//! use auth_domain::use_cases::{Register, RegisterError, RegisterRequest};
//! use auth_domain::Timestamp;
//!
//! // A store in which the e-mail address is taken already:
//! let mut store = MockStore::new();
//! store.expect_commit().times(1).returning(|_| Err(CommitError::Duplicate(UniqueKey::Email)));
//!
//! let mut hasher = MockPasswordHasher::new();
//! hasher.expect_hash().returning(|_, _| Ok(PasswordHash::from_phc("$argon2id$…".to_owned())));
//! let mut clock = MockClock::new();
//! clock.expect_now().return_const(Timestamp::from_seconds(1_800_000_000));
//! let mut entropy = MockEntropy::new();
//! entropy.expect_bytes().return_const([7; 32]);
//!
//! let register = Register {
//!     store: Arc::new(store),
//!     hasher: Arc::new(hasher),
//!     clock: Arc::new(clock),
//!     entropy: Arc::new(entropy),
//!     policy: PasswordPolicy { min_characters: 8 },
//! };
//! let answer = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(
//!     register.execute(RegisterRequest {
//!         username: None,
//!         email: "ann@example.org".to_owned(),
//!         password: Password::new("correct horse battery"),
//!         confirm_password: None,
//!     }),
//! );
//! assert_eq!(answer, Err(RegisterError::Taken));
//! # }
//! ```

pub mod access_token;
pub mod account;
pub mod budget;
pub mod deletion;
pub mod error_code;
mod id;
pub mod internal;
pub mod mail;
pub mod ports;
pub mod retention;
pub mod session;
pub mod signing_key;
mod timestamp;
pub mod use_cases;

pub use id::{AccountId, DeletionId, MailId, Randomness, SessionId, SigningKeyId};
pub use timestamp::Timestamp;
