//! `POST /auth/logout`, `/auth/logout-all`, `GET` and `DELETE /auth/sessions`

use auth_black_box::{Client, PASSWORD, Server, each_engine};
use serde_json::{Value, json};

async fn logout(server: &Server, access: &str, body: Value) -> auth_black_box::Reply {
    server.client().bearer(access).post("/auth/logout", body).await
}

each_engine! {
    async fn logout_takes_any_token_the_session_ever_had_and_no_other(engine) {
        let server = Server::start(engine).await;
        let (access, first) = server.session("ann").await;
        let (_, foreign) = server.session("bob").await;
        let (access2, second) = server.client().refresh(&first).await.tokens();
        logout(&server, &access, json!({ "token": foreign })).await.expect(401, "REFRESH_TOKEN_INVALID");
        logout(&server, &access, json!({ "token": access })).await.expect(401, "REFRESH_TOKEN_INVALID");
        logout(&server, &access, json!({})).await.expect(401, "REFRESH_TOKEN_REQUIRED");
        server.client().post("/auth/logout", json!({})).await.expect(401, "REFRESH_TOKEN_REQUIRED");
        server.me(&access2).await.expect(200, "USER_FETCHED");

        logout(&server, &access2, json!({ "token": first })).await.expect(200, "USER_LOGGED_OUT");
        server.me(&access2).await.expect(401, "UNAUTHORIZED");
        server.client().refresh(&second).await.expect(401, "REFRESH_TOKEN_INVALID");
        logout(&server, &access2, json!({ "token": second })).await.expect(401, "UNAUTHORIZED");
        let (_, foreign) = server.client().refresh(&foreign).await.tokens();
        server.client().post("/auth/logout", json!({ "token": foreign })).await.expect(200, "USER_LOGGED_OUT");
        server.client().refresh(&foreign).await.expect(401, "REFRESH_TOKEN_INVALID");
    }

    async fn logout_all_ends_all_of_one_user(engine) {
        let server = Server::start(engine).await;
        let (access, refresh) = server.session("ann").await;
        let (other, _) = server.client().login("ann", PASSWORD).await.tokens();
        let (bob, _) = server.session("bob").await;
        server.client().bearer(&access).post("/auth/logout-all", json!({})).await.expect(200, "USER_LOGGED_OUT");
        for token in [&access, &other] {
            server.me(token).await.expect(401, "UNAUTHORIZED");
        }
        server.client().refresh(&refresh).await.expect(401, "REFRESH_TOKEN_INVALID");
        server.me(&bob).await.expect(200, "USER_FETCHED");
    }

    async fn sessions_are_listed_and_ended_by_their_owner_alone(engine) {
        let server = Server::start(engine).await;
        let (access, _) = server.session("ann").await;
        let phone = Client::with_user_agent(&server.url, "Phone/1");
        let (phone_access, _) = phone.login("ann", PASSWORD).await.tokens();
        let (bob, _) = server.session("bob").await;
        let ann = server.client().bearer(&access);
        let sessions = ann.get("/auth/sessions").await.expect(200, "SESSIONS_FETCHED")["sessions"].clone();
        assert_eq!(sessions.as_array().unwrap().len(), 2);
        assert_eq!((&sessions[0]["userAgent"], &sessions[0]["current"]), (&json!("Phone/1"), &json!(false)), "the newest first");
        assert_eq!((&sessions[1]["network"], &sessions[1]["current"]), (&json!("127.0.0.0/24"), &json!(true)));

        let path = format!("/auth/sessions/{}", sessions[0]["id"].as_str().unwrap());
        server.client().bearer(&bob).delete(&path).await.expect(404, "NOT_FOUND");
        server.me(&phone_access).await.expect(200, "USER_FETCHED");
        ann.delete(&path).await.expect(200, "SESSION_REVOKED");
        server.me(&phone_access).await.expect(401, "UNAUTHORIZED");
        ann.delete(&path).await.expect(404, "NOT_FOUND");
        ann.delete("/auth/sessions/not-a-uuid").await.expect(400, "VALIDATION_FAILED");
        assert_eq!(ann.get("/auth/sessions").await.expect(200, "SESSIONS_FETCHED")["sessions"].as_array().unwrap().len(), 1);
    }
}
