//! A proved address stays until the one that is to replace it is proved.

use auth_domain::challenge::ChallengePurpose;
use auth_domain::mail::NoticeKind;
use serde_json::{Value, json};

use crate::harness::{App, Client, otp};

const ADDRESS: &str = "ann@example.org";
const NEW: &str = "ann@example.net";

/// Ann, who proved her address.
async fn proved(app: &App) -> Client {
    let (access, _) = app.session("ann").await;
    let ann = app.client().bearer(&access);
    let code = app.code(ChallengePurpose::VerifyEmail, ADDRESS, 1).await;
    ann.post("/auth/verify-email", otp(&code)).await.expect(200, "EMAIL_VERIFIED");
    ann
}

async fn me(ann: &Client) -> Value {
    ann.get("/auth/me").await.expect(200, "USER_FETCHED")["user"].clone()
}

#[tokio::test]
async fn the_answers_of_a_change_of_a_proved_address() {
    let app = App::start().await;
    let ann = proved(&app).await;
    let named = ann.post("/auth/update-credentials", json!({ "email": NEW })).await;
    insta::assert_snapshot!("a_proved_address_is_to_be_replaced", named);
    let user = me(&ann).await;
    assert_eq!(
        (&user["email"], &user["emailVerified"], &user["pendingEmail"]),
        (&json!(ADDRESS), &json!(true), &json!(NEW))
    );
    // Whoever planted it can neither recover through it nor log in with it.
    let lost = app.client().post("/auth/lost-password", json!({ "email": NEW })).await;
    lost.expect(400, "INVALID_EMAIL");
    app.client().login(NEW, crate::harness::PASSWORD).await.expect(400, "INVALID_CREDENTIALS");

    let code = app.code(ChallengePurpose::VerifyEmail, NEW, 1).await;
    let made = ann.post("/auth/verify-email", otp(&code)).await;
    insta::assert_snapshot!("a_proved_address_is_replaced", made);
    let user = me(&ann).await;
    assert_eq!(
        (&user["email"], &user["emailVerified"], &user["pendingEmail"]),
        (&json!(NEW), &json!(true), &Value::Null)
    );
    let told = [NoticeKind::EmailChangeBegun, NoticeKind::EmailChanged];
    assert_eq!(app.notices(NEW).await, [NoticeKind::EmailNowUsed]);
    assert_eq!(app.notices_in_an_hour(ADDRESS).await, told);
}

#[tokio::test]
async fn whoever_registers_with_it_meanwhile_keeps_it() {
    let app = App::start().await;
    let ann = proved(&app).await;
    ann.post("/auth/update-credentials", json!({ "email": "bob@example.org" }))
        .await
        .expect(200, "CREDENTIALS_UPDATED");
    let code = app.code(ChallengePurpose::VerifyEmail, "bob@example.org", 1).await;
    app.register("bob").await;
    ann.post("/auth/verify-email", otp(&code)).await.expect(400, "EMAIL_EXISTS");
    assert_eq!(me(&ann).await["email"], ADDRESS);
}
