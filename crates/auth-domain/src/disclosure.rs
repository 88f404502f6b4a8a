//! Whether strangers may find out who has an account.

/// The setting `AUTH_DISCLOSURE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disclosure {
    /// Answers say what is wrong: that no account has the name, that the password is wrong, that the address is taken.
    Explicit,
    /// Answers to strangers are the same whether the account exists or not.
    Concealed,
}
