//! What several use cases share: comparing passwords and codes, opening sessions, queueing mails and events, and the
//! loop that reads, decides and commits. Nothing is here that only one use case needs.

mod admins;
mod admission;
mod announcements;
mod challenges;
mod email_verification;
mod environment;
mod fresh_login;
mod identity_links;
mod login_notices;
mod mail_limits;
mod notices;
mod password_check;
mod second_factors;
mod session_tokens;
mod turns;

pub use admins::LastAdmin;
pub(crate) use admission::{Admission, Admitted};
pub(crate) use announcements::Announcements;
pub(crate) use challenges::Challenges;
pub use challenges::GiveCodeError;
pub(crate) use email_verification::RequireVerificationError;
pub(crate) use environment::{Decision, Environment, Lost};
pub use fresh_login::{FreshLogin, FreshLoginError, ReauthenticationRequired, StepUp};
pub(crate) use identity_links::{link, touched};
pub(crate) use notices::{notice, notice_about, notice_to};
pub use password_check::{PasswordAccepted, PasswordCheckError};
pub(crate) use password_check::{PasswordCheck, PasswordMatched, Success, salt};
pub use second_factors::{MethodUnusable, SecondFactor, SecondFactorRequired};
pub(crate) use second_factors::{SecondFactors, Verdict, after_first_factor, counts_after, rests_on_mail};
pub use session_tokens::{IssuedAccessToken, IssuedTokens, LoggedIn};
pub(crate) use session_tokens::{SessionTokens, session_of};
