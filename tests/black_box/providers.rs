//! Signing in with Google and with 42, each a stand-in; linking and unlinking.

use auth_black_box::{Engine, Grant, PASSWORD, Server, StandIn, each_engine};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::sign_in::{Begun, begin, begun_at, claims, come_back, google_user, profile, with_42, with_google};

fn payload(access_token: &str) -> Value {
    let payload = access_token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn access_token(data: &Value) -> String {
    data["tokens"]["accessToken"].as_str().unwrap().to_owned()
}

each_engine! {
    async fn google_registers_a_user_and_then_logs_them_in(engine) {
        let stand_in = StandIn::start();
        let server = Server::with(engine, &stand_in.settings()).await;
        let (client, ann) = (server.client(), google_user(&stand_in, "1|ann", Some("Ann@Example.org"), true));
        let registered = with_google(&client, &stand_in, ann.clone()).await.expect(201, "USER_REGISTERED");
        let user = &registered["user"];
        assert_eq!(user["email"], "Ann@Example.org");
        assert_eq!((&user["emailVerified"], &user["hasPassword"]), (&json!(true), &json!(false)));
        assert_eq!((&user["username"], &user["linkedProviders"]), (&Value::Null, &json!(["google"])));
        assert_eq!(payload(&access_token(&registered))["amr"], json!(["fed"]));
        server.me(&access_token(&registered)).await.expect(200, "USER_FETCHED");

        let moved = google_user(&stand_in, "1|ann", Some("ann@new.example"), true);
        for claims in [ann, moved, claims(&stand_in, "1|ann")] {
            let again = with_google(&client, &stand_in, claims).await.expect(200, "USER_LOGGED_IN");
            assert_eq!(again["user"], *user, "the subject says who it is, not the address");
        }
        for form in stand_in.exchanges() {
            assert_eq!(form["redirect_uri"], format!("{}/auth/google", server.url));
            let challenge = form["code"].strip_prefix("code-").unwrap();
            assert_eq!(challenge_of(&form["code_verifier"]), challenge, "PKCE, S256");
            assert!(!form.contains_key("client_secret"), "that is in the header");
        }

        client.login("ann@example.org", PASSWORD).await.expect(400, "USER_ALREADY_LINKED");
        client.post("/auth/lost-password", json!({ "email": "ann@example.org" })).await.expect(400, "USER_LINKED");
        let internal = client.bearer(&server.internal_token());
        let credentials = internal.get("/auth").await.expect(200, "CREDENTIALS_FETCHED");
        assert_eq!(credentials["credentials"][0]["identities"][0]["subject"], "1|ann");
        assert_eq!(credentials["credentials"][0]["passwordHash"], Value::Null);
        let events = internal.get("/auth/events").await.expect(200, "EVENTS_FETCHED");
        assert_eq!(events["events"][0]["type"], "user.registered");
        assert_eq!(events["events"].as_array().unwrap().len(), 1);
        server.all_mails_sent().await;
        assert_eq!(server.mails().len(), 0, "an address that Google vouches for needs no code");

        let deleted = client.bearer(&access_token(&registered)).delete("/auth/delete").await;
        deleted.expect(200, "USER_DATA_DELETED");
        let anew = with_google(&client, &stand_in, claims(&stand_in, "1|ann")).await;
        anew.expect(400, "EMAIL_REQUIRED");
    }

    async fn fortytwo_registers_a_user_whose_address_is_unproved(engine) {
        let stand_in = StandIn::start();
        let server = Server::with(engine, &stand_in.settings()).await;
        let client = server.client();
        let registered = with_42(&client, &stand_in, profile(2, Some("andre@42.fr"))).await;
        let registered = registered.expect(201, "USER_REGISTERED");
        assert_eq!(registered["user"]["emailVerified"], false);
        assert_eq!(registered["user"]["linkedProviders"], json!(["42"]));
        let code = json!({ "otpCode": server.code("verify-email", "andre@42.fr", 1).await });
        let bearer = client.bearer(&access_token(&registered));
        bearer.post("/auth/verify-email", code).await.expect(200, "EMAIL_VERIFIED");
        let again = with_42(&client, &stand_in, profile(2, None)).await.expect(200, "USER_LOGGED_IN");
        assert_eq!(again["user"]["id"], registered["user"]["id"]);
        with_42(&client, &stand_in, profile(3, None)).await.expect(400, "EMAIL_REQUIRED");
        let form = &stand_in.exchanges()[0];
        assert_eq!(form["redirect_uri"], format!("{}/auth/42", server.url));
        assert_eq!(challenge_of(&form["code_verifier"]), form["code"].strip_prefix("code-").unwrap());
    }

    async fn a_second_factor_is_asked_for_after_a_provider(engine) {
        let stand_in = StandIn::start();
        let server = Server::with(engine, &stand_in.settings()).await;
        let (client, ann) = (server.client(), google_user(&stand_in, "ann", Some("ann@example.org"), true));
        let registered = with_google(&client, &stand_in, ann.clone()).await.expect(201, "USER_REGISTERED");
        let bearer = client.bearer(&access_token(&registered));
        bearer.post("/2fa/email/setup", json!({})).await.expect(200, "CODE_SENT");
        let code = json!({ "otpCode": server.code("two-factor-setup", "ann@example.org", 1).await });
        bearer.post("/2fa/email/verify-setup", code).await.expect(200, "TWOFA_ENABLED");

        let pending = with_google(&client, &stand_in, ann).await.expect(206, "TWOFA_REQUIRED");
        assert_eq!((&pending["methods"], &pending["primary"]), (&json!(["email"]), &json!("email")));
        let temp = client.bearer(pending["tempToken"].as_str().unwrap());
        temp.post("/2fa/email/verify-login", json!({ "otpCode": "000000" })).await.expect(401, "OTP_INVALID");
        let code = json!({ "otpCode": server.code("two-factor-login", "ann@example.org", 1).await });
        let logged_in = temp.post("/2fa/email/verify-login", code).await.expect(200, "USER_LOGGED_IN");
        assert_eq!(payload(&access_token(&logged_in))["amr"], json!(["fed", "otp", "mfa"]));
    }

    async fn an_address_that_is_to_be_proved_first_is(engine) {
        let stand_in = StandIn::start();
        let mut settings = stand_in.settings();
        settings.push(("AUTH_REQUIRE_VERIFIED_EMAIL", "on"));
        let server = Server::with(engine, &settings).await;
        let client = server.client();
        let sign_in = async || with_42(&client, &stand_in, profile(2, Some("andre@42.fr"))).await;
        for _ in 0..2 {
            sign_in().await.expect(206, "EMAIL_VERIFICATION_REQUIRED");
        }
        let pending = sign_in().await.expect(206, "EMAIL_VERIFICATION_REQUIRED");
        let code = json!({ "otpCode": server.code("verify-email", "andre@42.fr", 1).await });
        let temp = client.bearer(pending["tempToken"].as_str().unwrap());
        temp.post("/auth/verify-email", code).await.expect(200, "EMAIL_VERIFIED");
        sign_in().await.expect(200, "USER_LOGGED_IN");
        server.all_mails_sent().await;
        assert_eq!(server.mails().len(), 1);
    }

    async fn an_identity_is_linked_and_unlinked_by_whoever_is_logged_in(engine) {
        let stand_in = StandIn::start();
        let server = Server::with(engine, &stand_in.settings()).await;
        let client = server.client();
        let (access, _) = server.session("ann").await;
        let bearer = client.bearer(&access);
        let link = async |subject: &str| {
            let started = bearer.post("/auth/google/link", json!({})).await.expect(200, "AUTHORIZATION_STARTED");
            let begun = begun_at(started["authorizationUrl"].as_str().unwrap());
            let mut claims = google_user(&stand_in, subject, Some("whoever@example.org"), false);
            claims["nonce"] = json!(begun.nonce);
            let code = format!("code-{}", begun.code_challenge);
            stand_in.grant(&code, Grant::of(&claims));
            (code, begun.state)
        };
        let (code, state) = link("ann-at-google").await;
        come_back(&client, "google", &code, &state).await.expect(400, "OAUTH_STATE_INVALID");
        let (stranger, _) = server.session("bob").await;
        come_back(&client.bearer(&stranger), "google", &code, &state).await.expect(400, "OAUTH_STATE_INVALID");
        let linked = come_back(&bearer, "google", &code, &state).await.expect(200, "PROVIDER_LINKED");
        assert_eq!(linked["user"]["linkedProviders"], json!(["google"]));
        assert!(linked.get("tokens").is_none());
        server.mail("notice", "ann@example.org", 1).await;

        let ann = || google_user(&stand_in, "ann-at-google", None, false);
        let by_google = with_google(&client, &stand_in, ann()).await.expect(200, "USER_LOGGED_IN");
        assert_eq!(by_google["user"]["id"], linked["user"]["id"]);
        let (code, state) = link("ann-at-google").await;
        come_back(&bearer, "google", &code, &state).await.expect(200, "PROVIDER_LINKED");
        let (code, state) = link("another-at-google").await;
        come_back(&bearer, "google", &code, &state).await.expect(400, "IDENTITY_ALREADY_LINKED");
        with_42(&client, &stand_in, profile(7, Some("else@42.fr"))).await.expect(201, "USER_REGISTERED");
        let started = bearer.post("/auth/42/link", json!({})).await.expect(200, "AUTHORIZATION_STARTED");
        let begun = begun_at(started["authorizationUrl"].as_str().unwrap());
        stand_in.grant("taken", Grant { profile: profile(7, None), ..Grant::default() });
        come_back(&bearer, "42", "taken", &begun.state).await.expect(400, "IDENTITY_ALREADY_LINKED");

        bearer.delete("/auth/42/link").await.expect(404, "PROVIDER_NOT_LINKED");
        let unlinked = bearer.delete("/auth/google/link").await.expect(200, "PROVIDER_UNLINKED");
        assert_eq!(unlinked["user"]["linkedProviders"], json!([]));
        server.me(&access_token(&by_google)).await.expect(401, "UNAUTHORIZED");
        server.me(&access).await.expect(200, "USER_FETCHED");
        with_google(&client, &stand_in, ann()).await.expect(400, "EMAIL_REQUIRED");
        server.mail("notice", "ann@example.org", 2).await;

        let (code, state) = link("ann-at-google").await;
        bearer.post("/auth/logout-all", json!({})).await.expect(200, "USER_LOGGED_OUT");
        come_back(&bearer, "google", &code, &state).await.expect(401, "UNAUTHORIZED");
        come_back(&client.bearer("x"), "google", &code, &state).await.expect(401, "ACCESS_TOKEN_INVALID");
    }

    async fn the_last_way_in_stays(engine) {
        let stand_in = StandIn::start();
        let server = Server::with(engine, &stand_in.settings()).await;
        let client = server.client();
        let ann = google_user(&stand_in, "ann", Some("ann@example.org"), true);
        let registered = with_google(&client, &stand_in, ann).await.expect(201, "USER_REGISTERED");
        let bearer = client.bearer(&access_token(&registered));
        bearer.delete("/auth/google/link").await.expect(400, "LAST_WAY_IN");
        let link = async |provider: &str| {
            let path = format!("/auth/{provider}/link");
            let started = bearer.post(&path, json!({})).await.expect(200, "AUTHORIZATION_STARTED");
            let begun = begun_at(started["authorizationUrl"].as_str().unwrap());
            let mut claims = google_user(&stand_in, "ann", None, false);
            claims["nonce"] = json!(begun.nonce);
            stand_in.grant("c", Grant { profile: profile(9, None), ..Grant::of(&claims) });
            come_back(&bearer, provider, "c", &begun.state).await.expect(200, "PROVIDER_LINKED");
        };
        // Both at once, again and again: one of them stays.
        for _ in 0..20 {
            link("google").await;
            link("42").await;
            let (google, fortytwo) =
                tokio::join!(bearer.delete("/auth/google/link"), bearer.delete("/auth/42/link"));
            let statuses = (google.status, fortytwo.status);
            assert!([(200, 400), (400, 200)].contains(&statuses), "{statuses:?}");
            let user = bearer.get("/auth/me").await.expect(200, "USER_FETCHED");
            assert_eq!(user["user"]["linkedProviders"].as_array().unwrap().len(), 1);
        }
        link("google").await;
        link("42").await;
        // A provider that is switched off is no way in.
        let only_google: Vec<_> = stand_in.settings().into_iter().filter(|(name, _)| name.contains("GOOGLE")).collect();
        let database = server.database.clone();
        if let Some(database) = database {
            let mut settings = only_google;
            settings.push(("AUTH_PUBLIC_URL", &server.url));
            let other = Server::on(Some(database), &settings).await;
            other.client().bearer(&access_token(&registered)).delete("/auth/google/link").await.expect(400, "LAST_WAY_IN");
        }
    }

    async fn a_squatter_keeps_no_way_in(engine) {
        let stand_in = StandIn::start();
        let server = Server::with(engine, &stand_in.settings()).await;
        let client = server.client();
        let (access, _) = server.session("victim").await;
        let squatter = client.bearer(&access);
        let started = squatter.post("/auth/42/link", json!({})).await.expect(200, "AUTHORIZATION_STARTED");
        let begun = begun_at(started["authorizationUrl"].as_str().unwrap());
        stand_in.grant("c", Grant { profile: profile(666, None), ..Grant::default() });
        come_back(&squatter, "42", "c", &begun.state).await.expect(200, "PROVIDER_LINKED");

        let email = json!({ "email": "victim@example.org" });
        let sent = client.post("/auth/lost-password", email).await.expect(200, "CODE_SENT");
        let code = json!({ "otpCode": server.code("password-reset", "victim@example.org", 1).await });
        let temp = client.bearer(sent["tempToken"].as_str().unwrap());
        let verified = temp.post("/auth/verify-code", code).await.expect(200, "CODE_VERIFIED");
        let temp = client.bearer(verified["tempToken"].as_str().unwrap());
        let body = json!({ "password": "a quite new password", "confirmPassword": "a quite new password" });
        let reset = temp.post("/auth/update-password", body).await.expect(200, "USER_LOGGED_IN");
        assert_eq!(reset["user"]["linkedProviders"], json!([]));
        with_42(&client, &stand_in, profile(666, Some("squatter@42.fr"))).await.expect(201, "USER_REGISTERED");
    }

    /// Nor who had proved an address of their own, and names that of another afterwards.
    async fn whoever_takes_an_address_later_keeps_no_way_in(engine) {
        let stand_in = StandIn::start();
        let server = Server::with(engine, &stand_in.settings()).await;
        let client = server.client();
        let (access, _) = server.session("eve").await;
        let eve = client.bearer(&access);
        let code = json!({ "otpCode": server.code("verify-email", "eve@example.org", 1).await });
        eve.post("/auth/verify-email", code).await.expect(200, "EMAIL_VERIFIED");
        let started = eve.post("/auth/42/link", json!({})).await.expect(200, "AUTHORIZATION_STARTED");
        let begun = begun_at(started["authorizationUrl"].as_str().unwrap());
        stand_in.grant("c", Grant { profile: profile(666, None), ..Grant::default() });
        come_back(&eve, "42", "c", &begun.state).await.expect(200, "PROVIDER_LINKED");
        let moved = json!({ "email": "victim@example.org" });
        let named = eve.post("/auth/update-credentials", moved.clone()).await.expect(200, "CREDENTIALS_UPDATED");
        assert_eq!(named["user"]["email"], "eve@example.org");

        // Its owner finds it free, and eve's identity leads to eve's account alone.
        client.post("/auth/lost-password", moved).await.expect(400, "INVALID_EMAIL");
        let body = json!({ "email": "victim@example.org", "password": "a quite new password" });
        let registered = client.post("/auth/register", body).await.expect(201, "USER_REGISTERED");
        assert_eq!(registered["user"]["linkedProviders"], json!([]));
        let eves = with_42(&client, &stand_in, profile(666, None)).await.expect(200, "USER_LOGGED_IN");
        assert_eq!(eves["user"]["email"], "eve@example.org");
    }
}

#[tokio::test]
async fn every_code_of_a_sign_in_that_goes_wrong() {
    let stand_in = StandIn::start();
    let server = Server::with(Engine::Sqlite, &stand_in.settings()).await;
    let client = server.client();
    for provider in ["google", "42"] {
        let path = format!("/auth/{provider}");
        let Begun { state, .. } = begin(&client, provider).await;
        let denied = format!("{path}?error=access_denied&state={state}");
        for without_code in [path.clone(), format!("{path}?code="), format!("{path}?state=x"), denied] {
            client.get(&without_code).await.expect(400, "AUTH_CODE_REQUIRED");
        }
        client.get(&format!("{path}?code=x")).await.expect(400, "OAUTH_STATE_INVALID");
        client.get(&format!("{path}?code=x&code=y&state={state}")).await.expect(400, "VALIDATION_FAILED");
        come_back(&client, provider, "unknown", &state).await.expect(400, "OAUTH_CODE_INVALID");
        come_back(&client, provider, "unknown", &state).await.expect(400, "OAUTH_STATE_INVALID");
    }
    assert_eq!(stand_in.exchanges().len(), 2, "nothing else got so far as the provider");
    let unknown = server.client().get("/auth/github/authorize").await;
    unknown.expect(404, "NOT_FOUND");

    let mut settings = stand_in.settings();
    settings.extend([("AUTH_42__CLIENT_SECRET", "wrong"), ("AUTH_GOOGLE__CLIENT_SECRET", "wrong")]);
    let misconfigured = Server::with(Engine::Sqlite, &settings).await;
    with_42(&misconfigured.client(), &stand_in, profile(1, None)).await.expect(502, "PROVIDER_UNAVAILABLE");
    let claims = claims(&stand_in, "x");
    with_google(&misconfigured.client(), &stand_in, claims).await.expect(502, "PROVIDER_UNAVAILABLE");
}

#[tokio::test]
async fn nobody_is_sent_to_a_provider_that_is_not_configured() {
    let server = Server::start(Engine::Sqlite).await;
    let (client, (access, _)) = (server.client(), server.session("ann").await);
    for provider in ["google", "42"] {
        client.get(&format!("/auth/{provider}/authorize")).await.expect(404, "NOT_FOUND");
        client.bearer(&access).post(&format!("/auth/{provider}/link"), json!({})).await.expect(404, "NOT_FOUND");
        client.get(&format!("/auth/{provider}")).await.expect(400, "AUTH_CODE_REQUIRED");
        client.get(&format!("/auth/{provider}?code=x&state=y")).await.expect(400, "OAUTH_STATE_INVALID");
    }
}

#[tokio::test]
async fn another_way_in_needs_a_fresh_login_where_that_is_asked_for() {
    let stand_in = StandIn::start();
    let mut settings = stand_in.settings();
    settings.push(("AUTH_STEP_UP_MAX_AGE", "1"));
    let server = Server::with(Engine::Sqlite, &settings).await;
    let (access, _) = server.session("ann").await;
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    let stale = server.client().bearer(&access);
    let request = stale.request(Method::POST, "/auth/google/link");
    stale.send(request).await.expect(401, "REAUTHENTICATION_REQUIRED");
    stale.delete("/auth/google/link").await.expect(401, "REAUTHENTICATION_REQUIRED");
}

/// RFC 7636 section 4.2, by another library than the server's.
fn challenge_of(verifier: &str) -> String {
    let script = "import base64,hashlib,sys\nprint(base64.urlsafe_b64encode(hashlib.sha256(sys.argv[1].encode()).digest()).rstrip(b'=').decode())";
    let output = std::process::Command::new("python3").args(["-c", script, verifier]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
