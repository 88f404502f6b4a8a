//! Starts the real binary on either engine and talks to it.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot be set up is to fail")]

mod browser;
mod client;
mod database_proxy;
mod examples;
mod gateway;
mod haproxy;
mod mailbox;
mod nginx;
mod second_factor;
mod server;
mod smtp;
mod stand_in;
mod webhooks;

pub use browser::{OpenIdProvider, browse, browse_example, empty_page};
pub use client::{Client, Reply};
pub use database_proxy::{DatabaseProxy, RoundTrip};
pub use examples::{Running, assert_prints, example, examples_python, go_example, java_libraries, page};
pub use gateway::Gateway;
pub use haproxy::HaProxy;
pub use mailbox::{Mail, mails_in, wait_for};
pub use nginx::Nginx;
pub use second_factor::{scan_qr, totp};
pub use server::{Descriptors, Engine, MASTER_KEY, SECRET, Server, binary, python};
pub use smtp::SmtpServer;
pub use stand_in::{Behaviour, CLIENT_ID, CLIENT_SECRET, Grant, StandIn, id_token, signing_key};
pub use webhooks::{WEBHOOK_SECRET, WebhookReceiver};

/// How long to wait for what should happen soon. A machine that is busy with other things takes its time.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(180);
/// A password that meets the policy.
pub const PASSWORD: &str = "correct horse battery staple";

/// One test an engine, from `async fn name(engine: Engine) { … }`.
#[macro_export]
macro_rules! each_engine {
    ($($(#[$attribute:meta])* async fn $name:ident($engine:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn test($engine: $crate::Engine) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            $(#[$attribute])*
            async fn sqlite() {
                test($crate::Engine::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            $(#[$attribute])*
            async fn postgres() {
                test($crate::Engine::Postgres).await;
            }
        }
    )+};
}
