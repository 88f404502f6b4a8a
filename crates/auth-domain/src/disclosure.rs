//! Whether strangers are told who has an account.

/// The setting `AUTH_DISCLOSURE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disclosure {
    /// Answers say what is wrong: nobody by that name, the password, the address.
    Explicit,
    /// Answers to strangers are the same whether the account exists or not.
    Concealed,
}
