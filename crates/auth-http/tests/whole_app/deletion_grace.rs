//! A deletion that can be undone, at every door.

use std::time::Duration;

use auth_domain::disclosure::Disclosure;
use auth_domain::internal::Scope;
use auth_domain::use_cases::Policy;
use auth_testkit::doubles::TestInternalTokens;
use serde_json::{Value, json};

use crate::harness::{App, Client, PASSWORD, Reply};

const GRACE: u64 = 36_000;

async fn under(disclosure: Disclosure) -> App {
    let deletion_grace = Duration::from_secs(GRACE);
    let app = App::under(Policy { deletion_grace, disclosure, ..Policy::for_tests() }).await;
    app.service.use_cases.purge_expired.run().await.unwrap();
    app
}

fn admin(app: &App) -> Client {
    let scopes = [Scope::UsersRead, Scope::UsersWrite, Scope::CredentialsRead, Scope::CredentialsDelete];
    let token = TestInternalTokens.issue("games", &scopes, app.service.now() + Duration::from_secs(60));
    app.client().bearer(&token)
}

async fn restoring(app: &App, password: &str) -> Reply {
    app.client().post("/auth/login", json!({ "username": "ann", "password": password, "restore": true })).await
}

#[tokio::test]
async fn the_owner_comes_back_with_a_login() {
    let app = under(Disclosure::Explicit).await;
    let (access, refresh) = app.session("ann").await;
    let deleted = app.client().bearer(&access).delete("/auth/delete").await;
    insta::assert_snapshot!("a_deletion_that_can_be_undone", deleted);
    let until = deleted.expect(202, "USER_DELETION_SCHEDULED")["restorableUntil"].clone();
    let login = app.client().login("ann", PASSWORD).await;
    insta::assert_snapshot!("a_login_to_what_is_to_be_deleted", login);
    assert_eq!(login.expect(403, "ACCOUNT_DELETION_SCHEDULED")["restorableUntil"], until);
    app.client().login("ann", "wrong").await.expect(400, "INVALID_PASSWORD");
    app.client().refresh(&refresh).await.expect(403, "ACCOUNT_DELETION_SCHEDULED");
    app.me(&access).await.expect(403, "ACCOUNT_DELETION_SCHEDULED");
    let lost = app.client().post("/auth/lost-password", json!({ "email": "ann@example.org" })).await;
    lost.expect(403, "ACCOUNT_DELETION_SCHEDULED");
    let taken = json!({ "username": "ann", "email": "eve@example.org", "password": PASSWORD });
    app.client().post("/auth/register", taken).await.expect(400, "USER_EXISTS");

    restoring(&app, "wrong").await.expect(400, "INVALID_PASSWORD");
    let (access, _) = restoring(&app, PASSWORD).await.tokens();
    app.wait(2 * GRACE);
    app.service.use_cases.purge_expired.run().await.unwrap();
    assert!(app.service.store.account_named("ann").is_some());
    app.me(&access).await.expect(401, "ACCESS_TOKEN_EXPIRED");
}

#[tokio::test]
async fn where_accounts_are_concealed_it_is_as_if_unknown() {
    let app = under(Disclosure::Concealed).await;
    let (access, refresh) = app.session("ann").await;
    app.client().bearer(&access).delete("/auth/delete").await.expect(202, "USER_DELETION_SCHEDULED");
    app.client().login("ann", PASSWORD).await.expect(400, "INVALID_CREDENTIALS");
    app.client().refresh(&refresh).await.expect(401, "REFRESH_TOKEN_INVALID");
    app.me(&access).await.expect(401, "UNAUTHORIZED");
    restoring(&app, "wrong").await.expect(400, "INVALID_CREDENTIALS");
    restoring(&app, PASSWORD).await.expect(200, "USER_LOGGED_IN");
}

#[tokio::test]
async fn administrators_see_it_undo_it_and_make_it_final() {
    let app = under(Disclosure::Explicit).await;
    app.register("ann").await;
    let (admin, id) = (admin(&app), app.account("ann").id);
    let user = format!("/auth/admin/users/{id}");
    let in_state = async |state: &str| {
        let found = admin.get(&format!("/auth/admin/users?state={state}")).await.expect(200, "USERS_FETCHED");
        found["users"].as_array().unwrap().len()
    };
    let scheduled = admin.delete(&user).await.expect(202, "USER_DELETION_SCHEDULED");
    let shown = admin.get(&user).await.expect(200, "USER_FETCHED")["user"].clone();
    let expected = (&json!("deletion_scheduled"), &scheduled["restorableUntil"]);
    assert_eq!((&shown["state"], &shown["deletionDueAt"]), expected);
    assert_eq!((in_state("active").await, in_state("deletion_scheduled").await), (0, 1));
    let kept = admin.get("/auth").await.expect(200, "CREDENTIALS_FETCHED")["credentials"][0].clone();
    assert_eq!(kept["scheduledDeletion"]["id"], scheduled["deletionId"]);
    assert_eq!(kept["scheduledDeletion"]["requestedBy"], "games");

    let restored = admin.post(&format!("{user}/restore"), json!({})).await.expect(200, "USER_UPDATED");
    assert_eq!((&restored["user"]["state"], &restored["user"]["deletionDueAt"]), (&json!("active"), &Value::Null));
    app.client().login("ann", PASSWORD).await.expect(200, "USER_LOGGED_IN");
    let scheduled = admin.delete(&user).await.expect(202, "USER_DELETION_SCHEDULED");
    assert_eq!(admin.delete(&user).await.expect(200, "USER_DATA_DELETED")["deletionId"], scheduled["deletionId"]);
    admin.post(&format!("{user}/restore"), json!({})).await.expect(404, "USER_NOT_FOUND");

    // A service that deletes has decided.
    app.register("bob").await;
    let path = format!("/auth/{}", app.account("bob").id);
    admin.delete(&path).await.expect(200, "USER_DATA_DELETED");
}
