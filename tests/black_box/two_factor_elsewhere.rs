//! What second factors change elsewhere: a change of credentials, what is stored.

use auth_black_box::{Engine, PASSWORD, Server, each_engine};
use serde_json::json;

use crate::second_factor_steps::{begin_login, otp, with_app, with_email};

each_engine! {
    async fn a_change_of_credentials_is_confirmed_by_mail_where_that_is_primary(engine) {
        let server = Server::start(engine).await;
        let ann = with_email(&server, "ann").await;
        let asked = ann.post("/auth/update-credentials", json!({ "email": "ann@example.net" })).await.expect(206, "TWOFA_REQUIRED");
        assert_eq!(asked["method"], "email");
        let code = server.code("change-credentials", "ann@example.org", 1).await;
        ann.post("/auth/verify-update-credentials", otp("a00000")).await.expect(401, "OTP_INVALID");
        ann.post("/auth/verify-update-credentials", otp(&code)).await.expect(200, "CREDENTIALS_UPDATED");
        // The set-up proved the address, so it stays until the new one is proved.
        begin_login(&server, "ann", PASSWORD).await;
        server.code("two-factor-login", "ann@example.org", 1).await;
        let code = server.code("verify-email", "ann@example.net", 1).await;
        ann.post("/auth/verify-email", otp(&code)).await.expect(200, "EMAIL_VERIFIED");
        begin_login(&server, "ann", PASSWORD).await;
        server.code("two-factor-login", "ann@example.net", 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_the_database_is_usable_by_itself() {
    let server = Server::start(Engine::Sqlite).await;
    let (_, secret, codes) = with_app(&server, "ann").await;
    let credential =
        server.client().bearer(&server.internal_token()).get("/auth").await.expect(200, "CREDENTIALS_FETCHED");
    let credential = &credential["credentials"][0];
    assert_eq!(
        (&credential["twoFa"][0]["method"], &credential["twoFa"][0]["status"]),
        (&json!("app"), &json!("enabled"))
    );
    assert_eq!(credential["recoveryCodes"].as_array().unwrap().len(), 10);
    let database = std::fs::read(server.dir.path().join("data/auth.db")).unwrap();
    let journal = std::fs::read(server.dir.path().join("data/auth.db-wal")).unwrap_or_default();
    let plain: Vec<Vec<u8>> = codes
        .iter()
        .flat_map(|code| [code.clone(), code.replace('-', "")])
        .chain([secret])
        .map(String::into_bytes)
        .collect();
    for secret in plain {
        for stored in [&database, &journal, &credential.to_string().into_bytes()] {
            assert!(!stored.windows(secret.len()).any(|window| window == secret));
        }
    }
}
