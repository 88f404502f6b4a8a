//! The groups of endpoints in the OpenAPI document.

macro_rules! tags {
    ($($(#[doc = $description:literal])+ $name:ident = $text:literal),+ $(,)?) => {
        /// A group of endpoints. Its name is an identifier in every language: generators make modules and classes of it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Tag {
            $($(#[doc = $description])+ $name),+
        }

        impl Tag {
            /// All of them, in the order in which pages show them.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Returns its name in the document.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// Says what its endpoints are for.
            pub(crate) const fn description(self) -> &'static str {
                match self { $(Self::$name => concat!($($description),+).trim_ascii_start()),+ }
            }
        }
    };
}

tags! {
    /// Registration, login, tokens, logout.
    Auth = "auth",
    /// The signed-in user.
    Account = "account",
    /// Where the user is signed in.
    Sessions = "sessions",
    /// A forgotten password: request a code by mail, verify it, set a new password.
    Recovery = "recovery",
    /// Two-factor authentication: an authenticator app, codes by mail, recovery codes.
    TwoFactor = "twoFactor",
    /// Sign-in through an identity provider, and linking one to an account.
    Providers = "providers",
    /// For a gateway in front of other services.
    Gateway = "gateway",
    /// For your other services, which call with an internal token.
    Services = "services",
    /// Administration, by services and by users with the role `admin`.
    Admin = "admin",
    /// The keys that access tokens are verified with.
    Keys = "keys",
    /// For orchestrators and monitoring.
    Health = "health",
    /// Requests that this service sends: events, signed as Standard Webhooks. It sends them to the URLs in its settings.
    Webhooks = "webhooks",
}
