//! Steps that many tests need, made by the use cases themselves. Each panics if it is refused: a test that wants the
//! refusal calls the use case.

use auth_domain::account::{Account, EmailAddress};
use auth_domain::mail::{OutgoingContent, OutgoingMail};
use auth_domain::session::Client;
use auth_domain::two_factor::MethodState;
use auth_domain::use_cases::{LoggedIn, LoginOutcome, LoginRequest, PendingStep};

use super::{TestService, client, login_request, register_request};
use crate::doubles::TestTotp;

/// Returns a code other than this one.
pub fn another_code(code: &str) -> String {
    let last = code.as_bytes()[code.len() - 1];
    let other = if last == b'0' { '1' } else { '0' };
    format!("{}{other}", &code[..code.len() - 1])
}

impl TestService {
    /// Registers an account with [`PASSWORD`](super::PASSWORD).
    pub async fn register(&self, email: &str) -> Account {
        self.use_cases.register.execute(register_request(email)).await.expect("a registration").account
    }

    /// Logs in with [`PASSWORD`](super::PASSWORD) to an account that needs nothing else.
    pub async fn log_in(&self, name: &str) -> LoggedIn {
        match self.use_cases.login.execute(login_request(name)).await {
            Ok(LoginOutcome::LoggedIn(logged_in)) => *logged_in,
            other => panic!("{other:?}"),
        }
    }

    /// Requests a password reset code, and returns the step that takes it.
    pub async fn ask_for_reset(&self, email: &str) -> PendingStep {
        let asked = self.use_cases.lost_password.execute(email, &client()).await;
        self.step(&asked.expect("a temp token"))
    }

    /// Requests a password reset code and gives it, and returns the step that sets the password.
    pub async fn begin_reset(&self, email: &str) -> PendingStep {
        let step = self.ask_for_reset(email).await;
        let code = self.mailed_code(email).await;
        let given = self.use_cases.verify_code.execute(&step, &code).await;
        self.step(&given.expect("a temp token"))
    }

    /// Gives [`PASSWORD`](super::PASSWORD), and returns the step that finishes the login with a second factor.
    pub async fn begin_login(&self, name: &str) -> PendingStep {
        self.begin_login_from(name, &client()).await
    }

    /// Begins a login from elsewhere.
    pub async fn begin_login_from(&self, name: &str, client: &Client) -> PendingStep {
        let request = LoginRequest { client: client.clone(), ..login_request(name) };
        match self.use_cases.login.execute(request).await {
            Ok(LoginOutcome::SecondFactorRequired(required)) => self.step(&required.token),
            other => panic!("{other:?}"),
        }
    }

    /// Sends all mails that are due, and returns every mail that was ever sent.
    pub async fn deliver_mails(&self) -> Vec<OutgoingMail> {
        while self.use_cases.deliver_mails.run_once().await.expect("the store") != Default::default() {}
        self.mailer.sent()
    }

    /// Delivers to every service what is due.
    pub async fn deliver_events(&self) {
        for service in &self.use_cases.deliver_events {
            while service.run_once().await.expect("the store") != Default::default() {}
        }
    }

    /// Sends all mails that are due, and returns the latest code that was mailed to this address.
    pub async fn mailed_code(&self, address: &str) -> String {
        let address = EmailAddress::parse(address).expect("an address");
        let code = |mail: OutgoingMail| match mail.content {
            OutgoingContent::Code { code, .. } if mail.to.key() == address.key() => Some(code.reveal().to_owned()),
            _ => None,
        };
        self.deliver_mails().await.into_iter().rev().find_map(code).expect("a mail with a code")
    }

    /// Returns what the app of this account shows now: the enrolled one, or else the one that is being set up.
    pub fn totp_code(&self, account: &Account) -> String {
        self.totp_code_at(account, self.now())
    }

    /// Returns what the app shows at another time.
    pub fn totp_code_at(&self, account: &Account, at: auth_domain::Timestamp) -> String {
        let account = self.account(account);
        let secret = match &account.two_factor.app {
            MethodState::Enabled(enrolment) | MethodState::Disabled(enrolment, None) => &enrolment.secret,
            MethodState::Pending(pending) | MethodState::Disabled(_, Some(pending)) => &pending.secret,
            MethodState::NotSet => panic!("no app is set up"),
        };
        let code = self.totp.code(account.id, secret, TestTotp::step(at));
        code.expect("a secret that opens").reveal().to_owned()
    }

    /// Returns the account as it is now.
    pub fn account(&self, account: &Account) -> Account {
        self.store.account(account.id).expect("the account")
    }
}
