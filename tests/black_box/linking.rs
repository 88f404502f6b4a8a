//! Which account a sign-in leads to: (local account) × (the provider's address) × (linked or not), each cell tried.

use auth_black_box::{PASSWORD, Reply, Server, StandIn, each_engine};
use serde_json::{Value, json};

use crate::sign_in::{begun_at, come_back, google_user, with_google};

/// The account that has the address already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Local {
    None,
    Unproved,
    Proved,
    /// By 42, which proves no address.
    WithoutPasswordUnproved,
    WithoutPasswordProved,
}

/// What the provider says of the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Theirs {
    None,
    Unproved,
    Proved,
}

/// What the sign-in leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The account that the identity was linked to, or is now.
    Existing,
    /// A new one, whose address is proved or not.
    New {
        proved: bool,
    },
    Refused(&'static str),
}

/// The table of contract section 5.
fn expected(local: Local, theirs: Theirs, linked: bool) -> Outcome {
    match (linked, local, theirs) {
        // The subject identifies a linked account, whatever the address.
        (true, _, _) => Outcome::Existing,
        (false, _, Theirs::None) => Outcome::Refused("EMAIL_REQUIRED"),
        (false, Local::None, theirs) => Outcome::New { proved: theirs == Theirs::Proved },
        (false, Local::Proved | Local::WithoutPasswordProved, Theirs::Proved) => Outcome::Existing,
        (false, _, _) => Outcome::Refused("EMAIL_EXISTS"),
    }
}

struct Cell<'a> {
    server: &'a Server,
    stand_in: &'a StandIn,
    name: String,
}

impl Cell<'_> {
    fn email(&self) -> String {
        format!("{}@example.org", self.name)
    }

    /// Makes the account; answers its id and an access token.
    async fn account(&self, local: Local) -> Option<(Value, String)> {
        let (client, email) = (self.server.client(), self.email());
        let data = match local {
            Local::None => return None,
            Local::Unproved | Local::Proved => {
                self.server.register(&self.name).await;
                client.login(&self.name, PASSWORD).await.expect(200, "USER_LOGGED_IN")
            }
            Local::WithoutPasswordUnproved | Local::WithoutPasswordProved => {
                let id = 1_000_000 + self.name[4..].parse::<u64>().unwrap();
                let profile = crate::sign_in::profile(id, Some(&email));
                crate::sign_in::with_42(&client, self.stand_in, profile).await.expect(201, "USER_REGISTERED")
            }
        };
        let access = data["tokens"]["accessToken"].as_str().unwrap().to_owned();
        if matches!(local, Local::Proved | Local::WithoutPasswordProved) {
            let code = json!({ "otpCode": self.server.code("verify-email", &email, 1).await });
            client.bearer(&access).post("/auth/verify-email", code).await.expect(200, "EMAIL_VERIFIED");
        }
        Some((data["user"]["id"].clone(), access))
    }

    /// Links the identity to that account, or to one with another address.
    async fn link(&self, account: Option<&(Value, String)>) -> Value {
        let (id, access) = match account {
            Some((id, access)) => (id.clone(), access.clone()),
            None => {
                let user = self.server.register(&format!("{}-else", self.name)).await;
                let login = self.server.client().login(&format!("{}-else", self.name), PASSWORD).await;
                (user["id"].clone(), login.tokens().0)
            }
        };
        let bearer = self.server.client().bearer(&access);
        let started = bearer.post("/auth/google/link", json!({})).await.expect(200, "AUTHORIZATION_STARTED");
        let begun = begun_at(started["authorizationUrl"].as_str().unwrap());
        let mut claims = google_user(self.stand_in, &self.name, None, false);
        claims["nonce"] = json!(begun.nonce);
        self.stand_in.grant(&self.name, auth_black_box::Grant::of(&claims));
        come_back(&bearer, "google", &self.name, &begun.state).await.expect(200, "PROVIDER_LINKED");
        id
    }

    async fn sign_in(&self, theirs: Theirs) -> Reply {
        let email = (theirs != Theirs::None).then(|| self.email());
        let claims = google_user(self.stand_in, &self.name, email.as_deref(), theirs == Theirs::Proved);
        with_google(&self.server.client(), self.stand_in, claims).await
    }

    async fn try_it(&self, local: Local, theirs: Theirs, linked: bool) {
        let account = self.account(local).await;
        let linked_to = if linked { Some(self.link(account.as_ref()).await) } else { None };
        let accounts = || self.server.sql("SELECT count(*) FROM accounts").parse::<u32>().unwrap();
        let before = accounts();
        let existing = linked_to.or(account.map(|(id, _)| id));
        let cell = format!("{local:?} × {theirs:?} × linked {linked}");
        for again in [false, true] {
            let reply = self.sign_in(theirs).await;
            let got = (reply.status, reply.code().to_owned());
            let user = reply.body["data"]["user"].clone();
            match (expected(local, theirs, linked), again) {
                (Outcome::Existing, _) => {
                    assert_eq!(got, (200, "USER_LOGGED_IN".to_owned()), "{cell}");
                    assert_eq!(Some(&user["id"]), existing.as_ref(), "{cell}");
                    assert!(user["linkedProviders"].as_array().unwrap().contains(&json!("google")), "{cell}");
                    assert_eq!(accounts(), before, "{cell}");
                }
                (Outcome::New { proved }, false) => {
                    assert_eq!(got, (201, "USER_REGISTERED".to_owned()), "{cell}");
                    assert_eq!(user["emailVerified"], proved, "{cell}");
                    assert_eq!(accounts(), before + 1, "{cell}");
                }
                (Outcome::New { .. }, true) => assert_eq!(got, (200, "USER_LOGGED_IN".to_owned()), "{cell}"),
                (Outcome::Refused(code), _) => {
                    assert_eq!(got, (400, code.to_owned()), "{cell}");
                    assert_eq!(accounts(), before, "{cell}");
                }
            }
        }
    }
}

each_engine! {
    async fn every_cell_of_the_table(engine) {
        let stand_in = StandIn::start();
        let server = Server::with(engine, &stand_in.settings()).await;
        let mut number = 0;
        let locals = [Local::None, Local::Unproved, Local::Proved, Local::WithoutPasswordUnproved, Local::WithoutPasswordProved];
        for local in locals {
            for theirs in [Theirs::None, Theirs::Unproved, Theirs::Proved] {
                for linked in [false, true] {
                    number += 1;
                    let cell = Cell { server: &server, stand_in: &stand_in, name: format!("cell{number}") };
                    cell.try_it(local, theirs, linked).await;
                }
            }
        }
        assert_eq!(number, 30);
    }

    /// A mailbox that changes hands: the provider gives the same address to somebody else.
    async fn an_address_that_moved_to_another_subject_does_not_log_in(engine) {
        let stand_in = StandIn::start();
        let server = Server::with(engine, &stand_in.settings()).await;
        let client = server.client();
        let user = |subject: &str| google_user(&stand_in, subject, Some("shared@example.org"), true);
        with_google(&client, &stand_in, user("first")).await.expect(201, "USER_REGISTERED");
        with_google(&client, &stand_in, user("second")).await.expect(400, "EMAIL_EXISTS");
    }

    /// What is linked by address is linked with the session, so not before a second factor was given.
    async fn an_address_alone_links_nothing_to_an_account_with_a_second_factor(engine) {
        let stand_in = StandIn::start();
        let server = Server::with(engine, &stand_in.settings()).await;
        let client = server.client();
        let cell = Cell { server: &server, stand_in: &stand_in, name: "cell1".to_owned() };
        let (_, access) = cell.account(Local::Proved).await.unwrap();
        let bearer = client.bearer(&access);
        bearer.post("/2fa/email/setup", json!({})).await.expect(200, "CODE_SENT");
        let code = json!({ "otpCode": server.code("two-factor-setup", &cell.email(), 1).await });
        bearer.post("/2fa/email/verify-setup", code).await.expect(200, "TWOFA_ENABLED");
        let pending = cell.sign_in(Theirs::Proved).await.expect(206, "TWOFA_REQUIRED");
        assert_eq!(server.sql("SELECT count(*) FROM identities"), "0");
        let temp = client.bearer(pending["tempToken"].as_str().unwrap());
        let code = json!({ "otpCode": server.code("two-factor-login", &cell.email(), 1).await });
        temp.post("/2fa/email/verify-login", code).await.expect(200, "USER_LOGGED_IN");
        assert_eq!(server.sql("SELECT count(*) FROM identities"), "0");
    }
}
